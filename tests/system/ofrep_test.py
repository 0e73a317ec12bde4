#!/usr/bin/env python3
"""usage: ofrep_test.py BINARIES - OpenFeature's own packages from npm (ofrep/prove.mjs) ask the real agent on a simulated TPM: over its socket, and over TCP with a token.
Skipped (77) where node or npm is not there, or the packages cannot be fetched."""
import os, pathlib, secrets, shutil, socket, subprocess, sys, tempfile, unittest
from stage import SOURCE, Stage

BINARIES = pathlib.Path(sys.argv.pop(1)).resolve()
PROOF = SOURCE / 'tests' / 'system' / 'ofrep'


def skip_all(why):
    print(f'skipped: {why}')
    sys.exit(77)


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Ofrep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor = s.vendor()
        cls.vendor.add_product()
        cls.host = s.licensed_host(cls.vendor)

    def setUp(self):
        self.token = secrets.token_hex(32)
        self.port = free_port()
        file = self.stage.path('token')
        file.write_text(self.token + '\n')
        file.chmod(0o600)
        self.host.start_agent('--http-listen', f'127.0.0.1:{self.port}', '--http-token-file', file)
        self.addCleanup(self.host.kill_agent)

    def proven(self, *arguments, env=None):
        """Everything that prove.mjs proves, whose wishes are done."""
        process = subprocess.Popen(['node', 'prove.mjs', *map(str, arguments)], cwd=proof, env={**os.environ, **(env or {})}, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.stage.processes.append(process)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        said = ''
        for line in process.stdout:
            said += line
            if line.strip() in ('suspend', 'reactivate'):
                self.host.list_says(line.strip())
                process.stdin.write('done\n')
                process.stdin.flush()
        self.assertEqual(process.wait(timeout=60), 0, said)
        self.assertTrue(said.endswith('all proven\n'), said)
        return said

    def test_over_the_socket(self):
        self.proven('http://localhost', self.host.socket)

    def test_over_the_socket_of_one_product_of_several(self):
        self.proven('http://localhost/products/acme-cad', self.host.socket)

    def test_over_tcp_with_a_token(self):
        self.assertIn('ok with no token', self.proven(f'http://127.0.0.1:{self.port}', env={'HOLDFAST_TOKEN': self.token}))


def fetch_packages():
    """The directory of prove.mjs with its packages; what has been fetched is kept for nobody."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix='hfofrep'))
    unittest.addModuleCleanup(shutil.rmtree, directory, ignore_errors=True)
    for name in ('package.json', 'package-lock.json', 'prove.mjs'):
        shutil.copy(PROOF / name, directory)
    done = subprocess.run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', directory / 'cache'], cwd=directory, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=600)
    if done.returncode != 0:
        raise unittest.SkipTest("npm cannot fetch OpenFeature's packages: " + done.stderr.strip().splitlines()[0])
    return directory


def setUpModule():
    global proof
    proof = fetch_packages()


for program in ('node', 'npm'):
    if shutil.which(program) is None:
        skip_all(f'there is no {program}')

if __name__ == '__main__':
    tests = unittest.main(verbosity=2, exit=False).result
    if tests.testsRun == 0 and tests.wasSuccessful():
        skip_all('; '.join(why for _, why in tests.skipped))
    sys.exit(not tests.wasSuccessful())
