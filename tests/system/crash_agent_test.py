#!/usr/bin/env python3
"""usage: crash_agent_test.py BINARIES - a running agent whose disk is full at one system call: it goes on, and so do the checks; the ledger is good,
no unit is granted that is not on record, and its reports are one chain."""
import shutil, sys, unittest
from crash_points import DISK_FULL, injecting, points_in, tracing
from reporting_plan import begin
from traced_agent import TracedAgent

BINARIES = sys.argv.pop(1)


class DiskFull(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        begin(cls, BINARIES)
        cls.host = cls.stage.licensed_host(cls.vendor)
        cls.host.start_agent()  # so that the state is one that a run ended with
        assert cls.host.stop_agent() == 0
        cls.reports, cls.granted = [], 0

    def consume(self, units):
        """Units of the meter: those that were granted."""
        done = self.host.run('consume', 'pages', units)
        self.granted += units if done.code == 0 else 0
        return done.code == 0

    def report(self):
        out = self.host.dir / 'report'
        out.unlink(missing_ok=True)
        done = self.host.run('heartbeat', '-o', out)
        if done.code == 0:
            self.reports.append(shutil.copy(out, self.host.dir / f'report{len(self.reports)}'))
        return done.code == 0

    def run_once(self, options):
        """Whether the agent came up; and of what it was asked, what it did."""
        with TracedAgent(self.host, options) as agent:
            if not agent.runs():
                return False, []
            did = [self.consume(1), self.report(), self.consume(2)]
            self.assertEqual(self.host.run('check', 'export').code, 0, 'a full disk takes nothing away')
            if not all(did):
                self.assertTrue(self.consume(1) and self.report(), 'the disk has room again')
            return True, did

    def used(self):
        done = self.host.run('status', '--json')
        self.assertEqual(done.code, 0, done.text)
        said = done.json()
        self.assertEqual((said['ledger']['finding'], said['licenses'][0]['state']), ('good', 'active'), done.out)
        return said['licenses'][0]['limits']['pages']['used']

    def test_the_agent_goes_on(self):
        out = self.host.dir / 'trace'
        self.assertEqual(self.run_once(tracing(out)), (True, [True] * 3))
        points = [point for point in points_in(out.read_text(errors='replace')) if point.bears(DISK_FULL)]
        self.assertGreater(len(points), 20)
        refused = 0
        for point in points:
            with self.subTest(f'ENOSPC at {point}'):
                came_up, did = self.run_once(injecting(DISK_FULL, point))
                refused += not came_up or not all(did)
                self.host.tpm.free_slots()
                self.assertGreaterEqual(self.used(), self.granted, 'granted, and not on record')
                self.assertEqual([p.name for p in self.host.state.rglob('*.tmp')], [])
        self.assertGreater(refused, 5)
        print(f'{len(points)} points; at {refused} something was refused')
        self.assertOneChain()

    def assertOneChain(self):
        last = 0
        for report in self.reports:
            done = self.vendor.run('heartbeat', report, '-o', self.host.dir / 'answer', '--json')
            self.assertEqual(done.code, 0, done.text)
            said = done.json()
            self.assertNotIn('fork', said)
            self.assertLessEqual(set(said['notes']), {'heartbeat.gap'})
            self.assertGreater(said['sequence'], last)
            last = said['sequence']
        self.assertEqual(self.host.run('apply', self.host.dir / 'answer').code, 0)


if __name__ == '__main__':
    unittest.main(verbosity=2)
