#!/usr/bin/env python3
"""usage: return_test.py BINARIES - a license is returned with proof: real programs, a simulated TPM, a token.

What came back does not come back to life: not by kept copies of the license, the state directory or the key blobs, nor by an
NV index that was deleted and made again. And nothing else is credited than what was returned, once. Beside what must be refused
stands the same thing where it must not."""
import base64, json, re, shutil, sys, unittest
from host_without_tpm import NoTpm, make_root, plan_with_host
from stage import PRODUCT, Stage, snapshot

BINARIES = sys.argv.pop(1)
LABEL = 'HOLDFAST RETURN'


def block(path, label=LABEL):
    body = path.read_text().split(f'-----BEGIN {label}-----\n')[1].split(f'\n-----END {label}-----')[0]
    return base64.b64decode(''.join(body.split()))


def armor(octets, label=LABEL):
    lines = '\n'.join(re.findall('.{1,64}', base64.b64encode(octets).decode()))
    return f'-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n'


def b64u(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b'=').decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


class Return(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor = s.vendor('vendor')
        cls.vendor.add_product(terms=plan_with_host(s))

    def new_host(self, activations=1):
        """A host of its own with an active license."""
        name = self.id().rsplit('.', 1)[1] + str(len(self.stage.tpms))
        tpm = self.stage.tpm(name + '-tpm')
        self.vendor.trust(tpm)
        host = self.stage.host(name, tpm, self.vendor)
        host.sold = self.vendor.sell(activations=activations)
        host.activate(host.sold)
        host.proof = host.dir / 'proof'
        return host

    def must(self, done, code=0):
        self.assertEqual(done.code, code, done.text)
        return done

    def refused(self, done, check, code=1):
        self.must(done, code)
        self.assertEqual(done.json()['error']['check'], check, done.text)

    def give_back(self, host, *more):
        return self.must(host.run('return', '-o', host.proof, '--json', *more)).json()

    def accept(self, proof, *more):
        return self.vendor.run('accept', proof, '--json', *more)

    def license(self, host):
        return self.must(self.vendor.run('license', 'show', host.sold['license'], '--json')).json()

    def state_of(self, host):
        return self.must(host.run('status', '--json')).json()['licenses'][0]['state']

    def gate_of(self, host):
        return json.loads((host.state / 'licenses' / 'acme-cad.json').read_text())['keys']['gate_index']

    # -- one file out

    def test_is_credited_once_and_the_license_activates_elsewhere(self):
        host = self.new_host()
        before = snapshot(host.state)
        dry = self.must(host.run('return', '--dry-run', '--json')).json()
        self.assertEqual((dry['dry_run'], dry['repeated']), (True, False))
        self.assertEqual(snapshot(host.state), before)
        self.assertEqual(self.state_of(host), 'active')

        made = self.give_back(host)
        self.assertEqual((made['product'], made['license']), ('acme-cad', host.sold['license']))
        self.assertEqual((made['proof'], made['repeated']), ('since_activation', False))
        self.assertEqual(self.state_of(host), 'retired')
        self.must(host.run('check', 'export'), 3)

        self.assertTrue(self.must(self.accept(host.proof, '--dry-run')).json()['dry_run'])
        self.assertEqual(self.license(host)['activations_used'], 1)
        accepted = self.must(self.accept(host.proof)).json()
        self.assertEqual((accepted['proof'], accepted['repeated']), ('since_activation', False))
        self.assertEqual(len(accepted['ended']), 1)
        self.assertEqual(self.license(host)['activations_used'], 0)
        self.assertEqual(self.license(host)['activations'][0]['state'], 'returned')
        records = self.must(self.vendor.run('audit', 'verify', '--json')).json()['records']

        again = self.must(self.accept(host.proof)).json()
        self.assertEqual((again['repeated'], again['ended']), (True, []))
        self.assertEqual(self.license(host)['activations_used'], 0)
        self.assertEqual(self.must(self.vendor.run('audit', 'verify', '--json')).json()['records'], records)

        # The same product key, now on another machine.
        other = self.new_host()
        other.state, other.sold = other.dir / 'other-state', host.sold
        other.activate(host.sold)
        self.assertEqual(self.state_of(other), 'active')
        self.assertEqual(self.license(host)['activations_used'], 1)

    def test_activates_again_on_the_same_machine(self):
        host = self.new_host()
        self.give_back(host)
        self.must(self.accept(host.proof))
        host.activate(host.sold)  # without --new: what was returned is not in use
        self.assertEqual(self.state_of(host), 'active')
        self.assertEqual(self.license(host)['activations_used'], 1)
        # The first proof is no proof about the second license.
        self.assertTrue(self.must(self.accept(host.proof)).json()['repeated'])
        self.assertEqual(self.license(host)['activations_used'], 1)
        first = host.proof.read_bytes()
        self.give_back(host)
        self.assertNotEqual(host.proof.read_bytes(), first)
        self.assertEqual(len(self.must(self.accept(host.proof)).json()['ended']), 1)
        self.assertEqual(self.license(host)['activations_used'], 0)

    def test_without_a_return_the_license_is_taken(self):
        host = self.new_host()
        other = self.new_host()
        other.state = other.dir / 'other-state'
        request, answer = other.dir / 'r', other.dir / 'a'
        self.must(other.request(host.sold['product_key'], request))
        done = self.vendor.run('answer', request, '-o', answer, '--json')
        self.refused(done, 'store.activations', 3)

    def test_is_on_the_next_list(self):
        host = self.new_host()
        self.give_back(host)
        self.must(self.accept(host.proof))
        serial = self.license(host)['activations'][0]['serial']
        lists = host.dir / 'lists'
        self.must(self.vendor.run('crl', '--license', host.sold['license'], '-o', lists))
        shown = self.must(host.run('inspect', lists, '--json')).json()
        self.assertIn(serial.lower(), json.dumps(shown).lower())
        self.assertIn('"reason": "returned"', json.dumps(shown))
        self.must(host.run('install', lists))
        self.assertIn(self.state_of(host), ('revoked', 'retired'))

    def test_a_running_agent_knows_at_once(self):
        host = self.new_host()
        host.start_agent()
        self.must(host.run('check', 'export'))
        pid = host.agent.pid
        made = self.give_back(host)
        self.assertFalse(made['repeated'])
        denied = self.must(host.run('check', 'export', '--json'), 3).json()
        self.assertEqual((denied['state'], denied['reasons'][0]), ('retired', 'retired'))
        self.assertEqual(host.agent.pid, pid)
        self.assertIsNone(host.agent.poll())
        again = host.dir / 'again'
        self.assertTrue(self.must(host.run('return', '-o', again, '--json')).json()['repeated'])
        self.assertEqual(again.read_bytes(), host.proof.read_bytes())
        self.assertEqual(host.stop_agent(), 0)
        self.must(self.accept(host.proof))

    def test_drops_an_open_request_of_the_product_and_says_so(self):
        host = self.new_host()
        request, answer = host.dir / 'r2', host.dir / 'a2'
        self.must(host.request(host.sold['product_key'], request, '--new'))
        self.must(self.vendor.answer(request, answer))  # it supersedes the one that is installed
        self.assertTrue(self.must(host.run('return', '--dry-run', '--json')).json()['request_dropped'])
        self.assertTrue((host.state / 'pending' / 'acme-cad.json').exists())
        self.assertTrue(self.give_back(host)['request_dropped'])
        self.assertFalse((host.state / 'pending' / 'acme-cad.json').exists())
        self.assertNotEqual(host.run('install', answer).code, 0)
        # Both keys died with the gate, so the newer activation is freed as well.
        self.assertEqual(len(self.must(self.accept(host.proof)).json()['ended']), 1)
        self.assertEqual(self.license(host)['activations_used'], 0)
        self.refused(self.vendor.run('answer', request, '-o', answer, '--json'), 'store.returned')

    def test_is_kept_until_it_is_forgotten(self):
        host = self.new_host()
        self.refused(host.run('return', '--forget', '--json'), 'return.nothing')
        self.give_back(host)
        shown = self.must(host.run('inspect', host.state / 'returns' / 'acme-cad.json', '--json')).json()
        self.assertEqual(shown['kind'], 'returned_license')
        self.assertTrue(self.must(host.run('return', '--forget', '--json')).json()['forgotten'])
        self.assertEqual(self.must(host.run('status', '--json')).json()['licenses'], [])
        self.refused(host.run('return', '-o', host.proof, '--json'), 'return.nothing')

    # -- nothing brings it back

    def test_kept_copies_are_dead(self):
        host = self.new_host()
        kept = host.dir / 'kept'
        shutil.copytree(host.state, kept)

        def put_back():
            shutil.rmtree(host.state)
            shutil.copytree(kept, host.state)

        put_back()
        self.assertEqual(self.state_of(host), 'active', 'control: a copy of the state is as good as the state')
        self.give_back(host)
        put_back()  # the license, the key blobs, and no record of the return
        self.assertEqual(self.state_of(host), 'retired')
        self.must(host.run('check', 'export'), 3)
        self.refused(host.run('return', '-o', host.dir / 'p2', '--json'), 'return.retired')
        self.refused(host.run('install', host.dir / 'h.answer', '--json'), 'install.hardware')
        host.start_agent()
        self.assertEqual(self.state_of(host), 'retired')
        host.stop_agent()

    def test_an_index_that_was_deleted_and_made_again_is_at_another_value(self):
        host = self.new_host()
        kept, gate = host.dir / 'kept', hex(self.gate_of(host))
        shutil.copytree(host.state, kept)
        attributes = 'ownerread|authread|authwrite|no_da|nt=counter'

        def ran(*argv):
            done = host.tpm.tool(*argv)
            self.assertEqual(done.returncode, 0, done.stderr)

        self.give_back(host)
        shutil.rmtree(host.state)
        shutil.copytree(kept, host.state)
        ran('tpm2_nvundefine', '-C', 'owner', gate)
        self.assertEqual(self.state_of(host), 'retired')
        ran('tpm2_nvdefine', '-C', 'owner', '-s', '8', '-a', attributes, gate)
        self.assertEqual(self.state_of(host), 'retired')
        ran('tpm2_nvincrement', gate)
        self.assertEqual(self.state_of(host), 'retired')
        self.must(host.run('check', 'export'), 3)
        # Control: the index is the gate again, and a license that is requested now works under it.
        request, answer = host.dir / 'r2', host.dir / 'a2'
        self.must(host.request(host.sold['product_key'], request, '--new'))
        self.must(self.vendor.answer(request, answer))
        self.must(host.run('install', answer))
        self.assertEqual(self.state_of(host), 'active')

    def test_an_index_that_was_deleted_between_does_not_stop_a_return(self):
        host = self.new_host()
        # A return that was stopped before the gate moved: its statement is there, and the gate is as it was.
        snapshot_of_tpm = host.dir / 'tpm-before'
        shutil.copytree(host.tpm.dir, snapshot_of_tpm, ignore=shutil.ignore_patterns('*.pid'))
        self.give_back(host)
        host.tpm.set_back(snapshot_of_tpm)
        path = host.state / 'returns' / 'acme-cad.json'
        begun = json.loads(path.read_text())
        del begun['proof']
        path.write_text(json.dumps(begun))
        self.assertEqual(self.state_of(host), 'active', 'control: the gate was not moved yet')
        done = host.tpm.tool('tpm2_nvundefine', '-C', 'owner', hex(self.gate_of(host)))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(self.give_back(host)['repeated'])
        self.assertEqual(self.state_of(host), 'retired')
        self.assertEqual(self.license(host)['activations_used'], 1)
        self.must(self.accept(host.proof))
        self.assertEqual(self.license(host)['activations_used'], 0)

    # -- what the vendor refuses

    def refusals(self, host, change, check):
        proof = json.loads(block(host.proof))
        change(proof)
        bad = host.dir / 'bad'
        bad.write_text(armor(json.dumps(proof).encode()))
        used = self.license(host)['activations_used']
        self.refused(self.accept(bad), check)
        self.assertEqual(self.license(host)['activations_used'], used)

    def test_altered_proofs_are_refused(self):
        host = self.new_host()
        other = self.new_host()
        self.give_back(host)
        self.give_back(other)
        theirs = json.loads(block(other.proof))

        def statement(change):
            def alter(proof):
                header, payload, signature = proof['statement'].split('.')
                content = json.loads(unb64u(payload))
                change(content)
                proof['statement'] = '.'.join((header, b64u(json.dumps(content).encode()), signature))
            return alter

        def attest(at, value):
            def alter(proof):
                octets = bytearray(unb64u(proof['gate']['attest']))
                octets[at] ^= value
                proof['gate']['attest'] = b64u(bytes(octets))
            return alter

        self.refusals(host, statement(lambda c: c.update(license=other.sold['license'])), 'return.license')
        self.refusals(host, statement(lambda c: c.update(vendor='somebody')), 'return.vendor')
        self.refusals(host, statement(lambda c: c.update(serial='11' * 16)), 'return.activation')
        self.refusals(host, statement(lambda c: c.update(certificate='11' * 32)), 'return.certificate')
        self.refusals(host, statement(lambda c: c.update(created='2026-01-01T00:00:00Z')), 'return.signature')
        self.refusals(host, lambda p: p.update(gate=theirs['gate']), 'return.attest_signature')
        self.refusals(host, lambda p: p.update(statement=theirs['statement']), 'return.attest_signature')
        self.refusals(host, attest(0, 1), 'tpm.attest.magic')
        self.refusals(host, attest(-1, 1), 'return.attest_signature')
        self.refusals(host, lambda p: p.update(nonce=b64u(bytes(32))), 'return.qualifying_data')
        self.refusals(host, lambda p: p.pop('gate'), 'return.gate')
        # Control: what was taken apart and put together without a change is accepted.
        whole = host.dir / 'whole'
        whole.write_text(armor(json.dumps(json.loads(block(host.proof))).encode()))
        self.must(self.accept(whole, '--dry-run'))

    def test_other_files_are_named(self):
        host = self.new_host()
        for name in ('h.request', 'h.answer', 'product-key'):
            self.refused(self.accept(host.dir / name), 'return.kind')
        self.give_back(host)
        self.refused(host.run('install', host.proof, '--json'), 'install.kind')
        self.refused(self.vendor.run('answer', host.proof, '-o', host.dir / 'x', '--json'), 'request.kind')

    # -- a fresh proof

    def nonce(self, host, out):
        activation = self.license(host)['activations'][-1]['activation']
        return self.vendor.run('return-nonce', host.sold['license'], activation[:8], '-o', out, '--json')

    def test_a_nonce_makes_the_proof_fresh_and_is_used_once(self):
        host = self.new_host()
        self.give_back(host)
        nonce = host.dir / 'nonce'
        self.must(self.nonce(host, nonce))
        self.assertEqual(self.must(host.run('inspect', nonce, '--json')).json()['kind'], 'return_nonce')
        self.refused(self.accept(host.proof), 'return.nonce_match')
        self.assertEqual(self.license(host)['activations_used'], 1)
        made = self.give_back(host, '--nonce', nonce)  # returned already: proven anew
        self.assertEqual((made['proof'], made['repeated']), ('fresh', True))
        accepted = self.must(self.accept(host.proof)).json()
        self.assertEqual((accepted['proof'], accepted['repeated']), ('fresh', False))
        self.assertIn('newer_than', accepted)
        self.assertEqual(self.license(host)['activations_used'], 0)
        self.assertTrue(self.must(self.accept(host.proof)).json()['repeated'])
        # A used nonce is not given out again.
        second = host.dir / 'nonce2'
        self.must(self.nonce(host, second))
        shown = [self.must(host.run('inspect', f, '--json')).json()['nonce'] for f in (nonce, second)]
        self.assertNotEqual(*shown)

    def test_a_nonce_stays_the_same_until_it_is_used(self):
        host = self.new_host()
        files = [host.dir / 'n1', host.dir / 'n2']
        for f in files:
            self.must(self.nonce(host, f))
        shown = [self.must(host.run('inspect', f, '--json')).json()['nonce'] for f in files]
        self.assertEqual(*shown)
        self.assertEqual(self.give_back(host, '--nonce', files[0])['proof'], 'fresh')
        self.must(self.accept(host.proof))

    def test_a_nonce_of_somebody_else_or_for_something_else_ends_nothing(self):
        host, other = self.new_host(), self.new_host()
        nonce = host.dir / 'nonce'
        self.must(self.nonce(host, nonce))
        before = snapshot(other.state)
        self.refused(other.run('return', '--nonce', nonce, '-o', other.proof, '--json'), 'return_nonce.license')
        stranger = self.stage.vendor('stranger-' + str(len(self.stage.tpms)))
        text = nonce.read_text()
        label = 'HOLDFAST RETURN NONCE'
        forged = bytearray(block(nonce, label))
        forged[-3] = ord('A') if forged[-3] != ord('A') else ord('B')
        bad = other.dir / 'forged'
        bad.write_text(armor(bytes(forged), label) + text[text.index('-----BEGIN CERTIFICATE'):])
        self.refused(host.run('return', '--nonce', bad, '-o', host.proof, '--json'), 'jws.signature')
        pinned = host.vendor
        host.vendor = stranger  # whose root is pinned in place of ours
        self.assertNotEqual(host.run('return', '--nonce', nonce, '-o', host.proof).code, 0)
        host.vendor = pinned
        self.assertEqual(snapshot(other.state), before)
        self.assertEqual(self.state_of(other), 'active')
        self.assertEqual(self.state_of(host), 'active')
        self.assertEqual(self.give_back(host, '--nonce', nonce)['proof'], 'fresh', 'control: it is good where it belongs')

    # -- units and time

    def metered_host(self, credit, sold=None):
        """A host with 100 renders, of a product whose plan says so of returns."""
        name = self.id().rsplit('.', 1)[1] + str(len(self.stage.tpms))
        tpm = self.stage.tpm(name + '-tpm')
        self.vendor.trust(tpm)
        host = self.stage.host(name, tpm, self.vendor)
        self.addCleanup(lambda: host.agent and host.kill_agent())
        if sold is None:
            terms = json.loads(PRODUCT.read_text())
            plan = terms['plans']['demo']
            plan['limits']['renders'] = {'kind': 'meter', 'max': 100, 'period': 'never'}
            if credit:
                plan['return'] = credit
            file = host.dir / 'product.json'
            file.write_text(json.dumps(terms))
            self.vendor.add_product(id='metered', terms=file)
            sold = self.vendor.sell(product='metered')
        host.sold = sold
        host.activate(sold)
        host.proof = host.dir / 'proof'
        return host

    def renders(self, host):
        return self.must(host.run('status', '--json')).json()['licenses'][0]['limits']['renders']

    def use(self, host, units):
        host.start_agent()
        self.must(host.run('consume', 'renders', units))
        self.assertEqual(host.stop_agent(), 0)

    def test_units_and_time_that_are_left_go_to_the_next_host(self):
        host = self.metered_host({'units': True, 'time': True})
        self.use(host, 30)
        ends = self.must(host.run('status', '--json')).json()['licenses'][0]['expires']
        dry = self.must(host.run('return', '--dry-run', '--json')).json()
        self.assertEqual(dry['credit'], {'units': True, 'time': True})
        self.assertIn('are for the next activation', self.must(host.run('return', '--dry-run')).out)
        made = self.give_back(host)
        self.assertEqual([(u['limit'], u['period'], u['units']) for u in made['usage']], [('renders', 'never', 30)])
        shown = self.must(host.run('inspect', host.proof, '--json')).json()
        self.assertEqual(shown['usage'], ['30 of renders'])
        said = self.must(self.vendor.run('accept', host.proof, '--dry-run')).out
        self.assertIn('30 of 100 count as used up', said)
        self.assertIn("by the host's word", said)
        self.assertIn('would stand still', said)

        accepted = self.must(self.accept(host.proof)).json()
        self.assertEqual(accepted['units']['count'], 'stated')
        self.assertEqual([(m['limit'], m['used'], m['stated']) for m in accepted['units']['meters']], [('renders', 30, 30)])
        self.assertGreater(accepted['time_left'], 0)
        self.assertEqual(self.license(host)['time_left'], accepted['time_left'])
        self.assertIn('stands still', self.must(self.vendor.run('license', 'show', host.sold['license'])).out)
        again = self.must(self.accept(host.proof)).json()
        self.assertEqual((again['repeated'], again['units']['meters'][0]['used']), (True, 30))

        other = self.metered_host(None, host.sold)
        self.assertEqual((self.renders(other)['used'], self.renders(other)['used_before']), (30, 30))
        license = self.must(other.run('status', '--json')).json()['licenses'][0]
        self.assertGreaterEqual(license['expires'], ends)
        self.assertNotIn('time_left', self.license(host))
        self.assertEqual(self.license(host)['ends'], license['expires'])
        self.assertEqual(self.license(host)['activations'][-1]['takes_over'], accepted['activation'])
        other.start_agent()
        self.must(other.run('consume', 'renders', 71), 3)
        self.must(other.run('consume', 'renders', 70))
        self.must(other.run('consume', 'renders', 1), 3)
        self.assertEqual(other.stop_agent(), 0)

        # And back: what both have used is used up.
        self.give_back(other)
        self.assertEqual(self.must(self.accept(other.proof)).json()['units']['meters'][0]['used'], 100)
        host.activate(host.sold)
        self.assertEqual(self.renders(host)['used'], 100)

    def test_of_two_proofs_in_the_wrong_order_the_older_brings_no_units_back(self):
        host = self.metered_host({'units': True})
        self.use(host, 30)
        older = host.dir / 'older'
        self.must(host.run('return', '-o', older))
        host.activate(host.sold)
        self.use(host, 40)
        self.give_back(host)
        self.assertEqual(self.must(self.accept(host.proof)).json()['units']['meters'][0]['used'], 70)
        late = self.must(self.accept(older)).json()
        self.assertEqual((late['ended'], late['units']['count']), ([], 'none'))
        self.assertEqual(self.renders(self.metered_host(None, host.sold))['used'], 70)

    def test_without_credit_units_are_used_up_and_time_goes_on(self):
        host = self.metered_host(None)
        self.use(host, 30)
        ends = self.must(host.run('status', '--json')).json()['licenses'][0]['expires']
        self.assertIn('are lost', self.must(host.run('return', '--dry-run')).out)
        self.assertEqual(self.give_back(host)['credit'], {'units': False, 'time': False})
        accepted = self.must(self.accept(host.proof)).json()
        self.assertEqual(accepted['units']['count'], 'used_up')
        self.assertNotIn('time_left', accepted)
        other = self.metered_host(None, host.sold)
        self.assertEqual(self.renders(other)['used'], 100)
        self.assertEqual(self.must(other.run('status', '--json')).json()['licenses'][0]['expires'], ends)

    def test_units_that_a_running_agent_has_taken_count_as_used(self):
        host = self.metered_host({'units': True})
        host.start_agent()
        self.must(host.run('consume', 'renders', 20))
        stated = self.give_back(host)['usage'][0]['units']
        self.assertGreaterEqual(stated, 20)
        self.assertLessEqual(stated, 100)
        self.must(host.run('consume', 'renders', 1), 3)
        self.assertEqual(host.stop_agent(), 0)
        self.assertEqual(self.must(self.accept(host.proof)).json()['units']['meters'][0]['used'], stated)

    # -- without a TPM

    def new_host_without_tpm(self):
        host = self.stage.host(self.id().rsplit('.', 1)[1], NoTpm, self.vendor)
        root = host.dir / 'root'
        make_root(root, '1234')
        options = host.options
        host.options = lambda: [*options(), '--host-root', root]
        host.sold = self.vendor.sell(plan='standard')
        host.proof = host.dir / 'proof'
        request, answer = host.dir / 'h.request', host.dir / 'h.answer'
        self.must(host.request(host.sold['product_key'], request, '--without-tpm'))
        self.must(self.vendor.answer(request, answer))
        self.must(host.run('install', answer))
        self.assertEqual(self.state_of(host), 'active')
        return host

    def test_a_host_without_a_tpm_gives_a_renewal_back_that_it_never_applied(self):
        host = self.new_host_without_tpm()
        report, lost = host.dir / 'report', host.dir / 'lost'
        self.must(host.run('heartbeat', '-o', report))
        self.must(self.vendor.run('license', 'renew', host.sold['license'], '--for', '365d'))
        self.assertTrue(self.must(self.vendor.run('heartbeat', report, '-o', lost, '--json')).json()['renewed'])
        self.give_back(host)
        self.must(self.accept(host.proof, '--unproven'))
        shown = self.license(host)
        self.assertEqual(shown['activations_used'], 0)
        self.assertEqual(shown['activations'][-1]['state'], 'returned')

    def test_a_host_without_a_tpm_only_promises(self):
        host = self.new_host_without_tpm()
        keys = list((host.state / 'host-keys').iterdir())
        self.assertEqual(len(keys), 1)
        made = self.give_back(host)
        self.assertEqual(made['proof'], 'promise')
        self.assertEqual(list((host.state / 'host-keys').iterdir()), [])
        self.assertEqual(self.state_of(host), 'retired')
        self.refused(self.accept(host.proof), 'return.unproven', 3)
        self.assertEqual(self.license(host)['activations_used'], 1)
        accepted = self.must(self.accept(host.proof, '--unproven')).json()
        self.assertEqual((accepted['proof'], accepted['assurance']), ('promise', 'host'))
        self.assertEqual(self.license(host)['activations_used'], 0)
        activation = self.license(host)['activations'][0]['activation']
        done = self.vendor.run('return-nonce', host.sold['license'], activation, '-o', host.dir / 'n', '--json')
        self.refused(done, 'return_nonce.activation')


if __name__ == '__main__':
    unittest.main(verbosity=2)
