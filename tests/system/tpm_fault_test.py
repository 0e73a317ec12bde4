#!/usr/bin/env python3
"""usage: tpm_fault_test.py BINARIES - the agent with a TPM that says "later", fails, falls silent, cuts answers short or loses them: the ledger stays
good, no unit is granted twice, and what needs no TPM goes on."""
import sys, unittest
from faulty_tpm import FaultyTpm
from reporting_plan import PAGES, begin

BINARIES = sys.argv.pop(1)
NV_INCREMENT = '0x134'
# What a commit and a proof are made of: ReadClock, CreatePrimary, StartAuthSession, Load, Unseal, FlushContext, NV_ReadPublic, NV_Read, NV_Increment,
# PolicyNV, Sign, GetCapability.
COMMANDS = ('0x181', '0x131', '0x176', '0x157', '0x15E', '0x165', '0x169', '0x14E', NV_INCREMENT, '0x149', '0x15D', '0x17A')


class FaultyHost(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        begin(cls, BINARIES)

    def setUp(self):
        self.host = self.stage.licensed_host(self.vendor)
        self.tpm = FaultyTpm(self.stage, self.host.tpm)
        self.addCleanup(self.tpm.close)
        self.slots, self.host.tpm = self.host.tpm, self.tpm
        self.addCleanup(lambda: self.host.agent and self.host.kill_agent())
        self.granted = 0

    def consume(self, units=1):
        done = self.host.run('consume', 'pages', units, '--json')
        self.granted += units if done.code == 0 else 0
        return done

    def assertGranted(self, done):
        self.assertEqual(done.code, 0, done.text)

    def assertRefused(self, done, check):
        self.assertEqual((done.code, done.json().get('error', {}).get('check')), (1, check), done.text)

    def assertChecksGoOn(self):
        self.assertEqual(self.host.run('check', 'export').code, 0)
        self.assertEqual(self.host.run('hold', 'users', '--', 'true').code, 0)

    def used(self):
        """As the ledger has it, which is good."""
        done = self.host.run('status', '--json')
        self.assertEqual(done.code, 0, done.text)
        said = done.json()
        self.assertEqual((said['ledger']['finding'], said['licenses'][0]['state']), ('good', 'active'), done.out)
        return said['licenses'][0]['limits']['pages']['used']

    def assertAllOnRecord(self):
        """Through the agent, and after its clean end to the unit."""
        self.assertEqual(self.used(), self.granted)
        self.assertEqual(self.host.stop_agent(), 0)
        self.slots.free_slots()
        self.assertEqual(self.used(), self.granted)


class Later(FaultyHost):
    def each(self, code, times):
        return ','.join(f'cc={command}:rc={code}:n={times}' for command in COMMANDS)

    def test_a_tpm_that_says_later_costs_nothing_but_time(self):
        """RETRY, which the library repeats; NV_RATE and NV_UNAVAILABLE, which we do."""
        for code, times in (('0x922', 4), ('0x920', 3), ('0x923', 3)):
            with self.subTest(code):
                self.tpm.fault(self.each(code, times))
                self.host.start_agent()
                self.assertGranted(self.consume(3))
                self.assertGreaterEqual(self.tpm.injected(), 10 * times, 'the faults were met')
                self.tpm.cure()
                self.assertAllOnRecord()

    def test_patience_ends_and_the_next_try_is_granted(self):
        self.host.start_agent()
        self.assertGranted(self.consume())
        self.tpm.fault(f'cc={NV_INCREMENT}:rc=0x920')
        self.assertRefused(self.consume(5), 'tpm.command')
        self.assertEqual(self.tpm.injected(), 12, 'once, and after each of eleven waits')
        self.assertChecksGoOn()
        self.tpm.cure()
        self.assertGranted(self.consume(5))
        self.assertAllOnRecord()

    def test_full_slots_are_freed_and_a_lockout_is_not_tried_twice(self):
        self.host.start_agent()
        self.tpm.fault('cc=0x14E:rc=0x902:n=1')
        self.assertGranted(self.consume(1))
        self.assertEqual(self.tpm.injected(), 1)
        self.tpm.fault(f'cc={NV_INCREMENT}:rc=0x921')
        self.assertRefused(self.consume(5), 'tpm.lockout')
        self.assertEqual(self.tpm.injected(), 1)
        self.assertChecksGoOn()
        self.tpm.cure()
        self.assertAllOnRecord()


class Failing(FaultyHost):
    def test_a_tpm_in_failure_mode_takes_no_check_away_and_grants_no_unit(self):
        self.host.start_agent()
        self.tpm.fault('cc=*:rc=0x101')
        self.assertRefused(self.consume(5), 'tpm.command')
        self.assertGreater(self.tpm.injected(), 0)
        self.assertChecksGoOn()
        self.assertRefused(self.host.run('heartbeat', '-o', self.host.dir / 'report', '--json'), 'tpm.command')
        self.assertFalse((self.host.dir / 'report').exists())
        self.tpm.cure()
        self.assertGranted(self.consume(5))
        self.assertAllOnRecord()

    def test_what_is_begun_with_a_tpm_in_failure_mode_is_proven_when_it_is_well_again(self):
        self.tpm.fault('cc=*:rc=0x101')
        self.host.start_agent()
        self.assertEqual(self.host.run('check', 'export', '--json').json()['reasons'], ['hardware_unavailable'])
        self.assertEqual(self.consume().code, 3)
        self.tpm.cure()
        while self.host.run('check', 'export').code != 0:  # the agent tries again by itself
            pass
        self.assertGranted(self.consume())
        self.assertAllOnRecord()

    def silent(self, rule):
        self.host.start_agent('--tpm-timeout', 4)
        self.assertGranted(self.consume())
        self.tpm.fault(rule)
        self.assertRefused(self.consume(5), 'tpm.silent')
        self.assertRefused(self.consume(5), 'tpm.busy')
        self.assertChecksGoOn()
        self.assertEqual(self.tpm.injected(), 1)
        self.tpm.cure()
        while (done := self.consume(5)).code == 1 and done.json()['error']['check'] == 'tpm.busy':
            pass
        self.assertGranted(done)
        self.assertAllOnRecord()

    def test_a_tpm_that_falls_silent_before_an_increment_and_does_it_at_last(self):
        self.silent(f'cc={NV_INCREMENT}:at=1:hold')

    def test_an_answer_that_is_cut_short(self):
        self.silent(f'cc={NV_INCREMENT}:at=1:short')


class LostAnswers(FaultyHost):
    """The TPM did it, and nobody learns so."""

    def test_an_increment_of_each_commit(self):
        """Of the start, of each batch, of the end; the K-th of a run, until there are no more."""
        for k in range(1, 30):
            self.tpm.fault(f'cc={NV_INCREMENT}:at={k}:closeafter')
            self.host.start_agent()
            for units in (1, 2, 30):
                if self.consume(units).code != 0:
                    self.assertGranted(self.consume(units))
                    self.assertGreaterEqual(self.used(), self.granted)
            self.assertEqual(self.host.stop_agent(), 0)
            injected = self.tpm.injected()
            self.tpm.cure()
            self.assertGreaterEqual(self.used(), self.granted, f'granted, and not on record: increment {k}')
            if injected == 0:
                break
        self.assertGreater(k, 4)
        self.assertEqual(injected, 0, 'every increment was met')
        self.granted = self.used()
        self.host.start_agent()
        self.assertEqual(self.consume(PAGES - self.granted + 1).code, 3, 'no unit more than there are')
        self.assertGranted(self.consume(PAGES - self.granted))
        self.assertAllOnRecord()

    def test_an_increment_of_each_report(self):
        """The vendor sees one chain."""
        for agent in (False, True):
            if agent:
                self.host.start_agent()
            last, k = 0, 0
            while True:
                k += 1
                self.tpm.fault(f'cc={NV_INCREMENT}:at={k}:closeafter')
                done = self.host.run('heartbeat', '-o', self.host.dir / 'report', '--json')
                met = self.tpm.injected()
                self.tpm.cure()
                if met:
                    self.assertRefused(done, 'tpm.command')
                    done = self.host.run('heartbeat', '-o', self.host.dir / 'report', '--json')
                self.assertEqual(done.code, 0, done.text)
                said = self.vendor.run('heartbeat', self.host.dir / 'report', '-o', self.host.dir / 'answer', '--json').json()
                self.assertNotIn('fork', said)
                self.assertLessEqual(set(said['notes']), {'heartbeat.gap'})
                self.assertGreater(said['sequence'], last)
                last = said['sequence']
                done = self.host.run('apply', self.host.dir / 'answer')
                self.assertEqual(done.code, 0, done.text)
                if not met:
                    break
            self.assertGreater(k, 2)
        self.assertAllOnRecord()


if __name__ == '__main__':
    unittest.main(verbosity=2)
