#!/usr/bin/env python3
"""usage: full_disk_test.py BINARIES - the state directory on a disk of 64 KiB that is full, or read-only: a defined answer to everything, units are not
granted where they cannot be recorded, and what needs no record goes on. Skipped where no file system may be mounted."""
import os, subprocess, sys, unittest

# A mount namespace of its own, so that nothing stays mounted, whatever becomes of the test; for others than root in a user namespace.
if 'HOLDFAST_TEST_MOUNTS' not in os.environ:
    ALONE = ['unshare', '--mount'] if os.geteuid() == 0 else ['unshare', '--user', '--map-root-user', '--mount']
    if subprocess.run([*ALONE, 'mount', '-t', 'tmpfs', 'none', '/mnt'], stdin=subprocess.DEVNULL).returncode != 0:
        print('no file system can be mounted here')
        sys.exit(77)
    os.execvpe('unshare', [*ALONE, sys.executable, *sys.argv], {**os.environ, 'HOLDFAST_TEST_MOUNTS': '1'})

from reporting_plan import product_that_reports
from stage import Stage, snapshot

BINARIES = sys.argv.pop(1)
MORE_THAN_A_BATCH = 100


def mount(*words):
    subprocess.run(['mount', *map(str, words)], check=True, capture_output=True)


class FullDisk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor, cls.tpm = s.vendor(), s.tpm()
        cls.vendor.trust(cls.tpm)
        cls.vendor.add_product(terms=product_that_reports(s))

    def setUp(self):
        self.tpm.tool('tpm2_clear', '-c', 'lockout')  # a new host
        self.host = self.stage.host(self._testMethodName, self.tpm, self.vendor)
        self.host.state.mkdir()
        mount('-t', 'tmpfs', '-o', 'size=64k', 'none', self.host.state)
        self.addCleanup(subprocess.run, ['umount', '--lazy', self.host.state])
        self.addCleanup(lambda: self.host.agent and self.host.kill_agent())
        self.sold = self.vendor.sell()
        self.granted = 0

    def fill(self):
        with open(self.host.state / 'filler', 'wb', buffering=0) as filler, self.assertRaises(OSError):
            while True:
                filler.write(b'x' * 512)

    def make_room(self):
        (self.host.state / 'filler').unlink()

    def remount(self, how):
        mount('-o', 'remount,bind,' + how, self.host.state)

    def consume(self, units):
        done = self.host.run('consume', 'pages', units, '--json')
        self.granted += units if done.code == 0 else 0
        return done

    def assertDone(self, done):
        self.assertEqual(done.code, 0, done.text)

    def assertCannotWrite(self, done):
        self.assertEqual((done.code, done.json()['error']['check']), (1, 'file.write'), done.text)

    def license(self):
        done = self.host.run('status', '--json')
        self.assertDone(done)
        self.assertEqual(done.json()['ledger']['finding'], 'good', done.out)
        return done.json()['licenses'][0]

    def assertUnitsFailClosedAndTheRestGoesOn(self):
        before = self.granted
        self.assertCannotWrite(self.consume(MORE_THAN_A_BATCH))
        while (done := self.consume(1)).code == 0:  # what was recorded before may be handed out
            self.assertLess(self.granted - before, MORE_THAN_A_BATCH)
        self.assertCannotWrite(done)
        self.assertEqual(self.license()['state'], 'active')
        self.assertDone(self.host.run('check', 'export'))
        self.assertDone(self.host.run('hold', 'users', '--', 'true'))

    def assertAllOnRecord(self):
        self.assertDone(self.consume(MORE_THAN_A_BATCH))
        self.assertEqual(self.host.stop_agent(), 0)
        self.assertEqual(self.license()['limits']['pages']['used'], self.granted)

    def test_units_fail_closed_and_checks_go_on(self):
        self.host.activate(self.sold)
        self.host.start_agent()
        self.assertDone(self.consume(3))
        self.fill()
        self.assertUnitsFailClosedAndTheRestGoesOn()
        self.make_room()
        self.assertAllOnRecord()

    def test_an_agent_that_starts_on_a_full_disk(self):
        self.host.activate(self.sold)
        self.fill()
        self.host.start_agent()
        self.assertUnitsFailClosedAndTheRestGoesOn()
        self.make_room()
        self.assertAllOnRecord()

    def test_a_read_only_disk(self):
        """Nobody can keep the books there: no agent begins, and without one all that only reads goes on."""
        self.host.activate(self.sold)
        report = self.host.dir / 'report'
        self.remount('ro')
        done = self.stage.run('holdfast-agent', *self.host.options(), timeout=60)
        self.assertEqual(done.code, 1, done.text)
        self.assertIn('(file.write)', done.err)
        self.assertDone(self.host.run('check', 'export'))
        self.assertEqual(self.license()['state'], 'active')
        self.assertCannotWrite(self.host.run('heartbeat', '-o', report, '--json'))
        self.assertFalse(report.exists())
        self.remount('rw')
        self.host.start_agent()
        self.assertDone(self.host.run('heartbeat', '-o', report))
        self.assertAllOnRecord()

    def test_nothing_is_reported_or_applied_by_halves(self):
        self.host.activate(self.sold)
        self.host.start_agent()
        report, answer = self.host.dir / 'report', self.host.dir / 'answer'
        self.fill()
        self.assertCannotWrite(self.host.run('heartbeat', '-o', report, '--json'))
        self.assertFalse(report.exists())
        self.make_room()
        for done in (self.vendor.run('license', 'renew', self.sold['license'], '--for', '365d'), self.host.run('heartbeat', '-o', report),
                     self.vendor.run('heartbeat', report, '-o', answer)):
            self.assertDone(done)
        before = self.license()['expires']
        self.fill()
        self.assertCannotWrite(self.host.run('apply', answer, '--json'))
        self.assertEqual((self.license()['expires'], self.license()['state']), (before, 'active'))
        self.make_room()
        self.assertDone(self.host.run('apply', answer))
        self.assertGreater(self.license()['expires'], before)

    def test_a_repair_that_finds_no_room_has_its_emergency_period_when_there_is_some(self):
        """The new hardware's ledger cannot be begun, which must not look like one that was taken away."""
        self.host.activate(self.sold)
        self.tpm.tool('tpm2_clear', '-c', 'lockout')  # new hardware
        request = self.host.dir / 'request'
        self.fill()
        for _ in range(2):
            self.assertCannotWrite(self.host.request(self.sold['product_key'], request, '--repair', '--json'))
        self.make_room()
        done = self.host.request(self.sold['product_key'], request, '--repair', '--json')
        self.assertDone(done)
        self.assertIn('emergency_until', done.json(), done.text)
        self.assertEqual(self.license()['state'], 'emergency')

    def test_a_request_that_cannot_be_kept_is_not_given_out(self):
        request, answer = self.host.dir / 'request', self.host.dir / 'answer'
        self.fill()
        before = snapshot(self.host.state)
        self.assertCannotWrite(self.host.request(self.sold['product_key'], request, '--json'))
        self.assertFalse(request.exists())
        self.assertEqual({name for name in snapshot(self.host.state)} - set(before) - {'lock', 'ledger.json'}, set())
        self.make_room()
        for done in (self.host.request(self.sold['product_key'], request), self.vendor.answer(request, answer), self.host.run('install', answer)):
            self.assertDone(done)
        self.assertDone(self.host.run('check', 'export'))


if __name__ == '__main__':
    unittest.main(verbosity=2)
