#!/usr/bin/env python3
"""usage: customer_cli_test.py BINARIES - what `holdfast` tells an administrator before it is too late: whom it asked, what is open, which vendor a
product key is of, and what a request does to others."""
import itertools, json, shutil, sys, types, unittest
from stage import Outcomes, PRODUCT, Stage, snapshot

BINARIES = sys.argv.pop(1)


class CustomerCli(Outcomes, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage, cls.numbers = Stage(BINARIES), itertools.count()
        s = cls.stage
        cls.addClassCleanup(s.close)
        terms = json.loads(PRODUCT.read_text())
        terms['plans']['demo']['repairs'] = {'per_year': 1, 'emergency': '5d'}
        product = s.path('product.json')
        product.write_text(json.dumps(terms))
        cls.vendor, cls.other, cls.tpm = s.vendor(), s.vendor('Haendler'), s.tpm()
        for vendor, id in ((cls.vendor, 'acme-cad'), (cls.other, 'viewer')):
            vendor.trust(cls.tpm)
            vendor.add_product(id, product)

    def host(self):
        host = self.stage.host(f'host{next(self.numbers)}', self.tpm, self.vendor)
        self.addCleanup(lambda: host.agent and host.kill_agent())
        return host

    def active(self):
        host = self.host()
        host.sold = self.vendor.sell()
        host.activate(host.sold)
        return host

    def pin(self, host, *vendors):
        """One file with the roots of all of them."""
        roots = host.dir / 'roots.pem'
        roots.write_bytes(b''.join(v.roots.read_bytes() for v in vendors))
        host.vendor = types.SimpleNamespace(roots=roots, answer=self.vendor.answer)

    # -- status

    def test_status_says_whom_it_asked(self):
        host = self.active()
        self.assertFalse(self.must(host.run('status', '--json')).json()['agent'])
        self.assertRegex(host.run('status').out, f'(?m)^agent +none listens at {host.socket}: read from {host.state}$')
        host.start_agent()
        self.assertTrue(self.must(host.run('status', '--json')).json()['agent'])
        self.assertRegex(host.run('status').out, f'(?m)^agent +running, at {host.socket}$')

    def test_status_names_open_requests_until_they_are_answered(self):
        host = self.host()
        request, answer = host.dir / 'request', host.dir / 'answer'
        for with_agent in (False, True):
            with self.subTest(with_agent=with_agent):
                if with_agent:
                    host.start_agent()
                self.must(host.request(self.vendor.sell()['product_key'], request, '--new'))
                self.assertEqual([r['product'] for r in host.run('status', '--json').json()['requests']], ['acme-cad'])
                self.assertRegex(host.run('status').out, '(?m)^open request +acme-cad, of 20')
                self.must(self.vendor.answer(request, answer))
                self.must(host.run('install', answer))
                self.assertEqual(host.run('status', '--json').json()['requests'], [])

    def test_status_and_request_say_that_there_are_no_roots(self):
        host = self.host()
        host.vendor = types.SimpleNamespace(roots=host.dir / 'none.pem')
        self.assertIn('none.pem does not exist', self.must(host.run('status')).out)
        self.assertIn('none.pem', self.must(host.request(self.vendor.sell()['product_key'], host.dir / 'request')).out)

    def test_a_value_in_quotes_is_refused_by_both_programs(self):
        config = self.stage.path('quoted.conf')
        config.write_text('socket = "/run/x.sock"\n')
        self.refused(self.stage.run('holdfast', 'status', '--config', config, '--json'), 'config.quotes')
        self.assertIn('(config.quotes)', self.stage.run('holdfast-agent', '--config', config).err)

    # -- request

    def test_a_product_key_of_another_vendor_is_noticed_at_the_request(self):
        host = self.host()
        key, request = self.other.sell(product='viewer')['product_key'], host.dir / 'request'
        said = self.refused(host.request(key, request, '--json'), 'request.vendor')
        self.assertIn('Haendler', said.json()['error']['message'])
        self.assertFalse(request.exists())
        self.pin(host, self.vendor, self.other)
        self.must(host.request(key, request))

    def test_an_agent_that_was_not_reloaded_is_told_of(self):
        host = self.host()
        self.pin(host, self.vendor)
        host.start_agent()
        self.pin(host, self.vendor, self.other)
        said = self.refused(host.request(self.other.sell(product='viewer')['product_key'], host.dir / 'request', '--json'), 'request.vendor')
        self.assertIn('reload', said.json()['error']['advice'])

    def test_taking_the_counter_of_another_state_directory_is_said(self):
        first = self.active()
        self.assertNotIn('counter_replaced', self.must(first.request(first.sold['product_key'], first.dir / 'again', '--new', '--json')).json())
        second = self.host()
        done = self.must(second.request(self.vendor.sell()['product_key'], second.dir / 'request', '--json'))
        self.assertTrue(done.json()['counter_replaced'])
        first.start_agent()
        self.assertEqual(first.run('status', '--json').json()['licenses'][0]['state'], 'state_rollback', 'what is said of it')
        first.kill_agent()
        third = self.host()
        self.assertIn('state_rollback', self.must(third.request(self.vendor.sell()['product_key'], third.dir / 'request')).out)

    def test_a_repair_with_another_product_key_is_refused_and_leaves_nothing(self):
        host = self.active()
        before = snapshot(host.state)
        self.refused(host.request(self.vendor.sell()['product_key'], host.dir / 'request', '--repair', '--json'), 'request.repair')
        self.assertEqual(snapshot(host.state / 'pending'), {}, 'no request is open')
        self.assertEqual({k: v for k, v in snapshot(host.state).items() if k != 'lock'}, {k: v for k, v in before.items() if k != 'lock'})
        self.must(host.request(host.sold['product_key'], host.dir / 'request', '--repair'))

    def test_a_repair_drops_another_open_request_and_says_so(self):
        host = self.active()
        self.must(host.request(self.vendor.sell()['product_key'], host.dir / 'other'))
        done = self.must(host.request(host.sold['product_key'], host.dir / 'request', '--repair', '--json'))
        self.assertTrue(done.json()['request_dropped'])
        self.assertNotIn('request_dropped', host.request(host.sold['product_key'], host.dir / 'request', '--repair', '--json').json())

    def test_a_repair_without_emergency_period_says_so(self):
        host = self.active()  # nothing is wrong with its hardware
        self.assertIn('No emergency period', self.must(host.request(host.sold['product_key'], host.dir / 'request', '--repair')).out)

    def test_another_file_in_place_of_the_product_key_is_named(self):
        host = self.host()
        roots = host.dir / 'my roots.pem'
        shutil.copy(self.vendor.roots, roots)
        roots.chmod(0o644)
        said = self.refused(host.run('request', '--key-file', roots, '-o', host.dir / 'request', '--json'), 'product_key.kind')
        self.assertNotIn('chmod', said.text)

    def test_a_product_key_with_a_byte_order_mark_is_one(self):
        host = self.host()
        self.must(host.request('\ufeff' + self.vendor.sell()['product_key'] + '\r\n', host.dir / 'request'))

    # -- time and reports

    def test_the_time_is_asked_of_nobody_where_two_vendors_have_licenses(self):
        host = self.active()
        self.must(host.run('time', 'request', '-o', host.dir / 'control'))
        self.pin(host, self.vendor, self.other)
        request, answer = host.dir / 'v.request', host.dir / 'v.answer'
        self.must(host.request(self.other.sell(product='viewer')['product_key'], request))
        self.must(self.other.answer(request, answer))
        self.must(host.run('install', answer))
        for product in ('acme-cad', 'viewer'):
            self.refused(host.run('time', 'request', '--product', product, '-o', host.dir / 'time', '--json'), 'time_request.vendors')
        self.assertFalse((host.dir / 'time').exists())

    def test_a_report_about_a_returned_license_is_refused_as_that(self):
        host = self.active()
        self.must(host.run('return', '-o', host.dir / 'proof'))
        said = self.refused(host.run('heartbeat', '-o', host.dir / 'report', '--json'), 'heartbeat.nothing')
        self.assertIn('was returned', said.json()['error']['message'])


if __name__ == '__main__':
    unittest.main(verbosity=2)
