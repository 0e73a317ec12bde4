#!/usr/bin/env python3
"""usage: vendor_cli_test.py BINARIES - holdfast-vendor as a person uses it: where it finds its directory, what it prints, what it
refuses, and that it changes nothing when it refuses or only rehearses."""
import hashlib, json, os, shutil, sqlite3, subprocess, sys, unittest
from stage import PRODUCT, Stage, at, snapshot

BINARIES = sys.argv.pop(1)


def make_root(file, name='Maker'):
    """A root certificate, as the maker of a TPM has one."""
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '/dev/null',
                    '-subj', f'/CN={name}', '-out', file], check=True, capture_output=True)


class VendorCli(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(BINARIES)
        cls.addClassCleanup(cls.stage.close)
        cls.vendor = cls.stage.vendor('acme')
        cls.fresh = cls.stage.path('as-after-the-ceremony')
        shutil.copytree(cls.vendor.dir, cls.fresh)
        cls.vendor.add_product()
        cls.maker = cls.stage.path('maker.pem')
        make_root(cls.maker)

    def refused(self, done, check, code=1):
        self.assertEqual(done.code, code, done.text)
        self.assertIn(f'({check})', done.err)
        self.assertLessEqual(len(done.err.strip().splitlines()), 2, done.err)

    def copy(self, name):
        """A vendor directory to break."""
        path = self.stage.path(name)
        shutil.copytree(self.vendor.dir, path)
        return path

    def actions(self, directory):
        """What the store's audit log has, oldest first."""
        return [r['action'] for r in self.audit(directory)]

    def audit(self, directory):
        return self.plain('export', '--dir', directory).json()['audit']

    def plain(self, *args, **kw):
        return self.stage.run('holdfast-vendor', *args, **kw)

    # -- the directory

    def test_directory_by_environment_and_current_directory(self):
        self.assertEqual(self.plain('license', 'list', env={'HOLDFAST_VENDOR_DIR': str(self.vendor.dir)}).code, 0)
        done = subprocess.run([f'{BINARIES}/holdfast-vendor', 'license', 'list'], cwd=self.vendor.dir, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_directory_by_configuration_file(self):
        config = self.stage.path('vendor.conf')
        config.write_text(f'dir = {self.vendor.dir}\n')
        self.assertEqual(self.plain('license', 'list', '--config', config).code, 0)

    def test_no_directory_is_a_usage_error(self):
        self.refused(self.plain('license', 'list'), 'vendor.directory', 2)

    def test_a_directory_that_is_none(self):
        self.refused(self.plain('license', 'list', '--dir', '/tmp'), 'vendor.missing')

    # -- init

    def test_init_twice_changes_nothing(self):
        before = snapshot(self.vendor.dir)
        self.refused(self.vendor.run('init', '--vendor', 'other'), 'vendor.exists')
        self.assertEqual(snapshot(self.vendor.dir), before)

    def test_init_rehearsed_makes_nothing(self):
        new = self.stage.path('rehearsed')
        done = self.plain('init', '--dir', new, '--vendor', 'Acme', '--dry-run')
        self.assertEqual(done.code, 0, done.text)
        self.assertFalse(new.exists() and any(new.iterdir()))

    def test_init_without_vendor_or_with_a_contradiction(self):
        new = self.stage.path('nothing')
        self.refused(self.plain('init', '--dir', new), 'usage.vendor', 2)
        self.refused(self.plain('init', '--dir', new, '--plan', 'p', '--vendor', 'A'), 'usage.plan', 2)
        self.assertFalse(new.exists())

    def test_init_that_was_interrupted_is_finished(self):
        half = self.copy('half')
        (half / 'vendor.json').unlink()
        keys = snapshot(half / 'certificates')
        self.refused(self.plain('license', 'list', '--dir', half), 'vendor.missing')
        done = self.plain('init', '--dir', half, '--vendor', 'acme')
        self.assertEqual(done.code, 0, done.text)
        self.assertEqual(snapshot(half / 'certificates'), keys, 'the ceremony is not repeated')
        self.assertEqual(self.plain('license', 'list', '--dir', half).code, 0)

    def test_init_never_takes_away_a_store_that_has_sales(self):
        lost = self.copy('lost')
        (lost / 'vendor.json').unlink()
        before = self.plain('export', '--dir', self.vendor.dir).json()
        self.assertEqual(self.plain('init', '--dir', lost, '--vendor', 'acme').code, 0)
        after = self.plain('export', '--dir', lost).json()
        self.assertEqual(after['products'], before['products'])
        self.assertEqual(snapshot(lost)['ek-roots.json'], snapshot(self.vendor.dir)['ek-roots.json'])

    def interrupted(self, name):
        """A vendor directory whose init ended after the ceremony."""
        path = self.copy(name)
        (path / 'vendor.json').unlink()
        return path

    def test_init_after_an_init_that_was_killed_waits_for_its_ceremony(self):
        new = self.stage.path('killed')
        argv = [f'{BINARIES}/holdfast-vendor', 'init', '--dir', str(new), '--vendor', 'A', '--key-type', 'rsa-3072']
        killed = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not (new / '.ceremony').exists() and killed.poll() is None:
            pass
        killed.kill()  # its signer goes on
        killed.wait()
        done = self.plain('init', '--dir', new, '--vendor', 'A', '--key-type', 'rsa-3072')
        self.assertEqual(done.code, 0, done.text)
        self.assertEqual(self.plain('issuer', 'list', '--dir', new).code, 0)

    def test_init_names_what_a_ceremony_made_and_what_is_missing(self):
        half = self.interrupted('without-roots')
        (half / 'roots.pem').unlink()
        done = self.plain('init', '--dir', half, '--vendor', 'acme')
        self.refused(done, 'vendor.incomplete')
        self.assertIn('roots.pem', done.err)
        self.assertFalse((half / 'vendor.json').exists())

    def test_init_does_not_finish_a_ceremony_of_other_options(self):
        half = self.interrupted('other-options')
        before = snapshot(half)
        for options in (['--vendor', 'Other Vendor'], ['--vendor', 'acme', '--key-type', 'rsa-3072'],
                        ['--vendor', 'acme', '--module', '/nonexistent', '--token', 'pkcs11:token=x', '--pin-file', half / 'pin']):
            with self.subTest(options):
                self.refused(self.plain('init', '--dir', half, *options), 'vendor.ceremony')
        self.assertEqual(snapshot(half), before)

    def test_init_names_vendor_and_module(self):
        half = self.interrupted('named')
        done = self.plain('init', '--dir', half, '--vendor', 'acme')
        self.assertEqual(done.code, 0, done.text)
        self.assertRegex(done.out, r'vendor +acme\n')
        self.assertRegex(done.out, r'token main +\S*softhsm\S*\n')

    def test_init_leaves_a_database_that_is_not_its_own(self):
        half = self.interrupted('foreign')
        for file in half.glob('store.db*'):
            file.unlink()
        with sqlite3.connect(half / 'store.db') as db:
            db.execute('create table notes (text)')
        db.close()
        before = snapshot(half)['store.db']
        self.refused(self.plain('init', '--dir', half, '--vendor', 'acme'), 'store.kind')
        self.assertEqual(snapshot(half)['store.db'], before)

    def test_init_keeps_the_audit_records_of_a_store_without_products(self):
        new = self.stage.path('kept')
        self.assertEqual(self.plain('init', '--dir', new, '--vendor', 'A').code, 0)
        (new / 'vendor.json').unlink()
        self.assertEqual(self.plain('init', '--dir', new, '--vendor', 'A').code, 0)
        self.assertEqual(self.actions(new), ['vendor.init', 'vendor.init'])

    def test_init_over_a_damaged_store_leaves_it(self):
        lost = self.copy('damaged')
        (lost / 'vendor.json').unlink()
        (lost / 'store.db').write_bytes(b'x' * 5000)
        for more in lost.glob('store.db-*'):
            more.unlink()
        self.refused(self.plain('init', '--dir', lost, '--vendor', 'acme'), 'store.corrupt')
        self.assertEqual((lost / 'store.db').read_bytes(), b'x' * 5000)

    def test_init_with_a_bad_key_prefix_makes_nothing(self):
        new = self.stage.path('prefix')
        self.refused(self.plain('init', '--dir', new, '--vendor', 'A', '--key-prefix', 'no'), 'usage.key_prefix', 2)
        self.assertFalse(new.exists())

    def test_init_in_a_directory_that_softhsm_cannot_name(self):
        for name in ('a=b', 'a#b'):
            with self.subTest(name):
                self.refused(self.plain('init', '--dir', self.stage.path(name), '--vendor', 'A'), 'embedded.directory', 2)

    def test_root_key_in_a_token_of_its_own(self):
        store = self.stage.path('softhsm')
        store.mkdir()
        config = self.stage.path('softhsm.conf')
        config.write_text(f'directories.tokendir = {store}\nobjectstore.backend = file\nlog.level = ERROR\n')
        env = {'SOFTHSM2_CONF': str(config)}
        pin = self.stage.path('own-pin')
        pin.write_text('8765')
        pin.chmod(0o600)
        for label in ('issuing', 'vault'):
            subprocess.run(['softhsm2-util', '--init-token', '--free', '--label', label, '--pin', '8765', '--so-pin', '8765'], check=True,
                           capture_output=True, env={**os.environ, **env})
        module = '/usr/lib/softhsm/libsofthsm2.so'
        new = self.stage.path('two-tokens')
        done = self.plain('init', '--dir', new, '--vendor', 'Acme', '--module', module, '--token', 'pkcs11:token=issuing', '--pin-file', pin,
                          '--root-module', module, '--root-token', 'pkcs11:token=vault', '--root-pin-file', pin, env=env)
        self.assertEqual(done.code, 0, done.text)
        self.assertEqual(self.plain('issuer', 'list', '--dir', new, env=env).code, 0)

    # -- selling

    def test_the_product_key_stands_alone_on_standard_output(self):
        done = self.vendor.run('license', 'new', '--product', 'acme-cad', '--plan', 'demo', '--customer', 'A')
        self.assertEqual(done.code, 0, done.text)
        self.assertRegex(done.out, r'^NLS-[A-Za-z0-9_.-]+-[A-Z2-7]{8}\n$')

    def test_what_cannot_be_sold(self):
        def new(product='acme-cad', plan='demo', customer='A', *more):
            return self.vendor.run('license', 'new', '--product', product, '--plan', plan, '--customer', customer, *more)
        before = self.vendor.run('export').out
        self.refused(new(product='none'), 'store.product')
        self.refused(new(plan='none'), 'licensing.plan')
        self.refused(new('acme-cad', 'demo', 'x' * 65), 'licensing.customer')
        self.refused(new('acme-cad', 'demo', 'A', '--activations', '0'), 'usage.number', 2)
        self.refused(new('acme-cad', 'demo', 'A', '--activations', 'many'), 'usage.number', 2)
        self.assertEqual(self.vendor.run('export').out, before)

    def test_a_license_is_named_by_the_beginning_of_its_id(self):
        sold = self.vendor.sell()
        self.assertEqual(self.vendor.run('license', 'show', sold['license'][:12], '--json').json()['license'], sold['license'])
        self.refused(self.vendor.run('license', 'show', sold['license'][:3]), 'store.license')
        self.refused(self.vendor.run('license', 'show', 'ffff' * 8), 'store.license')

    def test_a_beginning_that_is_too_short_is_told_as_that(self):
        self.assertIn('four characters', self.vendor.run('license', 'show', 'ff').err)

    def test_a_product_that_was_added_by_mistake_is_removed(self):
        self.vendor.add_product(id='mistake')
        done = self.vendor.run('product', 'remove', 'mistake', '--json')
        self.assertEqual(done.json(), {'product': 'mistake', 'changed': True})
        self.refused(self.vendor.run('product', 'show', 'mistake'), 'store.product')
        self.refused(self.vendor.run('product', 'remove', 'mistake'), 'store.product')
        self.vendor.sell()
        self.refused(self.vendor.run('product', 'remove', 'acme-cad'), 'store.sold')

    def test_the_same_product_file_again_is_no_change_and_that_is_said(self):
        terms = json.loads(PRODUCT.read_text())
        terms['plans']['demo']['expiry_grace'] = '8d'
        other = self.stage.path('longer-grace.json')
        other.write_text(json.dumps(terms))
        for file, changed in ((PRODUCT, True), (PRODUCT, False), (other, True), (PRODUCT, True)):
            done = self.vendor.run('product', 'add', '--id', 'again', '--terms', file, '--json')
            self.assertEqual(done.code, 0, done.text)
            self.assertEqual(done.json()['changed'], changed)
        self.assertIn('nothing was changed', self.vendor.run('product', 'add', '--id', 'again', '--terms', PRODUCT).out)

    def test_a_license_that_has_expired_is_listed_as_expired_and_with_its_end(self):
        sold = self.vendor.sell(customer='Expired')
        listed = lambda *more, **kw: self.vendor.run('license', 'list', '--customer', 'Expired', *more, **kw)
        self.assertRegex(listed().out, r' active .* \(until 20')
        self.assertFalse(listed('--json').json()['licenses'][0]['expired'])
        for days, word, over in ((33, 'grace', False), (40, 'expired', True)):
            later = at(f'+{days}d')
            self.assertIn(f' {word} ', listed(**later).out)
            self.assertEqual(listed('--json', **later).json()['licenses'][0]['expired'], over)
            self.assertEqual(listed('--json', **later).json()['licenses'][0]['status'], 'active')

    def test_a_sale_whose_content_key_is_missing_says_so(self):
        terms = json.loads(PRODUCT.read_text())
        terms['plans']['demo']['keys'] = ['content']
        file = self.stage.path('with-key.json')
        file.write_text(json.dumps(terms))
        self.vendor.add_product(id='with-key', terms=file)
        new = ('license', 'new', '--product', 'with-key', '--plan', 'demo', '--customer', 'A')
        done = self.vendor.run(*new)
        self.assertEqual(done.code, 0, done.text)
        self.assertIn('holdfast-vendor key add content --product with-key', done.err)
        self.assertEqual(self.vendor.run(*new, '--json').json()['missing_keys'], ['content'])
        self.assertEqual(self.vendor.run('key', 'add', 'content', '--product', 'with-key').code, 0)
        self.assertNotIn('content', self.vendor.run(*new).err)
        self.assertEqual(self.vendor.run(*new, '--json').json()['missing_keys'], [])

    def test_keys_of_ec_p384_sell(self):
        new = self.stage.path('p384')
        self.assertEqual(self.plain('init', '--dir', new, '--vendor', 'A', '--key-type', 'ec-p384').code, 0)
        self.assertEqual(self.plain('product', 'add', '--id', 'acme-cad', '--terms', PRODUCT, '--dir', new).code, 0)
        done = self.plain('license', 'new', '--product', 'acme-cad', '--plan', 'demo', '--customer', 'A', '--dir', new)
        self.assertEqual(done.code, 0, done.text)

    def test_rehearsals_change_nothing(self):
        sold = self.vendor.sell()
        before = self.vendor.run('export').out
        for verb in ('suspend', 'revoke'):
            done = self.vendor.run('license', verb, sold['license'], '--dry-run', '--json')
            self.assertEqual(done.code, 0, done.text)
            self.assertTrue(done.json()['dry_run'])
        done = self.vendor.run('issuer', 'rotate', '--line', 'default', '--dry-run')
        self.assertEqual(done.code, 0, done.text)
        self.assertEqual(self.vendor.run('export').out, before)
        self.assertEqual(len(self.vendor.run('issuer', 'list', '--json').json()['issuers']), 1)

    def test_a_status_that_a_license_has_already_is_no_change(self):
        sold = self.vendor.sell()
        for verb in ('reactivate', 'suspend', 'revoke'):
            if verb != 'reactivate':
                self.assertTrue(self.vendor.run('license', verb, sold['license'], '--json').json()['changed'])
            before = self.vendor.run('export').out
            for more in ([], ['--dry-run']):
                done = self.vendor.run('license', verb, sold['license'], *more)
                self.assertEqual(done.code, 0, done.text)
                self.assertRegex(done.out, r': nothing (was|would be) changed\n$')
            self.assertFalse(self.vendor.run('license', verb, sold['license'], '--json').json()['changed'])
            self.assertEqual(self.vendor.run('export').out, before)

    def test_a_release_names_an_activation_of_the_license(self):
        sold = self.vendor.sell()
        self.refused(self.vendor.run('license', 'release', sold['license']), 'usage.missing', 2)
        self.refused(self.vendor.run('license', 'release', sold['license'], 'ffff'), 'store.activation')
        self.refused(self.vendor.run('license', 'release', 'ffff' * 8, 'ffff'), 'store.license')

    def test_revocation_is_final_also_in_rehearsal(self):
        sold = self.vendor.sell()
        self.assertEqual(self.vendor.run('license', 'revoke', sold['license']).code, 0)
        self.refused(self.vendor.run('license', 'reactivate', sold['license']), 'store.status')
        self.refused(self.vendor.run('license', 'suspend', sold['license'], '--dry-run'), 'store.status')

    def test_a_license_is_renewed(self):
        license = self.vendor.sell()['license']
        before = self.vendor.run('export').out
        dry = self.vendor.run('license', 'renew', license, '--for', '90d', '--dry-run', '--json').json()
        self.assertEqual(dry['changed'], False)
        self.assertNotEqual(dry['expires'], dry['previous_expires'])
        self.assertEqual(self.vendor.run('export').out, before)
        done = self.vendor.run('license', 'renew', license, '--until', '2099-12-31', '--json').json()
        self.assertEqual((done['changed'], done['ends'], done['expires']), (True, '2099-12-31T23:59:59Z', '2099-12-31T23:59:59Z'))
        self.assertIn('2099-12-31T23:59:59Z, its own end', self.vendor.run('license', 'show', license).out)
        self.assertIn('until 2099-12-31T23:59:59Z', self.vendor.run('license', 'list').out)
        self.assertRegex(self.vendor.run('license', 'renew', license, '--until', '2099-12-31').out, r': nothing was changed\n$')
        for options, check in (([], 'usage.until'), (['--for', '1d', '--until', '2099-01-01'], 'usage.until'), (['--for', '1d', '--by-plan'], 'usage.until'),
                               (['--for', '1y'], 'usage.for'),
                               (['--until', 'tomorrow'], 'usage.until')):
            self.refused(self.vendor.run('license', 'renew', license, *options), check, 2)
        self.refused(self.vendor.run('license', 'renew', license, '--until', '2001-01-01'), 'licensing.until')

    def test_a_license_with_an_end_of_its_own_becomes_perpetual(self):
        license = self.vendor.sell()['license']
        self.assertEqual(self.vendor.run('license', 'renew', license, '--until', '2099-12-31').code, 0)
        moved = self.vendor.run('license', 'change', license, '--plan', 'professional', '--json').json()
        self.assertEqual(moved['expires'], '2099-12-31T23:59:59Z', 'its own end stays')
        dry = self.vendor.run('license', 'renew', license, '--by-plan', '--dry-run', '--json').json()
        self.assertEqual((dry['changed'], dry['previous_expires']), (False, '2099-12-31T23:59:59Z'))
        done = self.vendor.run('license', 'renew', license, '--by-plan', '--json').json()
        self.assertTrue(done['changed'])
        self.assertNotIn('expires', done)
        self.assertNotIn('ends', self.vendor.run('license', 'show', license, '--json').json())
        self.assertRegex(self.vendor.run('license', 'renew', license, '--by-plan').out, r': nothing was changed\n$')

    def test_a_license_changes_its_plan(self):
        license = self.vendor.sell()['license']
        before = self.vendor.run('export').out
        self.assertEqual(self.vendor.run('license', 'change', license, '--plan', 'professional', '--dry-run').code, 0)
        self.assertEqual(self.vendor.run('export').out, before)
        done = self.vendor.run('license', 'change', license, '--plan', 'professional', '--json').json()
        self.assertEqual((done['plan'], done['changed']), ('professional', True))
        self.assertNotIn('expires', done, 'this plan has no length')
        self.refused(self.vendor.run('license', 'renew', license, '--for', '1d'), 'licensing.perpetual')
        self.refused(self.vendor.run('license', 'change', license, '--plan', 'nothing'), 'licensing.plan')
        self.assertEqual(self.vendor.run('license', 'revoke', license).code, 0)
        self.refused(self.vendor.run('license', 'change', license, '--plan', 'demo'), 'store.status')

    def test_what_is_no_heartbeat_is_not_answered(self):
        roots = self.vendor.dir / 'roots.pem'
        self.refused(self.vendor.run('heartbeat', roots), 'usage.output', 2)
        self.refused(self.vendor.run('heartbeat', roots, '-o', '-'), 'heartbeat.kind')
        self.assertEqual(self.vendor.run('usage', '--json').json(), {'usage': []})

    def test_a_product_key_that_nobody_got_is_of_a_revoked_license(self):
        argv = [f'{BINARIES}/holdfast-vendor', 'license', 'new', '--product', 'acme-cad', '--plan', 'demo', '--dir', str(self.vendor.dir)]
        read, write = os.pipe()
        os.close(read)
        with open('/dev/full', 'w') as full, open(write, 'w') as closed:
            for name, out in (('Full', full), ('Gone', closed)):
                with self.subTest(name):
                    done = subprocess.run([*argv, '--customer', name], stdout=out, stderr=subprocess.PIPE, text=True)
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertIn('(output.write)', done.stderr)
                    sold = self.vendor.run('license', 'list', '--customer', name, '--json').json()['licenses']
                    self.assertEqual([license['status'] for license in sold], ['revoked'])
                    self.assertIn(sold[0]['license'], done.stderr)

    # -- changes that the store does not hold itself

    def test_trust_anchors_change_between_two_audit_records(self):
        directory = self.copy('recorded')
        before = len(self.actions(directory))
        self.assertEqual(self.plain('ek-roots', 'add', self.maker, '--class', 'discrete', '--dir', directory).code, 0)
        self.assertEqual(self.plain('ek-roots', 'pin', 'ab' * 32, '--class', 'firmware', '--dir', directory).code, 0)
        self.assertEqual(self.actions(directory)[before:],
                         ['ek_roots.add.begin', 'ek_roots.add', 'ek_roots.pin.begin', 'ek_roots.pin'])

    def test_no_trust_anchor_changes_without_an_audit_record(self):
        directory = self.copy('unrecorded')
        before = snapshot(directory)
        with sqlite3.connect(directory / 'store.db') as db:
            db.execute("create trigger no_audit before insert on audit begin select raise(abort, 'no'); end")
        db.close()
        self.refused(self.plain('ek-roots', 'add', self.maker, '--class', 'discrete', '--dir', directory), 'store.io')
        self.refused(self.plain('ek-roots', 'pin', 'ab' * 32, '--class', 'firmware', '--dir', directory), 'store.io')
        self.refused(self.plain('issuer', 'rotate', '--line', 'default', '--dir', directory), 'store.io')
        after = snapshot(directory)
        for name in ('ek-roots.json', 'ek-policy.json', 'signer.conf'):
            self.assertEqual(after.get(name), before.get(name), name)

    def test_a_change_that_is_done_but_not_recorded_says_so(self):
        directory = self.copy('half-recorded')
        with sqlite3.connect(directory / 'store.db') as db:
            db.execute("create trigger no_end before insert on audit when new.action = 'issuer.rotate'"
                       " begin select raise(abort, 'no'); end")
        db.close()
        done = self.plain('issuer', 'rotate', '--line', 'default', '--dir', directory)
        self.refused(done, 'vendor.unrecorded')
        self.assertIn('do not repeat it', done.err.lower())
        self.assertEqual(self.actions(directory)[-1], 'issuer.rotate.begin')

    def test_a_change_that_failed_is_recorded_as_failed(self):
        directory = self.copy('failed')
        done = self.plain('issuer', 'rotate', '--line', 'nothing', '--dir', directory)
        self.assertEqual(done.code, 1, done.text)
        self.assertEqual(self.actions(directory)[-2:], ['issuer.rotate.begin', 'issuer.rotate.failed'])

    def test_a_rotation_is_recorded_with_its_plan_and_transcript(self):
        directory = self.copy('rotated')
        plan = self.stage.path('rotate.json')
        plan.write_text(self.plain('issuer', 'rotate', '--line', 'default', '--dry-run', '--dir', directory).out)
        self.refused(self.plain('issuer', 'rotate', '--line', 'other', '--plan', plan, '--dir', directory), 'usage.plan', 2)
        self.refused(self.plain('issuer', 'rotate', '--dir', directory), 'usage.missing', 2)
        self.refused(self.plain('issuer', 'revoke', '--plan', plan, '--revoke', 'default:1', '--dir', directory), 'usage.plan', 2)
        done = self.plain('issuer', 'rotate', '--plan', plan, '--dir', directory)
        self.assertEqual(done.code, 0, done.text)
        record = self.audit(directory)[-1]
        transcript = (directory / 'transcripts' / 'rotate-default-2.json').read_bytes()
        self.assertEqual(record['action'], 'issuer.rotate')
        self.assertEqual(record['subject'], 'default')
        self.assertEqual(record['detail'], {'line': 'default', 'generation': 2,
                                            'plan_sha256': hashlib.sha256(plan.read_bytes()).hexdigest(),
                                            'transcript_sha256': hashlib.sha256(transcript).hexdigest()})

    def test_a_revoked_issuing_key_is_recorded(self):
        directory = self.copy('issuer-revoked')
        done = self.plain('issuer', 'revoke', '--revoke', 'default:1', '--dir', directory)
        self.assertEqual(done.code, 0, done.text)
        detail = self.audit(directory)[-1]['detail']
        self.assertEqual(detail['revoke'], [{'line': 'default', 'generation': 1}])
        sale = ['license', 'new', '--product', 'acme-cad', '--plan', 'demo', '--customer', 'A', '--dir', directory]
        self.refused(self.plain(*sale), 'licensing.issuer_revoked')

    def test_a_line_whose_newest_key_is_revoked_sells_nothing_until_it_is_rotated(self):
        directory = self.copy('newest-revoked')
        sale = ['license', 'new', '--product', 'acme-cad', '--plan', 'demo', '--customer', 'A', '--dir', directory]
        change = lambda *words: self.assertEqual(self.plain('issuer', *words, '--dir', directory).code, 0)
        change('rotate', '--line', 'default')
        change('revoke', '--revoke', 'default:2')
        refused = self.plain(*sale)
        self.refused(refused, 'licensing.issuer_revoked')
        self.assertIn('issuer rotate --line default', refused.err)
        listed = self.plain('issuer', 'list', '--dir', directory, '--json').json()['issuers']
        self.assertEqual([(i['current'], i['revoked']) for i in listed], [(False, False), (False, True)])
        self.assertRegex(self.plain('issuer', 'list', '--dir', directory).out, r'older  until .*\n.*revoked  until')
        change('rotate', '--line', 'default')
        self.assertEqual(self.plain(*sale).code, 0)

    # -- the signer

    def test_the_issuing_keys_are_listed_with_the_state_of_the_signer(self):
        self.assertRegex(self.vendor.run('issuer', 'list').out, r'signer +ok\n')

    def test_a_signer_whose_audit_log_is_gone_is_refused_until_that_is_accepted(self):
        directory = self.copy('amnesia')
        sale = ['license', 'new', '--product', 'acme-cad', '--plan', 'demo', '--customer', 'A', '--dir', directory]
        for words in (sale, ['issuer', 'list', '--dir', directory]):
            self.assertEqual(self.plain(*words).code, 0)
        seen = self.plain('audit', 'verify', '--json', '--dir', directory).json()['signer_audit_head']
        done = self.stage.run('holdfast-signer', 'audit', 'verify', '--config', directory / 'signer.conf', '--checkpoint', seen)
        self.assertEqual(done.code, 0, done.text)
        # As after a restore from the day of the ceremony: a log that is in order, but shorter.
        shutil.rmtree(directory / 'audit')
        shutil.copytree(self.fresh / 'audit', directory / 'audit')
        self.refused(self.plain(*sale), 'licensing.signer_audit')
        self.refused(self.plain('crl', '--dir', directory), 'licensing.signer_audit')
        self.assertEqual(self.plain('audit', 'accept', '--dry-run', '--dir', directory).code, 0)
        self.refused(self.plain(*sale), 'licensing.signer_audit')
        done = self.plain('audit', 'accept', '--json', '--dir', directory)
        self.assertEqual(done.code, 0, done.text)
        self.assertTrue(done.json()['accepted'])
        self.assertEqual(self.plain(*sale).code, 0)
        self.assertIn('signer.audit_accept', self.actions(directory))
        self.assertFalse(self.plain('audit', 'accept', '--json', '--dir', directory).json()['accepted'])

    def test_a_service_that_is_down_is_named(self):
        own = self.copy('service-layout')
        for path in own.iterdir():
            if path.name not in ('vendor.json', 'ek-roots.json', 'roots.pem') and not path.name.startswith('store.db'):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        (own / 'signer.sock').symlink_to('/nonexistent/signer.sock')
        self.refused(self.plain('issuer', 'list', '--dir', own), 'signer.connect')

    # -- what no program should die of

    def test_values_that_are_not_utf8_are_usage_errors(self):
        bad = os.fsdecode(b'caf\xe9')
        new, pin = self.stage.path('not-utf8'), self.stage.path('some-pin')
        token = ['--module', '/x.so', '--token', 'pkcs11:token=a', '--pin-file', pin]
        root = ['--root-module', '/x.so', '--root-token', 'pkcs11:token=b', '--root-pin-file', pin]
        for words in (['init', '--dir', new, '--vendor', bad], ['init', '--dir', new, '--vendor', bad, *token, *root],
                      ['license', 'new', '--product', 'acme-cad', '--plan', 'demo', '--customer', bad, '--dir', self.vendor.dir],
                      ['issuer', 'add', '--line', bad, '--dir', self.vendor.dir],
                      ['issuer', 'rotate', '--line', 'default', '--token', bad, '--dir', self.vendor.dir],
                      ['issuer', 'revoke', '--revoke', bad + ':1', '--dir', self.vendor.dir],
                      ['approve', 'plan', '--key', 'k', '--operator', bad, '-o', 'x'],
                      ['ek-roots', 'add', self.maker, '--class', 'discrete', '--name', bad, '--dir', self.vendor.dir]):
            with self.subTest(' '.join(map(repr, words))):
                self.refused(self.plain(*words), 'usage.text', 2)
        self.assertFalse(new.exists())

    def test_a_signer_refuses_values_that_are_not_utf8(self):
        done = self.stage.run('holdfast-signer', 'add-line', '--config', self.vendor.dir / 'signer.conf', '--line', os.fsdecode(b'\xe9'))
        self.refused(done, 'usage', 2)

    def test_changes_of_issuing_keys_name_their_line_or_a_plan(self):
        junk = self.stage.path('plan.json')
        junk.write_text('[')
        for words, check, code in ((['rotate'], 'usage.missing', 2), (['add'], 'usage.missing', 2), (['revoke'], 'usage.missing', 2),
                                   (['rotate', '--plan', 'no-plan', '--token', 'main'], 'usage.plan', 2),
                                   (['revoke', '--plan', 'no-plan', '--revoke', 'default:1'], 'usage.plan', 2),
                                   (['revoke', '--revoke', '../default:1'], 'usage', 2), (['revoke', '--revoke', 'default:1x'], 'usage', 2),
                                   (['revoke', '--revoke', 'default:7'], 'change.revoke', 1), (['revoke', '--revoke', 'default:7', '--dry-run'], 'change.revoke', 1),
                                   (['rotate', '--plan', 'no-plan'], 'file.missing', 1), (['rotate', '--plan', junk], 'json.syntax', 1)):
            with self.subTest(' '.join(map(str, words))):
                self.refused(self.vendor.run('issuer', *words), check, code)

    def test_an_error_of_the_signer_may_have_line_breaks(self):
        done = self.vendor.run('issuer', 'rotate', '--line', 'default', '--approval', 'no\nsuch\nfile')
        self.refused(done, 'file.missing')
        self.assertNotIn('holdfast-signer', done.err)

    def test_a_file_may_have_any_name(self):
        directory = self.copy('any-name')
        file = self.stage.path(os.fsdecode(b'ca\xe9.pem'))
        shutil.copy(self.maker, file)
        self.assertEqual(self.plain('ek-roots', 'add', file, '--class', 'discrete', '--dir', directory).code, 0)

    def test_no_directory_to_stand_in_or_to_write_in(self):
        gone = self.stage.path('gone')
        done = subprocess.run(f'mkdir {gone} && cd {gone} && rmdir {gone} && exec {BINARIES}/holdfast-vendor init --dir x --vendor A',
                              shell=True, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn('(internal.exception)', done.stderr)
        self.assertEqual(self.plain('init', '--dir', self.stage.path('n' * 300), '--vendor', 'A').code, 1)

    # -- output

    def test_json_of_an_error(self):
        done = self.vendor.run('license', 'show', 'nothing', '--json')
        self.assertEqual(done.code, 1)
        self.assertEqual(json.loads(done.out)['error']['check'], 'store.license')

    def test_lists_are_named_by_their_key_for_people_too(self):
        key = self.vendor.run('crl', '--json').json()['crls'][0]['issuer_key_id']
        self.assertIn(f'key {key}, number ', self.vendor.run('crl').out)

    def test_every_listing_is_json(self):
        for words in (['product', 'list'], ['product', 'show', 'acme-cad'], ['license', 'list'], ['issuer', 'list'], ['ek-roots', 'list'],
                      ['audit', 'verify'], ['crl'], ['export']):
            with self.subTest(' '.join(words)):
                done = self.vendor.run(*words, '--json')
                self.assertEqual(done.code, 0, done.text)
                self.assertIsInstance(done.json(), dict)

    def test_crl_on_standard_output_is_pem_alone(self):
        done = self.vendor.run('crl', '-o', '-')
        self.assertEqual(done.code, 0, done.text)
        self.assertTrue(done.out.startswith('-----BEGIN X509 CRL-----'))
        read = subprocess.run(['openssl', 'crl', '-noout'], input=done.out, capture_output=True, text=True)
        self.assertEqual(read.returncode, 0, read.stderr)

    def test_a_list_that_cannot_be_made_is_named_and_holds_up_no_other(self):
        directory = self.copy('one-list')
        self.assertEqual(self.plain('issuer', 'rotate', '--line', 'default', '--dir', directory).code, 0)
        lists = self.plain('crl', '--json', '--dir', directory).json()['crls']
        self.assertEqual(len(lists), 2)
        with sqlite3.connect(directory / 'store.db') as db:
            db.execute("update crls set der = 'AAAA' where issuer_key_id = ?", [lists[0]['issuer_key_id']])
        db.close()
        file = self.stage.path('one-list.crl')
        done = self.plain('crl', '-o', file, '--json', '--dir', directory)
        self.assertEqual(done.code, 1, done.text)
        self.assertEqual(done.json()['crls'], lists[1:])
        self.assertEqual(len(done.json()['failed']), 1)
        self.assertIn(lists[0]['issuer_key_id'], done.err)
        self.assertEqual(file.read_text().count('BEGIN X509 CRL'), 1)

    def test_output_that_cannot_be_written(self):
        self.assertEqual(self.vendor.run('crl', '-o', '/nonexistent/x').code, 1)

    def test_output_never_replaces_what_is_no_file(self):
        # Never a real device here: a program that fails this test takes away what it is given.
        pipe = self.stage.path('pipe')
        os.mkfifo(pipe)
        self.refused(self.vendor.run('export', '-o', pipe), 'file.kind')
        self.assertTrue(pipe.is_fifo())

    def test_a_full_standard_output_is_an_error(self):
        with open('/dev/full', 'w') as full:
            done = subprocess.run([f'{BINARIES}/holdfast-vendor', 'export', '--dir', str(self.vendor.dir)], stdout=full,
                                  stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1, done.stderr)

    # -- endorsement roots

    def test_ek_roots_that_are_none(self):
        before = snapshot(self.vendor.dir)
        junk = self.stage.path('junk.pem')
        for content in (b'', b'hello', b'-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', b'0' * 300000):
            junk.write_bytes(content)
            done = self.vendor.run('ek-roots', 'add', junk, '--class', 'discrete')
            self.assertEqual(done.code, 1, done.text)
            self.assertIn('junk.pem', done.err)
        self.assertEqual(self.vendor.run('ek-roots', 'add', self.maker, '--class', 'toy').code, 2)
        after = snapshot(self.vendor.dir)
        self.assertEqual(after['ek-roots.json'], before['ek-roots.json'])

    def test_ek_roots_are_added_once(self):
        directory = self.copy('ek')
        for added in (1, 0):
            done = self.plain('ek-roots', 'add', self.maker, '--class', 'discrete', '--dir', directory, '--json')
            self.assertEqual(done.code, 0, done.text)
            self.assertEqual(len(done.json()['added']), added)

    def test_an_ek_root_has_one_class(self):
        directory = self.copy('classes')
        roots = directory / 'ek-roots.json'
        self.assertEqual(self.plain('ek-roots', 'add', self.maker, '--class', 'simulator', '--dir', directory).code, 0)
        before = roots.read_bytes()
        done = self.plain('ek-roots', 'add', self.maker, '--class', 'discrete', '--dir', directory)
        self.refused(done, 'ek_roots.class')
        self.assertIn('trusted as simulator already', done.err)
        self.assertEqual(roots.read_bytes(), before)
        # the advice, followed
        [root] = [r['sha256'] for r in self.plain('ek-roots', 'list', '--dir', directory, '--json').json()['roots']]
        self.assertEqual(self.plain('ek-roots', 'remove', root, '--dir', directory).code, 0)
        self.assertEqual(self.plain('ek-roots', 'add', self.maker, '--class', 'discrete', '--dir', directory).code, 0)

    def test_pinned_keys_are_listed(self):
        directory = self.copy('pins')
        key = 'ab' * 32
        self.assertEqual(self.plain('ek-roots', 'pin', key, '--class', 'firmware', '--dir', directory).code, 0)
        self.assertEqual(self.plain('ek-roots', 'list', '--dir', directory, '--json').json()['pinned'], [{'class': 'firmware', 'key': key}])
        self.refused(self.plain('ek-roots', 'pin', 'ab', '--class', 'firmware', '--dir', directory), 'usage.key', 2)

    def test_the_vendors_own_license_root_is_no_ek_root(self):
        before = snapshot(self.vendor.dir)['ek-roots.json']
        self.refused(self.vendor.run('ek-roots', 'add', self.vendor.roots, '--class', 'discrete'), 'ek_roots.license_root')
        self.assertEqual(snapshot(self.vendor.dir)['ek-roots.json'], before)

    def test_what_is_trusted_is_removed_by_its_hash(self):
        directory = self.copy('removed')
        key = 'ab' * 32
        self.assertEqual(self.plain('ek-roots', 'add', self.maker, '--class', 'discrete', '--dir', directory).code, 0)
        self.assertEqual(self.plain('ek-roots', 'pin', key, '--class', 'firmware', '--dir', directory).code, 0)
        listed = lambda: self.plain('ek-roots', 'list', '--dir', directory, '--json').json()
        [root] = [r['sha256'] for r in listed()['roots']]
        for name in (root, key[:12]):
            before = snapshot(directory)
            done = self.plain('ek-roots', 'remove', name, '--dry-run', '--json', '--dir', directory)
            self.assertEqual(done.code, 0, done.text)
            self.assertEqual((done.json()['changed'], done.json()['pinned']), (False, name != root))
            after = snapshot(directory)
            self.assertEqual([after[f] for f in ('ek-roots.json', 'ek-policy.json')], [before[f] for f in ('ek-roots.json', 'ek-policy.json')])
            self.assertEqual(self.plain('ek-roots', 'remove', name, '--dir', directory).code, 0)
            self.refused(self.plain('ek-roots', 'remove', name, '--dir', directory), 'ek_roots.unknown')
        self.assertEqual((listed()['roots'], listed()['pinned']), ([], []))
        self.assertEqual(self.actions(directory)[-2:], ['ek_roots.remove.begin', 'ek_roots.remove'])

    def test_a_hash_that_is_too_short_removes_nothing(self):
        directory = self.copy('not-removed')
        self.assertEqual(self.plain('ek-roots', 'pin', 'ab' * 32, '--class', 'firmware', '--dir', directory).code, 0)
        self.refused(self.plain('ek-roots', 'remove', 'abab', '--dir', directory), 'ek_roots.unknown')
        self.assertEqual(len(self.plain('ek-roots', 'list', '--dir', directory, '--json').json()['pinned']), 1)

    # -- a directory that somebody broke

    def as_somebody(self, *args):
        """As a user who owns nothing here: nothing is closed to root."""
        self.stage.dir.chmod(0o755)
        somebody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] if os.getuid() == 0 else []
        return self.plain(*args, prefix=somebody, env={'HOME': str(self.stage.path('no-home')), 'XDG_CONFIG_HOME': ''})

    def test_a_directory_of_another_user_is_named_as_that(self):
        directory = self.copy('of-another')
        directory.chmod(0)
        self.refused(self.as_somebody('license', 'list', '--dir', directory), 'vendor.permission')

    def test_a_store_that_cannot_be_written_says_so_in_plain_words(self):
        directory = self.copy('read-only')
        for file in directory.rglob('*'):
            file.chmod(0o555 if file.is_dir() else 0o444)
        for more in directory.glob('store.db-*'):
            more.unlink()
        directory.chmod(0o555)
        done = self.as_somebody('license', 'list', '--dir', directory)
        self.refused(done, 'store.io')
        self.assertIn('cannot be opened for writing', done.err)
        self.assertNotIn('sqlite', done.err)
        directory.chmod(0o755)

    def test_broken_files_are_named(self):
        for name in ('vendor.json', 'roots.pem', 'ek-roots.json', 'store.db'):
            for what, content in (('empty', b''), ('junk', b'x' * 5000)):
                with self.subTest(f'{name}: {what}'):
                    directory = self.copy(f'broken-{name}-{what}')
                    (directory / name).write_bytes(content)
                    for more in directory.glob('store.db-*'):
                        more.unlink()
                    done = self.plain('license', 'list', '--dir', directory)
                    self.assertEqual(done.code, 1, done.text)
                    self.assertIn(name, done.err)

    def test_a_store_of_a_newer_program(self):
        directory = self.copy('newer')
        with sqlite3.connect(directory / 'store.db') as db:
            db.execute('insert into schema_version (version) values (99)')
        self.refused(self.plain('license', 'list', '--dir', directory), 'store.schema')

    def test_an_edited_audit_log(self):
        directory = self.copy('edited')
        head = self.plain('audit', 'verify', '--dir', directory, '--json').json()['head']
        self.assertEqual(self.plain('audit', 'verify', '--dir', directory, '--head', head).code, 0)
        with sqlite3.connect(directory / 'store.db') as db:
            db.execute('delete from audit where sequence = (select max(sequence) from audit)')
        self.assertEqual(self.plain('audit', 'verify', '--dir', directory).code, 0, 'a cut tail shows only against a noted head')
        self.refused(self.plain('audit', 'verify', '--dir', directory, '--head', head), 'audit.head')
        with sqlite3.connect(directory / 'store.db') as db:
            db.execute("update audit set actor = 'nobody' where sequence = 1")
        self.refused(self.plain('audit', 'verify', '--dir', directory), 'store.audit')

    # -- several at once

    def test_endorsement_roots_added_at_the_same_time_are_all_kept(self):
        directory = self.copy('ek-at-once')
        files = []
        for i in range(4):
            files.append(self.stage.path(f'ek-{i}.pem'))
            make_root(files[-1], f'R{i}')
        before = len(self.plain('ek-roots', 'list', '--json', '--dir', directory).json()['roots'])
        running = [subprocess.Popen([f'{BINARIES}/holdfast-vendor', 'ek-roots', 'add', str(f), '--class', 'discrete', '--dir',
                                     str(directory)], stdout=subprocess.DEVNULL) for f in files]
        self.assertEqual([p.wait(timeout=60) for p in running], [0] * 4)
        after = len(self.plain('ek-roots', 'list', '--json', '--dir', directory).json()['roots'])
        self.assertEqual(after, before + 4)

    def test_commands_at_the_same_time_wait_for_each_other(self):
        argv = [f'{BINARIES}/holdfast-vendor', 'license', 'new', '--product', 'acme-cad', '--plan', 'demo', '--customer', 'Many', '--dir',
                str(self.vendor.dir)]
        running = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(4)]
        for process in running:
            out, err = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, err)
        self.assertEqual(len(self.vendor.run('license', 'list', '--customer', 'Many', '--json').json()['licenses']), 4)


if __name__ == '__main__':
    unittest.main(verbosity=2)
