#!/usr/bin/env python3
"""usage: heartbeat_test.py BINARIES - reports and their answers by file: renewal, change, suspension, usage, gaps, resets, clones, and the offline
window, with the real programs."""
import json, shutil, sys, unittest
from stage import PRODUCT, Stage, at, snapshot

BINARIES = sys.argv.pop(1)
LATER = lambda days: at(f'+{days}d')


class Reporting(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        terms = json.loads(PRODUCT.read_text())
        demo = terms['plans']['demo']
        demo['limits']['pages'] = {'kind': 'meter', 'max': 1000, 'period': 'never'}
        demo['offline_window'] = '10d'
        demo['vouchers'] = {'count': 2, 'length': '2d'}
        for clone in ('allow', 'deny', 'suspend'):
            terms['plans'][clone] = {**demo, 'policies': {'clone': clone}}
        terms['plans']['larger'] = {**demo, 'edition': 'larger', 'features': {'export': True, 'cloud-render': True}, 'duration': '90d'}
        product = s.path('reporting.json')
        product.write_text(json.dumps(terms))
        cls.vendor = s.vendor()
        cls.vendor.add_product(terms=product)

    def setUp(self):
        self.addCleanup(lambda: [h.kill_agent() for h in self.hosts if h.agent])
        self.hosts = []

    def host(self, plan='demo'):
        number = len(self.stage.tpms)
        tpm = self.stage.tpm(f'tpm{number}')
        self.vendor.trust(tpm)
        host = self.stage.host(f'host{number}', tpm, self.vendor)
        self.hosts.append(host)
        sold = self.vendor.sell(plan)
        host.license = sold['license']
        host.activate(sold)
        return host

    def report(self, host, name='report', **kw):
        done = host.run('heartbeat', '-o', host.dir / name, '--json', **kw)
        self.assertEqual(done.code, 0, done.text)
        return host.dir / name

    def answer(self, report, *options, code=0):
        out = report.with_suffix('.answer')
        done = self.vendor.run('heartbeat', report, '-o', out, '--json', *options)
        self.assertEqual(done.code, code, done.text)
        return out, done

    def apply(self, host, answer, **kw):
        done = host.run('apply', answer, '--json', **kw)
        self.assertEqual(done.code, 0, done.text)
        return done.json()

    def exchange(self, host, *options):
        answer, done = self.answer(self.report(host), *options)
        self.apply(host, answer)
        return done.json()

    def status(self, host, **kw):
        done = host.run('status', '--json', **kw)
        self.assertEqual(done.code, 0, done.text)
        return done.json()['licenses'][0]


class Exchange(Reporting):
    def test_a_report_tells_usage_and_the_vendor_lists_it(self):
        host = self.host()
        host.start_agent()
        self.assertEqual(host.run('consume', 'pages', 7).code, 0)
        said = self.exchange(host)
        self.assertEqual([(u['limit'], u['units']) for u in said['usage']], [('pages', 7)])
        self.assertEqual(said['notes'], [])
        self.assertEqual(host.run('consume', 'pages', 5).code, 0)
        self.assertEqual(self.exchange(host)['usage'][0]['units'], 12)
        done = self.vendor.run('usage', host.license, '--json')
        self.assertEqual([(u['limit'], u['units']) for u in done.json()['usage']], [('pages', 12)])
        [listed] = done.json()['usage']
        self.assertIn(f"({listed['ek_name'][:20]})  pages  12", self.vendor.run('usage', host.license).out, 'hosts of one name are told apart')
        self.assertIn('last_contact', self.status(host))

    def test_it_works_without_an_agent_and_again_with_one(self):
        host = self.host()
        self.exchange(host)
        host.start_agent()
        self.assertEqual(self.exchange(host)['sequence'], 2)

    def test_a_renewal_reaches_the_host(self):
        host = self.host()
        host.start_agent()
        before = self.status(host)['expires']
        done = self.vendor.run('license', 'renew', host.license, '--for', '365d', '--json')
        self.assertEqual(done.code, 0, done.text)
        self.assertEqual(self.status(host)['expires'], before, 'not before the answer is applied')
        self.assertTrue(self.exchange(host)['renewed'])
        after = self.status(host)
        self.assertGreater(after['expires'], before)
        self.assertEqual(after['state'], 'active')
        self.assertFalse(self.exchange(host)['renewed'], 'once')
        done = self.vendor.run('license', 'show', host.license, '--json')
        self.assertEqual(done.json()['activations_used'], 1)

    def test_an_upgrade_and_a_notice_reach_the_host(self):
        host = self.host()
        host.start_agent()
        self.assertEqual(host.run('check', 'cloud-render').code, 3)
        done = self.vendor.run('license', 'change', host.license, '--plan', 'larger')
        self.assertEqual(done.code, 0, done.text)
        answer, _ = self.answer(self.report(host), '--notice', 'Version 3 is out.')
        self.assertEqual(self.apply(host, answer)['notices'], ['Version 3 is out.'])
        self.assertEqual(host.run('check', 'cloud-render').code, 0)

    def test_a_suspension_and_its_end_reach_the_host(self):
        host = self.host()
        host.start_agent()
        self.assertEqual(self.vendor.run('license', 'suspend', host.license).code, 0)
        self.exchange(host)
        self.assertEqual(host.run('check', 'export').code, 3)
        self.assertEqual(self.status(host)['state'], 'suspended')
        self.assertEqual(self.vendor.run('license', 'reactivate', host.license).code, 0)
        self.exchange(host)
        self.assertEqual(host.run('check', 'export').code, 0)

    def test_the_same_report_gets_the_same_answer_and_counts_once(self):
        host = self.host()
        report = self.report(host)
        first, _ = self.answer(report)
        text = first.read_bytes()
        again, done = self.answer(report)
        self.assertTrue(done.json()['repeated'])
        self.assertEqual(again.read_bytes(), text)
        self.assertTrue(self.apply(host, again)['changed'])
        self.assertFalse(self.apply(host, again)['changed'])

    def test_a_report_that_is_lost_is_made_good_by_the_next(self):
        host = self.host()
        host.start_agent()
        host.run('consume', 'pages', 3)
        self.report(host, 'lost')
        host.run('consume', 'pages', 4)
        said = self.exchange(host)
        self.assertEqual(said['usage'][0]['units'], 7)
        self.assertEqual(len(said['unseen']), 1, 'the gap is named')
        self.assertNotIn('fork', said)

    def test_an_answer_of_another_report_or_host_changes_nothing(self):
        host, other = self.host(), self.host()
        old, _ = self.answer(self.report(host, 'old'))
        new, _ = self.answer(self.report(host, 'new'))
        self.apply(host, new)
        before = snapshot(host.state / 'licenses')
        for wrong, check in ((old, 'heartbeat_answer.report'), (self.answer(self.report(other))[0], 'heartbeat_answer.license')):
            done = host.run('apply', wrong, '--json')
            self.assertEqual((done.code, done.json()['error']['check']), (1, check), done.text)
            self.assertIn(str(wrong), done.json()['error']['message'])
        self.assertEqual(snapshot(host.state / 'licenses'), before)

    def test_what_is_no_answer_is_named(self):
        host = self.host()
        report = self.report(host)
        for wrong in (report, host.dir / 'h.answer', self.vendor.roots):
            self.assertEqual(host.run('apply', wrong, '--json').json()['error']['check'], 'heartbeat_answer.kind')
        self.assertEqual(self.vendor.run('heartbeat', host.dir / 'h.request', '-o', host.dir / 'x', '--json').json()['error']['check'],
                         'heartbeat.kind')
        self.assertEqual(host.run('inspect', report).code, 0)
        self.assertEqual(host.run('inspect', self.answer(report)[0]).code, 0)


class Copies(Reporting):
    def clone(self, host):
        """The virtual machine, copied while it is off: the TPM's state and the host's."""
        host.tpm.down('clean')
        number = len(self.stage.tpms)
        shutil.copytree(host.tpm.dir, self.stage.path(f'tpm{number}'))
        tpm = self.stage.tpm(f'tpm{number}')
        host.tpm.up()
        copy = self.stage.host(f'host{number}', tpm, self.vendor)
        shutil.copytree(host.state, copy.state)
        self.hosts.append(copy)
        return copy

    def cloned(self, plan):
        host = self.host(plan)
        self.exchange(host)
        copy = self.clone(host)
        self.assertNotIn('fork', self.exchange(host))
        return host, copy

    def test_two_copies_are_seen_at_the_second_ones_first_report_and_told(self):
        host, copy = self.cloned('demo')
        answer, done = self.answer(self.report(copy))
        fork = done.json()['fork']
        self.assertEqual(fork['policy'], 'warn')
        for side in ('this', 'other'):
            self.assertTrue(fork[side]['host'], fork)
        self.assertIn('WARNING', done.err)
        self.apply(copy, answer)

    def test_a_plan_may_allow_it(self):
        host, copy = self.cloned('allow')
        _, done = self.answer(self.report(copy))
        self.assertEqual(done.json()['fork']['policy'], 'allow')
        self.assertNotIn('WARNING', done.err)

    def test_a_plan_may_refuse_the_second(self):
        host, copy = self.cloned('deny')
        _, done = self.answer(self.report(copy), code=3)
        self.assertEqual(done.json()['error']['check'], 'heartbeat.fork')
        self.assertNotIn('fork', self.exchange(host), 'the first goes on')

    def test_a_plan_may_suspend_the_license(self):
        host, copy = self.cloned('suspend')
        answer, done = self.answer(self.report(copy))
        self.assertTrue(done.json()['suspended'])
        self.apply(copy, answer)
        self.assertEqual(copy.run('check', 'export').code, 3)
        self.exchange(host)
        self.assertEqual(host.run('check', 'export').code, 3, 'both learn of it')

    def test_state_that_is_deleted_is_a_reset_and_no_fork(self):
        host = self.host()
        self.exchange(host)
        (host.state / 'ledger.json').unlink()
        said = self.exchange(host)
        self.assertEqual(said['sequence'], 1)
        self.assertNotIn('fork', said)
        self.assertTrue(any('reset' in note for note in said['notes']), said['notes'])


class Restored(Reporting):
    def test_an_older_file_that_is_put_back_revives_nothing(self):
        host = self.host()
        file = host.state / 'licenses' / 'acme-cad.json'
        before = file.read_bytes()
        host.start_agent()
        self.assertEqual(self.vendor.run('license', 'suspend', host.license).code, 0)
        self.exchange(host)
        self.assertEqual(self.status(host)['state'], 'suspended')
        self.assertEqual(host.stop_agent(), 0)
        file.write_bytes(before)
        for _ in range(2):
            status = self.status(host)
            self.assertEqual(status['state'], 'state_rollback')
            self.assertNotIn('last_contact', status)
            self.assertEqual(host.run('check', 'export').code, 3)
            self.assertIn('install', status['fault'])
        self.assertEqual(self.vendor.run('license', 'reactivate', host.license).code, 0)
        self.exchange(host)
        self.assertEqual(self.status(host)['state'], 'active', 'the newest heals it')

    def test_a_list_that_was_installed_is_not_forgotten_with_the_file(self):
        host = self.host()
        file = host.state / 'licenses' / 'acme-cad.json'
        before = file.read_bytes()
        host.start_agent()
        self.assertEqual(self.vendor.run('license', 'suspend', host.license).code, 0)
        lists = host.dir / 'lists.pem'
        self.assertEqual(self.vendor.run('crl', '-o', lists).code, 0)
        self.assertEqual(host.run('install', lists).code, 0)
        self.assertEqual(host.stop_agent(), 0)
        file.write_bytes(before)
        self.assertEqual(self.status(host)['state'], 'state_rollback')


class Backup(Reporting):
    def test_who_restores_one_and_activates_anew_is_one_host(self):
        host = self.host('suspend')
        self.exchange(host)
        backup = host.dir / 'backup'
        shutil.copytree(host.state, backup)
        for _ in range(2):
            self.exchange(host)
        shutil.rmtree(host.state)
        shutil.copytree(backup, host.state)
        self.assertEqual(self.status(host)['state'], 'state_rollback')
        request, answer = host.dir / 'anew.request', host.dir / 'anew.answer'
        for done in (host.run('request', '--key-file', host.dir / 'product-key', '-o', request, '--new'),
                     self.vendor.answer(request, answer), host.run('install', answer)):
            self.assertEqual(done.code, 0, done.text)
        said = self.exchange(host)
        self.assertNotIn('fork', said)
        self.assertIn('heartbeat.restored', said['notes'])
        self.assertEqual(self.exchange(host)['notes'], [], 'it is told once')
        self.assertEqual(self.status(host)['state'], 'active')


class Window(Reporting):
    def test_whom_the_vendor_does_not_hear_of_is_warned_then_falls_back_and_comes_back(self):
        host = self.host()
        self.assertEqual(self.status(host, **LATER(5))['reasons'], ['active'])
        self.assertEqual(self.status(host, **LATER(9))['reasons'], ['heartbeat_due'])
        self.assertEqual(self.status(host, **LATER(12))['state'], 'grace')
        late = self.status(host, **LATER(20))
        self.assertEqual((late['state'], late['edition']), ('fallback', 'lite'))
        self.assertIn('offline_too_long', late['reasons'])
        self.assertIn('holdfast heartbeat', host.run('status', **LATER(20)).out)

    def test_a_voucher_helps_for_its_length(self):
        host = self.host()
        self.assertEqual(host.run('break-glass', '--json').json()['error']['check'], 'break_glass.state')
        done = host.run('break-glass', '--json', **LATER(20))
        self.assertEqual((done.code, done.json()['left']), (0, 1), done.text)
        self.assertEqual(self.status(host, **LATER(21))['state'], 'emergency')
        self.assertEqual(self.status(host, **LATER(23))['state'], 'fallback')
        self.assertEqual(host.run('break-glass', **LATER(23)).code, 0)
        self.assertEqual(host.run('break-glass', **LATER(27)).code, 3, 'there were two')

    def test_a_wrong_clock_makes_a_voucher_no_longer(self):
        host = self.host()
        self.assertEqual(host.run('break-glass', **LATER(3000)).code, 0)
        self.assertEqual(self.status(host, **LATER(20))['state'], 'fallback')


if __name__ == '__main__':
    unittest.main()
