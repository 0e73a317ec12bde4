#!/usr/bin/env python3
"""usage: client_test.py BINARIES - libholdfast in a C program (client_driver.c) against the real agent on a simulated TPM, and the example that vendors copy from."""
import json, os, pathlib, re, shutil, signal, subprocess, sys, unittest
from client_library import Driver, Library, must, text_of_roots
from metered_product import licensed_host
from stage import SOURCE, Stage

BINARIES = pathlib.Path(sys.argv.pop(1)).resolve()
LIBRARY = Library(BINARIES)
compiled, in_tree = LIBRARY.compiled, LIBRARY.in_tree


class Client(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.host = licensed_host(s)
        cls.vendor = cls.host.vendor
        cls.program = LIBRARY.driver(s.path('driver'))

    def setUp(self):
        self.host.start_agent()
        self.addCleanup(self.host.kill_agent)

    def used(self, limit='users'):
        return self.host.run('status', '--json').json()['licenses'][0]['limits'][limit]['used']

    def test_checks_values_and_status(self):
        driver = Driver(self)
        self.assertEqual(driver.opened, 'ok opened')
        self.assertEqual(driver('check export'), 'ok active')
        self.assertEqual(driver('check cloud-render'), 'denied feature_not_granted')
        self.assertEqual(driver('check no-such'), 'denied unknown_feature')
        self.assertEqual(driver('status'), 'ok active active professional')
        self.assertEqual(driver.end(), 0)

    def test_another_vendors_application_does_not_believe_this_agent(self):
        self.assertEqual(Driver(self, roots=self.stage.vendor('other').roots).opened, 'other_vendor path.anchor')

    def test_a_suspension_is_seen_and_its_end_too(self):
        driver = Driver(self)
        self.assertEqual(driver('check export'), 'ok active')
        driver.send('await')
        self.host.list_says('suspend')
        self.addCleanup(self.host.list_says, 'reactivate')
        self.assertEqual(driver.answer(), 'ok changed')
        self.assertEqual(driver('check export'), 'denied suspended')
        self.assertEqual(Driver(self)('check export'), 'denied suspended', 'a new handle says why')
        driver.send('await')
        self.host.list_says('reactivate')
        self.assertEqual(driver.answer(), 'ok changed')
        self.assertEqual(driver('check export'), 'ok active')

    def test_what_was_granted_stands_while_the_agent_is_restarted(self):
        driver = Driver(self)
        self.assertEqual(driver('acquire users 2'), 'ok active')
        for how in (signal.SIGKILL, signal.SIGTERM):
            self.host.stop_agent(how)
            self.assertEqual(driver('check export'), 'ok active')
            self.assertEqual(driver('limit users'), 'no_agent agent.absent')
            self.host.start_agent()
            self.assertEqual(driver('limit users'), 'ok 2 2 2')
            self.assertEqual(driver('check export'), 'ok active')
        self.assertEqual(self.used(), 2)

    def test_without_an_agent_everything_is_denied_until_it_is_there(self):
        self.host.kill_agent()
        self.assertEqual(Driver(self).opened, 'no_agent agent.absent')
        driver = Driver(self, 'anyway')
        self.assertEqual(driver('check export'), 'denied agent_gone')
        driver.send('await')
        self.host.start_agent()
        self.assertEqual(driver.answer(), 'ok changed')
        self.assertEqual(driver('check export'), 'ok active')

    def test_seats_are_free_when_the_process_is_killed(self):
        driver, other = Driver(self), Driver(self)
        self.assertEqual(driver('acquire users 2'), 'ok active')
        self.assertEqual(other('acquire users 1'), 'denied limit_reached')
        driver.process.kill()
        driver.process.wait()
        while other('acquire users 1') != 'ok active':
            pass
        self.assertEqual(self.used(), 1)

    def test_units_are_used_up(self):
        before = self.used('pages')
        driver = Driver(self)
        self.assertEqual(driver('consume pages 3'), 'ok active')
        self.assertEqual(self.used('pages'), before + 3)
        self.assertEqual(driver('consume pages 1000'), 'denied limit_reached')
        self.assertEqual(driver('consume users 1'), 'invalid_argument limit.kind')

    def test_a_content_key_is_handed_out(self):
        driver = Driver(self)
        self.assertEqual(driver('key content'), 'ok ' + self.host.content_key.hex())
        self.assertEqual(driver('key no-such'), 'denied unknown_key')

    def test_a_child_has_to_open_its_own(self):
        driver = Driver(self)
        self.assertEqual(driver('fork export'), 'forked argument.forked')
        self.assertEqual(driver('check export'), 'ok active')

    @unittest.skipIf(LIBRARY.sanitizers, 'a sanitizer ends the program')
    def test_a_handle_that_was_closed_is_named_as_long_as_its_memory_is_not_used_again(self):
        self.assertEqual(Driver(self)('closed export'), 'closed argument.closed')

    def test_ten_thousand_checks_make_no_system_call(self):
        trace = self.stage.path('trace')
        driver = Driver(self, prefix=['strace', '-f', '-o', trace], env={'ASAN_OPTIONS': 'detect_leaks=0', 'LSAN_OPTIONS': 'detect_leaks=0'})
        self.assertEqual(driver('hot export'), 'ok 0')
        driver.end()
        calls = [re.sub(r'^\d+ +', '', line) for line in trace.read_text().splitlines()]
        first, second = (i for i, call in enumerate(calls) if call.startswith('getppid('))
        self.assertEqual(calls[first + 1:second], [])

    @unittest.skipIf(LIBRARY.sanitizers, 'the sanitizer needs more')
    def test_it_exports_its_functions_and_needs_libc_and_libcrypto(self):
        symbols = must(subprocess.run(['nm', '-D', '--defined-only', LIBRARY.path], capture_output=True, text=True))
        names = {line.split()[-1] for line in symbols.splitlines()} - {'HOLDFAST_1'}
        self.assertTrue(names)
        self.assertEqual([n for n in names if not re.fullmatch(r'holdfast_[a-z_]+@@HOLDFAST_1', n)], [])
        self.assertEqual([n for n in LIBRARY.needed if not re.match(r'libc\.so|libm\.so|libcrypto\.so|ld-linux', n)], [])
        self.assertIn('[libholdfast.so.1]', LIBRARY.dynamic)

    def test_the_example(self):
        hello = compiled(SOURCE / 'docs' / 'examples' / 'c' / 'hello.c', self.stage.path('hello'), '-DROOTS=' + text_of_roots(self.vendor), *in_tree())
        self.assertEqual(must(subprocess.run([hello, self.host.socket], capture_output=True, text=True)), 'up to 3840 pixels\nexporting\n')
        self.host.kill_agent()
        self.assertIn('no export (agent_gone)', must(subprocess.run([hello, self.host.socket], capture_output=True, text=True)))

    def test_the_example_says_why_it_does_not_believe_an_agent(self):
        roots = text_of_roots(self.stage.vendor('stranger'))
        hello = compiled(SOURCE / 'docs' / 'examples' / 'c' / 'hello.c', self.stage.path('hello'), '-DROOTS=' + roots, *in_tree())
        done = subprocess.run([hello, self.host.socket], capture_output=True, text=True)
        self.assertIn('no export (agent_gone)', done.stdout)
        self.assertIn('(path.anchor)', done.stderr)

    def test_the_library_takes_no_decisions_from_its_environment(self):
        self.host.kill_agent()
        decisions = self.stage.path('decisions.json')
        decisions.write_text('{"features": {"export": true}}')
        self.assertEqual(Driver(self, 'anyway', env={'HOLDFAST_FAKE': str(decisions)})('check export'), 'denied agent_gone')

    @unittest.skipUnless(shutil.which('pkg-config') and shutil.which('cmake'), 'needs pkg-config and cmake')
    def test_an_installed_library_is_found_by_pkg_config(self):
        found = LIBRARY.installed(self.stage.path('installed'))
        flags = must(subprocess.run(['pkg-config', '--cflags', '--libs', 'holdfast'], capture_output=True, text=True,
                                    env={**os.environ, 'PKG_CONFIG_PATH': str(found)})).split()
        hello = compiled(SOURCE / 'docs' / 'examples' / 'c' / 'hello.c', self.stage.path('hello2'), '-DROOTS=' + text_of_roots(self.vendor), *flags,
                         f'-Wl,-rpath,{found.parent}')
        self.assertIn('exporting', must(subprocess.run([hello, self.host.socket], capture_output=True, text=True)))


class Fake(unittest.TestCase):
    """libholdfast-fake, for the tests of others."""

    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.program = LIBRARY.driver(s.path('driver'), *in_tree('holdfast-fake'))
        cls.decisions = s.path('decisions.json')

    def driver(self, decisions):
        self.decisions.write_text(json.dumps(decisions))
        process = subprocess.Popen([self.program, 'acme-cad', '/dev/null', '/nowhere'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env={**os.environ, 'HOLDFAST_FAKE': str(self.decisions)})
        self.stage.processes.append(process)
        for stream in (process.stdin, process.stdout, process.stderr):
            self.addCleanup(stream.close)
        return process

    def ask(self, process, command=None):
        if command:
            process.stdin.write(command + '\n')
            process.stdin.flush()
        return process.stdout.readline().rstrip('\n')

    def test_it_says_what_the_file_says_and_that_it_is_no_license(self):
        process = self.driver({'features': {'export': True}, 'denied': {'render': 'expired'}, 'limits': {'users': 1}, 'state': 'grace', 'edition': 'lite'})
        self.assertEqual(self.ask(process), 'ok opened')
        self.assertIn('this is no license', process.stderr.readline())
        for command, answer in (('check export', 'ok grace'), ('check render', 'denied expired'), ('check other', 'denied unknown_feature'),
                                ('acquire users 1', 'ok grace'), ('acquire users 1', 'denied limit_reached'), ('limit users', 'ok 1 1 1'),
                                ('status', 'ok grace grace lite')):
            self.assertEqual(self.ask(process, command), answer, command)

    def test_a_test_may_change_its_mind(self):
        process = self.driver({'features': {'export': True}})
        self.assertEqual(self.ask(process), 'ok opened')
        self.assertEqual(self.ask(process, 'check export'), 'ok active')
        self.decisions.write_text('{"denied": {"export": "revoked"}}')
        self.assertEqual(self.ask(process, 'check export'), 'denied revoked')

    def test_a_file_that_is_none_is_named(self):
        self.assertEqual(self.ask(self.driver({'feature': {}})), 'invalid_argument fake.unknown')
        self.assertEqual(self.ask(self.driver({'denied': {'export': 'because'}})), 'invalid_argument fake.denied')


if __name__ == '__main__':
    unittest.main(verbosity=2)
