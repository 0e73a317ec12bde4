#!/usr/bin/env python3
"""usage: copies_test.py BINARIES - a state directory that is used twice, a virtual machine that is set back with its TPM, and an agent that is older
than its state, with the real programs."""
import shutil, sys, unittest
from stage import Stage, snapshot

BINARIES = sys.argv.pop(1)


class Activated(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(BINARIES)
        self.addCleanup(self.stage.close)
        self.vendor, self.tpm, self.host = self.stage.trade()
        self.host.activate(self.vendor.sell())

    def run_agent(self):
        """What it keeps is on disk afterwards."""
        self.host.start_agent()
        self.assertEqual(self.host.stop_agent(), 0)

    def status(self, host):
        done = host.run('status', '--json')
        self.assertEqual(done.code, 0, done.text)
        return done.json()

    def assertRolledBack(self, host):
        self.assertEqual(self.status(host)['ledger']['finding'], 'rolled_back')
        done = host.run('check', 'export')
        self.assertEqual(done.code, 3, done.text)
        self.assertIn('state_rollback', done.out)


class OneTpm(Activated):
    def test_of_two_agents_with_copies_of_one_state_none_goes_on(self):
        self.run_agent()
        copy = self.stage.host('copy', self.tpm, self.vendor)
        shutil.copytree(self.host.state, copy.state)
        self.host.start_agent()
        self.assertEqual(self.host.run('check', 'export').code, 0, 'control: one alone')
        copy.start_agent()
        self.assertRolledBack(copy)
        # What is to be recorded next meets the other's increment.
        done = self.host.run('time', 'request', '-o', self.stage.path('time'))
        self.assertEqual(done.code, 1, done.text)
        self.assertRolledBack(self.host)


    def test_of_two_states_on_one_tpm_the_first_has_lost_its_ledger(self):
        self.run_agent()
        other = self.stage.host('other', self.tpm, self.vendor)
        other.activate(self.vendor.sell())
        self.host.start_agent()
        self.assertEqual(self.status(self.host)['ledger']['finding'], 'lost')
        self.assertEqual(self.host.run('check', 'export').code, 3)


class SetBackWithItsTpm(Activated):
    def exchange(self):
        report, answer = self.stage.path('report'), self.stage.path('answer')
        done = self.host.run('heartbeat', '-o', report)
        self.assertEqual(done.code, 0, done.text)
        answered = self.vendor.run('heartbeat', report, '-o', answer, '--json')
        self.assertEqual(answered.code, 0, answered.text)
        done = self.host.run('apply', answer)
        self.assertEqual(done.code, 0, done.text)
        return answered.json()

    def test_here_nothing_tells_and_the_vendor_sees_it_at_the_next_report(self):
        self.run_agent()
        self.assertNotIn('fork', self.exchange())
        before = self.stage.path('before')
        shutil.copytree(self.tpm.dir, before / 'tpm', ignore=shutil.ignore_patterns('*.pid'))
        shutil.copytree(self.host.state, before / 'state')
        self.assertNotIn('fork', self.exchange())
        self.tpm.set_back(before / 'tpm')
        shutil.rmtree(self.host.state)
        shutil.copytree(before / 'state', self.host.state)
        self.assertEqual(self.status(self.host)['ledger']['finding'], 'good')
        self.assertEqual(self.host.run('check', 'export').code, 0)
        self.assertIn('fork', self.exchange())


class OlderAgent(Activated):
    """What a later version wrote: this one has never heard of schema 2."""

    def assertLeftAlone(self, file, reason):
        good = file.read_text()
        newer = good.replace('"schema": "1.0"', '"schema": "2.0"', 1)
        self.assertNotEqual(newer, good)
        file.write_text(newer)
        before = snapshot(self.host.state)
        self.host.start_agent()
        done = self.host.run('check', 'export')
        self.assertEqual(done.code, 3, done.text)
        self.assertIn(reason, done.out)
        self.assertIn('newer than this program understands', self.status(self.host)['licenses'][0]['fault'])
        self.assertEqual(self.host.stop_agent(), 0)
        self.assertEqual(snapshot(self.host.state)[str(file.relative_to(self.host.state))], before[str(file.relative_to(self.host.state))])
        file.write_text(good)
        self.host.start_agent()
        self.assertEqual(self.host.run('check', 'export').code, 0, 'the later version goes on where it was')
        self.assertEqual(self.status(self.host)['ledger']['finding'], 'good')

    def test_a_newer_ledger_is_left_alone(self):
        self.run_agent()
        self.assertLeftAlone(self.host.state / 'ledger.json', 'hardware_unavailable')

    def test_a_newer_license_file_is_left_alone(self):
        self.run_agent()
        self.assertLeftAlone(self.host.state / 'licenses' / 'acme-cad.json', 'tampered')


if __name__ == '__main__':
    unittest.main(verbosity=2)
