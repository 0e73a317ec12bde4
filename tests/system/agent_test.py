#!/usr/bin/env python3
"""usage: agent_test.py BINARIES - the agent as a process while what is around it fails: a TPM that falls silent."""
import signal, sys, unittest
from stage import Stage

BINARIES = sys.argv.pop(1)


class SilentTpm(unittest.TestCase):
    """The TPM takes connections and commands, and never answers."""

    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor, cls.tpm = s.vendor(), s.tpm()
        cls.vendor.trust(cls.tpm)
        cls.vendor.add_product()
        cls.host = s.host('host', cls.tpm, cls.vendor)
        cls.key = cls.vendor.sell()['product_key']
        cls.request, cls.answer = s.path('h.request'), s.path('h.answer')
        for done in (cls.host.request(cls.key, cls.request), cls.vendor.answer(cls.request, cls.answer),
                     cls.host.run('install', cls.answer)):
            assert done.code == 0, done.text

    def setUp(self):
        self.stage.path('again').unlink(missing_ok=True)
        self.host.start_agent('--tpm-timeout', 1)
        self.addCleanup(self.host.kill_agent)
        self.tpm.signal(signal.SIGSTOP)
        self.addCleanup(self.tpm.signal, signal.SIGCONT)

    def again(self):
        return self.host.request(self.key, self.stage.path('again'), '--new')

    def assertNamed(self, done, check, words):
        self.assertEqual(done.code, 1, done.text)
        self.assertIn(f'({check})', done.err)
        self.assertIn(words, done.err)
        self.assertFalse(self.stage.path('again').exists())

    def test_who_waits_is_told_and_who_comes_later_is_told_at_once_and_checks_go_on(self):
        self.assertNamed(self.again(), 'tpm.silent', 'the TPM has not answered for 1 seconds')
        self.assertNamed(self.again(), 'tpm.busy', 'which has not answered for')
        done = self.host.run('install', self.answer)
        self.assertNamed(done, 'tpm.busy', 'still waits')
        self.assertNotIn(self.answer.name, done.err, 'the file is not at fault')
        self.assertEqual(self.host.run('check', 'export').code, 0)
        self.assertEqual(self.host.run('hold', 'users', '--', 'true').code, 0)

    def test_it_is_used_again_when_it_answers_after_all(self):
        self.assertNamed(self.again(), 'tpm.silent', 'seconds')
        self.tpm.signal(signal.SIGCONT)
        while '(tpm.busy)' in (done := self.again()).err:  # until the worker is through
            pass
        self.assertEqual(done.code, 0, done.text)

    def test_sigterm_ends_the_agent_all_the_same(self):
        self.assertNamed(self.again(), 'tpm.silent', 'seconds')
        self.assertEqual(self.host.stop_agent(), 0)


if __name__ == '__main__':
    unittest.main(verbosity=2)
