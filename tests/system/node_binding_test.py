#!/usr/bin/env python3
"""usage: node_binding_test.py BINARIES - the npm package of agent/client/node, built and installed as a vendor does it, against the real agent on a simulated TPM and
against libholdfast-fake; and docs/examples/node over HTTP. Skipped (77) where node, npm or a compiler is not there."""
import contextlib, http.client, json, os, pathlib, re, shutil, signal, socket, subprocess, sys, tempfile, unittest
import web_answers
from client_library import Library, must
from metered_product import licensed_host
from stage import SOURCE, Stage, clock_at

BINARIES = pathlib.Path(sys.argv.pop(1)).resolve()
PACKAGE = SOURCE / 'agent' / 'client' / 'node'
EXAMPLE = SOURCE / 'docs' / 'examples' / 'node'
LIBRARY = Library(BINARIES)
DRIVER = SOURCE / 'tests' / 'system' / 'node' / 'driver.js'


def skip_all(why):
    print(f'skipped: {why}')
    sys.exit(77)


def node_prefix():
    """Where node's headers are: it is built with them, and nothing is fetched."""
    return pathlib.Path(shutil.which('node')).resolve().parent.parent


for program in ('node', 'npm', 'g++', 'make', 'pkg-config', 'cmake'):
    if shutil.which(program) is None:
        skip_all(f'there is no {program}')
if not (node_prefix() / 'include' / 'node' / 'node_api.h').exists():
    skip_all('there are no headers of node: install libnode-dev')
if LIBRARY.sanitizers:
    skip_all('node is not built with the sanitizer that the library needs')


def run(*argv, cwd, env=None, timeout=600):
    return subprocess.run([*map(str, argv)], cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=timeout)


class Npm:
    """npm in a directory of its own, with neither the user's settings nor his cache."""

    def __init__(self, directory):
        self.dir = directory
        self.env = {'npm_config_cache': str(directory / 'npm-cache'), 'npm_config_userconfig': str(directory / 'npmrc'), 'npm_config_nodedir': str(node_prefix()),
                    'npm_config_audit': 'false', 'npm_config_fund': 'false', 'npm_config_update_notifier': 'false'}
        # Which registry is to be asked is the user's to say.
        user = subprocess.run(['npm', 'config', 'get', 'registry'], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if user.returncode == 0:
            self.env['npm_config_registry'] = user.stdout.strip()

    def __call__(self, *arguments, cwd, **env):
        return run('npm', *arguments, cwd=cwd, env={**self.env, **env})


class Installed:
    """A vendor's machine: the library below a prefix, the package packed, and an application that has it."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='hfnode'))
        self.npm = Npm(self.dir)
        self.lib = LIBRARY.installed(self.dir / 'prefix').parent
        packed = must(self.npm('pack', PACKAGE, '--silent', cwd=self.dir)).split()[-1]
        self.archive = self.dir / packed
        self.app = self.dir / 'app'
        self.app.mkdir()
        (self.app / 'package.json').write_text('{"name": "app", "private": true}')
        self.install_package(self.app)
        self.package = self.app / 'node_modules' / 'holdfast'
        shutil.copy(DRIVER, self.app)

    def install_package(self, app):
        must(self.npm('install', '--offline', '--no-save', self.archive, cwd=app, PKG_CONFIG_PATH=str(self.lib / 'pkgconfig')))

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def suites(self, **env):
        """The suites of the package. What they print names each test."""
        done = run('node', '--expose-gc', '--test', '--test-reporter=spec', 'test/', cwd=self.package, env=env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def setUpModule():
    global installed
    installed = Installed()
    unittest.addModuleCleanup(installed.close)


class Driver:
    """node/driver.js as a process: driver('license.allows("export")') is what the expression evaluates to."""

    def __init__(self, test, **options):
        options = {'product': 'acme-cad', 'rootsPem': test.vendor.roots.read_text(), 'socket': str(test.host.socket), **options}
        self.process = subprocess.Popen(['node', '--expose-gc', 'driver.js', json.dumps(options)], cwd=installed.app, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        test.stage.processes.append(self.process)
        for stream in (self.process.stdin, self.process.stdout):
            test.addCleanup(stream.close)
        self.opened = self.outcome()

    def outcome(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, expression):
        self.process.stdin.write(expression + '\n')
        self.process.stdin.flush()
        return self.outcome()

    def __call__(self, expression):
        outcome = self.ask(expression)
        assert 'value' in outcome, outcome
        return outcome['value']

    def error(self, expression):
        error = self.ask(expression)['error']
        return error['name'], error['code']

    def reason(self, feature='export'):
        return self(f'license.check({json.dumps(feature)}).reason')


class WithAgent(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.host = licensed_host(s, offline_window='0d')  # whose end would be told before the license's
        cls.vendor = cls.host.vendor

    def setUp(self):
        self.host.start_agent()
        self.addCleanup(self.host.kill_agent)


class Agent(WithAgent):
    """The package against the real agent."""

    def test_the_suites_of_the_package(self):
        said = installed.suites(HOLDFAST_TEST_SOCKET=str(self.host.socket), HOLDFAST_TEST_ROOTS=str(self.vendor.roots), HOLDFAST_TEST_KEY=self.host.content_key.hex())
        self.assertIn('✔ a license that is forgotten is closed and gives back what it held', said)
        self.assertIn('✔ a key is a buffer', said)

    def test_a_suspension_is_told_and_its_end_too(self):
        driver = Driver(self)
        self.assertEqual(driver.reason(), 'active')
        # The driver waits for lines, and that keeps it alive.
        for what, reason in (('suspend', 'suspended'), ('reactivate', 'active')):
            driver('kept.change = require("node:events").once(license, "change"), 0')
            self.host.list_says(what)
            driver('await kept.change, 0')
            self.assertEqual(driver.reason(), reason)

    def test_what_was_granted_stands_while_the_agent_is_restarted(self):
        driver = Driver(self)
        self.assertTrue(driver('(await license.acquire("users", 2)).allowed'))
        self.host.stop_agent(signal.SIGKILL)
        self.assertEqual(driver.reason(), 'active')
        self.assertEqual(driver.error('license.limit("users")'), ('UnavailableError', 'HOLDFAST_NO_AGENT'))
        self.host.start_agent()
        self.assertEqual(driver('license.limit("users")'), {'max': 2, 'used': 2, 'held': 2})

    def test_without_an_agent_it_says_so_until_there_is_one(self):
        self.host.kill_agent()
        opened = Driver(self).opened['error']
        self.assertEqual((opened['name'], opened['code'], opened['check']), ('UnavailableError', 'HOLDFAST_NO_AGENT', 'agent.absent'))
        driver = Driver(self, openAnyway=True)
        self.assertEqual(driver.reason(), 'agent_gone')
        self.assertEqual(driver('license.agentError().code'), 'HOLDFAST_NO_AGENT')
        driver('license.on("change", () => kept.heard?.()), 0')
        driver('kept.change = new Promise((resolve) => { kept.heard = () => license.allows("export") && resolve(); }), 0')
        self.host.start_agent()
        driver('await kept.change, 0')
        self.assertEqual(driver.reason(), 'active')
        self.assertIsNone(driver('license.agentError()'))

    def test_another_vendors_application_does_not_believe_this_agent(self):
        opened = Driver(self, rootsPem=self.stage.vendor('other').roots.read_text()).opened['error']
        self.assertEqual((opened['name'], opened['code'], opened['check']), ('UntrustedAgentError', 'HOLDFAST_OTHER_VENDOR', 'path.anchor'))

    def test_the_event_loop_goes_on_while_the_agent_is_slow(self):
        driver = Driver(self, timeoutMs=20000)
        self.host.agent.send_signal(signal.SIGSTOP)
        self.addCleanup(self.host.agent.send_signal, signal.SIGCONT)
        driver('kept.slow = license.acquire("users"), kept.next = license.limit("users"), 0')
        self.assertTrue(driver('license.allows("export")'))
        # What needs one of the four threads of the pool is done as well.
        driver('kept.many = Array.from({length: 16}, () => license.limit("users")), 0')
        self.assertGreater(driver('(await require("node:fs/promises").readFile("driver.js")).length'), 0)
        self.host.agent.send_signal(signal.SIGCONT)
        self.assertTrue(driver('(await kept.slow).allowed'))
        self.assertEqual(driver('(await kept.next).held'), 1)
        self.assertEqual(driver('(await Promise.all(kept.many)).length'), 16)

    def test_an_agent_that_does_not_answer_is_named(self):
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as mute:
            path = str(self.stage.path('mute.sock'))
            mute.bind(path)
            mute.listen()
            opened = Driver(self, socket=path, timeoutMs=100).opened['error']
        self.assertEqual((opened['name'], opened['code']), ('UnavailableError', 'HOLDFAST_TIMEOUT'))

    def test_seats_are_free_when_the_process_is_killed(self):
        driver, other = Driver(self), Driver(self)
        self.assertTrue(driver('(await license.acquire("users", 2)).allowed'))
        self.assertEqual(other('(await license.acquire("users")).reason'), 'limit_reached')
        driver.process.kill()
        driver.process.wait()
        while not other('(await license.acquire("users")).allowed'):
            pass


class Fake(unittest.TestCase):
    """The package with the test double, which a vendor preloads in his tests."""

    def test_the_suites_of_the_package(self):
        said = installed.suites(LD_PRELOAD=str(installed.lib / 'libholdfast-fake.so.1'), HOLDFAST_TEST_ANSWERS=web_answers.as_json())
        self.assertIn('✔ each reason has its status', said)
        self.assertIn('✔ each error has its answer', said)
        self.assertIn('✔ a listener hears of a change', said)


class Application:
    """docs/examples/node as a process."""

    def __init__(self, test, directory):
        self.process = subprocess.Popen(['node', 'server.js', '0', str(test.host.socket)], cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        test.stage.processes.append(self.process)
        for stream in (self.process.stdout, self.process.stderr):
            test.addCleanup(stream.close)
        self.port = int(re.search(r':(\d+)/', self.process.stdout.readline())[1])

    def __call__(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)
        with contextlib.closing(connection):
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {'Content-Type': 'application/json', 'X-User': 'ada', **headers})
            response = connection.getresponse()
            response.text = response.read().decode()
        return response

    def status(self, *request, **more):
        return self(*request, **more).status

    def ended(self):
        """What it wrote to its log, when it has ended as it should."""
        self.process.terminate()
        log = self.process.communicate(timeout=60)[1]
        assert self.process.returncode == 0, log
        return log


class Example(WithAgent):
    """docs/examples/node, with Express, over HTTP."""

    @classmethod
    def setUpClass(cls):
        cls.app = installed.dir / 'example'
        shutil.copytree(EXAMPLE, cls.app, ignore=shutil.ignore_patterns('node_modules'))
        fetched = installed.npm('ci', '--ignore-scripts', cwd=cls.app)
        if fetched.returncode != 0:
            raise unittest.SkipTest('npm cannot fetch express: ' + fetched.stderr.strip().splitlines()[0])
        installed.install_package(cls.app)
        super().setUpClass()
        shutil.copy(cls.vendor.roots, cls.app / 'roots.pem')

    def after(self, days):
        """The agent at another time."""
        self.host.stop_agent()
        self.host.start_agent(env=clock_at(f'+{days}d'))

    def their_own_works(self, server):
        self.assertEqual(server.status('PUT', '/drawings/1', {'lines': [[0, 1]]}), 204)
        self.assertEqual(json.loads(server('GET', '/drawings/1').text)['lines'], [[0, 1]])
        self.assertEqual(server.status('GET', '/drawings/1/file'), 200)

    def test_an_active_license_serves_all_and_says_nothing(self):
        server = Application(self, self.app)
        made = server('POST', '/drawings', {'name': '<bridge>'})
        self.assertEqual((made.status, made.getheader('License-Notice')), (201, None))
        self.assertEqual(server.status('POST', '/drawings/1/export'), 200)
        self.assertIn('width="3840"', server('GET', '/drawings/1/picture').text)
        self.assertNotIn('License:', server('GET', '/').text)
        self.their_own_works(server)
        self.assertEqual(server.ended(), '')

    def test_a_third_user_finds_no_seat(self):
        server = Application(self, self.app)
        self.assertEqual([server.status('POST', '/drawings', {}, **{'X-User': user}) for user in ('ada', 'bob', 'ada', 'eve')], [201, 201, 201, 429])
        self.their_own_works(server)

    def test_grace_serves_all_and_tells_everybody(self):
        self.after(days=33)
        server = Application(self, self.app)
        self.assertEqual(server.status('POST', '/drawings', {}), 201)
        exported = server('POST', '/drawings/1/export')
        self.assertEqual((exported.status, exported.getheader('License-Notice')), (200, 'grace'))
        self.assertIn('License: the license has expired and runs in its grace period', server('GET', '/').text)
        self.assertIn('license: grace: ', server.ended())

    def test_after_grace_it_is_the_fallback_edition(self):
        self.after(days=40)
        server = Application(self, self.app)
        self.assertEqual(server.status('POST', '/drawings', {}), 201)
        refused = server('POST', '/drawings/1/export')
        self.assertEqual((refused.status, json.loads(refused.text)['reason'], refused.getheader('License-Notice')), (402, 'feature_not_granted', 'fallback_edition'))
        picture = server('GET', '/drawings/1/picture').text
        self.assertIn('width="1280"', picture)
        self.assertIn('Acme CAD Lite', picture)
        self.their_own_works(server)

    def test_a_suspension_stops_new_work_and_nothing_else(self):
        server = Application(self, self.app)
        self.assertEqual(server.status('POST', '/drawings', {}), 201)
        self.host.list_says('suspend')
        self.addCleanup(self.host.list_says, 'reactivate')
        while server('GET', '/').getheader('License-Notice') != 'suspended':
            pass
        self.assertEqual(server.status('POST', '/drawings', {}), 403)
        self.assertEqual(server.status('POST', '/drawings/1/export'), 403)
        self.assertIn('width="640"', server('GET', '/drawings/1/picture').text)
        self.their_own_works(server)

    def test_it_starts_without_an_agent_and_goes_on_when_there_is_one(self):
        self.host.kill_agent()
        server = Application(self, self.app)
        self.assertEqual(server.status('POST', '/drawings', {}), 503)
        self.host.start_agent()
        while server.status('POST', '/drawings', {}) != 201:
            pass
        self.assertIn('license: agent_gone: ', server.ended())


class Package(unittest.TestCase):
    def test_it_calls_every_function_of_the_library(self):
        declared = set(re.findall(r'^HOLDFAST_API .*?\b(holdfast_[a-z_]+)\(', (SOURCE / 'agent' / 'client' / 'holdfast.h').read_text(), re.M))
        symbols = must(run('nm', '-D', '--undefined-only', installed.package / 'build' / 'Release' / 'holdfast.node', cwd=installed.dir))
        called = set(re.findall(r'\b(holdfast_[a-z_]+)', symbols))
        self.assertIn('holdfast_open', declared)
        self.assertEqual(declared - called, set())

    def test_it_needs_no_other_package(self):
        self.assertEqual([p.name for p in (installed.app / 'node_modules').iterdir() if not p.name.startswith('.')], ['holdfast'])

    def test_it_is_imported_by_modules_too(self):
        code = 'import {open, DeniedError} from "holdfast"; import {seat} from "holdfast/express"; console.log(typeof open, typeof DeniedError, typeof seat)'
        self.assertEqual(must(run('node', '--input-type=module', '-e', code, cwd=installed.app)), 'function function function\n')


if __name__ == '__main__':
    unittest.main(verbosity=2)
