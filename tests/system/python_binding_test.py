#!/usr/bin/env python3
"""usage: python_binding_test.py BINARIES - the Python package holdfast (agent/client/python) against the real agent on a simulated TPM; its test double; and
the package as pip installs it. Its WSGI middleware and the example are in python_web_test.py."""
import asyncio, contextlib, json, os, pathlib, pickle, re, select, shutil, socket, subprocess, sys, threading, unittest, zipfile
from python_stage import LIBRARY, PACKAGE, PATIENCE, PythonStage, WithFake, await_that, holdfast
from stage import SOURCE


def setUpModule():
    """One vendor and one licensed host for all."""
    global stage, acme, site
    stage = PythonStage()
    unittest.addModuleCleanup(stage.close)
    acme, site = stage.acme, stage.site


class WithAgent(unittest.TestCase):
    def setUp(self):
        site.start_agent()
        self.addCleanup(site.kill_agent)

    def client(self, **options):
        options = {'product': 'acme-notes', 'roots_pem': acme.roots.read_text(), 'socket': site.socket, 'timeout': PATIENCE, 'library': LIBRARY, **options}
        client = holdfast.Client(**options)
        self.addCleanup(client.close)
        return client

    def script(self, text, *more, **options):
        """A program with `client`, open, as a process that says something a line."""
        opened = f'''import sys; sys.path.insert(0, {str(PACKAGE)!r})
import holdfast, os, signal, threading
client = holdfast.Client("acme-notes", open({str(acme.roots)!r}).read(), socket={str(site.socket)!r}, timeout={PATIENCE}, library={str(LIBRARY)!r})
'''
        process = subprocess.Popen([sys.executable, '-B', '-c', opened + text, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)
        stage.processes.append(process)
        for stream in (process.stdin, process.stdout):
            self.addCleanup(stream.close)
        return process

    def used(self, limit):
        return site.run('status', '--json').json()['licenses'][0]['limits'][limit]['used']


class Questions(WithAgent):
    def test_a_check_says_why(self):
        client = self.client()
        self.assertEqual(client.check('write'), holdfast.Verdict(True, holdfast.Reason.ACTIVE, ''))
        denied = client.check('no-such')
        self.assertFalse(denied)
        self.assertEqual(denied.reason, holdfast.Reason.UNKNOWN_FEATURE)
        self.assertEqual(denied.advice, client.advice(denied.reason))
        self.assertTrue(denied.advice)

    def test_what_is_required_and_not_granted_raises(self):
        client = self.client()
        self.assertEqual(client.require('write').reason, holdfast.Reason.ACTIVE)
        with self.assertRaises(holdfast.Denied) as raised:
            client.require('no-such')
        self.assertEqual((raised.exception.code, raised.exception.check, raised.exception.reason),
                         (holdfast.Code.DENIED, 'unknown_feature', holdfast.Reason.UNKNOWN_FEATURE))
        self.assertIn("the feature 'no-such'", raised.exception.message)
        self.assertEqual(str(pickle.loads(pickle.dumps(raised.exception))), str(raised.exception))

    def test_a_decorated_function_requires_its_feature_at_each_call(self):
        client = self.client()

        @client.feature('write')
        def write(text):
            """Writes."""
            return text

        @client.feature('no-such')
        def never():
            self.fail('it ran')

        @client.feature('no-such')
        async def never_either():
            self.fail('it ran')

        @client.feature('write')
        async def write_later(text):
            return text

        self.assertEqual((write('a'), write.__doc__, asyncio.run(write_later('b'))), ('a', 'Writes.', 'b'))
        with self.assertRaises(holdfast.Denied):
            never()
        with self.assertRaises(holdfast.Denied):
            asyncio.run(never_either())

    def test_values(self):
        client = self.client()
        self.assertEqual((client.integer('max-notes'), client.text('footer')), (1000, 'none'))
        self.assertEqual((client.integer('no-such', 3), client.text('no-such', default='x'), client.integer('no-such', None)), (3, 'x', None))
        for ask in (client.integer, client.text):
            with self.assertRaises(holdfast.Denied):
                ask('no-such')
            with self.assertRaises(holdfast.WrongType) as raised:
                ask('write', None)
            self.assertIsInstance(raised.exception, TypeError)

    def test_the_status(self):
        client = self.client()
        status = client.status()
        self.assertEqual((status.state, status.reasons, status.reason, status.edition, status.advice, bool(status.verdict)),
                         (holdfast.State.ACTIVE, (holdfast.Reason.ACTIVE,), holdfast.Reason.ACTIVE, 'team', '', True))
        said = site.run('status', '--json').json()['licenses'][0]
        self.assertEqual((status.expires.strftime('%Y-%m-%dT%H:%M:%SZ'), status.days_left), (said['expires'], said['days_left']))
        shown = json.loads(client.status_json())
        self.assertEqual((shown['product'], shown['customer'], shown['features']['max-notes']), ('acme-notes', 'Rheinwerk GmbH', 1000))

    def test_another_vendors_application_does_not_believe_this_agent(self):
        with self.assertRaises(holdfast.OtherVendor) as raised:
            self.client(roots_pem=stage.vendor('other').roots.read_text())
        self.assertIsInstance(raised.exception, holdfast.Untrusted)
        self.assertEqual(raised.exception.check, 'path.anchor')
        self.assertTrue(raised.exception.message)

    def test_names_that_are_none_are_refused_and_nothing_worse(self):
        client = self.client()
        for name, error in (('a\0b', holdfast.InvalidArgument), ('\ud800', UnicodeEncodeError), (5, TypeError), (None, TypeError), (b'write', TypeError)):
            for ask in (client.check, client.integer, client.text, client.acquire, client.release, client.limit, client.consume, client.key,
                        lambda name: client.set(name, 1)):
                with self.subTest(name=name, ask=ask), self.assertRaises(error):
                    ask(name)
        long = 'x' * 10_000_000
        self.assertEqual(client.check(long).reason, holdfast.Reason.UNKNOWN_FEATURE)
        for name in (long, '', 'Ä', '../x'):
            for ask in (client.acquire, client.release, client.limit, client.consume, client.key):
                with self.subTest(name=name[:9], ask=ask), self.assertRaises(ValueError):
                    ask(name)
        self.assertTrue(client.check('write'))

    def test_options_that_are_none_are_refused(self):
        for options in ({'product': 'a\0b'}, {'product': 'No Product'}, {'product': 'x' * 10_000_000}, {'roots_pem': ''}, {'roots_pem': 'x' * 10_000_000},
                        {'roots_pem': '\udcff'}, {'socket': 'a\0b'}, {'timeout': 0}, {'timeout': -1}, {'timeout': float('nan')},
                        {'timeout': float('inf')}, {'timeout': 100_000}, {'timeout': 2**32 / 1000 + 2}):
            with self.subTest({k: str(v)[:9] for k, v in options.items()}), self.assertRaises(ValueError):
                self.client(**options)
        for options in ({'product': None}, {'roots_pem': b'x'}, {'socket': 5}, {'timeout': 'long'}, {'library': 5}):
            with self.subTest(options), self.assertRaises(TypeError):
                self.client(**options)


class Limits(WithAgent):
    def test_a_seat_is_held_for_a_block_and_free_after_an_exception_too(self):
        client = self.client()
        with self.assertRaises(ZeroDivisionError), client.seat('editors') as verdict:
            self.assertTrue(verdict)
            self.assertEqual((client.limit('editors'), self.used('editors')), (holdfast.Limit(max=2, used=1, held=1), 1))
            1 / 0
        self.assertEqual(client.limit('editors'), holdfast.Limit(max=2, used=0, held=0))

    def test_a_seat_that_there_is_not_is_denied_and_the_block_does_not_begin(self):
        client, other = self.client(), self.client()
        with client.seat('editors', 2):
            with self.assertRaises(holdfast.Denied) as raised:
                with other.seat('editors'):
                    self.fail('it began')
        self.assertEqual(raised.exception.reason, holdfast.Reason.LIMIT_REACHED)
        with other.seat('editors', 2):
            self.assertEqual(other.limit('editors').held, 2)

    def test_a_closed_client_has_given_back_what_it_held(self):
        with self.client() as client:
            client.acquire('editors', 2)
            self.assertEqual(self.used('editors'), 2)
        with self.client() as other:
            await_that(lambda: other.limit('editors').used == 0)

    def test_a_seat_whose_block_ends_without_an_agent_is_free_when_there_is_one(self):
        client = self.client()
        with client.seat('editors'):
            site.kill_agent()
        site.start_agent()
        self.assertEqual(client.limit('editors'), holdfast.Limit(max=2, used=0, held=0))

    def test_a_gauge_is_set(self):
        client = self.client()
        client.set('open-notes', 3)
        client.set('open-notes', 2)
        self.assertEqual(client.limit('open-notes'), holdfast.Limit(max=5, used=2, held=2))
        with self.assertRaises(holdfast.Denied):
            client.set('open-notes', 6)
        client.release('open-notes')
        self.assertEqual(client.limit('open-notes').held, 0)

    def test_units_are_used_up(self):
        client = self.client()
        before = self.used('pages')
        self.assertTrue(client.consume('pages', 3))
        self.assertEqual(self.used('pages'), before + 3)
        with self.assertRaises(holdfast.Denied) as raised:
            client.consume('pages', 1000)
        self.assertEqual(raised.exception.reason, holdfast.Reason.LIMIT_REACHED)
        with self.assertRaises(holdfast.InvalidArgument) as raised:
            client.consume('editors')
        self.assertEqual(raised.exception.check, 'limit.kind')

    def test_an_amount_that_c_would_cut_is_refused(self):
        client = self.client()
        for amount in (0, -1, 2**53, 2**64 + 1, -2**64 + 1):
            for act in (client.acquire, client.consume, client.release):
                with self.subTest(amount=amount, act=act), self.assertRaises(holdfast.InvalidArgument):
                    act('pages' if act == client.consume else 'editors', amount)
        for amount in (1.5, '1'):
            with self.subTest(amount=amount), self.assertRaises(TypeError):
                client.acquire('editors', amount)
        self.assertEqual(client.limit('editors').held, 0)

    def test_a_limit_that_there_is_not(self):
        with self.assertRaises(holdfast.Denied) as raised:
            self.client().limit('no-such')
        self.assertEqual(raised.exception.reason, holdfast.Reason.UNKNOWN_LIMIT)

    def test_a_content_key_is_wiped_after_its_block(self):
        client = self.client()
        with client.key('content') as key:
            self.assertEqual(key, stage.content_key)
            self.assertNotIn(key.hex(), repr(key) + str(key))
        self.assertEqual(key, bytes(32))
        with self.assertRaises(holdfast.Denied) as raised:
            client.key('no-such')
        self.assertEqual(raised.exception.reason, holdfast.Reason.UNKNOWN_KEY)


class Changes(WithAgent):
    def test_select_tells_of_a_suspension(self):
        client = self.client()
        self.assertTrue(client.check('write'))
        client.fileno()
        site.list_says('suspend')
        self.addCleanup(site.list_says, 'reactivate')
        await_that(lambda: select.select([client], [], [], PATIENCE)[0] and client.drain())
        self.assertEqual(client.check('write').reason, holdfast.Reason.SUSPENDED)
        self.assertFalse(client.status().verdict)

    def test_asyncio_tells_of_an_agent_that_came(self):
        site.kill_agent()
        client = self.client(open_anyway=True)

        async def wait():
            changed = asyncio.Event()
            asyncio.get_running_loop().add_reader(client, lambda: client.drain() and changed.set())
            site.start_agent()
            await asyncio.wait_for(changed.wait(), PATIENCE)
            asyncio.get_running_loop().remove_reader(client)

        asyncio.run(wait())
        self.assertTrue(client.check('write'))

    def test_a_drain_without_a_descriptor_is_a_mistake(self):
        with self.assertRaises(holdfast.InvalidArgument):
            self.client().drain()


class AgentInTrouble(WithAgent):
    @contextlib.contextmanager
    def garbage(self):
        """Something listens where the agent did, and answers each connection with what is no answer."""
        with contextlib.suppress(FileNotFoundError):
            site.socket.unlink()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(site.socket))
        listener.listen()

        def serve():
            with contextlib.suppress(OSError):  # it is shut down at the end; clients go when they like
                while True:
                    with listener.accept()[0] as connection, contextlib.suppress(OSError):
                        connection.recv(65536)
                        connection.sendall(b'{"ok":\xff\x00[[[[' * 100 + b'\n')

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            listener.close()
            site.socket.unlink()

    def test_none_is_an_error_by_name(self):
        site.kill_agent()
        with self.assertRaises(holdfast.NoAgent) as raised:
            self.client()
        self.assertIsInstance(raised.exception, holdfast.Unavailable)
        self.assertEqual((raised.exception.code, raised.exception.check), (holdfast.Code.NO_AGENT, 'agent.absent'))

    def test_none_is_a_reason_when_the_application_begins_anyway(self):
        site.kill_agent()
        client = self.client(open_anyway=True)
        self.assertEqual(client.check('write').reason, holdfast.Reason.AGENT_GONE)
        self.assertEqual(client.integer('max-notes', 7), 7)
        self.assertEqual(client.status().state, holdfast.State.AGENT_GONE)
        self.assertIsInstance(client.agent_error(), holdfast.NoAgent)
        with self.assertRaises(holdfast.NoAgent):
            client.acquire('editors')

    def test_killed_and_restarted(self):
        client = self.client()
        self.assertIsNone(client.agent_error())
        with client.seat('editors'):
            site.kill_agent()
            self.assertTrue(client.check('write'), 'what was granted stands')
            for ask in (client.limit, client.acquire):
                with self.assertRaises(holdfast.NoAgent):
                    ask('editors')
            site.start_agent()
            self.assertEqual(client.limit('editors'), holdfast.Limit(max=2, used=1, held=1), 'and is held again')
            self.assertTrue(client.check('write'))

    def test_garbage_is_not_believed_and_takes_nothing_away(self):
        client = self.client()
        site.kill_agent()
        with self.garbage():
            with self.assertRaises(holdfast.AgentInvalid) as raised:
                self.client()
            self.assertIsInstance(raised.exception, holdfast.Untrusted)
            with self.assertRaises(holdfast.AgentInvalid):
                client.limit('editors')
            await_that(lambda: client.check('write') and client.agent_error() is not None)  # once it has asked again
            self.assertIsInstance(client.agent_error(), holdfast.AgentInvalid)
            self.assertTrue(client.check('write'))
        site.start_agent()
        self.assertEqual(client.limit('editors').held, 0)


class Processes(WithAgent):
    def test_a_child_opens_its_own_and_gives_back_nothing_of_the_parents(self):
        process = self.script('''
try:
    with client.seat("editors"):
        child = os.fork()
        if child == 0:
            print(bool(client.check("write")), client.limit("editors"), flush=True)
            client.acquire("editors")
        else:
            os.waitpid(child, 0)
            print(client.limit("editors"), flush=True)
finally:
    if child == 0:
        print(client.limit("editors"), flush=True)
        os._exit(0)
''')
        self.assertEqual(process.communicate(timeout=PATIENCE)[0].splitlines(), [
            'True Limit(max=2, used=1, held=0)', 'Limit(max=2, used=2, held=1)', 'Limit(max=2, used=1, held=1)'])
        self.assertEqual(process.returncode, 0)

    def test_what_a_killed_parent_held_is_free_although_its_child_lives(self):
        process = self.script('''
client.acquire("editors", 2)
if os.fork() == 0:
    os.read(0, 1)
    os._exit(0)
print("holds", flush=True)
signal.pause()
''')
        self.assertEqual(process.stdout.readline(), 'holds\n')
        process.kill()
        process.wait()
        client = self.client()
        await_that(lambda: client.limit('editors').used == 0)
        process.stdin.write('\n')  # the child was there all the time: who else could read it
        process.stdin.flush()
        self.assertEqual(process.stdout.read(), '')

    def test_a_child_without_an_agent_has_a_reason_and_no_error(self):
        process = self.script('''
print("open", flush=True)
input()
if os.fork() == 0:
    print(client.check("write").reason.name, type(client.agent_error()).__name__, flush=True)
    os._exit(0)
os.wait()
print(bool(client.check("write")), flush=True)
''')
        self.assertEqual(process.stdout.readline(), 'open\n')
        site.kill_agent()
        self.assertEqual(process.communicate('\n', timeout=PATIENCE)[0].splitlines(), ['AGENT_GONE NoAgent', 'True'])

    def test_a_fork_that_python_is_not_told_of_is_an_error_by_name(self):
        process = self.script('''
import ctypes
if ctypes.PyDLL(None).fork() == 0:
    try:
        client.check("write")
    except holdfast.Forked as error:
        print(error.check, flush=True)
    os._exit(0)
os.wait()
''')
        self.assertEqual(process.communicate(timeout=PATIENCE)[0], 'argument.forked\n')

    def test_a_client_that_is_closed_while_threads_use_it_is_closed_by_name(self):
        process = self.script('''
options = dict(product="acme-notes", roots_pem=open(sys.argv[1]).read(), socket=sys.argv[2], timeout=60, library=sys.argv[3])
for _ in range(20):
    client, said, running = holdfast.Client(**options), [], threading.Barrier(5)
    def use(ask):
        ask("editors")
        running.wait()
        try:
            while True:
                ask("editors")
        except Exception as error:
            said.append(type(error).__name__)
    threads = [threading.Thread(target=use, args=(ask,)) for ask in (client.check, client.limit, client.check, lambda _: client.status())]
    for thread in threads:
        thread.start()
    running.wait()
    client.close()
    for thread in threads:
        thread.join()
    assert said == ["Closed"] * 4, said
print("closed")
''', acme.roots, site.socket, LIBRARY)
        self.assertEqual((process.communicate(timeout=5 * PATIENCE)[0], process.returncode), ('closed\n', 0))

    def test_a_closed_client_says_so_whatever_it_is_asked(self):
        client = self.client()
        client.close()
        client.close()
        for ask in (lambda: client.check('write'), lambda: client.acquire('editors'), lambda: client.release('editors'), lambda: client.key('content'),
                    client.status, client.status_json, client.agent_error, client.fileno, client.drain, lambda: client.text('footer', '')):
            with self.assertRaises(holdfast.Closed):
                ask()
        self.assertIn('closed', repr(client))

    def test_a_seat_outlives_its_client_without_harm(self):
        client = self.client()
        with client.seat('editors'):
            client.close()


class Package(unittest.TestCase):
    def test_the_numbers_and_names_are_those_of_the_header_and_the_library(self):
        header = (SOURCE / 'agent' / 'client' / 'holdfast.h').read_text()
        numbers = {name: int(number) for name, number in re.findall(r'\bHOLDFAST_([A-Z_]+)\s*=\s*(-?\d+)', header) if name not in ('OPEN_ANYWAY', 'REASON_LAST_', 'STATE_LAST_')}
        ours = {prefix + member.name: member.value for prefix, kind in (('', holdfast.Code), ('REASON_', holdfast.Reason), ('STATE_', holdfast.State))
                for member in kind}
        self.assertEqual(ours, numbers)
        library = holdfast.Library(LIBRARY)
        for function, kind in ((library.result_name, holdfast.Code), (library.reason_name, holdfast.Reason), (library.state_name, holdfast.State)):
            for member in kind:
                self.assertEqual(function(member).decode(), member.name.lower())

    def test_every_function_of_the_library_is_bound(self):
        exported = re.findall(r'^    holdfast_([a-z_]+);', (SOURCE / 'agent' / 'client' / 'holdfast.map').read_text(), re.M)
        self.assertEqual(sorted(holdfast.library.FUNCTIONS), sorted(exported))

    def test_every_error_has_a_class_of_its_own_and_a_newer_one_that_of_its_family(self):
        classes = [holdfast.errors.class_of(code) for code in holdfast.Code if code < 0]
        self.assertEqual(len(set(classes)), len(classes))
        self.assertEqual([holdfast.errors.class_of(code) for code in (-9, -19, -26, -98)],
                         [holdfast.Misuse, holdfast.Unavailable, holdfast.Untrusted, holdfast.Error])
        self.assertEqual(holdfast.Reason(77), holdfast.Reason.OTHER)

    def test_a_library_that_is_not_there_or_is_another_is_named(self):
        for path in ('/nowhere/libholdfast.so.1', 'libc.so.6', 'a\0b'):
            with self.subTest(path), self.assertRaises(holdfast.LibraryNotFound) as raised:
                holdfast.Client('acme-notes', '', library=path)
            self.assertIn('Client(..., library=...)', raised.exception.advice)

    def test_pip_installs_it_and_the_usual_loader_finds_the_library(self):
        python = next((p for p in (sys.executable, '/usr/bin/python3') if shutil.which(p) and subprocess.run(
            [p, '-c', 'import setuptools, wheel, pip'], capture_output=True).returncode == 0), None)
        if python is None:
            self.skipTest('needs pip, setuptools and wheel')
        source, installed = stage.path('package'), stage.path('installed-package')
        shutil.copytree(PACKAGE, source)  # setuptools writes beside the sources
        done = subprocess.run([python, '-m', 'pip', 'install', '--no-index', '--no-build-isolation', '--no-cache-dir', '--disable-pip-version-check',
                               '--target', installed, source], capture_output=True, text=True, cwd=stage.dir)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue((installed / 'holdfast' / 'py.typed').is_file())
        ask = 'import holdfast.wsgi, holdfast.testing, importlib.metadata as m; print(holdfast.__file__, m.version("holdfast"), holdfast.Library().version().decode())'
        done = subprocess.run([python, '-c', ask], capture_output=True, text=True, cwd=stage.dir,
                              env={**os.environ, 'PYTHONPATH': str(installed), 'LD_LIBRARY_PATH': str(LIBRARY.parent)})
        self.assertEqual(done.returncode, 0, done.stderr)
        file, version, library = done.stdout.split()
        self.assertEqual((pathlib.Path(file).parent, version), (installed / 'holdfast', library))

    def test_it_runs_from_a_zip(self):
        packed = stage.path('holdfast.zip')
        with zipfile.ZipFile(packed, 'w') as file:
            for source in (PACKAGE / 'holdfast').glob('*.py'):
                file.write(source, f'holdfast/{source.name}')
        done = subprocess.run([sys.executable, '-c', 'import holdfast, sys; print(holdfast.Library(sys.argv[1]).version().decode())', LIBRARY],
                              capture_output=True, text=True, env={**os.environ, 'PYTHONPATH': str(packed)})
        self.assertEqual((done.stdout.strip(), done.stderr), (holdfast.Library(LIBRARY).version().decode(), ''))


class Fake(WithFake):
    """holdfast.testing, as the tests of applications use it."""

    def test_it_says_what_the_test_says_and_tells_of_a_change(self):
        license = self.license(features={'export': True}, state='grace', edition='lite')
        client = self.client(license)
        self.assertTrue(client.library_version.endswith('-fake'))
        self.assertEqual((client.check('export').reason, client.status().edition), (holdfast.Reason.GRACE, 'lite'))
        client.fileno()
        license.say(denied={'export': 'revoked'})
        await_that(lambda: select.select([client], [], [], PATIENCE)[0] and client.drain())
        self.assertEqual(client.check('export').reason, holdfast.Reason.REVOKED)

    def test_two_licenses_are_kept_apart_and_the_environment_is_as_it_was(self):
        before = dict(os.environ)
        one, other = self.client(self.license(features={'export': True})), self.client(self.license(denied={'export': 'expired'}))
        self.assertEqual((bool(one.check('export')), bool(other.check('export'))), (True, False))
        self.assertEqual(dict(os.environ), before)

    def test_a_decision_that_is_none_is_named(self):
        with self.assertRaises(holdfast.InvalidArgument) as raised:
            self.client(self.license(feature={}))
        self.assertEqual(raised.exception.check, 'fake.unknown')

    def test_the_environment_alone_makes_no_license(self):
        decisions = stage.path('decisions.json')
        decisions.write_text('{"features": {"export": true}}')
        code = 'import holdfast, sys; c = holdfast.Client("acme-notes", open(sys.argv[1]).read(), socket="/nowhere", open_anyway=True, library=sys.argv[2]); ' \
            'print(c.check("export").reason.name)'
        done = subprocess.run([sys.executable, '-B', '-c', code, acme.roots, LIBRARY], capture_output=True, text=True,
                              env={**os.environ, 'PYTHONPATH': str(PACKAGE), 'HOLDFAST_FAKE': str(decisions)})
        self.assertEqual((done.stdout, done.stderr), ('AGENT_GONE\n', ''))


if __name__ == '__main__':
    unittest.main(verbosity=2)
