"""A host's state and its TPM's as they are now, to be brought back together: neither is older than the other then."""
import shutil


class KeptHost:
    def __init__(self, host):
        self.host, self.dir = host, host.dir / 'kept'
        self.dir.mkdir()
        # Orderly, so that the TPM's state is wholly on its disk; then it is that of the copy whenever it is put back.
        host.tpm.down('clean')
        shutil.copy(host.tpm.dir / 'tpm2-00.permall', self.dir)
        host.tpm.up(host.tpm.tcti.rsplit('=', 1)[1])
        shutil.copytree(host.state, self.dir / 'state')

    def bring_back(self):
        self.host.tpm.set_back(self.dir)
        shutil.rmtree(self.host.state)
        shutil.copytree(self.dir / 'state', self.host.state)
