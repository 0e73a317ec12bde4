#!/usr/bin/env python3
"""usage: inspect_test.py BINARIES - `holdfast inspect` knows every file that our programs leave on disk, and says so of files that are not ours."""
import json, pathlib, subprocess, sys, unittest
from stage import Stage

BINARIES = sys.argv.pop(1)


class Inspect(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor, cls.tpm, cls.host = s.trade()
        cls.host.activate(cls.vendor.sell())
        cls.host.start_agent()
        assert cls.host.stop_agent() == 0

    def inspect(self, file):
        return self.stage.run('holdfast', 'inspect', file, '--json')

    def assert_kind(self, file, kind):
        done = self.inspect(file)
        self.assertEqual(done.code, 0, done.text)
        self.assertEqual(done.json()['kind'], kind)
        self.assertEqual(self.stage.run('holdfast', 'inspect', file).code, 0)
        return done.json()

    def assert_refused(self, file, check):
        done = self.inspect(file)
        self.assertEqual(done.code, 1, done.text)
        self.assertIn(check, done.text)

    def test_the_ledger_is_shown(self):
        shown = self.assert_kind(self.host.state / 'ledger.json', 'ledger')
        self.assertEqual(shown['protection'], 'tpm')
        self.assertGreater(shown['content']['stamp'], 0)

    def test_an_installed_license_is_shown(self):
        self.assert_kind(self.host.state / 'licenses' / 'acme-cad.json', 'installed_license')

    def test_a_list_in_der_is_shown(self):
        lists = list(pathlib.Path(self.vendor.dir).rglob('*.crl'))
        self.assertTrue(lists)
        for file in lists:
            with self.subTest(file.name):
                shown = self.assert_kind(file, 'revocation_list')
                self.assertGreater(shown['number'], 0)

    def test_a_certificate_in_der_is_shown(self):
        pem = next((pathlib.Path(self.vendor.dir) / 'certificates').glob('*.issuing.pem'))
        der = self.stage.path('issuing.der')
        subprocess.run(['openssl', 'x509', '-in', pem, '-outform', 'DER', '-out', der], check=True, stdin=subprocess.DEVNULL)
        self.assertEqual(self.assert_kind(der, 'certificate'), self.assert_kind(pem, 'certificate'))

    def test_a_transcript_is_shown_without_the_plans_text(self):
        shown = self.assert_kind(pathlib.Path(self.vendor.dir) / 'transcripts' / 'ceremony.json', 'transcript')
        self.assertNotIn('plan', shown)
        self.assertTrue(shown['keys'] and shown['plan_sha256'])

    def test_the_signers_audit_log_is_counted(self):
        file = pathlib.Path(self.vendor.dir) / 'audit' / 'audit.jsonl'
        shown = self.assert_kind(file, 'audit_log')
        self.assertEqual(shown['records'], len(file.read_text().splitlines()))
        self.assertEqual((shown['first']['sequence'], shown['last']['sequence']), (1, shown['records']))

    def test_certificates_of_others_are_named_as_such(self):
        self.assert_refused(self.tpm.dir / 'ca-chain.pem', 'inspect.certificate')

    def test_what_is_not_ours_is_refused(self):
        for name, content, check in (('empty', b'', 'inspect.empty'), ('text', b'0 is a number\n', 'inspect.unknown'),
                                     ('der', b'\x30\x82\x00\x01\x00', 'inspect.certificate'), ('json', b'{"a": 1}', 'inspect.unknown'),
                                     ('ledger', json.dumps({'content': '[]', 'mac': ''}).encode(), 'inspect.ledger'),
                                     ('log', b'{"sequence":1}\n', 'inspect.audit_log')):
            with self.subTest(name):
                file = self.stage.path(name)
                file.write_bytes(content)
                self.assert_refused(file, check)


if __name__ == '__main__':
    unittest.main(verbosity=2)
