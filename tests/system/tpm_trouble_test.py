#!/usr/bin/env python3
"""usage: tpm_trouble_test.py BINARIES - a TPM that an administrator or the firmware has set up otherwise: one message for each trouble, which says
what to do next, and doing that is enough."""
import signal, sys, unittest
from stage import Stage

BINARIES = sys.argv.pop(1)


class TpmTrouble(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor, cls.tpm, _ = s.trade()

    def setUp(self):
        self.tpm_is_free()
        self.host = self.stage.host(self._testMethodName[5:], self.tpm, self.vendor)
        self.sold = self.vendor.sell()

    def tpm_is_free(self):
        self.tools('tpm2_flushcontext', '-t')

    def tools(self, *argv):
        done = self.tpm.tool(*argv)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def request(self):
        return self.host.request(self.sold['product_key'], self.host.dir / 'h.request', '--new')

    def assertSaid(self, done, check, advice, code=1):
        self.assertEqual(done.code, code, done.text)
        self.assertEqual(done.err.count('\n'), 1, done.err)
        self.assertIn(f'({check})', done.err)
        self.assertIn(advice, done.err)

    def assertProven(self):
        self.assertEqual(self.host.run('check', 'export').code, 0)

    def activated(self):
        self.host.activate(self.sold)
        self.assertProven()

    def assertNotProven(self, check, advice):
        done = self.host.run('status')
        self.assertRegex(done.out, f'(?m)^  fault .* [(]{check}[)]; .*{advice}')
        self.assertEqual(self.host.run('check', 'export').code, 3)

    def test_owner_password(self):
        self.activated()
        self.tools('tpm2_changeauth', '-c', 'owner', 'secret')
        self.addCleanup(self.tpm.tool, 'tpm2_changeauth', '-c', 'owner', '-p', 'secret')
        self.assertSaid(self.request(), 'tpm.owner_auth', 'tpm2_changeauth -c owner -p PASSWORD')
        self.assertNotProven('tpm.owner_auth', 'tpm2_changeauth -c owner -p PASSWORD')
        self.tools('tpm2_changeauth', '-c', 'owner', '-p', 'secret')
        self.assertEqual(self.request().code, 0)
        self.assertProven()

    def test_endorsement_password(self):
        self.activated()
        self.tools('tpm2_changeauth', '-c', 'endorsement', 'secret')
        self.addCleanup(self.tpm.tool, 'tpm2_changeauth', '-c', 'endorsement', '-p', 'secret')
        self.assertSaid(self.request(), 'tpm.endorsement_auth', 'tpm2_changeauth -c endorsement -p PASSWORD')
        self.assertProven()  # what is activated does not need that hierarchy
        self.tools('tpm2_changeauth', '-c', 'endorsement', '-p', 'secret')
        self.assertEqual(self.request().code, 0)

    def test_hierarchies_that_the_firmware_disabled(self):
        for switch in ('shEnable', 'ehEnable'):
            with self.subTest(switch):
                self.tools('tpm2_hierarchycontrol', '-C', 'platform', switch, 'clear')
                self.assertSaid(self.request(), 'tpm.hierarchy', "Enable the TPM's storage and endorsement hierarchies in the firmware setup")
                self.tools('tpm2_hierarchycontrol', '-C', 'platform', switch, 'set')
                self.assertEqual(self.request().code, 0)

    def test_cleared(self):
        self.activated()
        self.tools('tpm2_clear', '-c', 'lockout')
        self.assertNotProven('tpm.cleared', 'make a new activation request on this machine')
        for done in (self.request(), self.vendor.answer(self.host.dir / 'h.request', self.host.dir / 'h.answer'),
                     self.host.run('install', self.host.dir / 'h.answer')):
            self.assertEqual(done.code, 0, done.text)
        self.assertProven()

    def test_lockout_is_no_trouble(self):
        self.tools('tpm2_createprimary', '-Q', '-C', 'owner', '-p', 'secret', '-c', self.host.dir / 'da.ctx')
        for _ in range(4):
            self.tpm.tool('tpm2_create', '-Q', '-C', self.host.dir / 'da.ctx', '-P', 'wrong', '-u', self.host.dir / 'x.pub', '-r', self.host.dir / 'x.priv')
            self.tpm_is_free()
        self.addCleanup(self.tpm.tool, 'tpm2_dictionarylockout', '-c')
        self.assertRegex(self.tools('tpm2_getcap', 'properties-variable'), 'inLockout: +1')
        self.activated()

    def test_busy(self):
        self.tpm.signal(signal.SIGSTOP)
        self.addCleanup(self.tpm.signal, signal.SIGCONT)
        key = self.host.dir / 'product-key'
        key.write_text(self.sold['product_key'])
        key.chmod(0o600)
        self.assertSaid(self.host.run('request', '--key-file', key, '-o', self.host.dir / 'h.request', '--tpm-timeout', '2'), 'tpm.silent', 'that no other program holds the TPM')
        self.tpm.signal(signal.SIGCONT)
        self.assertEqual(self.request().code, 0)

    def test_gone(self):
        port = self.tpm.tcti.rsplit('=', 1)[1]
        self.tpm.down('clean')
        self.assertSaid(self.request(), 'tpm.open', 'group tss')
        self.tpm.up(port)
        self.assertEqual(self.request().code, 0)


if __name__ == '__main__':
    unittest.main(verbosity=2)
