#!/usr/bin/env python3
"""usage: modules_test.py BINARIES - the main job with each kind of token and key: SoftHSM2 with RSA-3072, a token of the vendor's own with EC
keys, tpm2-pkcs11, and the root in another module than the issuing keys."""
import re, subprocess, sys, unittest
from stage import Stage, LAB

BINARIES = sys.argv.pop(1)


class Modules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(BINARIES)
        cls.addClassCleanup(cls.stage.close)
        cls.tpm = cls.stage.tpm('host-tpm')

    def token(self, script, name):
        """Starts a lab token; its environment as module-env options, module, token URI and PIN file."""
        directory = self.stage.path(name)
        done = subprocess.run([LAB / script, directory], capture_output=True, text=True)
        if done.returncode:
            self.skipTest(f'{script}: {done.stderr.strip()}')
        self.addCleanup(subprocess.run, [LAB / 'swtpm-down.sh', directory, 'kill'], capture_output=True)
        names = re.findall(r'(?:^export | )([A-Z0-9_]+)=', (directory / 'env').read_text(), re.M)
        script = f'. {directory}/env; for v in {" ".join(names)}; do printf "%s=%s\\0" $v "${{!v}}"; done'
        out = subprocess.run(['bash', '-c', script], capture_output=True, text=True, check=True).stdout
        env = dict(line.split('=', 1) for line in out.rstrip('\0').split('\0'))
        token = re.search(r'token=([^;?]+)', env['PKCS11_URI_EC'])[1]
        return {'module': env['PKCS11_MODULE'], 'token': f'pkcs11:token={token}', 'pin-file': str(directory / 'pin'),
                'env': [f'{k}={v}' for k, v in env.items() if not k.startswith('PKCS11_')]}

    def main_job(self, name, *options):
        vendor = self.stage.vendor(name, *options)
        vendor.trust(self.tpm)
        vendor.add_product()
        host = self.stage.host(name + '-host', self.tpm, vendor)
        sold = vendor.sell()
        request, answer = self.stage.path(name + '.request'), self.stage.path(name + '.answer')
        for done in (host.request(sold['product_key'], request), vendor.answer(request, answer), host.run('install', answer),
                     host.run('check', 'export')):
            self.assertEqual(done.code, 0, done.text)

    @staticmethod
    def options(token, prefix=''):
        return [x for key in ('module', 'token', 'pin-file') for x in (f'--{prefix}{key}', token[key])]

    def test_embedded_token_with_rsa_3072(self):
        self.main_job('rsa', '--key-type', 'rsa-3072')

    def test_vendor_directory_that_was_moved(self):
        """As after a restore from a backup: tokens are found where the directory is now, not where it was."""
        vendor = self.stage.vendor('before')
        vendor.add_product()
        vendor.dir = vendor.dir.rename(self.stage.path('after'))
        self.assertTrue(vendor.sell()['product_key'])
        done = vendor.run('issuer', 'rotate', '--line', 'default')
        self.assertEqual(done.code, 0, done.text)
        self.assertTrue(vendor.sell()['product_key'])

    def test_token_of_the_vendors_own(self):
        token = self.token('softhsm-up.sh', 'soft')
        self.main_job('own', *self.options(token), *(x for e in token['env'] for x in ('--module-env', e)))

    def test_tpm2_pkcs11(self):
        token = self.token('tpm2-pkcs11-up.sh', 'tpm2')
        self.main_job('tpm', *self.options(token), *(x for e in token['env'] for x in ('--module-env', e)))

    def test_root_in_another_module(self):
        root, lines = self.token('tpm2-pkcs11-up.sh', 'root'), self.token('softhsm-up.sh', 'lines')
        self.main_job('both', *self.options(lines), *self.options(root, 'root-'),
                      *(x for e in root['env'] + lines['env'] for x in ('--module-env', e)))


if __name__ == '__main__':
    unittest.main(verbosity=2)
