"""A host without a TPM: what it is recognised by, and a plan that allows it."""
import json
from stage import PRODUCT


class NoTpm:
    tcti = 'device:/dev/no-such-tpm'


def make_root(directory, serial):
    """What a host is recognised by, below a directory that plays its root. Hosts differ by their four digits."""
    files = {'etc/machine-id': f'0123456789abcdef0123456789ab{serial}',
             'run/udev/data/n2': f'E:ID_PATH=pci-0000:00:03.0\nE:ID_NET_NAME_MAC=enx52540000{serial}',
             'proc/self/mountinfo': '27 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw',
             'run/udev/data/b8:2': f'E:ID_SERIAL=DISK{serial}',
             'sys/devices/system/cpu/modalias': 'cpu:type:x86,ven0000fam0006mod0055:feature:,0000',
             'sys/class/dmi/id/product_name': 'Box 7'}
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + '\n')
        path.chmod(0o644)


def plan_with_host(stage):
    product = json.loads(PRODUCT.read_text())
    product['plans']['standard']['assurance'] = ['hw-tpm', 'host']
    path = stage.path('product.json')
    path.write_text(json.dumps(product))
    return path
