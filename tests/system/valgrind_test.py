#!/usr/bin/env python3
"""usage: valgrind_test.py BINARIES - libholdfast in a C program under valgrind, as it is released: no octet is read that was not written, none outside of what is the library's, and
nothing is left behind, whatever becomes of the agent. The asan preset does the same for a build of its own; it sees neither uninitialised memory nor what libcrypto does."""
import shutil, sys, unittest
from client_library import Driver, Library
from metered_product import licensed_host
from stage import Stage

BINARIES = sys.argv.pop(1)
LIBRARY = Library(BINARIES)
FOUND = 99  # the exit code when valgrind has found something


class UnderValgrind(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.host = licensed_host(s)
        cls.vendor = cls.host.vendor
        cls.program = LIBRARY.driver(s.path('driver'), '-g', *LIBRARY.in_tree())

    def setUp(self):
        self.host.start_agent()
        self.addCleanup(self.host.kill_agent)
        self.log = self.stage.path(self.id())

    def driver(self, *options, **more):
        return Driver(self, *options, **more, prefix=['valgrind', '-q', '--leak-check=full', '--errors-for-leak-kinds=definite,indirect,possible',
                                                      f'--error-exitcode={FOUND}', f'--log-file={self.log}'])

    def assertClean(self, driver):
        self.assertEqual(driver.end(), 0, self.log.read_text())

    def test_a_whole_life(self):
        driver = self.driver()
        for command, answer in (('check export', 'ok active'), ('check no-such', 'denied unknown_feature'), ('hot export', 'ok 0'), ('status', 'ok active active professional'),
                                ('acquire users 1', 'ok active'), ('acquire users 2', 'denied limit_reached'), ('limit users', 'ok 2 1 1'), ('release users 1', 'ok released'),
                                ('consume pages 3', 'ok active'), ('consume users 1', 'invalid_argument limit.kind'), ('fork export', 'forked argument.forked')):
            self.assertEqual(driver(command), answer, command)
        self.assertRegex(driver('key content'), '^ok [0-9a-f]{64}$')
        self.assertClean(driver)

    def test_the_agent_is_killed_and_comes_back(self):
        driver = self.driver()
        self.assertEqual(driver('acquire users 2'), 'ok active')
        self.host.kill_agent()
        self.assertEqual(driver('check export'), 'ok active')
        self.assertEqual(driver('limit users'), 'no_agent agent.absent')
        self.host.start_agent()
        self.assertEqual(driver('limit users'), 'ok 2 2 2')
        self.assertClean(driver)

    def test_it_is_closed_while_the_agent_is_gone(self):
        driver = self.driver()
        self.assertEqual(driver('acquire users 2'), 'ok active')
        self.host.kill_agent()
        self.assertClean(driver)

    def test_who_waits_sees_the_agent_come(self):
        self.host.kill_agent()
        driver = self.driver('anyway')
        self.assertEqual(driver('check export'), 'denied agent_gone')
        driver.send('await')
        self.host.start_agent()
        self.assertEqual(driver.answer(), 'ok changed')
        self.assertEqual(driver('check export'), 'ok active')
        self.assertClean(driver)

    def test_it_cannot_be_opened(self):
        for roots, opened in ((self.stage.vendor('other').roots, 'other_vendor path.anchor'), (self.program, 'invalid_argument')):
            driver = self.driver(roots=roots)
            self.assertTrue(driver.opened.startswith(opened), driver.opened)
            self.assertClean(driver)

    def test_it_is_opened_and_closed_again_and_again(self):
        driver = self.driver()
        for _ in range(20):
            self.assertEqual(driver('reopen'), 'ok opened')
        self.assertClean(driver)

    def test_a_handle_that_is_lost_is_found(self):
        driver = self.driver()
        self.assertEqual(driver('forget'), 'ok opened')
        self.assertEqual(driver.end(), FOUND, 'control')


if __name__ == '__main__':
    for without, reason in ((shutil.which('valgrind'), 'valgrind is not installed'), (not LIBRARY.sanitizers, 'the build has a sanitizer, which valgrind cannot run')):
        if not without:
            print('skipped:', reason)
            sys.exit(77)
    unittest.main(verbosity=2)
