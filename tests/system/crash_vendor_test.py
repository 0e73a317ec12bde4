#!/usr/bin/env python3
"""usage: crash_vendor_test.py BINARIES - `holdfast-vendor heartbeat`, `license renew` and `license change` killed, or out of disk, at their system
calls: the old state or the new one, one answer for one report, and the next try converges."""
import shutil, sys, unittest
from reporting_plan import begin
from sweep import sweep

BINARIES = sys.argv.pop(1)


class CrashOfTheVendor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        begin(cls, BINARIES)
        cls.host = cls.stage.licensed_host(cls.vendor)
        cls.license = cls.host.sold['license']
        cls.host.start_agent()
        cls.report = cls.host.dir / 'report'
        for done in (cls.host.run('consume', 'pages', 7), cls.host.run('heartbeat', '-o', cls.report)):
            assert done.code == 0, done.text
        cls.host.kill_agent()

    def kept(self):
        """Brings the vendor's directory back as it is now."""
        vendor, good = self.vendor.dir, self.stage.path(self._testMethodName)
        shutil.copytree(vendor, good)

        def bring_back():
            shutil.rmtree(vendor)
            shutil.copytree(good, vendor)

        self.addCleanup(bring_back)
        return bring_back

    def show(self):
        done = self.vendor.run('license', 'show', self.license, '--json')
        self.assertEqual(done.code, 0, done.text)
        return done.json()

    def assertAudited(self):
        audit = self.vendor.run('audit', 'verify')
        self.assertEqual(audit.code, 0, audit.text)

    def sweep(self, words, *what, **kw):
        sweep(self, [f'{BINARIES}/holdfast-vendor', *words, '--dir', self.vendor.dir], *what, **kw)

    def test_heartbeat(self):
        self.assertEqual(self.vendor.run('license', 'renew', self.license, '--for', '365d').code, 0)
        bring_back, out = self.kept(), self.stage.path('swept.answer')

        def prepare():
            bring_back()
            out.unlink(missing_ok=True)

        def standing():
            """How many answers are on record; of the certificates that were made one is in force."""
            shown = self.show()
            self.assertEqual(shown['activations_used'], 1)
            states = [each['state'] for each in shown['activations']]
            self.assertEqual(states.count('issued'), 1, states)
            self.assertLessEqual(len(states), 2, 'a certificate that nobody needed')
            return len(shown['heartbeats'])

        def check(done):
            answered = standing()
            self.assertIn(answered, (0, 1))
            if done.returncode == 0:
                self.assertTrue(out.exists(), 'acknowledged but not there')
            if out.exists():
                self.assertEqual(answered, 1, 'an answer that is not on record')
            self.answered, self.given = answered, out.read_bytes() if out.exists() else None

        def converge():
            done = self.vendor.run('heartbeat', self.report, '-o', out, '--json')
            self.assertEqual(done.code, 0, done.text)
            said = done.json()
            self.assertEqual((said['repeated'], said['renewed']), (self.answered == 1, True))
            self.assertEqual([used['units'] for used in said['usage']], [7])
            if self.given:
                self.assertEqual(out.read_bytes(), self.given, 'another answer to the same report')
            self.assertEqual(standing(), 1)
            self.assertAudited()

        # SQLite writes page after page, and what counts is when it syncs: one page of four will do.
        self.sweep(['heartbeat', self.report, '-o', out], prepare, check, converge, keep=lambda point: point.name != 'pwrite64' or point.k % 4 == 0)
        self.assertEqual(self.host.run('apply', out).code, 0, 'the last one is good')

    def test_license_renew(self):
        renew = ['license', 'renew', self.license]
        # A length counts from the end that there is: who is not sure whether it was done looks, or names the day.
        said = self.vendor.run(*renew, '--for', '365d', '--dry-run', '--json').json()
        before, after = said['previous_expires'], said['expires']
        self.assertGreater(after, before)

        def end():
            return self.show().get('ends', before)

        def check(done):
            self.assertIn(end(), (before, after))
            if done.returncode == 0:
                self.assertEqual(end(), after, 'acknowledged but not on record')

        def converge():
            done = self.vendor.run(*renew, '--until', after)
            self.assertEqual(done.code, 0, done.text)
            self.assertEqual(end(), after)
            self.assertAudited()

        self.sweep([*renew, '--for', '365d'], self.kept(), check, converge)

    def test_license_change(self):
        change = ['license', 'change', self.license, '--plan', 'larger']

        def check(done):
            self.assertIn(self.show()['plan'], ('demo', 'larger'))
            if done.returncode == 0:
                self.assertEqual(self.show()['plan'], 'larger', 'acknowledged but not on record')

        def converge():
            done = self.vendor.run(*change)
            self.assertEqual(done.code, 0, done.text)
            self.assertEqual(self.show()['plan'], 'larger')
            self.assertAudited()

        self.sweep(change, self.kept(), check, converge)


if __name__ == '__main__':
    unittest.main(verbosity=2)
