#!/usr/bin/env python3
"""usage: crash_host_test.py BINARIES - `heartbeat`, `apply`, `break-glass` and `request --repair` killed, or out of disk, at their system calls:
the ledger is good, what was acknowledged is there, nothing is granted twice, and the next try converges."""
import shutil, subprocess, sys, unittest
from kept_host import KeptHost
from reporting_plan import begin
from stage import FAKETIME, LIBFAKETIME, at
from sweep import sweep

BINARIES = sys.argv.pop(1)
SILENCE = '+20d'  # longer than the offline window
AFTER_SILENCE = at(SILENCE)


def sweep_on_disk(test, words, *what):
    """Commands to the TPM are no points of their own: what one has changed is as it is at the next call that changes something on disk."""
    sweep(test, [f'{BINARIES}/holdfast', *words], *what, keep=lambda point: point.on_disk)


def preloaded_after_silence():
    """The same for a command that is traced: `env` would be traced, too."""
    return {'LD_PRELOAD': LIBFAKETIME, 'FAKETIME': SILENCE, **FAKETIME, 'ASAN_OPTIONS': 'detect_leaks=0:verify_asan_link_order=0'}


class CrashOfTheHost(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        begin(cls, BINARIES)

    def licensed(self):
        return self.stage.licensed_host(self.vendor)

    def status(self, host, **kw):
        """The license, where the ledger is good."""
        done = host.run('status', '--json', **kw)
        self.assertEqual(done.code, 0, done.text)
        self.assertEqual(done.json()['ledger']['finding'], 'good', done.out)
        return done.json()['licenses'][0]

    def assertNothingLeft(self, host):
        self.assertEqual([p.name for p in host.state.rglob('*.tmp')], [])

    def assertWhole(self, file, kind):
        self.assertTrue(file.read_text().rstrip().endswith(f'-----END HOLDFAST {kind}-----'), 'half a file')

    def test_heartbeat(self):
        """Nothing is brought back: one history of reports, with all that was interrupted, which the vendor takes at the end."""
        host = self.licensed()
        host.start_agent()
        self.assertEqual(host.run('consume', 'pages', 7).code, 0)
        self.assertEqual(host.stop_agent(), 0)
        out, reports = host.dir / 'swept.report', []

        def keep(file):
            self.assertWhole(file, 'HEARTBEAT')
            reports.append(shutil.copy(file, host.dir / f'report{len(reports)}'))

        def prepare():
            out.unlink(missing_ok=True)

        def check(done):
            host.tpm.free_slots()
            self.assertEqual(self.status(host)['state'], 'active')
            if done.returncode == 0:
                self.assertTrue(out.exists(), 'acknowledged but not there')
            if out.exists():
                keep(out)

        def converge():
            done = host.run('heartbeat', '-o', host.dir / 'next.report')
            self.assertEqual(done.code, 0, done.text)
            keep(host.dir / 'next.report')
            self.assertNothingLeft(host)

        sweep_on_disk(self, ['heartbeat', '-o', out, *host.options()], prepare, check, converge)
        last = 0
        for report in reports:
            done = self.vendor.run('heartbeat', report, '-o', host.dir / 'answer', '--json')
            self.assertEqual(done.code, 0, done.text)
            said = done.json()
            self.assertNotIn('fork', said)
            self.assertLessEqual(set(said['notes']), {'heartbeat.gap'}, 'reports that were never given out may be missing, and nothing else')
            self.assertGreater(said['sequence'], last)
            self.assertEqual([used['units'] for used in said['usage']], [7])
            last = said['sequence']
        done = host.run('apply', host.dir / 'answer')
        self.assertEqual(done.code, 0, done.text)
        self.assertIn('last_contact', self.status(host))

    def test_apply(self):
        host = self.licensed()
        before = self.status(host)['expires']
        report, answer = host.dir / 'report', host.dir / 'answer'
        for done in (self.vendor.run('license', 'renew', host.sold['license'], '--for', '365d'), host.run('heartbeat', '-o', report),
                     self.vendor.run('heartbeat', report, '-o', answer)):
            self.assertEqual(done.code, 0, done.text)
        after = self.vendor.run('license', 'show', host.sold['license'], '--json').json()['ends']
        self.assertGreater(after, before)
        kept = KeptHost(host)

        def check(done):
            status = self.status(host)
            self.assertEqual(status['state'], 'active')
            self.assertIn(status['expires'], (before, after))
            if done.returncode == 0:
                self.assertIn('last_contact', status, 'acknowledged but not on record')
            if 'last_contact' in status:
                self.assertEqual(status['expires'], after, 'on record but not installed')

        def converge():
            done = host.run('apply', answer)
            self.assertEqual(done.code, 0, done.text)
            status = self.status(host)
            self.assertEqual((status['state'], status['expires']), ('active', after))
            self.assertIn('last_contact', status)
            self.assertNothingLeft(host)

        sweep_on_disk(self, ['apply', answer, *host.options()], kept.bring_back, check, converge)
        self.assertFalse(host.run('apply', answer, '--json').json()['changed'])

    def test_break_glass(self):
        host = self.licensed()
        kept = KeptHost(host)

        def standing():
            status = self.status(host, **AFTER_SILENCE)
            used = status['vouchers']['used']
            self.assertEqual(status['state'], 'emergency' if used else 'fallback')
            return used, status.get('emergency_until')

        def check(done):
            self.before = used, _ = standing()
            self.assertIn(used, (0, 1))
            if done.returncode == 0:
                self.assertEqual(used, 1, 'granted, and not on record')

        def converge():
            done = host.run('break-glass', '--json', **AFTER_SILENCE)
            if self.before[0] == 0:
                self.assertEqual(done.code, 0, done.text)
            else:
                self.assertEqual(done.json()['error']['check'], 'voucher.running', done.text)
            after = standing()
            self.assertEqual(after[0], 1, 'two vouchers for one')
            if self.before[0] == 1:
                self.assertEqual(after, self.before, 'it became longer')
            self.assertNothingLeft(host)

        sweep_on_disk(self, ['break-glass', *host.options()], kept.bring_back, check, converge, preloaded_after_silence())

    def test_request_for_a_repair(self):
        old, tpm = self.licensed(), self.stage.tpm('new-board')
        self.vendor.trust(tpm)
        host = self.stage.host('repaired', tpm, self.vendor)
        shutil.copytree(old.state, host.state)
        key, out = host.dir / 'key', host.dir / 'swept.request'
        key.write_text(old.sold['product_key'])
        key.chmod(0o600)
        kept = KeptHost(host)
        words = ['request', '--repair', '--key-file', key, '-o', out]

        def prepare():
            kept.bring_back()
            out.unlink(missing_ok=True)

        def standing():
            """Until when the emergency period runs; None: it does not."""
            done = host.run('status', '--json')
            self.assertEqual(done.code, 0, done.text)
            status = done.json()['licenses'][0]
            until = status.get('emergency_until')
            self.assertEqual(status['state'], 'emergency' if until else 'wrong_hardware')
            self.assertEqual(host.run('check', 'export').code, 0 if until else 3)
            return until

        def check(done):
            self.until = standing()
            if done.returncode == 0:
                self.assertTrue(out.exists(), 'acknowledged but not there')
            if out.exists():
                self.assertWhole(out, 'REQUEST')
                self.assertIsNotNone(self.until, 'a request, and no emergency period')
            if self.until:
                self.assertTrue((host.state / 'pending' / 'acme-cad.json').exists(), 'an emergency that nothing ends')

        def converge():
            done = host.run(*words, '--json')
            self.assertEqual(done.code, 0, done.text)
            until = standing()
            self.assertEqual(until, done.json()['emergency_until'])
            if self.until:
                self.assertEqual(until, self.until, 'it became longer')
            self.assertNothingLeft(host)

        sweep_on_disk(self, [*words, *host.options()], prepare, check, converge)
        answer = host.dir / 'answer'
        for done in (self.vendor.answer(out, answer), host.run('install', answer)):
            self.assertEqual(done.code, 0, done.text)
        self.assertEqual(self.status(host)['state'], 'active')
        shown = self.vendor.run('license', 'show', old.sold['license'], '--json').json()
        self.assertEqual((shown['activations_used'], len(shown['repairs'])), (1, 1))


if __name__ == '__main__':
    unittest.main(verbosity=2)
