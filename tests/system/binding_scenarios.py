"""What each language's binding is to do against the real agent on a simulated TPM. A driver in that language takes one command a line on standard input and answers with
one line: a result's name, then what belongs to it."""
import json, signal, subprocess
from client_library import Driver
from metered_product import licensed_host


def must(*argv, **kw):
    done = subprocess.run([*map(str, argv)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600, **kw)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Scenarios:
    """For a TestCase whose class has `stage`, the driver's `program`, and what it runs with: `driver_prefix`, `driver_env`."""

    driver_prefix = ()

    @classmethod
    def make_host(cls):
        cls.host = licensed_host(cls.stage, offline_window='0d')
        cls.vendor = cls.host.vendor

    def setUp(self):
        self.host.start_agent()
        self.addCleanup(self.host.kill_agent)

    def driver(self, *options, **more):
        return Driver(self, *options, **more, prefix=self.driver_prefix, env=self.driver_env)

    def says(self, driver, **answers):
        for command, answer in answers.items():
            self.assertEqual(driver(command), answer, command)

    def test_checks_values_and_status(self):
        driver = self.driver()
        self.assertEqual(driver.opened, 'ok opened')
        self.says(driver, **{'check export': 'ok active', 'check cloud-render': 'denied feature_not_granted', 'check no-such': 'denied unknown_feature',
                             'integer max-resolution 640': 'ok 3840', 'integer no-such 640': 'ok 640', 'integer watermark': 'wrong_type argument.type',
                             'text watermark': 'ok none', 'text no-such': 'ok otherwise', 'status': 'ok active active professional', 'trouble': 'ok none'})
        license = json.loads(driver('json').split(' ', 1)[1])
        self.assertEqual((license['product'], license['license']), ('acme-cad', self.host.sold['license']))
        self.assertEqual(driver.end(), 0)

    def test_seats_gauges_and_units(self):
        driver, other = self.driver(), self.driver()
        self.says(driver, **{'acquire users 2': 'ok held', 'limit users': 'ok 2 2 2'})
        self.says(other, **{'acquire users': 'denied limit_reached', 'limit users': 'ok 2 2 0'})
        self.says(driver, **{'give': 'ok given'})
        self.says(other, **{'acquire users': 'ok held', 'set open-projects 5': 'ok active', 'set open-projects 6': 'denied limit_reached',
                            'limit open-projects': 'ok 5 5 5', 'consume pages 3': 'ok active', 'limit pages': 'ok 100 3 0',
                            'consume pages 98': 'denied limit_reached', 'consume users 1': 'invalid_argument limit.kind',
                            'acquire users 0': 'invalid_argument argument.amount'})

    def test_a_forgotten_seat_is_given_back(self):
        self.assertEqual(self.driver()('forget users'), 'ok given')

    def test_a_content_key_is_handed_out(self):
        self.says(self.driver(), **{'key content': 'ok ' + self.host.content_key.hex(), 'key no-such': 'denied unknown_key'})

    def test_a_suspension_is_seen_and_its_end_too(self):
        driver = self.driver()
        self.says(driver, **{'check export': 'ok active', 'await': 'ok waiting'})
        self.host.list_says('suspend')
        self.addCleanup(self.host.list_says, 'reactivate')
        self.assertEqual(driver.answer(), 'ok changed')
        self.says(driver, **{'check export': 'denied suspended', 'text watermark': 'ok otherwise', 'status': 'ok suspended suspended ', 'await': 'ok waiting'})
        self.host.list_says('reactivate')
        self.assertEqual(driver.answer(), 'ok changed')
        self.says(driver, **{'check export': 'ok active'})

    def test_what_was_granted_stands_while_the_agent_is_restarted(self):
        driver = self.driver()
        self.says(driver, **{'acquire users 2': 'ok held'})
        self.host.stop_agent(signal.SIGKILL)
        self.says(driver, **{'check export': 'ok active', 'limit users': 'no_agent agent.absent', 'give': 'no_agent agent.absent'})
        self.host.start_agent()
        self.says(driver, **{'limit users': 'ok 2 2 2', 'check export': 'ok active'})

    def test_without_an_agent_everything_is_denied_until_it_is_there(self):
        self.host.kill_agent()
        self.assertEqual(self.driver().opened, 'no_agent agent.absent')
        driver = self.driver('anyway')
        self.says(driver, **{'check export': 'denied agent_gone', 'integer max-resolution 640': 'ok 640', 'trouble': 'no_agent agent.absent', 'await': 'ok waiting'})
        self.host.start_agent()
        self.assertEqual(driver.answer(), 'ok changed')
        self.assertEqual(driver('check export'), 'ok active')

    def test_another_vendors_application_does_not_believe_this_agent(self):
        self.assertEqual(self.driver(roots=self.stage.vendor('other').roots).opened, 'other_vendor path.anchor')

    def test_a_close_beside_calls_of_other_threads_is_safe(self):
        driver = self.driver()
        for _ in range(5):
            self.assertEqual(driver('close-beside-calls'), 'ok closed')
        self.assertEqual(driver.end(), 0)

    def test_hostile_texts_are_refused_and_do_no_harm(self):
        driver = self.driver()
        self.says(driver, **{'hostile': 'ok refused', 'check export': 'ok active'})
        self.assertEqual(driver.end(), 0)
