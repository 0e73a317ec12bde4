#!/usr/bin/env python3
"""usage: output_test.py BINARIES - the file of -o cannot be written: what cannot be undone has not been done, on both sides; and if it has, that is said."""
import itertools, json, subprocess, sys, unittest
from stage import Outcomes, PRODUCT, Stage, snapshot

BINARIES = sys.argv.pop(1)
NOWHERE = '/nonexistent/out'
# A disk without room: no file may grow beyond these octets.
FULL = dict(prefix=['prlimit', '--fsize=4096'])


class Output(Outcomes, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage, cls.numbers = Stage(BINARIES), itertools.count()
        s = cls.stage
        cls.addClassCleanup(s.close)
        terms = json.loads(PRODUCT.read_text())
        terms['plans']['demo']['repairs'] = {'per_year': 1, 'emergency': '5d'}
        product = s.path('product.json')
        product.write_text(json.dumps(terms))
        cls.vendor, cls.tpm = s.vendor(), s.tpm()
        cls.vendor.trust(cls.tpm)
        cls.vendor.add_product(terms=product)

    def host(self):
        host = self.stage.host(f'host{next(self.numbers)}', self.tpm, self.vendor)
        host.sold = self.vendor.sell()
        return host

    def active(self):
        host = self.host()
        host.activate(host.sold)
        return host

    def state_of(self, host):
        return self.must(host.run('status', '--json')).json()['licenses'][0]['state']

    def show(self, host):
        return self.must(self.vendor.run('license', 'show', host.sold['license'], '--json')).json()

    def unchanged(self, host, *words, **kw):
        before = snapshot(host.state)
        self.refused(host.run(*words, '--json', **kw), 'file.write')
        self.assertEqual(snapshot(host.state), before)

    # -- the customer's side

    def test_a_license_is_not_returned_where_its_proof_has_no_place(self):
        host = self.active()
        self.unchanged(host, 'return', '-o', NOWHERE)
        self.assertEqual(self.state_of(host), 'active')
        self.must(host.run('return', '-o', host.dir / 'proof'))
        self.assertEqual(self.state_of(host), 'retired', 'control')

    def test_a_license_is_not_returned_where_its_proof_has_no_room(self):
        host = self.active()
        host.start_agent()  # whose own files may grow
        self.addCleanup(host.kill_agent)
        proof = host.dir / 'proof'
        self.refused(host.run('return', '-o', proof, '--json', **FULL), 'file.write')
        self.assertEqual(self.state_of(host), 'active')
        self.assertEqual([p.name for p in host.dir.glob('.proof*')], [], 'nothing is left behind')
        self.must(host.run('return', '-o', proof))
        self.assertEqual(self.state_of(host), 'retired', 'control')

    def test_a_return_whose_proof_is_lost_all_the_same_says_that_it_is_one_and_how_to_go_on(self):
        host = self.active()
        with open('/dev/full', 'w') as full:
            done = subprocess.run([f'{BINARIES}/holdfast', 'return', '-o', '-', *map(str, host.options())], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=120)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('is returned, for good', done.stderr)
        self.assertIn('written again', done.stderr)
        proof = host.dir / 'proof'
        self.assertTrue(self.must(host.run('return', '-o', proof, '--json')).json()['repeated'])
        self.must(self.vendor.run('accept', proof))

    def test_no_request_report_or_question_about_the_time_is_begun(self):
        host = self.host()
        host.state.mkdir()
        key = host.dir / 'key'
        key.write_text(host.sold['product_key'])
        key.chmod(0o600)
        self.unchanged(host, 'request', '--key-file', key, '-o', NOWHERE)
        host.activate(host.sold)
        for words in (['heartbeat'], ['time', 'request'], ['request', '--repair', '--key-file', key]):
            with self.subTest(words):
                self.unchanged(host, *words, '-o', NOWHERE)

    def test_a_product_key_is_not_replaced(self):
        host = self.host()
        key = host.dir / 'product-key'
        self.refused(host.request(host.sold['product_key'], key, '--json'), 'output.secret')
        self.assertEqual(key.read_text(), host.sold['product_key'])

    # -- the vendor's side

    def test_no_list_and_no_export_replaces_a_product_key(self):
        key = self.stage.path('sold-key')
        key.write_text(sold := self.vendor.sell()['product_key'])
        for command in ('crl', 'export'):
            with self.subTest(command):
                self.refused(self.vendor.run(command, '-o', key, '--json'), 'output.secret')
                self.assertEqual(key.read_text(), sold)

    def test_an_approval_does_not_replace_the_operators_key(self):
        plan, key = self.stage.path('plan.json'), self.stage.path('ada.pem')
        plan.write_text('{}')
        subprocess.run(['openssl', 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key], check=True, capture_output=True)
        key.chmod(0o600)
        before = key.read_bytes()
        approve = ('approve', '--plan', plan, '--key', key, '--operator', 'ada', '-o')
        done = self.stage.run('holdfast-signer', *approve, key)
        self.assertEqual(done.code, 1, done.text)
        self.assertIn('output.secret', done.err)
        self.assertEqual(key.read_bytes(), before)
        self.must(self.stage.run('holdfast-signer', *approve, self.stage.path('ada.approval')))

    def test_no_host_is_counted(self):
        host = self.host()
        request = host.dir / 'request'
        self.must(host.request(host.sold['product_key'], request))
        self.refused(self.vendor.run('answer', request, '-o', NOWHERE, '--json'), 'file.write')
        self.assertEqual(self.show(host)['activations_used'], 0)
        self.must(self.vendor.answer(request, host.dir / 'answer'))
        self.assertEqual(self.show(host)['activations_used'], 1, 'control')

    def test_no_report_is_acknowledged_and_no_nonce_is_asked_for(self):
        host = self.active()
        report = host.dir / 'report'
        self.must(host.run('heartbeat', '-o', report))
        self.refused(self.vendor.run('heartbeat', report, '-o', NOWHERE, '--json'), 'file.write')
        self.assertFalse(self.must(self.vendor.run('heartbeat', report, '-o', host.dir / 'update', '--json')).json()['repeated'])
        activation = self.show(host)['activations'][0]['activation']
        self.refused(self.vendor.run('return-nonce', host.sold['license'], activation, '-o', NOWHERE, '--json'), 'file.write')
        self.must(host.run('return', '-o', host.dir / 'proof'))
        self.must(self.vendor.run('accept', host.dir / 'proof'))  # without the nonce that nobody got


if __name__ == '__main__':
    unittest.main(verbosity=2)
