"""What the tests of the Python package have in common: the package, a library that an interpreter can load, and a licensed host."""
import json, os, pathlib, re, subprocess, sys, time, unittest
from stage import FAKETIME, LIBFAKETIME, SOURCE, Stage

BINARIES = pathlib.Path(sys.argv.pop(1)).resolve()
LIBRARY, FAKE = (BINARIES.parent / 'lib' / f'{name}.so.1' for name in ('libholdfast', 'libholdfast-fake'))
if re.search(r'lib[at]san', subprocess.run(['readelf', '-d', LIBRARY], capture_output=True, text=True).stdout):
    print('skipped: a library with a sanitizer wants an interpreter with the same')
    sys.exit(77)

PACKAGE = SOURCE / 'agent' / 'client' / 'python'
EXAMPLE = SOURCE / 'docs' / 'examples' / 'python'
PATIENCE = 60  # seconds: of what is awaited, and happens

sys.dont_write_bytecode = True  # the tree stays as it is
sys.path.insert(0, str(PACKAGE))
import holdfast, holdfast.library, holdfast.testing, holdfast.wsgi  # noqa: E402, F401


class PythonStage(Stage):
    """A vendor of the example's product, with a gauge, a meter and a key besides, and a host with a license of it."""

    def __init__(self):
        super().__init__(BINARIES)
        try:
            self.acme = self.vendor()
            self.content_key = os.urandom(32)
            self.offer()
            self.site = self.licensed_site('site')
        except BaseException:
            self.close()
            raise

    def offer(self):
        terms = json.loads((EXAMPLE / 'product.json').read_text())
        terms['plans']['demo']['limits']['open-notes'] = {'kind': 'gauge', 'max': 5}
        terms['plans']['demo']['limits']['pages'] = {'kind': 'meter', 'max': 100, 'period': 'never'}
        terms['plans']['demo']['keys'] = ['content']
        product, key = self.path('product.json'), self.path('content-key')
        product.write_text(json.dumps(terms))
        key.write_bytes(self.content_key)
        key.chmod(0o600)
        self.acme.add_product('acme-notes', product)
        self.must(self.acme.run('key', 'add', 'content', '--from-file', key, '--product', 'acme-notes'))

    def licensed_site(self, name):
        tpm = self.tpm(f'{name}-tpm')
        self.acme.trust(tpm)
        site = self.host(name, tpm, self.acme)
        site.sold = self.acme.sell(product='acme-notes')
        site.activate(site.sold)
        return site

    def must(self, done):
        assert done.code == 0, done.text

    def list_says(self, what):
        """The license's status at the vendor, and on the host by the list."""
        crl, license = self.path('crl'), self.site.sold['license']
        crl.unlink(missing_ok=True)
        self.must(self.acme.run('license', what, license))
        self.must(self.acme.run('crl', '--license', license, '-o', crl))
        self.must(self.site.run('install', crl))


class WithFake(unittest.TestCase):
    """For tests that ask the package's test double."""

    def license(self, **decisions):
        license = holdfast.testing.License(FAKE, **decisions)
        self.addCleanup(license.close)
        return license

    def client(self, license):
        client = license.client()
        self.addCleanup(client.close)
        return client


def ahead(days):
    """An agent's environment in which it is later."""
    return {**FAKETIME, 'LD_PRELOAD': LIBFAKETIME, 'FAKETIME': f'+{days}d'}


def await_that(true):
    """What has no event to wait for; who asks waits for the answer of an agent or a server each time."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, 'it has not happened'
