#!/usr/bin/env python3
"""usage: power_cut.py BINARIES [ext4|xfs]     (root; loop devices; not part of tools/test)
`answer` and `install` in a power cut: the program is killed at a system call that changes something and the file system is
shut down without writing its log (FS_IOC_SHUTDOWN), mounted again and looked at. What was acknowledged must have survived; the state is
the old one or the new one; the next try converges.   apt: strace e2fsprogs xfsprogs"""
import fcntl, os, shutil, struct, subprocess, sys
from stage import Stage
from crash_points import trace_points

BINARIES, FS = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else 'ext4'
FS_IOC_SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2    # _IOR('X', 125, uint32_t), the same for ext4 and xfs


def sh(*argv):
    subprocess.run([str(a) for a in argv], check=True, capture_output=True)


class Disk:
    def __init__(self, stage):
        self.image, self.mount = stage.path('image'), stage.path('disk')
        self.mount.mkdir()
        sh('truncate', '-s', '400M', self.image)
        sh('mkfs.' + FS, '-q', '-F' if FS == 'ext4' else '-f', self.image)
        sh('mount', '-o', 'loop', self.image, self.mount)

    def cut(self):
        fd = os.open(self.mount, os.O_RDONLY)
        fcntl.ioctl(fd, FS_IOC_SHUTDOWN, struct.pack('I', NO_LOG_FLUSH))
        os.close(fd)
        sh('umount', self.mount)
        sh('mount', '-o', 'loop', self.image, self.mount)

    def put(self, source, name):
        sh('rm', '-rf', self.mount / name)
        shutil.copytree(source, self.mount / name)
        sh('sync', '-f', self.mount)


def sweep(what, argv, disk, prepare, check):
    points, violations = [*trace_points(argv, prepare), (None, 0)], []
    for name, k in points:
        prepare()
        # The last point is a cut after the program has ended.
        prefix = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', f'trace={name}', '-e', f'inject={name}:signal=SIGKILL:when={k}'] if name else []
        done = subprocess.run([*prefix, *argv], capture_output=True, text=True)
        disk.cut()
        if problem := check(done.returncode == 0):
            violations.append(f'{what}, {name} #{k}: {problem}')
    print(f'{what} on {FS}: {len(points)} points, {len(violations)} violations', *violations, sep='\n  ')
    return violations


def main():
    stage = Stage(BINARIES)
    disk = None
    try:
        tpm, disk = stage.tpm('a'), Disk(stage)
        vendor = stage.vendor('vendor')
        vendor.trust(tpm)
        vendor.add_product()
        sold = vendor.sell()
        host = stage.host('host', tpm, vendor)
        request, answer = stage.path('r.request'), stage.path('r.answer')
        assert host.request(sold['product_key'], request).code == 0
        good_vendor, good_state = stage.path('vendor-good'), stage.path('state-good')
        shutil.copytree(vendor.dir, good_vendor)
        shutil.copytree(host.state, good_state)
        assert vendor.answer(request, answer).code == 0

        host.state = disk.mount / 'state'

        def check_install(acknowledged):
            there = (host.state / 'licenses' / 'acme-cad.json').exists()
            if acknowledged and not there:
                return 'acknowledged and lost'
            if host.run('check', 'export').code != (0 if there else 3):
                return 'neither old nor new'
            if host.run('install', answer).code != 0:
                return 'does not converge'

        bad = sweep('install', [f'{BINARIES}/holdfast', 'install', str(answer), *map(str, host.options())], disk,
                    lambda: disk.put(good_state, 'state'), check_install)

        vendor.dir = disk.mount / 'vendor'
        out = disk.mount / 'vendor' / 'out.answer'

        def check_answer(acknowledged):
            shown = vendor.run('license', 'show', sold['license'], '--json')
            if shown.code != 0:
                return 'the store is unreadable: ' + shown.text
            used = shown.json()['activations_used']
            if acknowledged and (used != 1 or not out.exists()):
                return 'acknowledged and lost'
            for done in (vendor.answer(request, out), vendor.run('audit', 'verify')):
                if done.code != 0:
                    return 'does not converge: ' + done.text
            if vendor.run('license', 'show', sold['license'], '--json').json()['activations_used'] != 1:
                return 'counted twice'

        bad += sweep('answer', [f'{BINARIES}/holdfast-vendor', 'answer', str(request), '-o', str(out), '--dir', str(vendor.dir)], disk,
                     lambda: disk.put(good_vendor, 'vendor'), check_answer)
        return bool(bad)
    finally:
        if disk:
            subprocess.run(['umount', disk.mount], capture_output=True)
        stage.close()


if __name__ == '__main__':
    sys.exit(main())
