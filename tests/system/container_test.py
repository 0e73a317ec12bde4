#!/usr/bin/env python3
"""usage: container_test.py BINARIES - the containerised application of docs/examples/container against the real agent. Its confinement is a container engine's, by bubblewrap:
namespaces of its own, a user of its own, a read-only root, no capability, and of the host only the directory of the agent's socket. Run by root it is another user than the agent's;
what needs that is left out otherwise."""
import json, os, shutil, signal, subprocess, sys, unittest
from client_library import Library, text_of_roots
from stage import PRODUCT, SOURCE, Stage, clock_at

BINARIES = sys.argv.pop(1)
EXAMPLE = SOURCE / 'docs' / 'examples' / 'container'
ROOT = os.geteuid() == 0
GROUP = 65533                                      # of the socket
CALLER, STRANGER = (65534, 65532) if ROOT else (os.geteuid(),) * 2  # who starts containers, as the host sees it
INSIDE = 10001                                     # who it is in the container
ENGINE = ['bwrap', '--unshare-user', '--uid', INSIDE, '--gid', INSIDE, '--unshare-pid', '--as-pid-1', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try',
          '--die-with-parent', '--cap-drop', 'ALL', '--clearenv', '--setenv', 'PATH', '/usr/local/bin:/usr/bin:/bin',
          '--ro-bind', '/usr', '/usr', '--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64', '--symlink', 'usr/bin', '/bin',
          '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp']

# What ThreadSanitizer is not to report, also in the container.
SUPPRESSIONS = dict(option.split('=', 1) for option in os.environ.get('TSAN_OPTIONS', '').split(':') if option).get('suppressions')
if SUPPRESSIONS:
    ENGINE += ['--ro-bind', SUPPRESSIONS, '/tmp/tsan.supp', '--setenv', 'TSAN_OPTIONS', 'suppressions=/tmp/tsan.supp']

needs_root = unittest.skipUnless(ROOT, 'needs root, to be another user than the agent')


def engine(*more, user=CALLER, groups=GROUP):
    """The command line that starts a container, but for what runs in it."""
    as_user = ['setpriv', '--reuid', user, '--regid', user, '--groups', groups, '--'] if ROOT else []
    return [str(word) for word in (*as_user, *ENGINE, *more, '--remount-ro', '/', '--')]


def why_not():
    try:
        done = subprocess.run(engine() + ['true'], capture_output=True, text=True, timeout=60)
    except FileNotFoundError as missing:
        return f'{missing.filename} is not installed'
    return done.stderr.strip() if done.returncode else None


class Container:
    """The worker in its container, its queue and what it says."""

    def __init__(self, test, *more, **who):
        info, told = os.pipe()
        argv = engine(*test.mounts, *more, '--info-fd', told, **who) + ['worker']
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, pass_fds=[told])
        os.close(told)
        test.stage.processes.append(self.process)
        for stream in (self.process.stdin, self.process.stdout):
            test.addCleanup(stream.close)
        with os.fdopen(info) as given:
            self.first = json.load(given)['child-pid']  # its first process, as the host numbers it

    def send(self, *jobs):
        for job in jobs:
            self.process.stdin.write(job + '\n')
        self.process.stdin.flush()

    def says(self, beginning):
        """What follows the beginning in the next line that has it."""
        passed = []
        for line in self.process.stdout:
            if line.startswith(beginning):
                return line[len(beginning):].rstrip('\n')
            passed.append(line)
        raise AssertionError(f'never said "{beginning}": ' + ''.join(passed))

    def ended(self):
        return self.process.wait(timeout=60)


class InAContainer(unittest.TestCase):
    DONE = ' exported, 3840 pixels, watermark none'

    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        terms = json.loads(PRODUCT.read_text())
        terms['plans']['demo']['limits']['users']['only'] = {'users': [CALLER]}
        product = s.path('product.json')
        product.write_text(json.dumps(terms))
        vendor = s.vendor()
        vendor.add_product(terms=product)
        cls.host = s.licensed_host(vendor)
        cls.given = cls.host.dir / 'run'
        cls.given.mkdir()
        cls.host.socket = cls.given / 'agent.sock'
        image = s.path('image') / 'usr' / 'local'
        (image / 'bin').mkdir(parents=True)
        (image / 'lib').mkdir()
        library = Library(BINARIES)
        shutil.copy(library.dir / 'libholdfast.so.1', image / 'lib')
        library.compiled(EXAMPLE / 'worker.c', image / 'bin' / 'worker', '-DROOTS=' + text_of_roots(vendor), *library.in_tree(runs_from='/usr/local/lib'))
        cls.mounts = ['--ro-bind', image, '/usr/local', '--ro-bind', cls.given, '/run/holdfast']
        for path in (s.dir, cls.host.dir, cls.given, *s.path('image').rglob('*')):
            path.chmod(0o755)
        cls.group = ['--group', GROUP] if ROOT else []

    def agent(self, later=None):
        self.host.start_agent(*self.group, env=clock_at(later) if later else None)
        self.addCleanup(self.host.kill_agent)

    def used(self):
        return self.host.run('status', '--json').json()['licenses'][0]['limits']['users']['used']

    def in_container(self, program):
        """What a Python program prints in a container."""
        done = subprocess.run(engine(*self.mounts) + ['/usr/bin/python3', '-c', program], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    # The worker.

    def test_a_job_is_done_as_licensed(self):
        self.agent()
        container = Container(self)
        container.send('page-1')
        self.assertEqual(container.says('license:'), ' active (active) ')
        self.assertEqual(container.says('page-1:'), self.DONE)
        container.process.stdin.close()
        self.assertEqual(container.ended(), 0)

    def test_a_line_that_is_no_name_is_left_out(self):
        self.agent()
        container = Container(self)
        container.send('x' * 100_000, 'Page 1', '\x1b[31m', 'page\0', '', 'page-1')
        self.assertEqual(container.says('page-1:'), self.DONE)

    def test_its_seat_is_free_when_the_container_is_killed(self):
        self.agent()
        container = Container(self)
        container.send('page-1')
        container.says('page-1:')
        self.assertEqual(self.used(), 1)
        container.process.kill()
        while self.used():
            pass

    def test_it_ends_when_it_is_stopped_and_its_seat_is_free(self):
        self.agent()
        container = Container(self)
        container.send('page-1')
        container.says('page-1:')
        os.kill(container.first, signal.SIGTERM)
        self.assertEqual(container.ended(), 0)
        while self.used():
            pass

    def test_it_goes_on_through_a_restart_of_the_agent_and_keeps_its_seat(self):
        self.agent()
        container = Container(self)
        container.send('page-1')
        self.assertEqual(container.says('page-1:'), self.DONE)
        self.host.kill_agent()
        container.send('page-2')
        self.assertEqual(container.says('page-2:'), self.DONE)
        self.agent()
        self.assertEqual(self.used(), 0)
        container.send('page-3')
        self.assertEqual(container.says('page-3:'), self.DONE)
        self.assertEqual(self.used(), 1)

    def test_it_may_be_started_before_the_agent(self):
        container = Container(self)
        container.send('page-1')
        self.assertIn('(agent.absent)', container.says('license: no agent listens'))
        self.assertRegex(container.says('page-1:'), r'^ waits \(agent_gone\)')
        self.agent()
        self.assertEqual(container.says('page-1:'), self.DONE)

    def test_a_job_waits_for_a_seat(self):
        self.agent()
        first, second, third = (Container(self) for _ in range(3))
        for container in (first, second):
            container.send('page-1')
            self.assertEqual(container.says('page-1:'), self.DONE)
        third.send('page-1')
        self.assertRegex(third.says('page-1:'), r'^ waits \(limit_reached\)')
        first.process.kill()
        self.assertEqual(third.says('page-1:'), self.DONE)

    def test_grace_is_told_and_work_goes_on(self):
        self.agent(later='+32d')
        container = Container(self)
        container.send('page-1')
        self.assertRegex(container.says('license: grace '), r'^\(grace\) .*renew')
        self.assertEqual(container.says('page-1:'), self.DONE)

    def test_the_fallback_edition_makes_previews(self):
        self.agent(later='+50d')
        container = Container(self)
        container.send('page-1')
        container.says('license: fallback')
        self.assertEqual(container.says('page-1:'), ' preview, 1280 pixels, watermark Acme CAD Lite')

    # Who asks.

    @needs_root
    def test_the_agent_sees_the_hosts_user_whoever_it_is_inside(self):
        self.agent()
        self.assertEqual(self.in_container('import os; print(os.getuid())'), str(INSIDE))
        for user, comes in ((CALLER, f'^{self.DONE}$'), (STRANGER, r'^ waits \(caller_excluded\)')):
            container = Container(self, user=user)
            container.send('page-1')
            self.assertRegex(container.says('page-1:'), comes)

    @needs_root
    def test_without_the_sockets_group_it_is_told_so(self):
        self.agent()
        container = Container(self, groups=STRANGER)
        self.assertIn('(agent.forbidden)', container.says('license: /run/holdfast/agent.sock may not be opened'))

    @needs_root
    def test_it_is_no_administrator(self):
        self.agent()
        answer = self.in_container('import socket; s = socket.socket(socket.AF_UNIX); s.connect("/run/holdfast/agent.sock"); '
                                   """s.sendall(b'{"op":"install","file":"x"}\\n'); print(s.makefile().readline())""")
        self.assertEqual(json.loads(answer)['error']['check'], 'api.permission')

    # That it is a container worth the name, and what the library needs of it.

    def test_nothing_of_the_host_but_the_socket_is_there(self):
        self.agent()
        seen = self.in_container('import json, os, re, socket; print(json.dumps([os.listdir("/run/holdfast"), os.getpid(), [n for n in os.listdir("/dev") if "tpm" in n], '
                                 'os.path.exists("/var"), [n for _, n in socket.if_nameindex()], re.findall("CapEff.*", open("/proc/self/status").read())]))')
        self.assertEqual(json.loads(seen), [['agent.sock'], 1, [], False, ['lo'], ['CapEff:\t' + '0' * 16]])

    def test_it_can_write_neither_its_root_nor_the_sockets_directory(self):
        for place in ('/usr/local', '/run/holdfast', '/'):
            self.assertEqual(self.in_container(f'import errno\ntry: open("{place}/file", "w")\nexcept OSError as error: print(errno.errorcode[error.errno])'), 'EROFS', place)

    def test_where_the_boots_id_is_masked_it_is_named(self):
        self.agent()
        container = Container(self, '--ro-bind', '/dev/null', '/proc/sys/kernel/random/boot_id')
        self.assertIn('(host.boot_id)', container.says('worker: '))
        self.assertEqual(container.ended(), 1)


if __name__ == '__main__':
    if reason := why_not():
        print('skipped: no container can be made here:', reason)
        sys.exit(77)
    unittest.main(verbosity=2)
