#!/usr/bin/env python3
"""usage: agent_test.py BINARIES - the agent as a process while what is around it fails: a TPM that falls silent, roots that
change, and a restart under those who hold units."""
import signal, subprocess, sys, types, unittest
from stage import Stage

BINARIES = sys.argv.pop(1)


class SilentTpm(unittest.TestCase):
    """The TPM takes connections and commands, and never answers."""
    PATIENCE = 4  # enough for the proof at start on a busy machine

    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor, cls.tpm, cls.host = s.trade()
        sold = cls.vendor.sell()
        cls.key = sold['product_key']
        cls.answer = cls.host.activate(sold)[1]

    def setUp(self):
        self.stage.path('again').unlink(missing_ok=True)
        self.agent_and_silent_tpm(self.PATIENCE)
        self.addCleanup(self.host.kill_agent)
        self.addCleanup(self.tpm.signal, signal.SIGCONT)

    def agent_and_silent_tpm(self, patience):
        self.host.start_agent('--tpm-timeout', patience)
        self.tpm.signal(signal.SIGSTOP)

    def again(self):
        return self.host.request(self.key, self.stage.path('again'), '--new')

    def assertNamed(self, done, check, words):
        self.assertEqual(done.code, 1, done.text)
        self.assertIn(f'({check})', done.err)
        self.assertIn(words, done.err)
        self.assertFalse(self.stage.path('again').exists())

    def test_who_waits_is_told_and_who_comes_later_is_told_at_once_and_checks_go_on(self):
        self.assertNamed(self.again(), 'tpm.silent', f'the TPM has not answered for {self.PATIENCE} seconds')
        self.assertNamed(self.again(), 'tpm.busy', 'which has not answered an earlier command')
        done = self.host.run('install', self.answer)
        self.assertNamed(done, 'tpm.busy', 'still waits')
        self.assertNotIn(self.answer.name, done.err, 'the file is not at fault')
        self.assertEqual(self.host.run('check', 'export').code, 0)
        self.assertEqual(self.host.run('hold', 'users', '--', 'true').code, 0)

    def test_it_is_used_again_when_it_answers_after_all(self):
        self.host.kill_agent()
        self.tpm.signal(signal.SIGCONT)
        self.agent_and_silent_tpm(10)  # what follows makes keys, and has to be done in that time
        self.assertNamed(self.again(), 'tpm.silent', 'seconds')
        self.tpm.signal(signal.SIGCONT)
        while '(tpm.busy)' in (done := self.again()).err:  # until the command that was given up has come back
            pass
        self.assertEqual(done.code, 0, done.text)

    def test_an_agent_that_has_proven_nothing_ends_to_be_started_again(self):
        self.host.kill_agent()
        done = self.stage.run('holdfast-agent', *self.host.options(), '--tpm-timeout', self.PATIENCE, timeout=60)
        self.assertNamed(done, 'tpm.silent', f'the TPM has not answered for {self.PATIENCE} seconds')
        self.tpm.signal(signal.SIGCONT)
        self.host.start_agent()
        self.assertEqual(self.host.run('check', 'export').code, 0)

    def test_revocation_lists_are_installed_all_the_same(self):
        crl = self.stage.path('crl')
        self.assertEqual(self.vendor.run('crl', '-o', crl).code, 0)
        self.assertNamed(self.again(), 'tpm.silent', 'seconds')
        done = self.host.run('install', crl)
        self.assertEqual(done.code, 0, done.text)

    def test_sigterm_ends_the_agent_all_the_same(self):
        self.assertNamed(self.again(), 'tpm.silent', 'seconds')
        self.assertEqual(self.host.stop_agent(), 0)


class NoTpm:
    tcti = 'device:/dev/no-such-tpm'


class Reload(unittest.TestCase):
    """SIGHUP, which is `systemctl reload`: the roots and the installed licenses are read anew, and what is held stays held."""

    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor, cls.tpm, _ = s.trade()
        cls.other = s.vendor('other')

    def setUp(self):
        self.host = self.stage.host(self._testMethodName[:12], self.tpm, self.vendor)
        self.host.activate(self.vendor.sell())
        self.roots = self.host.dir / 'roots.pem'
        self.roots.write_bytes(self.vendor.roots.read_bytes())
        self.host.vendor = types.SimpleNamespace(roots=self.roots)
        self.host.start_agent()
        self.addCleanup(self.host.kill_agent)

    def reload(self, roots, until):
        self.roots.write_bytes(roots)
        self.host.agent.send_signal(signal.SIGHUP)
        while not until():
            pass

    def license(self):
        return self.host.run('status', '--json').json()['licenses'][0]

    def is_in(self, state):
        return lambda: self.license()['state'] == state

    def test_roots_are_read_anew(self):
        mine, others = self.vendor.roots.read_bytes(), self.other.roots.read_bytes()
        self.reload(others, self.is_in('tampered'))
        self.reload(mine + others, self.is_in('active'))

    def test_roots_that_cannot_be_read_change_nothing_and_are_said(self):
        self.reload(b'rubbish', lambda: str(self.roots) in (self.host.dir / 'agent.log').read_text())
        self.assertEqual(self.license()['state'], 'active')

    def test_licenses_are_read_anew(self):
        file = next(self.host.state.glob('licenses/*.json'))
        content = file.read_bytes()
        file.unlink()
        self.reload(self.roots.read_bytes(), lambda: not self.host.run('status', '--json').json()['licenses'])
        file.write_bytes(content)
        self.reload(self.roots.read_bytes(), lambda: self.host.run('status', '--json').json()['licenses'])
        self.assertEqual(self.host.run('check', 'export').code, 0)

    def test_what_is_held_stays_held(self):
        hold = subprocess.Popen([self.stage.bin / 'holdfast', 'hold', 'users', '--socket', self.host.socket, '--', 'sh', '-c', 'echo runs; exec cat'],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.stage.processes.append(hold)
        for stream in (hold.stdin, hold.stdout, hold.stderr):
            self.addCleanup(stream.close)
        self.assertEqual(hold.stdout.readline(), 'runs\n')
        self.reload(self.other.roots.read_bytes(), self.is_in('tampered'))
        self.reload(self.vendor.roots.read_bytes(), self.is_in('active'))
        self.assertEqual(self.license()['limits']['users']['used'], 1)
        hold.stdin.close()
        self.assertEqual(hold.wait(timeout=60), 0)
        self.assertEqual(hold.stderr.read(), '')


class HoldThroughARestart(unittest.TestCase):
    """`holdfast hold` while the agent goes and comes back."""

    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor, cls.tpm, _ = s.trade()

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

    def test_a_license_that_cannot_be_proven_for_long_is_said_once(self):
        self.host.stop_agent()
        self.assertIn('the agent is gone', self.hold.stderr.readline())
        tpm, self.host.tpm = self.host.tpm, NoTpm
        self.host.start_agent()
        self.assertIn('goes on without what it held: users: denied (hardware_unavailable)', self.hold.stderr.readline())
        self.assertIn('cannot be proven', self.hold.stderr.readline())
        self.host.tpm = tpm
        self.host.stop_agent()
        self.host.start_agent()
        self.assertIn('users is held again', self.hold.stderr.readline())
        self.assertEqual(self.end_of_the_command(), 0)

    def test_units_that_are_denied_now_do_not_end_the_command(self):
        self.host.stop_agent()
        crl = self.host.dir / 'new.crl'
        for done in (self.vendor.run('license', 'suspend', self.sold['license']),
                     self.vendor.run('crl', '--license', self.sold['license'], '-o', crl), self.host.run('install', crl)):
            self.assertEqual(done.code, 0, done.text)
        self.host.start_agent()
        self.assertIn('the agent is gone', self.hold.stderr.readline())
        self.assertIn('goes on without what it held', self.hold.stderr.readline())
        self.assertIsNone(self.hold.poll())
        self.assertEqual(self.end_of_the_command(), 0)
        self.assertIn('suspended', self.hold.stderr.read())


class HoldAndSignals(unittest.TestCase):
    """What `holdfast hold` inherits, is sent, and hands on."""

    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        vendor, tpm = s.vendor(), s.tpm()
        vendor.trust(tpm)
        vendor.add_product()
        cls.host = s.host('host', tpm, vendor)
        cls.host.activate(vendor.sell())
        cls.host.start_agent()

    def hold(self, *command, **kw):
        process = subprocess.Popen([self.stage.bin / 'holdfast', 'hold', 'users', '--socket', self.host.socket, '--', *command],
                                   stdout=subprocess.PIPE, text=True, **kw)
        self.stage.processes.append(process)
        self.addCleanup(process.stdout.close)
        return process

    def test_the_end_of_the_command_is_seen_where_sigchld_is_ignored(self):
        ignored = ['python3', '-c', 'import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])']
        done = subprocess.run([*ignored, self.stage.bin / 'holdfast', 'hold', 'users', '--socket', self.host.socket, '--', 'sh', '-c', 'exit 7'],
                              timeout=60)
        self.assertEqual(done.returncode, 7)

    def test_signals_that_a_process_sends_reach_the_command(self):
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number.name):
                process = self.hold('python3', '-c', 'import signal, sys\n'
                                    'signal.signal(int(sys.argv[1]), lambda *_: sys.exit(40 + int(sys.argv[1])))\n'
                                    'print("runs", flush=True)\nsignal.pause()', str(int(number)))
                self.assertEqual(process.stdout.readline(), 'runs\n')
                process.send_signal(number)
                self.assertEqual(process.wait(timeout=60), 40 + number)

    def test_the_command_dies_of_sigxfsz_as_usual(self):
        self.assertEqual(self.hold('sh', '-c', 'kill -XFSZ $$').wait(timeout=60), 128 + signal.SIGXFSZ)


if __name__ == '__main__':
    unittest.main(verbosity=2)
