#!/usr/bin/env python3
"""usage: hard_meter_test.py BINARIES - units that the TPM counts, through kills, restarts, restored states and deleted indexes, with the real programs."""
import json, re, shutil, sys, unittest
from stage import PRODUCT, Stage

BINARIES = sys.argv.pop(1)
MAX = 20


class HardMeter(unittest.TestCase):
    CREDIT = True

    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor = s.vendor()
        cls.add_product(MAX)

    @classmethod
    def add_product(cls, units):
        terms = json.loads(PRODUCT.read_text())
        demo = terms['plans']['demo']
        demo['limits']['pages'] = {'kind': 'meter', 'max': units, 'period': 'never', 'hard': True}
        if cls.CREDIT:
            demo['return'] = {'units': True}
        demo['policies'] = {**demo.get('policies', {}), 'rollback': 'warn'}  # so that nothing but the TPM stands in the way
        product = cls.stage.path('hard.json')
        product.write_text(json.dumps(terms))
        cls.vendor.add_product(terms=product)

    def setUp(self):
        """Each test has a host and a license of its own."""
        number = len(self.stage.tpms)
        self.tpm = self.stage.tpm(f'tpm{number}')
        self.vendor.trust(self.tpm)
        self.host = self.stage.host(f'host{number}', self.tpm, self.vendor)
        self.addCleanup(lambda: self.host.agent and self.host.kill_agent())
        self.sold = self.vendor.sell()
        self.activate_first()

    def activate_first(self):
        self.request, self.answer = self.host.activate(self.sold)

    def consume(self, units=1):
        return self.host.run('consume', 'pages', units, '--json')

    def use(self, units):
        done = self.consume(units)
        self.assertEqual(done.code, 0, done.text)

    def license(self):
        done = self.host.run('status', '--json')
        self.assertEqual(done.code, 0, done.text)
        return done.json()['licenses'][0]

    def meter(self):
        return self.license()['limits']['pages']

    def assert_used(self, units):
        meter = self.meter()
        self.assertEqual((meter['used'], meter['counted']), (units, 'hard'))

    def indexes(self):
        """The counter and the meter that activation left, as tpm2-tools name them."""
        self.stop()
        listed = re.findall(r'0x[0-9A-Fa-f]+', self.tpm.tool('tpm2_getcap', 'handles-nv-index').stdout)
        ours = [int(i, 16) for i in listed if 0x01a80000 <= int(i, 16) <= 0x01afffff or 0x01b80000 <= int(i, 16) <= 0x01bfffff]
        self.assertEqual(len(ours), 2, listed)
        return min(ours), max(ours)

    def tool(self, *argv):
        done = self.tpm.tool(*argv)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def stop(self):
        if self.host.agent and self.host.agent.poll() is None:
            self.assertEqual(self.host.stop_agent(), 0)

    def activate_anew(self):
        for done in (self.host.request(self.sold['product_key'], self.request, '--new'),
                     self.vendor.answer(self.request, self.answer), self.host.run('install', self.answer)):
            self.assertEqual(done.code, 0, done.text)

    def assert_denied(self, reason):
        done = self.consume()
        self.assertEqual(done.code, 3, done.text)
        self.assertIn(reason, done.json()['reasons'])


class Use(HardMeter):
    def test_units_are_used_up_to_the_last_and_then_denied(self):
        self.host.start_agent()
        self.assert_used(0)
        self.use(16)
        self.assertEqual(self.consume(5).code, 3)
        self.assert_used(16)
        done = self.host.run('consume', 'pages', 4)
        self.assertEqual(done.code, 0, done.text)
        self.assertIn('20 of 20 used', done.out)
        self.assert_denied('limit_reached')
        self.assertIn('counted by the TPM', self.host.run('status').out)

    def test_more_than_sixteen_at_once_is_a_mistake(self):
        self.host.start_agent()
        done = self.consume(17)
        self.assertEqual(done.code, 2, done.text)
        self.assertIn('limit.amount', done.text)
        self.assert_used(0)

    def test_a_kill_and_a_restart_bring_nothing_back(self):
        self.host.start_agent()
        self.use(3)
        self.host.kill_agent()
        self.host.start_agent()
        self.assert_used(3)
        self.use(1)
        self.stop()
        self.assert_used(4)  # without an agent
        self.tpm.down('clean')
        self.tpm.up(self.tpm.tcti.rsplit('=', 1)[1])
        self.host.start_agent()
        self.assert_used(4)

    def test_the_vendor_reads_in_the_report_what_was_used(self):
        self.host.start_agent()
        self.use(5)
        report = self.host.dir / 'h.report'
        done = self.host.run('heartbeat', '-o', report)
        self.assertEqual(done.code, 0, done.text)
        done = self.vendor.run('heartbeat', report, '-o', self.host.dir / 'h.update', '--json')
        self.assertEqual(done.code, 0, done.text)
        self.assertEqual([(u['limit'], u['units']) for u in done.json()['usage']], [('pages', 5)])
        self.assertEqual(done.json()['notes'], [], 'and the TPM proves it')


class Attacks(HardMeter):
    def test_the_state_of_yesterday_brings_no_unit_back(self):
        self.host.start_agent()
        self.use(2)
        self.stop()
        old = self.host.state.with_suffix('.old')
        shutil.copytree(self.host.state, old)
        self.host.start_agent()
        self.use(7)
        self.stop()
        shutil.rmtree(self.host.state)
        shutil.copytree(old, self.host.state)
        self.host.start_agent()
        self.assert_used(9)
        self.use(11)
        self.assert_denied('limit_reached')

    def test_a_meter_that_is_deleted_and_made_anew_is_lost(self):
        self.host.start_agent()
        self.use(2)
        counter, meter = self.indexes()
        public = self.tool('tpm2_nvreadpublic', hex(meter))
        policy = self.host.dir / 'policy'
        policy.write_bytes(bytes.fromhex(re.search(r'authorization policy: ([0-9A-F]{64})', public)[1]))
        self.tool('tpm2_nvundefine', '-C', 'owner', hex(meter))
        self.host.start_agent()
        self.assert_denied('state_rollback')
        self.assertIn('tpm.meter', self.license()['fault'])
        self.assertEqual(self.license()['state'], 'active', 'what is not metered goes on')
        self.stop()
        self.tool('tpm2_nvdefine', hex(meter), '-C', 'owner', '-s', '8', '-L', policy, '-a', 'nt=pinpass|policywrite|ownerread|no_da')
        self.host.start_agent()
        self.assert_denied('state_rollback')
        self.assertEqual(self.host.run('install', self.answer).code, 0)
        self.assert_denied('state_rollback')

    def test_a_meter_that_is_lost_is_told_to_the_vendors_people_again_and_again(self):
        for index in self.indexes():
            self.tool('tpm2_nvundefine', '-C', 'owner', hex(index))
        report = self.host.dir / 'h.report'
        done = self.host.run('heartbeat', '-o', report)
        self.assertEqual(done.code, 0, done.text)
        for words in ('the hard meter is missing', 'heartbeat.meter_unproven'):
            done = self.vendor.run('heartbeat', report, '-o', self.host.dir / 'h.update')
            self.assertEqual(done.code, 0, done.text)
            self.assertIn(words, done.out)

    def test_a_new_activation_goes_on_and_one_after_a_release_is_charged_anew(self):
        self.host.start_agent()
        self.use(8)
        self.activate_anew()
        self.assert_used(8)
        activation = self.vendor.run('license', 'show', self.sold['license'], '--json').json()['activations'][-1]['activation']
        done = self.vendor.run('license', 'release', self.sold['license'], activation)
        self.assertEqual(done.code, 0, done.text)
        self.activate_anew()
        self.assert_used(0)
        self.use(16)

    def test_a_copy_on_another_machine_has_none(self):
        self.host.start_agent()
        self.use(1)
        self.stop()
        other = self.stage.tpm(f'tpm{len(self.stage.tpms)}')
        clone = self.stage.host(f'clone{len(self.stage.tpms)}', other, self.vendor)
        shutil.copytree(self.host.state, clone.state)
        clone.start_agent()
        self.addCleanup(clone.kill_agent)
        done = clone.run('consume', 'pages', '--json')
        self.assertEqual(done.code, 3, done.text)
        self.assertIn('wrong_hardware', done.json()['reasons'])

    def test_after_a_return_there_is_no_unit(self):
        self.host.start_agent()
        self.use(1)
        done = self.host.run('return', '-o', self.host.dir / 'h.return')
        self.assertEqual(done.code, 0, done.text)
        self.assert_denied('retired')


class FromLedgerToTpm(HardMeter):
    """The first request finds another program's index in the meter's place, so that the ledger counts; it goes away later."""

    def activate_first(self):
        done = self.host.request(self.sold['product_key'], self.host.dir / 'h.request')
        self.assertEqual(done.code, 0, done.text)
        counter, self.place = self.indexes()
        for index in (counter, self.place):
            self.tool('tpm2_nvundefine', '-C', 'owner', hex(index))
        self.tool('tpm2_nvdefine', hex(self.place), '-C', 'owner', '-s', '8', '-a', 'ownerread|ownerwrite')
        self.request, self.answer = self.host.dir / 'h.request', self.host.dir / 'h.answer'
        self.activate_anew()
        self.host.start_agent()
        self.assertEqual(self.meter()['counted'], 'tpm')

    def test_what_the_ledger_counted_is_used_when_the_tpm_counts(self):
        self.use(15)
        self.stop()
        self.tool('tpm2_nvundefine', '-C', 'owner', hex(self.place))
        self.host.start_agent()
        self.activate_anew()
        self.assert_used(15)
        self.assertEqual(self.consume(6).code, 3)
        self.use(5)
        self.assert_denied('limit_reached')
        self.stop()
        self.assert_used(MAX)  # without an agent


class Return:
    def test_what_a_returned_license_had_used_is_used_on_the_next_host(self):
        self.host.start_agent()
        self.use(6)
        self.stop()
        proof = self.host.dir / 'h.return'
        self.assertEqual(self.host.run('return', '-o', proof).code, 0)
        accepted = self.vendor.run('accept', proof)
        self.assertEqual(accepted.code, 0, accepted.text)
        tpm = self.stage.tpm('next-tpm')
        self.vendor.trust(tpm)
        self.host = self.stage.host('next-host', tpm, self.vendor)
        self.host.activate(self.sold)
        self.host.start_agent()
        self.addCleanup(self.host.kill_agent)
        self.assert_used(6 if self.CREDIT else MAX)
        if self.CREDIT:
            self.use(MAX - 6)
        self.assertEqual(self.consume().code, 3)


class ReturnWithCredit(Return, HardMeter):
    """The plan credits the units that are left."""

    def test_a_proof_that_is_accepted_after_a_new_activation_takes_no_unit_away(self):
        self.host.start_agent()
        self.use(5)
        self.stop()
        proof, report, update = (self.host.dir / name for name in ('h.return', 'h.report', 'h.update'))
        self.assertEqual(self.host.run('return', '-o', proof).code, 0)
        self.activate_anew()
        self.assert_used(5)
        for done in (self.vendor.run('accept', proof), self.vendor.run('license', 'renew', self.sold['license'], '--for', '30d'),
                     self.host.run('heartbeat', '-o', report), self.vendor.run('heartbeat', report, '-o', update), self.host.run('apply', update)):
            self.assertEqual(done.code, 0, done.text)
        self.host.start_agent()
        self.use(MAX - 5)
        self.assert_denied('limit_reached')


class ReturnWithoutCredit(Return, HardMeter):
    """All units of a returned activation count as used up."""
    CREDIT = False


if __name__ == '__main__':
    unittest.main(verbosity=2)
