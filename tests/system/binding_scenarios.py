"""What each language's binding is to do against the real agent on a simulated TPM. A driver in that language takes one command a line on standard input and answers with
one line: a result's name, then what belongs to it."""
import json, os, pathlib, re, signal, subprocess
from stage import FAKETIME, LIBFAKETIME, PRODUCT


def library(binaries, name='holdfast'):
    return pathlib.Path(binaries).resolve().parent / 'lib' / f'lib{name}.so'


def has_sanitizer(binaries):
    """A runtime that is not built with the same cannot load such a library."""
    shown = subprocess.run(['readelf', '-d', library(binaries)], capture_output=True, text=True).stdout
    return re.search(r'NEEDED.*\[lib[at]san', shown) is not None


def must(*argv, **kw):
    done = subprocess.run([*map(str, argv)], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600, **kw)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def installed(binaries, prefix):
    """The library as a vendor has it; the directory of its pkg-config file."""
    must('cmake', '--install', library(binaries).parent.parent, '--prefix', prefix, '--component', 'client')
    return next(prefix.rglob('holdfast.pc')).parent


def product(stage, keys=()):
    """The example's, whose demonstration counts pages, has content keys, and need not hear of its vendor."""
    terms = json.loads(PRODUCT.read_text())
    terms['plans']['demo']['limits']['pages'] = {'kind': 'meter', 'max': 100, 'period': 'never'}
    terms['plans']['demo']['keys'] = list(keys)
    terms['plans']['demo']['offline_window'] = '0d'
    path = stage.path('product.json')
    path.write_text(json.dumps(terms))
    return path


def later(days):
    """The environment of an agent for which so many days have passed."""
    return {'LD_PRELOAD': LIBFAKETIME, 'FAKETIME': f'+{days}d', **FAKETIME}


class Driver:
    def __init__(self, test, *options, roots=None):
        argv = [*test.driver_argv, 'acme-cad', roots or test.vendor.roots, test.host.socket, *options]
        self.process = subprocess.Popen([*map(str, argv)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **test.driver_env})
        test.stage.processes.append(self.process)
        for stream in (self.process.stdin, self.process.stdout):
            test.addCleanup(stream.close)
        self.opened = self.answer()

    def answer(self):
        return self.process.stdout.readline().rstrip('\n')

    def __call__(self, command):
        self.process.stdin.write(command + '\n')
        self.process.stdin.flush()
        return self.answer()

    def end(self):
        self.process.stdin.close()
        return self.process.wait(timeout=60)


class Scenarios:
    """For a TestCase whose class has `stage`, `driver_argv` and `driver_env`."""

    @classmethod
    def make_host(cls):
        s = cls.stage
        cls.vendor, tpm = s.vendor(), s.tpm()
        cls.vendor.trust(tpm)
        cls.vendor.add_product(terms=product(s, ['content']))
        cls.content_key = os.urandom(32)
        given = s.path('given')
        given.write_bytes(cls.content_key)
        given.chmod(0o600)
        done = cls.vendor.run('key', 'add', 'content', '--from-file', given, '--product', 'acme-cad')
        assert done.code == 0, done.text
        cls.host = s.host('host', tpm, cls.vendor)
        cls.sold = cls.vendor.sell()
        cls.host.activate(cls.sold)

    def setUp(self):
        self.host.start_agent()
        self.addCleanup(self.host.kill_agent)

    def says(self, driver, **answers):
        for command, answer in answers.items():
            self.assertEqual(driver(command), answer, command)

    def list_says(self, what):
        """The license's status at the vendor, and on the host by the list."""
        crl = self.stage.path('crl')
        crl.unlink(missing_ok=True)
        for done in (self.vendor.run('license', what, self.sold['license']), self.vendor.run('crl', '--license', self.sold['license'], '-o', crl),
                     self.host.run('install', crl)):
            self.assertEqual(done.code, 0, done.text)

    def test_checks_values_and_status(self):
        driver = Driver(self)
        self.assertEqual(driver.opened, 'ok opened')
        self.says(driver, **{'check export': 'ok active', 'check cloud-render': 'denied feature_not_granted', 'check no-such': 'denied unknown_feature',
                             'integer max-resolution 640': 'ok 3840', 'integer no-such 640': 'ok 640', 'integer watermark': 'wrong_type argument.type',
                             'text watermark': 'ok none', 'text no-such': 'ok otherwise', 'status': 'ok active active professional', 'trouble': 'ok none'})
        license = json.loads(driver('json').split(' ', 1)[1])
        self.assertEqual((license['product'], license['license']), ('acme-cad', self.sold['license']))
        self.assertEqual(driver.end(), 0)

    def test_seats_gauges_and_units(self):
        driver, other = Driver(self), Driver(self)
        self.says(driver, **{'acquire users 2': 'ok held', 'limit users': 'ok 2 2 2'})
        self.says(other, **{'acquire users': 'denied limit_reached', 'limit users': 'ok 2 2 0'})
        self.says(driver, **{'give': 'ok given'})
        self.says(other, **{'acquire users': 'ok held', 'set open-projects 5': 'ok active', 'set open-projects 6': 'denied limit_reached',
                            'limit open-projects': 'ok 5 5 5', 'consume pages 3': 'ok active', 'limit pages': 'ok 100 3 0',
                            'consume pages 98': 'denied limit_reached', 'consume users 1': 'invalid_argument limit.kind',
                            'acquire users 0': 'invalid_argument argument.amount'})

    def test_a_forgotten_seat_is_given_back(self):
        self.assertEqual(Driver(self)('forget users'), 'ok given')

    def test_a_content_key_is_handed_out(self):
        self.says(Driver(self), **{'key content': 'ok ' + self.content_key.hex(), 'key no-such': 'denied unknown_key'})

    def test_a_suspension_is_seen_and_its_end_too(self):
        driver = Driver(self)
        self.says(driver, **{'check export': 'ok active', 'await': 'ok waiting'})
        self.list_says('suspend')
        self.addCleanup(self.list_says, 'reactivate')
        self.assertEqual(driver.answer(), 'ok changed')
        self.says(driver, **{'check export': 'denied suspended', 'text watermark': 'ok otherwise', 'status': 'ok suspended suspended ', 'await': 'ok waiting'})
        self.list_says('reactivate')
        self.assertEqual(driver.answer(), 'ok changed')
        self.says(driver, **{'check export': 'ok active'})

    def test_what_was_granted_stands_while_the_agent_is_restarted(self):
        driver = Driver(self)
        self.says(driver, **{'acquire users 2': 'ok held'})
        self.host.stop_agent(signal.SIGKILL)
        self.says(driver, **{'check export': 'ok active', 'limit users': 'no_agent agent.absent', 'give': 'no_agent agent.absent'})
        self.host.start_agent()
        self.says(driver, **{'limit users': 'ok 2 2 2', 'check export': 'ok active'})

    def test_without_an_agent_everything_is_denied_until_it_is_there(self):
        self.host.kill_agent()
        self.assertEqual(Driver(self).opened, 'no_agent agent.absent')
        driver = Driver(self, 'anyway')
        self.says(driver, **{'check export': 'denied agent_gone', 'integer max-resolution 640': 'ok 640', 'trouble': 'no_agent agent.absent', 'await': 'ok waiting'})
        self.host.start_agent()
        self.assertEqual(driver.answer(), 'ok changed')
        self.assertEqual(driver('check export'), 'ok active')

    def test_another_vendors_application_does_not_believe_this_agent(self):
        self.assertEqual(Driver(self, roots=self.stage.vendor('other').roots).opened, 'other_vendor path.anchor')

    def test_a_close_beside_calls_of_other_threads_is_safe(self):
        driver = Driver(self)
        for _ in range(5):
            self.assertEqual(driver('close-beside-calls'), 'ok closed')
        self.assertEqual(driver.end(), 0)

    def test_hostile_texts_are_refused_and_do_no_harm(self):
        driver = Driver(self)
        self.says(driver, **{'hostile': 'ok refused', 'check export': 'ok active'})
        self.assertEqual(driver.end(), 0)
