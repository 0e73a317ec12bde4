#!/usr/bin/env python3
"""usage: time_test.py BINARIES - a clock that is set back, a floor that is put right by file, and a ledger that is set back, deleted or altered,
with the real programs."""
import datetime, re, shutil, sys, unittest
from stage import Outcomes, Stage, at

BINARIES = sys.argv.pop(1)
# The clock that programs see, without the one that counts from the machine's start.
BACK = at('-400d')
AHEAD = at('+400d')


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
        self.run_agent()  # which keeps that it is later
        status = self.status(**BACK)
        self.assertEqual(status['clock']['state'], 'set_back')
        self.assertGreaterEqual(status['time'], before)
        self.assertEqual(status['licenses'][0]['reasons'], ['clock_set_back'])
        done = self.host.run('check', 'export', **BACK)
        self.assertEqual(done.code, 0, 'the policy is to warn')
        self.assertIn('clock_set_back', done.out)
        self.assertIn('holdfast time request', done.out)

    def test_a_clock_that_was_never_set_is_named(self):
        done = self.host.run('status', **at('@1970-01-02 00:00:00'))
        self.assertEqual(done.code, 0, done.text)
        self.assertIn('unset: it shows 1970-01-02', done.out)

    def test_right_again_nothing_is_left_of_it(self):
        self.assertEqual(self.status(**BACK)['clock']['state'], 'set_back')
        self.assertEqual(self.status()['clock']['state'], 'good')


class TimeAnswer(Outcomes, Activated):
    """The vendor's own clock was ahead when he made a list, which every host takes for proof that it is so late."""

    def install(self, path, host=None):
        return (host or self.host).run('install', path, '--json')

    def poison(self):
        bad = self.stage.path('bad.crl')
        self.must(self.vendor.run('crl', '-o', bad, **AHEAD))
        self.must(self.install(bad))
        self.assertEqual(self.status()['clock']['state'], 'set_back')

    def make_vendor_right(self):
        self.must(self.stage.run('holdfast-signer', 'audit', 'accept-clock', '--config', self.vendor.dir / 'signer.conf'))
        good = self.stage.path('good.crl')
        self.must(self.vendor.run('crl', '-o', good))
        return good

    def ask(self, host=None, name='q'):
        request = self.stage.path(name)
        self.must((host or self.host).run('time', 'request', '-o', request))
        return request

    def answer(self, request):
        answer = request.with_suffix('.answer')
        told = self.must(self.vendor.run('time', 'answer', request, '-o', answer, '--json')).json()
        self.assertGreater(told['believed'], told['time'])
        return answer

    def assertRight(self):
        status = self.status()
        self.assertEqual(status['clock']['state'], 'good')
        self.assertEqual(status['licenses'][0]['reasons'], ['active'])
        now = datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs(now - datetime.datetime.fromisoformat(status['time'].replace('Z', '+00:00'))).total_seconds(), 600)

    def go_the_way_back(self):
        self.poison()
        request = self.ask()
        self.assertEqual(self.must(self.host.run('inspect', request, '--json')).json()['kind'], 'time_request')
        self.refused(self.vendor.run('time', 'answer', request, '-o', self.stage.path('none'), '--json'), 'policy.clock')
        good = self.make_vendor_right()
        answer = self.answer(request)
        shown = self.must(self.host.run('inspect', answer, '--json')).json()
        self.assertEqual((shown['kind'], shown['signature'][:5]), ('time_answer', 'valid'))
        self.refused(self.install(answer), 'time_answer.list')
        self.must(self.install(good))
        self.assertEqual(self.status()['clock']['state'], 'set_back', 'the list alone does not put it right')
        installed = self.must(self.install(answer)).json()
        self.assertEqual(installed, {'kind': 'time_answer', 'products': ['acme-cad'], 'changed': True})
        self.assertRight()
        self.refused(self.install(answer), 'time_answer.nonce')
        return answer

    def test_puts_it_right_once_without_an_agent(self):
        answer = self.go_the_way_back()
        self.run_agent()
        self.assertRight()
        self.refused(self.install(answer), 'time_answer.nonce')

    def test_puts_it_right_once_with_an_agent(self):
        self.host.start_agent()
        self.addCleanup(self.host.kill_agent)
        answer = self.go_the_way_back()
        self.assertEqual(self.host.stop_agent(), 0)
        self.assertRight()
        self.host.start_agent()
        self.assertRight()
        self.refused(self.install(answer), 'time_answer.nonce')

    def test_is_for_the_host_that_asked_and_its_newest_request(self):
        tpm = self.stage.tpm('other-tpm')
        self.vendor.trust(tpm)
        other = self.stage.host('other', tpm, self.vendor)
        other.activate(self.vendor.sell())
        self.poison()
        self.run_agent()  # the list is replaced, what it did is on record
        self.must(self.install(self.make_vendor_right()))
        first, answer = self.answer(self.ask(name='first')), self.answer(self.ask())
        self.ask(other, 'others')
        self.refused(self.install(answer, other), 'time_answer.license')
        self.refused(self.install(first), 'time_answer.nonce')
        self.assertEqual(self.status()['clock']['state'], 'set_back')
        self.refused(self.vendor.run('time', 'answer', answer, '-o', self.stage.path('none'), '--json'), 'time_request.kind')
        foreign = self.stage.vendor('foreign')
        self.refused(foreign.run('time', 'answer', self.ask(name='again'), '-o', self.stage.path('none'), '--json'), 'time_request.vendor')
        self.assertFalse(self.stage.path('none').exists())
        self.must(self.install(self.answer(self.stage.path('again'))))
        self.assertRight()


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

    def test_a_deleted_file_and_counter_are_no_ledger_of_this_license(self):
        self.ledger.unlink()
        done = self.tpm.tool('tpm2_nvundefine', '-C', 'owner', '0x01a00000')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertDenied('new')

    def test_an_altered_file_is_named(self):
        """By a commit ahead, which makes sense but for the MAC."""
        text = self.ledger.read_text()
        self.ledger.write_text(re.sub(r'(\\"stamp\\":)(\d+)', lambda found: found[1] + str(int(found[2]) + 1), text))
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
