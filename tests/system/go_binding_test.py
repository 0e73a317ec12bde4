#!/usr/bin/env python3
"""usage: go_binding_test.py BINARIES - the module of agent/client/go, built as a vendor builds it, against the real agent on a simulated TPM and against libholdfast-fake; and
docs/examples/go over HTTP. Skipped (77) where Go, a compiler or pkg-config is not there. No module is fetched."""
import http.client, json, os, pathlib, shutil, subprocess, sys, unittest
import web_answers
from binding_scenarios import Scenarios, must
from client_library import Library
from metered_product import licensed_host
from stage import SOURCE, Stage, clock_at

BINARIES = pathlib.Path(sys.argv.pop(1)).resolve()
LIBRARY = Library(BINARIES)
MODULE = SOURCE / 'agent' / 'client' / 'go'

for program in ('go', 'cc', 'pkg-config', 'cmake'):
    if shutil.which(program) is None:
        print(f'skipped: there is no {program}')
        sys.exit(77)
if LIBRARY.sanitizers:
    print('skipped: Go is not built with the sanitizer that the library needs')
    sys.exit(77)


class Go:
    """A vendor's machine: the library below a prefix, and a module of his with the binding in place of what its path would fetch."""

    def __init__(self, stage):
        self.stage = stage
        self.pkg_config = LIBRARY.installed(stage.path('prefix'))
        self.lib = self.pkg_config.parent
        # Go's cache knows a package by its place and not by what pkg-config said: of the same place it would link with the library of an earlier run.
        self.module = shutil.copytree(MODULE, stage.path('third_party') / 'holdfast')
        self.env = {**os.environ, 'PKG_CONFIG_PATH': str(self.pkg_config), 'GOFLAGS': '-mod=mod', 'GOPROXY': 'off', 'GOTOOLCHAIN': 'local', 'CGO_ENABLED': '1',
                    'LD_LIBRARY_PATH': str(self.lib)}
        # The usual cache, which spares the standard library's build; without a home a directory of the test's.
        if subprocess.run(['go', 'env', 'GOCACHE'], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout.strip() in ('', 'off'):
            self.env['GOCACHE'] = str(stage.path('gocache'))

    def __call__(self, *argv, cwd=None, **env):
        return must('go', *argv, cwd=cwd or self.module, env={**self.env, **env})

    def program(self, name, source, *more):
        """Built of a main.go and files beside it."""
        directory = self.stage.path(name)
        directory.mkdir()
        shutil.copy(source, directory / 'main.go')
        for file in more:
            shutil.copy(file, directory)
        (directory / 'go.mod').write_text(f'module {name}.example/program\n\ngo 1.19\n\nrequire holdfast.example/holdfast v0.0.0\n\n'
                                          f'replace holdfast.example/holdfast => {self.module}\n')
        self('build', '-o', directory / name, '.', cwd=directory)
        return directory / name


def setUpModule():
    global GO
    stage = Stage(BINARIES)
    unittest.addModuleCleanup(stage.close)
    GO = Go(stage)


class Binding(Scenarios, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(BINARIES)
        cls.addClassCleanup(cls.stage.close)
        cls.make_host()
        cls.program, cls.driver_env = GO.program('driver', SOURCE / 'tests' / 'system' / 'go' / 'driver.go'), {'LD_LIBRARY_PATH': str(GO.lib)}


class Module(unittest.TestCase):
    def test_its_own_tests_pass_upon_the_fake(self):
        shown = GO('test', '-tags', 'holdfast_fake', './...', CGO_CFLAGS=f'-I{GO.lib.parent}/include', CGO_LDFLAGS=f'-L{GO.lib}',
                   HOLDFAST_TEST_ANSWERS=web_answers.as_json())
        self.assertEqual(shown.count('ok  \t'), 2, shown)

    def test_it_is_as_gofmt_has_it(self):
        self.assertEqual(must('gofmt', '-l', MODULE, SOURCE / 'docs' / 'examples' / 'go', SOURCE / 'tests' / 'system' / 'go'), '')

    def test_vet_has_nothing_to_say(self):
        GO('vet', '.', './holdfasthttp')


class Example(unittest.TestCase):
    """docs/examples/go as the years go by."""

    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.host = licensed_host(s, offline_window='0d')
        cls.program = GO.program('cad', SOURCE / 'docs' / 'examples' / 'go' / 'main.go', cls.host.vendor.roots)
        cls.data = s.path('drawings')
        cls.data.mkdir()

    def serve(self):
        server = subprocess.Popen([self.program, '-listen', '127.0.0.1:0', '-data', self.data, '-socket', self.host.socket], stdout=subprocess.PIPE, text=True,
                                  env=GO.env)
        self.stage.processes.append(server)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        line = server.stdout.readline()
        self.assertTrue(line.startswith('listening on '), line)
        self.address = line.split()[-1]

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.address, timeout=60)
        self.addCleanup(connection.close)
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers.get('License-Warning', '').split(';')[0]

    def own_data_is_saved_and_got_back(self):
        drawing = os.urandom(1000)
        self.assertEqual(self.ask('PUT', '/drawings/plan-1', drawing)[0], 200)
        self.assertEqual(self.ask('GET', '/drawings/plan-1')[:2], (200, drawing))
        self.assertEqual(self.ask('PUT', '/drawings/Not_A_Name', drawing)[0], 404)

    def renders(self, pixels, watermark, warning):
        code, body, warned = self.ask('POST', '/render')
        self.assertEqual((code, json.loads(body), warned), (200, {'pixels': pixels, 'watermark': watermark}, warning))

    def denies(self, path, status, reason):
        code, body, _ = self.ask('POST', path)
        self.assertEqual((code, json.loads(body)['reason']), (status, reason))

    def run_agent(self, days):
        self.host.start_agent(env=clock_at(f'+{days}d') if days else None)
        self.addCleanup(self.host.kill_agent)

    # In this order, because time does not go back for an agent: the names say it.
    def test_1_all_of_it_while_the_license_is_active(self):
        self.run_agent(0)
        self.serve()
        self.renders(3840, 'none', '')
        self.assertEqual(self.ask('POST', '/export')[0], 200)
        self.assertEqual(json.loads(self.ask('GET', '/status')[1])['edition'], 'professional')
        self.own_data_is_saved_and_got_back()

    def test_2_all_of_it_and_a_warning_in_grace(self):
        self.run_agent(33)
        self.serve()
        self.renders(3840, 'none', 'grace')
        self.assertEqual(self.ask('POST', '/export')[0::2], (200, 'grace'))
        self.own_data_is_saved_and_got_back()

    def test_3_the_fallback_edition_after_grace(self):
        self.run_agent(40)
        self.serve()
        self.renders(1280, 'Acme CAD Lite', 'fallback_edition')
        self.denies('/export', 402, 'feature_not_granted')
        self.own_data_is_saved_and_got_back()

    def test_4_nothing_new_without_an_agent_and_ones_own_data_always(self):
        self.serve()
        self.denies('/render', 503, 'agent_gone')
        self.denies('/export', 503, 'agent_gone')
        self.own_data_is_saved_and_got_back()


if __name__ == '__main__':
    unittest.main(verbosity=2)
