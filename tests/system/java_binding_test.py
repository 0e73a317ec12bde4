#!/usr/bin/env python3
"""usage: java_binding_test.py BINARIES - the package of agent/client/java, built as a vendor builds it, against the real agent on a simulated TPM and against libholdfast-fake; and
docs/examples/java. Skipped (77) where a JDK, a compiler or pkg-config is not there; the package's own tests want Debian's junit4."""
import os, pathlib, shutil, subprocess, sys, unittest
from binding_scenarios import Scenarios, must
from client_library import Library
from metered_product import licensed_host
from stage import SOURCE, Stage, clock_at

BINARIES = pathlib.Path(sys.argv.pop(1)).resolve()
LIBRARY = Library(BINARIES)
PACKAGE = SOURCE / 'agent' / 'client' / 'java'
JUNIT = [pathlib.Path('/usr/share/java/junit4.jar'), pathlib.Path('/usr/share/java/hamcrest.jar')]

for program in ('javac', 'java', 'jar', 'cc', 'pkg-config', 'cmake'):
    if shutil.which(program) is None:
        print(f'skipped: there is no {program}')
        sys.exit(77)
if LIBRARY.sanitizers:
    print('skipped: Java is not built with the sanitizer that the library needs')
    sys.exit(77)


class Java:
    """A vendor's machine: the library below a prefix, the jar, and its native half upon the library and upon the fake."""

    def __init__(self, stage):
        self.dir = stage.path('java')
        self.dir.mkdir()
        lib = LIBRARY.installed(stage.path('prefix')).parent
        self.env = {'LD_LIBRARY_PATH': str(lib)}
        self.classes, self.headers = self.dir / 'classes', self.dir / 'headers'
        self.compile(self.classes, (PACKAGE / 'src/main/java').rglob('*.java'), '-h', self.headers)
        self.jar = self.dir / 'holdfast.jar'
        must('jar', 'cf', self.jar, '-C', self.classes, '.')
        pkg_config = {**os.environ, 'PKG_CONFIG_PATH': str(lib / 'pkgconfig')}
        self.real = self.native('real', must('pkg-config', '--cflags', '--libs', 'holdfast', env=pkg_config).split())
        self.fake = self.native('fake', [f'-I{lib.parent}/include', f'-L{lib}', '-lholdfast-fake'])

    def compile(self, to, sources, *options, classpath=()):
        path = ['-cp', os.pathsep.join(map(str, classpath))] if classpath else []
        must('javac', '--release', '11', '-encoding', 'UTF-8', '-Xlint:all', '-Xlint:-try', '-Werror', *options, *path, '-d', to, *sources)

    def native(self, name, flags):
        directory = self.dir / name
        directory.mkdir()
        jdk = pathlib.Path(shutil.which('javac')).resolve().parents[1] / 'include'
        must('cc', '-std=c11', '-O2', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-shared', '-fPIC', f'-I{self.headers}', f'-I{jdk}', f'-I{jdk}/linux',
             PACKAGE / 'src/main/native/holdfast_jni.c', '-o', directory / 'libholdfast_jni.so', *flags)
        return directory

    def argv(self, native, *classpath):
        # -Xcheck:jni has the VM look at each call of the native half.
        return ['java', '-Xcheck:jni', '-XX:TieredStopAtLevel=1', '-Xshare:auto', f'-Djava.library.path={native}', '-cp', os.pathsep.join(map(str, classpath))]


def setUpModule():
    global JAVA
    stage = Stage(BINARIES)
    unittest.addModuleCleanup(stage.close)
    JAVA = Java(stage)


class Binding(Scenarios, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = Stage(BINARIES)
        cls.addClassCleanup(cls.stage.close)
        cls.make_host()
        JAVA.compile(JAVA.dir / 'driver', [SOURCE / 'tests/system/java/Driver.java'], classpath=[JAVA.jar])
        cls.driver_prefix, cls.program, cls.driver_env = JAVA.argv(JAVA.real, JAVA.jar, JAVA.dir / 'driver'), 'Driver', JAVA.env


@unittest.skipUnless(all(jar.exists() for jar in JUNIT), 'needs junit4')
class Package(unittest.TestCase):
    def test_its_own_tests_pass_upon_the_fake_and_the_native_half_keeps_jnis_rules(self):
        tests = JAVA.dir / 'tests'
        JAVA.compile(tests, (PACKAGE / 'src/test/java').rglob('*.java'), classpath=[JAVA.jar, *JUNIT])
        decisions = JAVA.dir / 'decisions.json'
        decisions.write_text('{}')
        shown = must(*JAVA.argv(JAVA.fake, JAVA.jar, tests, *JUNIT), 'org.junit.runner.JUnitCore', 'io.holdfast.HoldfastTest',
                     env={**os.environ, **JAVA.env, 'HOLDFAST_FAKE': str(decisions)})
        self.assertRegex(shown, r'OK \(\d\d tests\)')
        self.assertNotIn('in native method', shown)  # how -Xcheck:jni begins


class Example(unittest.TestCase):
    """docs/examples/java as the years go by."""

    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.host = licensed_host(s, offline_window='0d')
        cls.classes = JAVA.dir / 'cad'
        JAVA.compile(cls.classes, [SOURCE / 'docs/examples/java/AcmeCad.java'], classpath=[JAVA.jar])
        shutil.copy(cls.host.vendor.roots, cls.classes)
        cls.drawing = s.path('plan.drawing')

    def cad(self, *arguments, stdin=b''):
        argv = [*JAVA.argv(JAVA.real, JAVA.jar, self.classes), 'AcmeCad', '--socket', self.host.socket, *arguments]
        return subprocess.run([*map(str, argv)], input=stdin, capture_output=True, timeout=120, env={**os.environ, **JAVA.env})

    def own_data_is_saved_and_got_back(self):
        octets = os.urandom(1000)
        self.assertEqual(self.cad('save', self.drawing, stdin=octets).returncode, 0)
        self.assertEqual(self.cad('show', self.drawing).stdout, octets)

    def says(self, done, code, out, err):
        self.assertEqual(done.returncode, code, done)
        self.assertIn(out, done.stdout.decode())
        self.assertIn(err, done.stderr.decode())

    def run_agent(self, days):
        self.host.start_agent(env=clock_at(f'+{days}d') if days else None)
        self.addCleanup(self.host.kill_agent)

    # In this order, because time does not go back for an agent: the names say it.
    def test_1_all_of_it_while_the_license_is_active(self):
        self.run_agent(0)
        self.own_data_is_saved_and_got_back()
        self.says(self.cad('render', self.drawing), 0, '3840 pixels, watermark: none', '')
        done = self.cad('export', self.drawing, self.stage.path('out'))
        self.says(done, 0, 'exported', '')
        self.assertEqual(done.stderr, b'')
        self.says(self.cad('status'), 0, 'active [active], edition professional', '')

    def test_2_all_of_it_and_a_warning_in_grace(self):
        self.run_agent(33)
        self.own_data_is_saved_and_got_back()
        self.says(self.cad('render', self.drawing), 0, '3840 pixels, watermark: none', 'license: grace; ')
        self.says(self.cad('export', self.drawing, self.stage.path('out')), 0, 'exported', 'license: grace; ')

    def test_3_the_fallback_edition_after_grace(self):
        self.run_agent(40)
        self.own_data_is_saved_and_got_back()
        self.says(self.cad('render', self.drawing), 0, '1280 pixels, watermark: Acme CAD Lite', 'license: fallback_edition; ')
        self.says(self.cad('export', self.drawing, self.stage.path('out3')), 3, '', "does not grant 'export' (feature_not_granted)")
        self.assertFalse(self.stage.path('out3').exists())

    def test_4_nothing_new_without_an_agent_and_ones_own_data_always(self):
        self.own_data_is_saved_and_got_back()
        self.says(self.cad('render', self.drawing), 3, '', '(agent_gone)')
        self.says(self.cad('export', self.drawing, self.stage.path('out4')), 3, '', '(agent_gone)')


if __name__ == '__main__':
    unittest.main(verbosity=2)
