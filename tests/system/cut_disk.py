"""A file system of its own whose power is cut: what was not synced is gone, as FS_IOC_SHUTDOWN without writing the log leaves it. For root."""
import fcntl, os, shutil, struct, subprocess

FS_IOC_SHUTDOWN, NO_LOG_FLUSH = 0x8004587D, 2    # _IOR('X', 125, uint32_t), the same for ext4 and xfs


def sh(*argv):
    subprocess.run([str(a) for a in argv], check=True, capture_output=True)


class CutDisk:
    def __init__(self, stage, kind):
        self.kind, self.image, self.mount = kind, stage.path('image'), stage.path('disk')
        self.mount.mkdir()
        sh('truncate', '-s', '400M', self.image)
        sh('mkfs.' + kind, '-q', '-F' if kind == 'ext4' else '-f', self.image)
        sh('mount', '-o', 'loop', self.image, self.mount)

    def cut(self):
        """And power comes back."""
        fd = os.open(self.mount, os.O_RDONLY)
        fcntl.ioctl(fd, FS_IOC_SHUTDOWN, struct.pack('I', NO_LOG_FLUSH))
        os.close(fd)
        sh('umount', self.mount)
        sh('mount', '-o', 'loop', self.image, self.mount)

    def sync(self):
        sh('sync', '-f', self.mount)

    def put(self, source, name):
        sh('rm', '-rf', self.mount / name)
        shutil.copytree(source, self.mount / name)
        self.sync()

    def close(self):
        subprocess.run(['umount', self.mount], capture_output=True)
