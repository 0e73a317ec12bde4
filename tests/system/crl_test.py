#!/usr/bin/env python3
"""usage: crl_test.py BINARIES - revocation lists of a vendor with more of them than one installable file holds."""
import sqlite3, subprocess, sys, unittest
from stage import Stage

BINARIES = sys.argv.pop(1)
SHARDS = 17  # one more than `holdfast install` takes from a file


class ManyShards(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor, cls.tpm, cls.host = s.trade()
        cls.sold = cls.vendor.sell()
        cls.host.activate(cls.sold)
        cls.sell_to_others()

    @classmethod
    def sell_to_others(cls):
        """Activations of another license that fill the other shards: the rows of the first with names of their own."""
        other = cls.vendor.sell(customer='Others')['license']
        with sqlite3.connect(cls.vendor.dir / 'store.db') as db:
            names = [row[1] for row in db.execute('pragma table_info(activations)')]
            row = dict(zip(names, db.execute('select * from activations').fetchone()))
            for shard in range(1, SHARDS):
                row.update(sequence=1000 + shard, id=f'{shard:032x}', serial=f'{shard + 2**120:032x}', shard=shard, license=other)
                db.execute(f'insert into activations values ({", ".join("?" * len(row))})', list(row.values()))
        db.close()

    def test_one_file_that_could_not_be_installed_is_refused_with_advice_and_not_written(self):
        out = self.stage.path('all.crl')
        for target in (out, '-'):
            done = self.vendor.run('crl', '-o', target)
            self.assertEqual(done.code, 1, done.text)
            self.assertIn('(crl.file)', done.err)
            self.assertIn('--license', done.err)
            self.assertIn('DIR/', done.err)
            self.assertEqual(done.out, '')
        self.assertFalse(out.exists())
        self.assertEqual(len(self.vendor.run('crl', '--json').json()['crls']), SHARDS)

    def test_what_one_customer_needs_is_one_list_which_installs(self):
        out = self.stage.path('one.crl')
        done = self.vendor.run('crl', '--license', self.sold['license'], '-o', out, '--json')
        self.assertEqual(done.code, 0, done.text)
        self.assertEqual([(c['shard'], c['revoked']) for c in done.json()['crls']], [(0, 0)])
        self.assertEqual(out.read_text().count('BEGIN X509 CRL'), 1)
        self.assertEqual((done := self.host.run('install', out)).code, 0, done.text)

    def test_a_license_without_activation_needs_none(self):
        sold = self.vendor.sell()
        done = self.vendor.run('crl', '--license', sold['license'], '-o', self.stage.path('none.crl'))
        self.assertEqual(done.code, 1, done.text)
        self.assertIn('(licensing.never_activated)', done.err)
        self.assertFalse(self.stage.path('none.crl').exists())

    def test_a_directory_gets_a_file_for_each_list_named_by_it(self):
        out = self.stage.path('lists')
        done = self.vendor.run('crl', '-o', f'{out}/', '--with-root', '--json')
        self.assertEqual(done.code, 0, done.text)
        key = self.vendor.run('issuer', 'list', '--json').json()['issuers'][0]['key_id']
        self.assertEqual({p.name for p in out.iterdir()}, {'root.crl', *(f'default-{key}-{n}.crl' for n in range(SHARDS))})
        self.assertEqual({c['file'] for c in done.json()['crls']}, {str(p) for p in out.glob('default-*')})
        for file in out.iterdir():
            self.assertEqual(subprocess.run(['openssl', 'crl', '-in', file, '-noout'], capture_output=True).returncode, 0)
        self.assertEqual((done := self.host.run('install', out / f'default-{key}-0.crl')).code, 0, done.text)
        self.assertEqual((done := self.host.run('install', out / 'root.crl')).code, 0, done.text)
        self.assertEqual(self.host.run('install', out / f'default-{key}-1.crl').code, 1, 'the list of others')


if __name__ == '__main__':
    unittest.main(verbosity=2)
