#!/usr/bin/env python3
"""usage: repair_test.py BINARIES - a license on new hardware: the emergency period, the answer that puts it in the place of the old one, and a TPM that
was cleared, with the real programs."""
import json, re, shutil, sys, unittest
from stage import PRODUCT, Stage, at

BINARIES = sys.argv.pop(1)
LATER = lambda days: at(f'+{days}d')


class Repair(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        terms = json.loads(PRODUCT.read_text())
        terms['plans']['repaired'] = {**terms['plans']['demo'], 'repairs': {'per_year': 1, 'emergency': '5d'}}
        product = s.path('repaired.json')
        product.write_text(json.dumps(terms))
        cls.vendor = s.vendor()
        cls.vendor.add_product(terms=product)

    def setUp(self):
        self.hosts = []
        self.addCleanup(lambda: [h.kill_agent() for h in self.hosts if h.agent])

    def host(self, state=None):
        """A host with a TPM of its own; with the state directory of another one."""
        number = len(self.stage.tpms)
        tpm = self.stage.tpm(f'tpm{number}')
        self.vendor.trust(tpm)
        host = self.stage.host(f'host{number}', tpm, self.vendor)
        if state:
            shutil.copytree(state, host.state)
        self.hosts.append(host)
        return host

    def sell(self, plan='repaired', activations=1):
        return self.vendor.sell(plan, activations=activations)

    def repair(self, host, sold, code=0):
        done = host.request(sold['product_key'], host.dir / 'repair.request', '--repair', '--json')
        self.assertEqual(done.code, code, done.text)
        return done.json()

    def answer(self, host, code=0):
        done = self.vendor.run('answer', host.dir / 'repair.request', '-o', host.dir / 'repair.answer', '--json')
        self.assertEqual(done.code, code, done.text)
        return done.json()

    def status(self, host, **kw):
        done = host.run('status', '--json', **kw)
        self.assertEqual(done.code, 0, done.text)
        return done.json()['licenses'][0]

    def show(self, sold):
        return self.vendor.run('license', 'show', sold['license'], '--json').json()

    def test_a_swapped_board_works_on_and_gets_its_license_without_another_activation(self):
        sold, old = self.sell(), self.host()
        old.activate(sold)
        new = self.host(old.state)
        new.start_agent()
        self.assertEqual(new.run('check', 'export').code, 3)
        self.assertIn('emergency_until', self.repair(new, sold))
        self.assertEqual(self.status(new)['state'], 'emergency')
        self.assertEqual(new.run('check', 'export').code, 0)
        self.assertRegex(new.run('status').out, '(?m)^ledger ', 'control: it is not that of the license')
        self.answer(new)
        done = new.run('install', new.dir / 'repair.answer')
        self.assertEqual(done.code, 0, done.text)
        self.assertEqual(self.status(new)['state'], 'active')
        self.assertNotRegex(new.run('status').out, '(?m)^ledger ', 'settled by the answer')
        show = self.show(sold)
        self.assertEqual((show['activations_used'], len(show['repairs'])), (1, 1))
        lists = new.dir / 'lists.pem'
        self.assertEqual(self.vendor.run('crl', '-o', lists).code, 0)
        self.assertEqual(old.run('install', lists).code, 0)
        self.assertEqual(self.status(old)['state'], 'revoked', 'the board that was swapped')
        self.assertEqual(new.run('install', lists).code, 0)
        self.assertEqual(self.status(new)['state'], 'active')

    def test_the_emergency_period_ends_and_does_not_begin_again(self):
        sold, old = self.sell(), self.host()
        old.activate(sold)
        new = self.host(old.state)
        until = self.repair(new, sold)['emergency_until']
        self.assertEqual(self.status(new, **LATER(4))['state'], 'emergency')
        self.assertEqual(self.status(new, **LATER(6))['state'], 'wrong_hardware')
        done = new.request(sold['product_key'], new.dir / 'again', '--repair', '--new', '--json', )
        self.assertEqual(done.json()['emergency_until'], until)

    def test_activations_anew_elsewhere_bring_a_copy_no_further_period(self):
        sold, old = self.sell(), self.host()
        old.activate(sold)
        copy = self.host(old.state)
        self.assertIn('emergency_until', self.repair(copy, sold))
        request, answer = old.dir / 'anew.request', old.dir / 'anew.answer'
        for done in (old.request(sold['product_key'], request, '--new'), self.vendor.answer(request, answer), old.run('install', answer)):
            self.assertEqual(done.code, 0, done.text)
        name = 'licenses/acme-cad.json'
        shutil.copy(old.state / name, copy.state / name)
        day = LATER(8)
        done = copy.run('request', '--key-file', copy.dir / 'product-key', '-o', copy.dir / 'again', '--repair', '--json', **day)
        self.assertEqual(done.code, 0, done.text)
        self.assertNotIn('emergency_until', done.json())
        self.assertEqual(self.status(copy, **day)['state'], 'wrong_hardware')

    def test_a_ledger_in_the_place_of_the_hardwares_own_begins_no_period_anew(self):
        sold, old = self.sell(), self.host()
        old.activate(sold)
        copy = self.host(old.state)
        foreign = (copy.state / 'ledger.json').read_bytes()
        self.assertIn('emergency_until', self.repair(copy, sold))
        (copy.state / 'ledger.json').write_bytes(foreign)
        for _ in range(2):
            self.assertNotIn('emergency_until', self.repair(copy, sold))
            self.assertEqual(self.status(copy)['state'], 'wrong_hardware')

    def test_a_license_that_was_returned_has_no_emergency_after_a_clear(self):
        sold, host = self.sell(), self.host()
        host.activate(sold)
        done = host.run('return', '-o', host.dir / 'proof')
        self.assertEqual(done.code, 0, done.text)
        done = host.tpm.tool('tpm2_clear', '-c', 'lockout')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn('emergency_until', self.repair(host, sold))
        self.assertIn('retired', self.status(host)['reasons'])
        self.assertEqual(host.run('check', 'export').code, 3)

    def test_repairs_are_as_many_as_the_plan_says_and_then_none_takes_a_free_activation(self):
        sold, first = self.sell(activations=3), self.host()
        first.activate(sold)
        second = self.host(first.state)
        self.repair(second, sold)
        self.answer(second)
        self.assertEqual(second.run('install', second.dir / 'repair.answer').code, 0)
        third = self.host(second.state)
        self.repair(third, sold)
        error = self.answer(third, code=3)['error']
        self.assertEqual(error['check'], 'store.repairs')
        self.assertEqual(self.show(sold)['activations_used'], 1, 'nothing has changed')
        release = re.search('`holdfast-vendor (license release [0-9a-f]+ [0-9a-f]+)`', error['advice'])
        self.assertEqual(self.vendor.run(*release[1].split()).code, 0)
        answered = self.answer(third)
        self.assertEqual(answered['activations_used'], 1)
        self.assertIn('repair.unused', answered['notes'])

    def test_a_plan_without_repairs_has_no_emergency_and_refuses(self):
        sold, old = self.sell('demo'), self.host()
        old.activate(sold)
        new = self.host(old.state)
        self.assertNotIn('emergency_until', self.repair(new, sold))
        self.assertEqual(self.status(new)['state'], 'wrong_hardware')
        said = new.run('status', **LATER(40)).out
        self.assertIn('see the fault below', said, 'where the fault is is here')
        self.assertRegex(said, r'(?m)^  expires .* \(over\)$')
        self.assertEqual(self.answer(new, code=3)['error']['check'], 'store.repairs')

    def test_a_cleared_tpm_is_the_same_host_and_uses_no_repair_up(self):
        sold, host = self.sell(), self.host()
        host.activate(sold)
        done = host.tpm.tool('tpm2_clear', '-c', 'lockout')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.status(host)['state'], 'wrong_hardware')
        self.repair(host, sold)
        self.assertEqual(self.status(host)['state'], 'emergency')
        self.answer(host)
        self.assertEqual(host.run('install', host.dir / 'repair.answer').code, 0)
        self.assertEqual(self.status(host)['state'], 'active')
        self.assertEqual(self.show(sold)['repairs'], [])

    def test_a_revoked_license_has_no_emergency(self):
        sold, old = self.sell(), self.host()
        old.activate(sold)
        self.assertEqual(self.vendor.run('license', 'revoke', sold['license']).code, 0)
        new = self.host(old.state)
        lists = new.dir / 'lists.pem'
        self.assertEqual(self.vendor.run('crl', '-o', lists).code, 0)
        self.assertEqual(new.run('install', lists).code, 0)
        self.repair(new, sold)
        self.assertEqual(self.status(new)['state'], 'revoked')


if __name__ == '__main__':
    unittest.main()
