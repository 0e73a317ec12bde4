#!/usr/bin/env python3
"""usage: own_root_test.py BINARIES - root of a customer's host pins a root certificate of his own, with the vendor's name, and is that vendor with the
real programs: what his license is granted is nothing to the genuine one."""
import contextlib, json, sqlite3, sys, unittest
from stage import PRODUCT, Stage, at

BINARIES = sys.argv.pop(1)
LATER = lambda days: at(f'+{days}d')


class OwnRoot(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(BINARIES)
        self.addCleanup(self.stage.close)
        self.tpm = self.stage.tpm()
        self.vendor = self.stage.vendor()
        self.vendor.trust(self.tpm)
        self.vendor.add_product(terms=self.terms({'duration': '30d'}))
        self.host = self.stage.host('host', self.tpm, self.vendor)
        self.genuine = self.vendor.sell()
        self.host.activate(self.genuine)
        self.license = self.host.state / 'licenses' / 'acme-cad.json'

    def terms(self, changes):
        terms = json.loads(PRODUCT.read_text())
        demo = {**terms['plans']['demo'], **changes}
        terms['plans'] = {'demo': demo}
        path = self.stage.path(f'product{len(list(self.stage.dir.glob("product*.json")))}.json')
        path.write_text(json.dumps(terms))
        return path

    def must(self, done):
        self.assertEqual(done.code, 0, done.text)
        return done

    def own(self, *args):
        return self.must(self.stage.run('holdfast-vendor', *args, '--dir', self.stage.path('own')))

    def own_vendor(self, changes):
        """A vendor of the same name, whose license has the genuine one's id; his root is pinned beside the vendor's."""
        self.own('init', '--vendor', 'vendor')
        self.own('ek-roots', 'add', self.tpm.dir / 'ca-chain.pem', '--class', 'simulator')
        self.own('product', 'add', '--id', 'acme-cad', '--terms', self.terms(changes))
        sold = self.own('license', 'new', '--product', 'acme-cad', '--plan', 'demo', '--customer', 'me', '--json').json()
        with contextlib.closing(sqlite3.connect(self.stage.path('own') / 'store.db')) as store, store:
            store.execute('update licenses set id = ?', (self.genuine['license'],))
        self.both = self.stage.path('both.pem')
        self.both.write_text(self.vendor.roots.read_text() + (self.stage.path('own') / 'roots.pem').read_text())
        return sold

    def activate(self, product_key, answer):
        request, file = self.stage.path('own.request'), self.stage.path('own.answer')
        self.must(self.with_both(lambda: self.host.request(product_key, request, '--new')))
        answer(request, file)
        self.must(self.with_both(lambda: self.host.run('install', file)))

    def with_both(self, command):
        class Pinned:
            roots = self.both
        vendor, self.host.vendor = self.host.vendor, Pinned
        try:
            return command()
        finally:
            self.host.vendor = vendor

    def status(self, **kw):
        return self.must(self.host.run('status', '--json', **kw)).json()['licenses'][0]

    def test_its_voucher_for_a_hundred_years_is_none_of_the_genuine_license(self):
        sold = self.own_vendor({'duration': '30d', 'vouchers': {'count': 16, 'length': '36500d'}})
        genuine = self.license.read_bytes()
        self.license.unlink()
        self.activate(sold['product_key'], lambda request, file: self.own('answer', request, '-o', file))
        # Time has come to the end of the own license: the headroom of a day does not matter, the wall clock is ahead.
        used = self.with_both(lambda: self.host.run('break-glass', '--json', **LATER(60)))
        self.must(used)
        self.assertEqual(self.with_both(lambda: self.status(**LATER(61)))['state'], 'emergency', 'control')
        self.license.write_bytes(genuine)
        self.activate(self.genuine['product_key'], lambda request, file: self.must(self.vendor.answer(request, file)))
        self.assertEqual(self.host.run('check', 'export', **LATER(61)).code, 3)
        self.assertNotEqual(self.status(**LATER(61))['state'], 'emergency')

    def test_the_ledger_knows_licenses_by_their_root(self):
        self.must(self.host.run('heartbeat', '-o', self.stage.path('report')))
        content = json.loads(json.loads((self.host.state / 'ledger.json').read_text())['content'])
        roots = {record['root'] for record in content['heartbeats']}
        self.assertEqual([len(root) for root in roots], [64])


if __name__ == '__main__':
    unittest.main()
