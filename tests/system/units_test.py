#!/usr/bin/env python3
"""usage: units_test.py BINARIES - the systemd units as they are shipped: confined, and with a user and group that exist."""
import pathlib, re, shutil, subprocess, sys, tempfile, unittest
from stage import SOURCE

UNITS = SOURCE / 'tools' / 'systemd'
sys.argv.pop(1)


def setting(unit, name):
    return re.findall(f'^{name}=(.*)$', (UNITS / unit).read_text(), re.M)


@unittest.skipUnless(shutil.which('systemd-analyze') and shutil.which('systemd-sysusers'), 'needs systemd')
class Units(unittest.TestCase):
    def test_exposure_of_the_agent(self):
        done = subprocess.run(['systemd-analyze', 'security', '--offline=true', '--threshold=6', UNITS / 'holdfast-agent.service'],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_nobody_else_can_make_a_socket_or_a_file_in_the_agents_places(self):
        unit = 'holdfast-agent.service'
        for name, value in (('StateDirectory', 'holdfast'), ('StateDirectoryMode', '0700'), ('RuntimeDirectory', 'holdfast'),
                            ('RuntimeDirectoryMode', '0755'), ('UMask', '0077')):
            self.assertEqual(setting(unit, name), [value], name)

    def test_a_container_that_was_given_the_sockets_directory_finds_the_next_agent_in_it(self):
        self.assertEqual(setting('holdfast-agent.service', 'RuntimeDirectoryPreserve'), ['yes'])

    def test_what_the_agent_may_use_up_is_bounded_and_it_leaves_no_core_file(self):
        unit = 'holdfast-agent.service'
        for name in ('MemoryMax', 'TasksMax', 'LimitNOFILE'):
            self.assertRegex(''.join(setting(unit, name)), r'^[1-9]\d*[MK]?$', name)
        self.assertEqual(setting(unit, 'LimitCORE'), ['0'])

    def test_the_agents_user_and_group_are_made_by_sysusers(self):
        with tempfile.TemporaryDirectory() as root:
            etc = pathlib.Path(root, 'etc')
            etc.mkdir()
            subprocess.run(['systemd-sysusers', '--root', root, '-'], check=True, capture_output=True,
                           input=(UNITS / 'holdfast-agent.sysusers.conf').read_bytes())
            for database, name in (('passwd', 'User'), ('group', 'Group')):
                made = [line.split(':')[0] for line in (etc / database).read_text().splitlines()]
                self.assertEqual(setting('holdfast-agent.service', name), made, name)


if __name__ == '__main__':
    unittest.main(verbosity=2)
