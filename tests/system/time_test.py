#!/usr/bin/env python3
"""usage: time_test.py BINARIES - a clock that is set back and a ledger that is set back, deleted or altered, with the real programs."""
import shutil, sys, unittest
from datetime import datetime, timedelta
from stage import Stage

BINARIES = sys.argv.pop(1)
# The clock that programs see, without the one that counts from the machine's start.
BACK = dict(prefix=['faketime', '-f', '-400d'], env={'FAKETIME_DONT_FAKE_MONOTONIC': '1'})


class Activated(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(BINARIES)
        self.addCleanup(self.stage.close)
        self.vendor, self.tpm, self.host = self.stage.trade()
        self.host.activate(self.vendor.sell())
        self.ledger = self.host.state / 'ledger.json'
        self.run_agent()

    def run_agent(self):
        """Starts the agent and stops it again: what it keeps is on disk."""
        self.host.start_agent()
        self.assertEqual(self.host.stop_agent(), 0)

    def status(self, **kw):
        done = self.host.run('status', '--json', **kw)
        self.assertEqual(done.code, 0, done.text)
        return done.json()

    def assertDenied(self, finding):
        self.host.start_agent()
        self.addCleanup(self.host.kill_agent)
        done = self.host.run('check', 'export')
        self.assertEqual(done.code, 3, done.text)
        self.assertIn('state_rollback', done.out)
        self.assertIn('holdfast request --new', done.out)
        self.assertEqual(self.status()['ledger']['finding'], finding)
        self.assertEqual(self.host.stop_agent(), 0)
        self.host.start_agent()
        self.assertEqual(self.host.run('check', 'export').code, 3, 'a restart does not heal it')


class Clock(Activated):
    def test_set_back_while_no_agent_ran_it_is_named_and_time_goes_on(self):
        before = self.status()['time']
        status = self.status(**BACK)
        self.assertEqual(status['clock']['state'], 'set_back')
        # The TPM's clock, which may be wrong by some percent, counts what passed since the agent saved.
        self.assertGreater(datetime.fromisoformat(status['time']), datetime.fromisoformat(before) - timedelta(minutes=5))
        self.assertEqual(status['licenses'][0]['reasons'], ['clock_set_back'])
        done = self.host.run('check', 'export', **BACK)
        self.assertEqual(done.code, 0, 'the policy is to warn')
        self.assertIn('clock_set_back', done.out)

    def test_a_clock_that_was_never_set_is_named(self):
        done = self.host.run('status', prefix=['faketime', '-f', '@1970-01-02 00:00:00'], env=BACK['env'])
        self.assertEqual(done.code, 0, done.text)
        self.assertIn('unset: it shows 1970-01-02', done.out)

    def test_right_again_nothing_is_left_of_it(self):
        self.assertEqual(self.status(**BACK)['clock']['state'], 'set_back')
        self.assertEqual(self.status()['clock']['state'], 'good')


class LedgerSetBack(Activated):
    def test_a_good_ledger_denies_nothing(self):
        self.host.start_agent()
        self.addCleanup(self.host.kill_agent)
        self.assertEqual(self.host.run('check', 'export').code, 0)
        self.assertEqual(self.status()['ledger']['finding'], 'good')
        self.assertEqual(self.status()['ledger']['protection'], 'tpm')

    def test_the_file_of_yesterday_is_named(self):
        shutil.copy(self.ledger, self.stage.path('old'))
        self.run_agent()
        shutil.copy(self.stage.path('old'), self.ledger)
        self.assertDenied('rolled_back')

    def test_the_whole_state_directory_of_yesterday_is_named(self):
        shutil.copytree(self.host.state, self.stage.path('old'))
        self.run_agent()
        shutil.rmtree(self.host.state)
        shutil.copytree(self.stage.path('old'), self.host.state)
        self.assertDenied('rolled_back')

    def test_a_deleted_file_is_named(self):
        self.ledger.unlink()
        self.assertDenied('lost')

    def test_a_deleted_counter_is_named(self):
        done = self.tpm.tool('tpm2_nvundefine', '-C', 'owner', '0x01a00000')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertDenied('lost')

    def test_an_altered_file_is_named(self):
        text = self.ledger.read_text()
        self.ledger.write_text(text.replace('\\"headroom\\"', '\\"headrOOm\\"'))
        self.assertNotEqual(self.ledger.read_text(), text)
        self.assertDenied('altered')

    def test_a_ledger_that_cannot_be_read_or_made_anew_is_named(self):
        self.ledger.unlink()
        self.ledger.mkdir()
        for run in (lambda: self.host.start_agent(), lambda: self.host.stop_agent()):
            run()
            self.addCleanup(self.host.kill_agent)
            done = self.host.run('check', 'export')
            self.assertEqual(done.code, 3, done.text)
            self.assertIn('hardware_unavailable', done.out)
            self.assertIn('ledger', self.status()['licenses'][0]['fault'])
        self.ledger.rmdir()
        self.assertDenied('lost')

    def test_a_kill_at_any_moment_is_not_taken_for_it(self):
        for _ in range(5):
            self.host.start_agent()
            self.host.kill_agent()
        self.host.start_agent()
        self.addCleanup(self.host.kill_agent)
        self.assertEqual(self.status()['ledger']['finding'], 'good')
        self.assertEqual(self.host.run('check', 'export').code, 0)


if __name__ == '__main__':
    unittest.main(verbosity=2)
