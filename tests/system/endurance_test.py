#!/usr/bin/env python3
"""usage: endurance_test.py BINARIES - the agent in long use, and with what it needs missing for a while: its log, its disk, its TPM. Real programs."""
import contextlib, json, pathlib, resource, sys, time, unittest
from local_api import Connection
from stage import PRODUCT, Stage

BINARIES = sys.argv.pop(1)


class Licensed(unittest.TestCase):
    """A host with a license that has a meter, whose agent is not started yet."""

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(BINARIES)
        cls.addClassCleanup(cls.stage.close)
        terms = json.loads(PRODUCT.read_text())
        terms['plans']['demo']['limits']['pages'] = {'kind': 'meter', 'max': 1000, 'period': 'never'}
        product = cls.stage.path('metered.json')
        product.write_text(json.dumps(terms))
        cls.vendor, cls.tpm = cls.stage.vendor(), cls.stage.tpm()
        cls.vendor.trust(cls.tpm)
        cls.vendor.add_product(terms=product)
        cls.host = cls.stage.host('host', cls.tpm, cls.vendor)
        cls.host.activate(cls.vendor.sell())

    def setUp(self):
        self.addCleanup(lambda: self.host.agent and self.host.kill_agent())

    def connect(self):
        connection = Connection(self.host.socket)
        self.addCleanup(connection.close)
        return connection


class Wear(Licensed):
    CONNECTIONS, REQUESTS, LINES = 700, 100_000, 100
    GROWTH = 4096  # KiB, for what the allocator keeps

    def figure(self, name):
        status = pathlib.Path(f'/proc/{self.host.agent.pid}/status').read_text()
        return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1])

    def test_connections_leave_no_descriptor_behind(self):
        self.host.start_agent()
        self.connect().ask(op='status')
        before = self.figure('FDSize')
        for _ in range(self.CONNECTIONS):
            with contextlib.closing(Connection(self.host.socket)) as connection:
                self.assertTrue(connection.ask(op='check', feature='export')['allowed'])
        self.assertEqual(self.figure('FDSize'), before)

    def test_requests_leave_no_memory_behind(self):
        if b'_asan_init' in (program := (self.stage.bin / 'holdfast-agent').read_bytes()) or b'_tsan_init' in program:
            self.skipTest("a sanitizer keeps what is freed; it has a check of its own for what is not")
        self.host.start_agent()
        connection = self.connect()
        requests = (json.dumps({'op': 'check', 'feature': 'export'}) + '\n') * self.LINES

        def ask(count):
            for _ in range(count // self.LINES):
                connection.lines.write(requests)
                connection.lines.flush()
                for _ in range(self.LINES):
                    self.assertIn('"allowed":true', connection.lines.readline().replace(' ', ''))

        ask(self.REQUESTS // 10)
        before = self.figure('VmRSS')
        ask(self.REQUESTS)
        self.assertLess(self.figure('VmRSS') - before, self.GROWTH)

    def test_a_log_that_is_full_stops_nothing(self):
        log = self.host.dir / 'agent.log'
        log.unlink(missing_ok=True)
        log.symlink_to('/dev/full')
        self.addCleanup(log.unlink)
        self.host.start_agent()
        self.assertTrue(self.connect().ask(op='check', feature='export')['allowed'])
        self.assertEqual(self.host.run('consume', 'pages').code, 0)
        self.assertEqual(self.host.stop_agent(), 0)


class FullDisk(Licensed):
    """The agent may write no file any more; a full disk is the same to it."""

    def used(self):
        return self.host.run('status', '--json').json()['licenses'][0]['limits']['pages']['used']

    def test_no_unit_is_granted_that_cannot_be_recorded_and_all_else_goes_on(self):
        self.host.start_agent()
        self.assertEqual(self.host.run('consume', 'pages').code, 0)
        before = self.used()
        soft, hard = resource.prlimit(self.host.agent.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.host.agent.pid, resource.RLIMIT_FSIZE, (0, hard))
        done = self.host.run('consume', 'pages', 100)
        self.assertEqual(done.code, 1, done.text)
        self.assertIn('(file.write)', done.err)
        self.assertEqual(self.host.run('check', 'export').code, 0)
        self.assertEqual(self.host.run('hold', 'users', '--', 'true').code, 0)
        resource.prlimit(self.host.agent.pid, resource.RLIMIT_FSIZE, (soft, hard))
        self.assertEqual(self.host.run('consume', 'pages', 100).code, 0)
        self.assertEqual(self.used(), before + 100)


class LateTpm(Licensed):
    PATIENCE = 90  # seconds, far more than the agent waits between two tries by then

    def test_a_tpm_that_comes_after_the_agent_is_used(self):
        port = self.tpm.tcti.rsplit('=', 1)[1]
        self.tpm.down('clean')
        self.host.start_agent()
        done = self.host.run('check', 'export')
        self.assertEqual(done.code, 3, done.text)
        self.assertIn('hardware_unavailable', done.out)
        self.tpm.up(port)
        end = time.monotonic() + self.PATIENCE
        while self.host.run('check', 'export').code != 0:
            self.assertLess(time.monotonic(), end, 'it does not ask again')
        self.assertEqual(self.host.run('status', '--json').json()['ledger']['finding'], 'good')


if __name__ == '__main__':
    unittest.main(verbosity=2)
