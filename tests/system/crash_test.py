#!/usr/bin/env python3
"""usage: crash_test.py BINARIES - `answer`, `install`, `return` and `accept` killed, or out of disk, at their system calls: afterwards the
old state or the new one, what was acknowledged is there, and the next try converges.

The points are those system calls that can change something (crash_points.py)."""
import shutil, sys, unittest
from kept_host import KeptHost
from stage import Stage
from sweep import sweep

BINARIES = sys.argv.pop(1)


class Crash(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.tpm = s.tpm('a')
        cls.vendor = s.vendor('vendor')
        cls.vendor.trust(cls.tpm)
        cls.vendor.add_product()
        cls.sold = cls.vendor.sell(activations=1)
        cls.host = s.host('host', cls.tpm, cls.vendor)
        cls.request, cls.answer = s.path('r.request'), s.path('r.answer')
        done = cls.host.request(cls.sold['product_key'], cls.request)
        assert done.code == 0, done.text

    def test_install(self):
        host = self.host
        self.assertEqual(self.vendor.answer(self.request, self.answer).code, 0)
        pending = self.stage.path('pending-state')
        shutil.copytree(host.state, pending)

        def prepare():
            shutil.rmtree(host.state)
            shutil.copytree(pending, host.state)

        def check(done):
            installed = (host.state / 'licenses' / 'acme-cad.json').exists()
            if done.returncode == 0:
                self.assertTrue(installed, 'acknowledged but not there')
            status = host.run('check', 'export')
            self.assertEqual(status.code, 0 if installed else 3, status.text)

        def converge():
            done = host.run('install', self.answer)
            self.assertEqual(done.code, 0, done.text)
            self.assertEqual(host.run('check', 'export').code, 0)
            left = [p.name for p in host.state.rglob('*.tmp')]
            self.assertEqual(left, [])

        sweep(self, [f'{BINARIES}/holdfast', 'install', str(self.answer), *map(str, host.options())], prepare, check, converge)

    def test_answer(self):
        vendor, good = self.vendor, self.stage.path('vendor-before')
        shutil.copytree(vendor.dir, good)
        out = self.stage.path('swept.answer')

        def prepare():
            shutil.rmtree(vendor.dir)
            shutil.copytree(good, vendor.dir)
            if out.exists():
                out.unlink()

        def used():
            return vendor.run('license', 'show', self.sold['license'], '--json').json()['activations_used']

        def check(done):
            self.assertIn(used(), (0, 1))
            if done.returncode == 0:
                self.assertTrue(out.exists(), 'acknowledged but not there')
            if out.exists():
                self.assertTrue(out.read_text().rstrip().endswith('-----END HOLDFAST ANSWER-----'), 'half an answer')

        def converge():
            done = vendor.answer(self.request, out)
            self.assertEqual(done.code, 0, done.text)
            self.assertEqual(used(), 1)
            audit = vendor.run('audit', 'verify')
            self.assertEqual(audit.code, 0, audit.text)

        sweep(self, [f'{BINARIES}/holdfast-vendor', 'answer', str(self.request), '-o', str(out), '--dir', str(vendor.dir)], prepare, check,
              converge)

    def test_return(self):
        host = self.stage.licensed_host(self.vendor)
        kept = KeptHost(host)
        out = host.dir / 'swept.proof'

        def prepare():
            kept.bring_back()
            out.unlink(missing_ok=True)

        def state():
            done = host.run('status', '--json')
            self.assertEqual(done.code, 0, done.text)
            return done.json()['licenses'][0]['state']

        def check(done):
            self.assertIn(state(), ('active', 'retired'))
            if done.returncode == 0:
                self.assertEqual(state(), 'retired')
                self.assertTrue(out.exists(), 'acknowledged but not there')
            if out.exists():
                self.assertEqual(state(), 'retired', 'a proof of what is not so')
                self.assertTrue(out.read_text().rstrip().endswith('-----END HOLDFAST RETURN-----'), 'half a proof')

        def converge():
            done = host.run('return', '-o', out)
            self.assertEqual(done.code, 0, done.text)
            self.assertEqual(state(), 'retired')
            accepted = self.vendor.run('accept', out, '--dry-run', '--json')
            self.assertEqual(accepted.code, 0, accepted.text)
            self.assertEqual(len(accepted.json()['ended']), 1)
            self.assertEqual([p.name for p in host.state.rglob('*.tmp')], [])

        sweep(self, [f'{BINARIES}/holdfast', 'return', '-o', str(out), *map(str, host.options())], prepare, check, converge)

    def test_accept(self):
        host = self.stage.licensed_host(self.vendor)
        proof = host.dir / 'proof'
        self.assertEqual(host.run('return', '-o', proof).code, 0)
        vendor, good = self.vendor, self.stage.path('vendor-before-accept')
        shutil.copytree(vendor.dir, good)

        def prepare():
            shutil.rmtree(vendor.dir)
            shutil.copytree(good, vendor.dir)

        def used():
            return vendor.run('license', 'show', host.sold['license'], '--json').json()['activations_used']

        def check(done):
            self.assertIn(used(), (0, 1))
            if done.returncode == 0:
                self.assertEqual(used(), 0, 'acknowledged but not credited')

        def converge():
            done = vendor.run('accept', proof)
            self.assertEqual(done.code, 0, done.text)
            shown = vendor.run('license', 'show', host.sold['license'], '--json').json()
            self.assertEqual((shown['activations_used'], len(shown['returns'])), (0, 1))
            audit = vendor.run('audit', 'verify')
            self.assertEqual(audit.code, 0, audit.text)

        sweep(self, [f'{BINARIES}/holdfast-vendor', 'accept', str(proof), '--dir', str(vendor.dir)], prepare, check, converge)


if __name__ == '__main__':
    unittest.main(verbosity=2)
