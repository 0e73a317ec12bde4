#!/usr/bin/env python3
"""usage: main_job_test.py BINARIES - the main job with the real programs: sale, request, answer, install, enforcement, copies
refused, revocation by file, renewal of keys without touching licenses that are out."""
import json, shutil, subprocess, sys, unittest
from stage import Stage, snapshot

BINARIES = sys.argv.pop(1)


class MainJob(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(BINARIES)
        cls.addClassCleanup(cls.stage.close)
        cls.vendor, cls.tpm, cls.host = cls.stage.trade()
        cls.sold = cls.vendor.sell(activations=1)
        cls.request, cls.answer = cls.host.activate(cls.sold)

    def test_status_says_active_without_a_running_agent(self):
        done = self.host.run('status', '--json')
        self.assertEqual(done.code, 0, done.text)
        self.assertEqual(done.json()['licenses'][0]['state'], 'active')

    def test_granted_feature_is_allowed_and_others_denied(self):
        self.assertEqual(self.host.run('check', 'export').code, 0)
        self.assertEqual(self.host.run('check', 'cloud-render').code, 3)
        self.assertEqual(self.host.run('check', 'no-such-feature').code, 3)

    def test_installing_the_same_answer_again_changes_nothing(self):
        before = snapshot(self.host.state)
        self.assertEqual(self.host.run('install', self.answer).code, 0)
        self.assertEqual(snapshot(self.host.state), before)

    def test_the_same_request_gives_the_same_license_and_one_activation(self):
        again = self.stage.path('again.answer')
        self.assertEqual(self.vendor.answer(self.request, again).code, 0)
        self.assertEqual(self.host.run('install', again).code, 0)
        shown = self.vendor.run('license', 'show', self.sold['license'], '--json').json()
        self.assertEqual(shown['activations_used'], 1)

    def test_openssl_verifies_the_license_file_strictly_with_its_crl(self):
        pem = self.stage.path('license.pem')
        pem.write_text(json.loads((self.host.state / 'licenses' / 'acme-cad.json').read_text())['license'])
        done = subprocess.run(['openssl', 'verify', '-x509_strict', '-crl_check_all', '-CAfile', self.vendor.roots, '-untrusted', pem,
                               '-CRLfile', pem, pem], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_another_tpm_opens_neither_the_answer_nor_the_copied_state(self):
        tpm = self.stage.tpm('b')
        other = self.stage.host('host-b', tpm, self.vendor)
        refused = other.run('install', self.answer)
        self.assertEqual(refused.code, 1, refused.text)
        shutil.copytree(self.host.state, other.state, dirs_exist_ok=True)
        done = other.run('check', 'export', '--json')
        self.assertEqual(done.code, 3, done.text)
        self.assertIn('wrong_hardware', done.json()['reasons'])
        self.assertNotEqual(other.run('install', self.answer).code, 0)

    def test_a_second_host_exceeds_the_activations(self):
        tpm = self.stage.tpm('c')
        self.vendor.trust(tpm)
        other = self.stage.host('host-c', tpm, self.vendor)
        request, answer = self.stage.path('c.request'), self.stage.path('c.answer')
        self.assertEqual(other.request(self.sold['product_key'], request).code, 0)
        done = self.vendor.answer(request, answer)
        self.assertEqual(done.code, 3, done.text)
        self.assertFalse(answer.exists())


class Service(unittest.TestCase):
    """The agent as a process."""

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(BINARIES)
        cls.addClassCleanup(cls.stage.close)
        cls.vendor, cls.tpm, cls.host = cls.stage.trade()

    def test_life_with_a_running_agent(self):
        stage, vendor, host = self.stage, self.vendor, self.host
        host.start_agent()
        self.assertEqual(host.run('check', 'export').code, 3, 'nothing installed yet')
        sold = vendor.sell()
        request, _ = host.activate(sold)
        self.assertEqual(host.run('check', 'export').code, 0, 'the running agent takes the license in')

        inner = [str(stage.bin / 'holdfast'), 'hold', 'users', '--socket', str(host.socket), '--']
        self.assertEqual(host.run('hold', 'users', '--', *inner, 'true').code, 0, 'two seats')
        self.assertEqual(host.run('hold', 'users', '--', *inner, *inner, 'true').code, 3, 'three seats')
        self.assertEqual(host.run('hold', 'users', '--', *inner, 'true').code, 0, 'freed when the processes ended')

        host.stop_agent()
        host.start_agent()
        self.assertEqual(host.run('check', 'export').code, 0, 'after a restart')
        self.tpm.down('clean')
        self.tpm.up()
        host.stop_agent()
        host.start_agent()
        self.assertEqual(host.run('check', 'export').code, 0, 'after a reboot of the TPM')

        rotated = vendor.run('issuer', 'rotate', '--line', 'default')
        self.assertEqual(rotated.code, 0, rotated.text)
        self.assertEqual(host.run('check', 'export').code, 0, 'a license that is out is not touched by rotation')

        for verb in ('suspend', 'reactivate', 'revoke'):
            self.assertEqual(vendor.run('license', verb, sold['license']).code, 0)
            denied = vendor.answer(request, stage.path('denied.answer'))
            self.assertEqual(denied.code, 0 if verb == 'reactivate' else 3, denied.text)
        crl = stage.path('new.crl')
        self.assertEqual(vendor.run('crl', '-o', crl).code, 0)
        done = host.run('install', crl)
        self.assertEqual(done.code, 0, done.text)
        done = host.run('check', 'export', '--json')
        self.assertEqual(done.code, 3, done.text)
        self.assertIn('revoked', done.json()['reasons'])
        self.assertEqual(host.stop_agent(), 0, 'SIGTERM ends the agent cleanly')

    def test_revoked_issuing_keys_are_replaced_and_their_licenses_with_them(self):
        stage, vendor = self.stage, self.vendor
        host = stage.host('second', self.tpm, vendor)
        sold = vendor.sell(activations=1)
        request, answer = stage.path('r.request'), stage.path('r.answer')
        self.assertEqual(host.request(sold['product_key'], request).code, 0)
        self.assertEqual(vendor.answer(request, answer).code, 0)
        keys = len(vendor.run('issuer', 'list', '--json').json()['issuers'])
        done = vendor.run('issuer', 'revoke', *(word for n in range(keys) for word in ('--revoke', f'default:{n + 1}')))
        self.assertEqual(done.code, 0, done.text)
        refused = vendor.answer(request, stage.path('refused.answer'))
        self.assertEqual(refused.code, 1, refused.text)
        self.assertIn('(licensing.issuer_revoked)', refused.err)
        self.assertEqual(vendor.run('issuer', 'rotate', '--line', 'default').code, 0)
        done = vendor.answer(request, answer)
        self.assertEqual(done.code, 0, done.text)
        done = host.run('install', answer)
        self.assertEqual(done.code, 0, done.text)
        self.assertEqual(host.run('check', 'export').code, 0)
        self.assertEqual(vendor.run('license', 'show', sold['license'], '--json').json()['activations_used'], 1)


if __name__ == '__main__':
    unittest.main(verbosity=2)
