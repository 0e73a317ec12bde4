#!/usr/bin/env python3
"""usage: host_class_test.py BINARIES - hosts without a TPM with the real programs: no TPM runs anywhere in this test. Where the
plan allows class host everything works; where it does not, where files are altered, or where the host is another, it is refused."""
import base64, json, re, shutil, signal, sys, unittest
from host_without_tpm import NoTpm, make_root, plan_with_host
from stage import Stage, snapshot

BINARIES = sys.argv.pop(1)


def flip(path, out, label):
    """A copy of a file of ours with one bit of its signed or sealed octets turned, its armor still right."""
    text = path.read_text()
    begin, end = f'-----BEGIN HOLDFAST {label}-----\n', f'\n-----END HOLDFAST {label}-----'
    head, rest = text.split(begin)
    body, tail = rest.split(end)
    octets = bytearray(base64.b64decode(''.join(body.split())))
    parts = bytes(octets).split(b'.')
    at = len(parts[0]) + 20 if label == 'REQUEST' else len(octets) - 60
    octets[at] = ord('A') if octets[at] != ord('A') else ord('B')
    lines = '\n'.join(re.findall('.{1,64}', base64.b64encode(bytes(octets)).decode()))
    out.write_text(head + begin + lines + end + tail)
    return out


class Case(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(BINARIES)
        self.addCleanup(self.stage.close)
        self.vendor = self.stage.vendor('vendor')
        self.vendor.add_product(terms=plan_with_host(self.stage))
        self.host = self.new_host('host-a', '1234')

    def new_host(self, name, serial, tpm=NoTpm):
        host = self.stage.host(name, tpm, self.vendor)
        host.root = host.dir / 'root'
        make_root(host.root, serial)
        options = host.options()
        host.options = lambda: [*options, '--host-root', host.root]
        return host

    def done(self, ran, code=0):
        self.assertEqual(ran.code, code, ran.text)
        return ran

    def status(self, host):
        return self.done(host.run('status', '--json')).json()['licenses'][0]

    def buy_without_tpm(self, product):
        """A request, its answer, and the installation."""
        request, answer = self.stage.path(f'{product}.request'), self.stage.path(f'{product}.answer')
        key = self.vendor.sell(plan='standard', product=product)['product_key']
        self.done(self.host.request(key, request, '--without-tpm'))
        self.done(self.vendor.answer(request, answer))
        self.done(self.host.run('install', answer))


class HostClass(Case):
    def activate(self, plan='standard'):
        sold = self.vendor.sell(plan=plan)
        self.request, self.answer = self.stage.path('request'), self.stage.path('answer')
        self.done(self.host.request(sold['product_key'], self.request, '--without-tpm'))
        self.done(self.vendor.answer(self.request, self.answer))
        self.done(self.host.run('install', self.answer))
        return sold

    def test_the_main_job_without_a_tpm(self):
        sold = self.activate()
        self.done(self.host.run('check', 'export'))
        self.done(self.host.run('check', 'cloud-render'), 3)
        status = self.status(self.host)
        self.assertEqual((status['state'], status['assurance'], status['hardware']), ('active', 'host', 'proven'))
        self.assertIn('class', self.host.run('status').out)
        keys = list((self.host.state / 'host-keys').iterdir())
        self.assertEqual([key.stat().st_mode & 0o777 for key in keys], [0o600])

        again = self.stage.path('again')
        self.done(self.vendor.answer(self.request, again))
        before = snapshot(self.host.state)
        self.done(self.host.run('install', again))
        self.assertEqual(snapshot(self.host.state), before)
        shown = self.done(self.vendor.run('license', 'show', sold['license'], '--json')).json()
        self.assertEqual(shown['activations_used'], 1)
        self.assertEqual(shown['sightings'], [])

    def test_a_plan_that_does_not_list_host_refuses(self):
        request, answer = self.stage.path('request'), self.stage.path('answer')
        self.done(self.host.request(self.vendor.sell(plan='demo')['product_key'], request, '--without-tpm'))
        refused = self.done(self.vendor.answer(request, answer), 1)
        self.assertIn('host.assurance', refused.text)
        self.assertFalse(answer.exists())

    def test_without_the_option_there_is_no_fall_back(self):
        request = self.stage.path('request')
        refused = self.done(self.host.request(self.vendor.sell()['product_key'], request), 1)
        self.assertIn('--without-tpm', refused.text)
        self.assertFalse(request.exists())

    def test_state_copied_to_another_host_is_wrong_hardware(self):
        self.activate()
        other = self.new_host('host-b', '9999')
        shutil.copytree(self.host.state, other.state, dirs_exist_ok=True)
        denied = self.done(other.run('check', 'export', '--json'), 3)
        self.assertIn('wrong_hardware', denied.json()['reasons'])
        self.assertEqual(self.status(other)['differ'], ['machine-id', 'nic', 'root-disk'])
        self.assertIn('machine-id, nic, root-disk', other.run('status').out)
        self.done(other.run('install', self.answer), 1)

    def test_a_ledger_of_some_tpm_beside_the_license_ends_no_offline_window(self):
        terms = json.loads(plan_with_host(self.stage).read_text())
        terms['plans']['standard']['offline_window'] = '30d'
        heard = self.stage.path('heard.json')
        heard.write_text(json.dumps(terms))
        self.vendor.add_product('heard', terms=heard)
        self.buy_without_tpm('heard')
        heard_by = self.status(self.host)['heard_by']
        octets = lambda count: base64.urlsafe_b64encode(bytes(count)).rstrip(b'=').decode()
        ledger = {'schema': '1.0', 'protection': 'tpm', 'counter_auth': octets(16), 'srk': octets(90), 'key_public': octets(48),
                  'key_private': octets(126), 'content': '{}', 'mac': octets(32)}
        self.host.state.joinpath('ledger.json').write_text(json.dumps(ledger))
        self.assertEqual(self.status(self.host)['heard_by'], heard_by)

    def test_the_answer_is_of_no_use_on_another_host(self):
        self.activate()
        other = self.new_host('host-b', '9999')
        self.assertIn('answer.request', self.done(other.run('install', self.answer), 1).text)

    def test_one_part_may_be_replaced(self):
        self.activate()
        (self.host.root / 'etc/machine-id').write_text('fedcba9876543210fedcba9876543210\n')
        self.done(self.host.run('check', 'export'))
        self.assertEqual(self.status(self.host)['differ'], ['machine-id'])

    def new_answer(self, key, name):
        """A new request of the host, and what the vendor says to it."""
        request, answer = self.stage.path(f'{name}.request'), self.stage.path(f'{name}.answer')
        self.done(self.host.request(key, request, '--new', '--without-tpm'))
        return self.vendor.answer(request, answer), answer

    def test_a_host_with_two_parts_replaced_comes_back_by_a_release(self):
        sold = self.activate()
        old_state = self.stage.path('old-state')
        shutil.copytree(self.host.state, old_state)
        make_root(self.host.root, '9999')
        denied, answer = self.new_answer(sold['product_key'], 'repaired')
        self.assertIn('store.activations', self.done(denied, 3).text)

        activation = self.vendor.run('license', 'show', sold['license'], '--json').json()['activations'][0]
        release = ['license', 'release', sold['license'][:8], activation['activation'][:8]]
        before = self.vendor.run('export').out
        rehearsed = self.done(self.vendor.run(*release, '--dry-run', '--json')).json()
        self.assertEqual((rehearsed['state'], rehearsed['activations_used'], rehearsed['changed']), ('revoked', 0, False))
        self.assertEqual(self.vendor.run('export').out, before)
        self.assertIn('released: activation ' + activation['activation'], self.done(self.vendor.run(*release)).out)
        again = self.done(self.vendor.run(*release, '--json')).json()
        self.assertEqual((again['changed'], again['ended'], again['previous_state']), (False, [], 'revoked'))
        self.assertIn('nothing was changed', self.done(self.vendor.run(*release)).out)
        audit = self.vendor.run('export').json()['audit']
        self.assertEqual([r['subject'] for r in audit if r['action'] == 'activation.release'], [activation['activation']])

        self.done(self.vendor.answer(self.stage.path('repaired.request'), answer))
        self.done(self.host.run('install', answer))
        self.done(self.host.run('check', 'export'))
        # The old host, should it be there all the same, ends with the next list.
        crl = self.stage.path('next.crl')
        self.done(self.vendor.run('crl', '-o', crl))
        old = self.new_host('old', '1234')
        shutil.copytree(old_state, old.state, dirs_exist_ok=True)
        self.done(old.run('check', 'export'))
        self.done(old.run('install', crl))
        self.assertIn('revoked', self.done(old.run('check', 'export', '--json'), 3).json()['reasons'])

    def test_a_host_that_gives_its_tpm_up_comes_back_by_a_release(self):
        tpm = self.stage.tpm()
        self.vendor.trust(tpm)
        product = json.loads(plan_with_host(self.stage).read_text())
        product['plans']['demo']['assurance'] = ['hw-tpm', 'vtpm', 'host']
        terms = self.stage.path('both.json')
        terms.write_text(json.dumps(product))
        self.vendor.add_product('both', terms)
        self.host = self.new_host('with-tpm', '4321', tpm)
        sold = self.vendor.sell(product='both')
        self.host.activate(sold)
        denied, answer = self.new_answer(sold['product_key'], 'no-tpm')
        self.done(denied, 3)
        activation = self.vendor.run('license', 'show', sold['license'], '--json').json()['activations'][0]['activation']
        self.done(self.vendor.run('license', 'release', sold['license'], activation))
        self.done(self.vendor.answer(self.stage.path('no-tpm.request'), answer))
        self.done(self.host.run('install', answer))
        self.done(self.host.run('check', 'export', '--product', 'both'))

    def test_altered_files_are_refused_and_change_nothing(self):
        self.activate()
        refused = self.done(self.vendor.answer(flip(self.request, self.stage.path('bad'), 'REQUEST'),
                                               self.stage.path('none')), 1)
        self.assertRegex(refused.text, r'request\.|json\.|jws\.')
        self.assertFalse(self.stage.path('none').exists())
        before = snapshot(self.host.state)
        refused = self.done(self.host.run('install', flip(self.answer, self.stage.path('bad'), 'ANSWER')), 1)
        self.assertIn('answer.altered', refused.text)
        self.assertEqual(snapshot(self.host.state), before)

    def test_inspect_shows_request_license_and_answer(self):
        self.activate()
        request = self.done(self.host.run('inspect', self.request, '--json')).json()
        self.assertTrue(request['assurance'].startswith('host'))
        self.assertEqual(sorted(request['fingerprint']), ['cpu', 'machine-id', 'model', 'nic', 'root-disk'])
        self.assertTrue(request['signature'].startswith('valid'))
        answer = self.done(self.host.run('inspect', self.answer, '--json')).json()
        self.assertIn('ECDH-ES', answer['encryption'])
        state = self.done(self.host.run('inspect', self.host.state / 'licenses' / 'acme-cad.json', '--json')).json()
        self.assertEqual(state['license']['terms']['fingerprint'], request['fingerprint'])

    def test_a_running_agent_does_the_same(self):
        self.host.start_agent()
        self.activate()
        self.done(self.host.run('check', 'export'))
        self.assertEqual(self.host.stop_agent(), 0)
        make_root(self.host.root, '9999')
        self.host.start_agent()
        self.assertIn('wrong_hardware', self.done(self.host.run('check', 'export', '--json'), 3).json()['reasons'])
        make_root(self.host.root, '1234')
        self.host.stop_agent()
        self.host.start_agent()
        self.done(self.host.run('check', 'export'))


class SilentTpm(Case):
    """A host with licenses of both classes, and a TPM that takes commands and never answers."""
    PATIENCE = 4

    def setUp(self):
        super().setUp()
        self.tpm = self.stage.tpm()
        self.vendor.trust(self.tpm)
        for product in ('zeta', 'omega'):  # by name after acme-cad, which needs the TPM
            self.vendor.add_product(product, plan_with_host(self.stage))
        self.host = self.new_host('both', '5678', self.tpm)
        self.host.activate(self.vendor.sell())

    def silence(self):
        self.tpm.signal(signal.SIGSTOP)
        self.addCleanup(self.tpm.signal, signal.SIGCONT)

    def fault_of_acme_cad(self):
        return self.status(self.host).get('fault', '')

    def test_what_needs_no_tpm_goes_on(self):
        self.buy_without_tpm('zeta')
        self.silence()
        self.host.start_agent('--tpm-timeout', self.PATIENCE)
        self.done(self.host.run('check', 'export', '--product', 'zeta'))
        self.done(self.host.run('check', 'export', '--product', 'acme-cad'), 3)
        while 'tpm.busy' not in self.fault_of_acme_cad():  # tried once more: an agent that had nothing to lose would be gone
            pass
        self.buy_without_tpm('omega')
        self.done(self.host.run('check', 'export', '--product', 'omega'))
        crl = self.stage.path('crl')
        self.done(self.vendor.run('crl', '-o', crl))
        self.done(self.host.run('install', crl))
        self.assertIsNone(self.host.agent.poll())

        self.tpm.signal(signal.SIGCONT)
        while self.host.run('check', 'export', '--product', 'acme-cad').code != 0:
            pass

    def test_what_needs_no_tpm_is_done_before_an_agent_that_has_proven_nothing_ends(self):
        self.silence()
        self.host.launch_agent('--tpm-timeout', self.PATIENCE)
        while not self.host.socket.exists():
            self.assertIsNone(self.host.agent.poll())
        request = self.stage.path('zeta.request')
        self.done(self.host.request(self.vendor.sell(plan='standard', product='zeta')['product_key'], request, '--without-tpm'))
        self.assertEqual(self.host.agent.wait(timeout=60), 1)

    def test_a_check_without_agent_asks_the_tpm_only_for_what_it_is_about(self):
        self.buy_without_tpm('zeta')
        self.silence()
        self.done(self.host.run('check', 'export', '--product', 'zeta', '--tpm-timeout', self.PATIENCE))


if __name__ == '__main__':
    unittest.main(verbosity=2)
