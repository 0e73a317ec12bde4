#!/usr/bin/env python3
"""usage: meter_test.py BINARIES - units of a meter used up through the agent, with kills, restarts and a restored ledger, with the real programs."""
import collections, contextlib, json, os, re, shutil, signal, socket, subprocess, sys, unittest
from crash_points import TRACED
from stage import PRODUCT, Stage

BINARIES = sys.argv.pop(1)
MAX = 20


class Metered(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        terms = json.loads(PRODUCT.read_text())
        terms['plans']['demo']['limits']['pages'] = {'kind': 'meter', 'max': MAX, 'period': 'never'}
        terms['plans']['demo']['limits']['renders'] = {'kind': 'meter', 'max': 1000, 'period': 'month', 'overage_percent': 10}
        product = s.path('metered.json')
        product.write_text(json.dumps(terms))
        cls.vendor = s.vendor()
        cls.vendor.add_product(terms=product)

    def setUp(self):
        """Each test has a host and a license of its own."""
        number = len(self.stage.tpms)
        tpm = self.stage.tpm(f'tpm{number}')
        self.vendor.trust(tpm)
        self.host = self.stage.host(f'host{number}', tpm, self.vendor)
        self.host.activate(self.vendor.sell())
        self.addCleanup(lambda: self.host.agent and self.host.kill_agent())

    def consume(self, *args):
        return self.host.run('consume', *args, '--json')

    def used(self, meter='pages'):
        done = self.host.run('status', '--json')
        self.assertEqual(done.code, 0, done.text)
        return done.json()['licenses'][0]['limits'][meter]['used']

    def use_up(self):
        """How many units there still are, one by one."""
        for got in range(MAX + 1):
            done = self.consume('pages')
            if done.code == 3:
                self.assertIn('limit_reached', done.json()['reasons'])
                return got
            self.assertEqual(done.code, 0, done.text)
        self.fail('more units than the license has')


class Use(Metered):
    def test_units_are_used_up_and_then_denied(self):
        self.host.start_agent()
        done = self.host.run('consume', 'pages', 18)
        self.assertEqual(done.code, 0, done.text)
        self.assertIn('18 of 20 used', done.out)
        self.assertEqual(self.consume('pages', 3).code, 3)
        self.assertEqual(self.used(), 18, 'what is denied uses nothing')
        self.assertEqual(self.use_up(), 2)
        self.assertIn('pages', self.host.run('status').out)

    def test_overage_is_allowed_and_told(self):
        self.host.start_agent()
        self.assertEqual(self.consume('renders', 1000).json()['reasons'], ['active'])
        done = self.consume('renders', 100)
        self.assertEqual((done.code, done.json()['reasons']), (0, ['overage']))
        self.assertEqual(self.consume('renders').code, 3)
        meter = self.host.run('status', '--json').json()['licenses'][0]['limits']['renders']
        self.assertEqual((meter['used'], meter['counted']), (1100, 'tpm'))
        self.assertRegex(meter['period_ends'], r'^\d{4}-\d\d-01T00:00:00Z$')

    def test_a_clean_stop_gives_back_what_is_left_of_a_batch(self):
        self.host.start_agent()
        for _ in range(5):
            self.assertEqual(self.consume('pages').code, 0)
        self.assertEqual(self.host.stop_agent(), 0)
        self.assertEqual(self.used(), 5, 'as the ledger says without an agent')
        self.host.start_agent()
        self.assertEqual(self.used(), 5)
        self.assertEqual(self.use_up(), MAX - 5)

    def test_a_kill_costs_at_most_the_batch(self):
        self.host.start_agent()
        for _ in range(5):
            self.assertEqual(self.consume('pages').code, 0)
        self.host.kill_agent()
        self.host.start_agent()
        self.assertIn(self.used(), (5, 6))
        self.assertLessEqual(self.use_up(), MAX - 5)

    def test_the_ledger_of_yesterday_brings_no_unit_back(self):
        self.host.start_agent()
        self.assertEqual(self.consume('pages', 2).code, 0)
        self.assertEqual(self.host.stop_agent(), 0)
        old = self.host.state.with_suffix('.old')
        shutil.copytree(self.host.state, old)
        self.host.start_agent()
        self.use_up()
        self.assertEqual(self.host.stop_agent(), 0)
        shutil.rmtree(self.host.state)
        shutil.copytree(old, self.host.state)
        self.host.start_agent()
        done = self.consume('pages')
        self.assertEqual(done.code, 3, done.text)
        self.assertIn('state_rollback', done.json()['reasons'])

    def test_what_is_held_is_not_used_up_nor_the_other_way_round(self):
        self.host.start_agent()
        for command in (('consume', 'users'), ('hold', 'pages', '--', 'true')):
            done = self.host.run(*command)
            self.assertEqual(done.code, 2, done.text)
            self.assertIn('limit.kind', done.err + done.out)

    def test_without_an_agent_nothing_is_used_up(self):
        done = self.host.run('consume', 'pages')
        self.assertEqual(done.code, 1, done.text)
        self.assertIn('socket.absent', done.text)


class Kills(Metered):
    """The agent killed at every system call of a run that changes something on disk or goes to the TPM."""
    CALLS = ('openat', 'write', 'fsync', 'rename', 'unlink', 'fchmod', 'sendto', 'recvfrom', 'poll')

    def run_once(self, strace):
        """Starts the agent below strace, uses units, and stops it. How many units were granted."""
        path = str(self.host.dir / 'notify')
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(path)
            ready.settimeout(0.05)
            agent = subprocess.Popen([*strace, f'{BINARIES}/holdfast-agent', *map(str, self.host.options())], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL, env={**TRACED, 'NOTIFY_SOCKET': path})
            self.stage.processes.append(agent)
            said = b''
            while b'READY=1' not in said and agent.poll() is None:
                with contextlib.suppress(socket.timeout):
                    said += ready.recv(4096)
        granted = sum(n for n in (1, 2, 3) if agent.poll() is None and self.consume('renders', n).code == 0)
        subprocess.run(['pkill', '-TERM', '-P', str(agent.pid)])
        agent.wait(timeout=60)
        return granted

    def clean_up(self):
        """What the kernel's resource manager does for a process that is gone."""
        for what in ('-t', '-l'):
            self.host.tpm.tool('tpm2_flushcontext', what)

    def points(self):
        out = self.host.dir / 'trace'
        self.assertEqual(self.run_once(['strace', '-f', '-qq', '-o', out, '-e', 'trace=' + ','.join(self.CALLS)]), 6)
        count, points = collections.Counter(), {}
        for line in out.read_text(errors='replace').splitlines():
            call = re.match(r'(\d+)\s+(\w+)\((.*)', line)
            if not call:
                continue
            count[call[1], call[2]] += 1
            changes = call[2] != 'openat' or 'O_WRONLY' in call[3] or 'O_RDWR' in call[3]
            if changes and (call[2] not in ('recvfrom', 'poll')):
                points[call[2], count[call[1], call[2]]] = True
        return list(points)

    def test_no_unit_is_granted_twice(self):
        self.host.start_agent()  # so that the state is one that a run ended with
        self.assertEqual(self.host.stop_agent(), 0)
        points = self.points()
        self.assertGreater(len(points), 20)
        killed = 0
        granted = 6
        for name, k in points:
            with self.subTest(f'SIGKILL at {name} #{k}'):
                got = self.run_once(['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=' + name, '-e',
                                     f'inject={name}:signal=SIGKILL:when={k}'])
                self.clean_up()
                killed += got < 6
                granted += got
                status = self.host.run('status', '--json')
                self.assertEqual(status.code, 0, status.text)
                status = status.json()
                self.assertEqual(status['ledger'], {'finding': 'good', 'protection': 'tpm', 'open': True, 'tpm_clock': 'same_boot'})
                used = status['licenses'][0]['limits']['renders']['used']
                self.assertGreaterEqual(used, granted, 'granted, and not on record')
        self.assertGreater(killed, 3)
        print(f'{len(points)} points, {killed} before everything was granted')


if __name__ == '__main__':
    unittest.main(verbosity=2)
