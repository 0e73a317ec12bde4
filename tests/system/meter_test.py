#!/usr/bin/env python3
"""usage: meter_test.py BINARIES - units of a meter used up through the agent, with kills, restarts and a restored ledger, with the real programs."""
import json, shutil, sys, unittest
from crash_points import CHANGING, KILL, injecting, points_in, tracing
from stage import PRODUCT, Stage
from traced_agent import TracedAgent

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

    def run_once(self, options):
        """Starts the agent below strace, uses units, and stops it. How many units were granted."""
        with TracedAgent(self.host, options) as agent:
            return sum(n for n in (1, 2, 3) if agent.runs() and self.consume('renders', n).code == 0)

    def points(self):
        out = self.host.dir / 'trace'
        self.assertEqual(self.run_once(tracing(out, CHANGING + ',sendto')), 6)
        return points_in(out.read_text(errors='replace'))

    def test_no_unit_is_granted_twice(self):
        self.host.start_agent()  # so that the state is one that a run ended with
        self.assertEqual(self.host.stop_agent(), 0)
        points = self.points()
        self.assertGreater(len(points), 20)
        killed = 0
        granted = 6
        for point in points:
            with self.subTest(f'SIGKILL at {point}'):
                got = self.run_once(injecting(KILL, point))
                self.host.tpm.free_slots()
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
