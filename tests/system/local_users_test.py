#!/usr/bin/env python3
"""usage: local_users_test.py BINARIES - what users of the machine can do to the agent: ask without the right, take what others hold, look into its memory, put
links in its way. Who runs this as root becomes other users; what needs that is left out otherwise."""
import contextlib, errno, json, os, pathlib, shutil, subprocess, sys, unittest
from host_without_tpm import NoTpm
from local_api import Connection
from stage import Stage, snapshot

BINARIES = sys.argv.pop(1)
ROOT = os.geteuid() == 0
NOBODY, GROUP = 65534, 65533


def as_nobody(work, groups=()):
    """What the work gives, done by a child process that has become somebody else, or by one of the same user where there is no root."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if ROOT:
                os.setgroups(groups)
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            os.write(write, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as given:
        text = given.read()
    os.waitpid(child, 0)
    return json.loads(text)


class Licensed(unittest.TestCase):
    """A host with a license, whose agent is not started yet."""

    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(BINARIES)
        cls.addClassCleanup(cls.stage.close)
        cls.vendor, cls.tpm, cls.host = cls.stage.trade()
        cls.answer = cls.host.activate(cls.vendor.sell())[1]
        for directory in (cls.stage.dir, cls.host.dir):
            directory.chmod(0o755)

    def setUp(self):
        self.addCleanup(lambda: self.host.agent and self.host.kill_agent())

    def connect(self):
        connection = Connection(self.host.socket)
        self.addCleanup(connection.close)
        return connection


@unittest.skipUnless(ROOT, 'needs root, to become somebody else')
class OtherUsers(Licensed):
    def setUp(self):
        super().setUp()
        self.host.start_agent('--group', GROUP)

    def ask_as(self, groups, *requests):
        def ask():
            try:
                with contextlib.closing(Connection(self.host.socket)) as connection:
                    return [connection.ask(**request) for request in requests]
            except OSError as error:
                return errno.errorcode[error.errno]

        return as_nobody(ask, groups)

    def test_who_is_not_of_the_sockets_group_cannot_connect(self):
        self.assertEqual(self.ask_as([], {'op': 'status'}), 'EACCES')

    def test_a_member_of_the_group_asks_and_does_not_administer(self):
        before = snapshot(self.host.state)
        check, *refused = self.ask_as([GROUP], {'op': 'check', 'feature': 'export'}, {'op': 'install', 'file': 'x'}, {'op': 'return'},
                                      {'op': 'request', 'key': 'x'}, {'op': 'time_request'}, {'op': 'heartbeat'}, {'op': 'break_glass'})
        self.assertTrue(check['allowed'])
        self.assertEqual(len(refused), 6)
        for answer in refused:
            self.assertEqual(answer['error']['check'], 'api.permission', answer)
        self.assertEqual(snapshot(self.host.state), before)


class Seats(Licensed):
    def test_units_that_another_connection_holds_are_not_given_back(self):
        self.host.start_agent()
        holder, other = self.connect(), self.connect()
        self.assertTrue(holder.ask(op='hold', limit='users')['allowed'])
        self.assertEqual(other.ask(op='release', limit='users')['held'], 0)
        self.assertEqual(other.ask(op='status')['licenses'][0]['limits']['users']['used'], 1)


class Memory(Licensed):
    """The agent as a user without rights, as under systemd, and another process of the same user."""

    def setUp(self):
        super().setUp()
        me = {'user': NOBODY, 'group': NOBODY, 'extra_groups': []} if ROOT else {}
        home = self.stage.path('unprivileged')
        home.mkdir()
        program, roots = home / 'holdfast-agent', home / 'roots.pem'
        shutil.copy(self.stage.bin / 'holdfast-agent', program)
        shutil.copy(self.vendor.roots, roots)
        roots.chmod(0o644)
        if ROOT:
            os.chown(home, NOBODY, NOBODY)
        self.agent = subprocess.Popen([program, '--tcti', NoTpm.tcti, '--state', home / 'state', '--socket', home / 'agent.sock', '--roots', roots],
                                      cwd='/', stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **me)
        self.stage.processes.append(self.agent)
        while not (home / 'agent.sock').exists():
            self.assertIsNone(self.agent.poll(), 'it has ended')

    def read(self, name):
        def attempt():
            try:
                open(f'/proc/{self.agent.pid}/{name}', 'rb').close()
            except OSError as error:
                return errno.errorcode[error.errno]
            return 'read'

        return as_nobody(attempt)

    def test_nobody_but_root_reads_the_agents_memory(self):
        self.assertEqual(self.read('stat'), 'read', 'control: the process is there to be looked at')
        for name in ('mem', 'environ', 'maps'):
            self.assertEqual(self.read(name), 'EACCES', name)
        limits = pathlib.Path(f'/proc/{self.agent.pid}/limits').read_text()
        self.assertRegex(limits, r'Max core file size +0 +0 ')


class Links(Licensed):
    def test_a_link_in_place_of_the_ledger_is_replaced_and_leads_nowhere(self):
        precious = self.stage.path('precious')
        precious.write_text('of somebody else')
        ledger = self.host.state / 'ledger.json'
        ledger.unlink(missing_ok=True)
        ledger.symlink_to(precious)
        self.host.start_agent()
        self.assertEqual(self.host.run('status', '--json').json()['ledger']['finding'], 'altered')
        self.assertEqual(self.host.stop_agent(), 0)
        self.assertEqual(precious.read_text(), 'of somebody else')
        self.assertFalse(ledger.is_symlink())

    def test_a_link_is_not_installed(self):
        link = self.stage.path('link.answer')
        link.symlink_to(self.answer)
        done = self.host.run('install', link)
        self.assertEqual(done.code, 1, done.text)
        self.assertIn('(file.kind)', done.err)
        self.assertEqual(self.host.run('install', self.answer).code, 0, 'control')


if __name__ == '__main__':
    unittest.main(verbosity=2)
