"""A TPM behind tests/testing/tpm-fault-proxy.py, which says "later", loses answers or falls silent as it is told."""
import subprocess
from stage import SOURCE


class FaultyTpm:
    """In a TPM's place for a Host; all is well until `fault`."""

    def __init__(self, stage, tpm):
        self.dir, self.log = tpm.dir, stage.path(tpm.dir.name + '.faults')
        with open(self.log, 'w') as log:
            self.proxy = subprocess.Popen(['python3', SOURCE / 'tests/testing/tpm-fault-proxy.py', tpm.tcti.rsplit('=', 1)[1], ''],
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        stage.processes.append(self.proxy)
        said, port = self.proxy.stdout.readline().split()
        assert said == 'listening'
        self.tcti = f'swtpm:host=127.0.0.1,port={port}'

    def fault(self, rules):
        """From now on, and no other; the script says what rules there are."""
        self.proxy.stdin.write(rules + '\n')
        self.proxy.stdin.flush()
        assert self.proxy.stdout.readline() == 'changed\n'
        self.before = self.injected_in_all()

    def cure(self):
        self.fault('')

    def injected_in_all(self):
        return self.log.read_text().count('\n')

    def injected(self):
        """How often, since `fault`."""
        return self.injected_in_all() - self.before

    def close(self):
        self.proxy.stdin.close()
        self.proxy.stdout.close()
        self.proxy.wait(timeout=60)
