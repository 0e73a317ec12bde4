#!/usr/bin/env python3
"""usage: agent_test.py BINARIES - the agent as a process while what is around it fails: a TPM that falls silent, and a restart
under those who hold units."""
import signal, subprocess, sys, unittest
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
        sold = cls.vendor.sell()
        cls.key = sold['product_key']
        cls.answer = cls.host.activate(sold)[1]

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

    def test_an_agent_that_has_proven_nothing_ends_to_be_started_again(self):
        self.host.kill_agent()
        done = self.stage.run('holdfast-agent', *self.host.options(), '--tpm-timeout', 1, timeout=60)
        self.assertNamed(done, 'tpm.silent', 'the TPM has not answered for 1 seconds')
        self.tpm.signal(signal.SIGCONT)
        self.host.start_agent()
        self.assertEqual(self.host.run('check', 'export').code, 0)

    def test_sigterm_ends_the_agent_all_the_same(self):
        self.assertNamed(self.again(), 'tpm.silent', 'seconds')
        self.assertEqual(self.host.stop_agent(), 0)


class HoldThroughARestart(unittest.TestCase):
    """`holdfast hold` while the agent goes and comes back."""

    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor, cls.tpm = s.vendor(), s.tpm()
        cls.vendor.trust(cls.tpm)
        cls.vendor.add_product()

    def setUp(self):
        self.host = self.stage.host(self._testMethodName[:12], self.tpm, self.vendor)
        self.sold = self.vendor.sell()
        self.host.activate(self.sold)
        self.host.start_agent()
        self.addCleanup(self.host.kill_agent)
        # The command says that it runs, and runs until its input ends.
        self.hold = subprocess.Popen([self.stage.bin / 'holdfast', 'hold', 'users', '--amount', '2', '--socket', self.host.socket, '--',
                                      'sh', '-c', 'echo runs; exec cat'],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.stage.processes.append(self.hold)
        for stream in (self.hold.stdin, self.hold.stdout, self.hold.stderr):
            self.addCleanup(stream.close)
        self.assertEqual(self.hold.stdout.readline(), 'runs\n')

    def end_of_the_command(self):
        self.hold.stdin.close()
        return self.hold.wait(timeout=60)

    def used(self):
        return self.host.run('status', '--json').json()['licenses'][0]['limits']['users']['used']

    def test_units_are_taken_again(self):
        self.assertEqual(self.used(), 2)
        for how in (signal.SIGTERM, signal.SIGKILL):
            self.host.stop_agent(how)
            self.assertIn('the agent is gone', self.hold.stderr.readline())
            self.host.start_agent()
            self.assertIn('users is held again', self.hold.stderr.readline())
            self.assertEqual(self.used(), 2)
        self.assertEqual(self.end_of_the_command(), 0)

    def test_the_command_may_end_while_the_agent_is_away(self):
        self.host.stop_agent()
        self.assertIn('the agent is gone', self.hold.stderr.readline())
        self.assertEqual(self.end_of_the_command(), 0)

    def test_units_that_are_denied_now_end_the_command(self):
        self.host.stop_agent()
        crl = self.host.dir / 'new.crl'
        for done in (self.vendor.run('license', 'suspend', self.sold['license']),
                     self.vendor.run('crl', '--license', self.sold['license'], '-o', crl), self.host.run('install', crl)):
            self.assertEqual(done.code, 0, done.text)
        self.host.start_agent()
        self.assertEqual(self.hold.wait(timeout=60), 3)
        self.assertIn('suspended', self.hold.stderr.read())


if __name__ == '__main__':
    unittest.main(verbosity=2)
