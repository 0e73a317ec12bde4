#!/usr/bin/env python3
"""usage: controls_test.py BINARIES - the negative controls fit the sources and the threat table, without building anything; and what does not fit is said.
That the defences are missed when they are off is shown by tools/controls, which takes long."""
import pathlib, subprocess, sys, tempfile, unittest

sys.argv.pop(1)
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / 'tests' / 'controls'))
import catalogue

TEXT = (ROOT / catalogue.TABLE).read_text()
CONTROLS = catalogue.read_controls(ROOT)


class Controls(unittest.TestCase):
    def complaints(self, text=TEXT, controls=None):
        return '\n'.join(catalogue.problems(ROOT, text, CONTROLS if controls is None else controls))

    def edited(self, old, new):
        self.assertIn(old, TEXT)
        return TEXT.replace(old, new)

    def test_all_is_as_it_should_be(self):
        done = subprocess.run([ROOT / 'tools' / 'controls', '--check'], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ''), done.stdout)

    def test_a_test_that_does_not_exist_is_said(self):
        self.assertIn('there is no test agent_test LedgerTest.None', self.complaints(self.edited('LedgerTest.ADeletedFileIsLost', 'LedgerTest.None')))

    def test_a_test_that_no_control_makes_fail_is_said(self):
        text = self.edited('| `no-mac` |', '| `no-mac`, `older-ledgers-are-good` |')
        self.assertIn('older-ledgers-are-good is not for it', self.complaints(text))
        text = self.edited('`tpm_test FaultTest.FailureModeIsNamed`', '`tpm_test FaultTest.FailureModeIsNamed`, `tpm_test FaultTest.NoLieIsBelieved`')
        self.assertIn('nothing makes tpm_test FaultTest.NoLieIsBelieved fail', self.complaints(text))

    def test_a_row_without_control_or_reason_is_said(self):
        self.assertIn('neither a control nor the reason', self.complaints(self.edited('| `no-mac` |', '| |')))

    def test_a_row_that_is_missing_is_said(self):
        self.assertIn('no row L3', self.complaints(self.edited('| L3 |', '| L99 |')))

    def test_a_control_that_no_row_names_is_said(self):
        self.assertIn('any-host-will-do: row H1 does not name it', self.complaints(self.edited('`any-host-will-do`', 'none: forgotten')))

    def test_a_patch_that_does_not_fit_any_more_is_said(self):
        with tempfile.TemporaryDirectory() as directory:
            patch = pathlib.Path(directory, 'stale.patch')
            patch.write_text(CONTROLS[0].path.read_text().replace('\n ', '\n x'))
            stale = [CONTROLS[0]._replace(path=patch), *CONTROLS[1:]]
            self.assertIn(f'{CONTROLS[0].name}: error: patch failed', self.complaints(controls=stale))


if __name__ == '__main__':
    unittest.main(verbosity=2)
