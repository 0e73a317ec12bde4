#!/usr/bin/env python3
"""The man pages name every command and every option that --help names, and the other way round.   manual_test.py BINARIES"""
import pathlib, re, subprocess, sys, unittest

BINARIES = pathlib.Path(sys.argv.pop(1)).resolve()
MANUAL = pathlib.Path(__file__).resolve().parents[2] / 'docs/man'
# After two blanks at the beginning of a line: the words of a command, in lower case, then its arguments or what it does.
COMMAND = re.compile(r'^  ([a-z][a-z-]*(?: [a-z]+)?)(?: [A-Z-]|  +\S)', re.M)
OPTION = re.compile(r'--[a-z][a-z-]+')


def help_of(program, *command):
    done = subprocess.run([BINARIES / program, *command, '--help'], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout, (program, command, done)
    return done.stdout


def page(name):
    return (MANUAL / name).read_text().replace('\\', '')


def commands(program):
    return [c.split() for c in COMMAND.findall(help_of(program).split('Options of every command')[0])]


class Manual(unittest.TestCase):
    def options_of(self, program, names):
        texts = [help_of(program), *(help_of(program, *n) for n in names)]
        return {o for t in texts for o in OPTION.findall(t)}

    def agree(self, program, name, names):
        text = page(name)
        told, offered = set(OPTION.findall(text)), self.options_of(program, names)
        self.assertEqual(offered - told, set(), f'{name} does not name them')
        return told - offered

    def test_holdfast(self):
        names = commands('holdfast')
        self.assertIn(['request'], names)
        self.assertEqual(self.agree('holdfast', 'holdfast.1.scd', names), set(), 'holdfast(1) names what there is not')

    def test_holdfast_agent(self):
        self.assertEqual(self.agree('holdfast-agent', 'holdfast-agent.8.scd', []), set())

    def test_holdfast_vendor(self):
        names = commands('holdfast-vendor')
        self.assertIn(['license', 'new'], names)
        text = page('holdfast-vendor.1.scd')
        self.assertEqual([n for n in names if f'\n## {" ".join(n)}' not in text], [])
        self.assertEqual(self.agree('holdfast-vendor', 'holdfast-vendor.1.scd', names), set())

    def test_holdfast_signer(self):
        names = commands('holdfast-signer')
        self.assertIn(['audit', 'verify'], names)
        self.assertEqual(self.agree('holdfast-signer', 'holdfast-signer.8.scd', names), set())


if __name__ == '__main__':
    unittest.main(verbosity=2)
