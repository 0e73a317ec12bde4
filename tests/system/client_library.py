"""libholdfast as it was built and as it is installed, C programs that are compiled with it, and drivers: programs that ask it for a test."""
import json, os, pathlib, re, subprocess
from stage import SOURCE


def must(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def text_of_roots(vendor):
    return json.dumps(vendor.roots.read_text())  # which C reads as the same text


class Library:
    def __init__(self, binaries):
        self.dir = pathlib.Path(binaries).resolve().parent / 'lib'
        self.path = self.dir / 'libholdfast.so'
        self.dynamic = subprocess.run(['readelf', '-d', self.path], capture_output=True, text=True).stdout
        self.needed = re.findall(r'NEEDED.*\[(.*)\]', self.dynamic)
        # A library with a sanitizer wants a program with the same, and cannot be loaded by an interpreter or a virtual machine that has none.
        self.sanitizers = (['-fsanitize=address,undefined'] if any('asan' in n for n in self.needed) else []) + \
            (['-fsanitize=thread'] if any('tsan' in n for n in self.needed) else [])

    def installed(self, prefix):
        """As a vendor has it: the directory of its pkg-config file."""
        must(subprocess.run(['cmake', '--install', self.dir.parent, '--prefix', prefix, '--component', 'client'], capture_output=True, text=True))
        return next(prefix.rglob('holdfast.pc')).parent

    def compiled(self, source, program, *flags):
        must(subprocess.run(['cc', '-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', *self.sanitizers, source, '-o', program, *flags],
                            capture_output=True, text=True))
        return program

    def in_tree(self, library='holdfast', runs_from=None):
        return ['-I', SOURCE / 'agent' / 'client', '-L', self.dir, f'-l{library}', f'-Wl,-rpath,{runs_from or self.dir}']

    def driver(self, program, *flags):
        return self.compiled(SOURCE / 'tests' / 'system' / 'client_driver.c', program, *(flags or self.in_tree()))


class Driver:
    """`program`, such as client_driver.c, as a process of a test that has `stage`, `vendor` and `host`: it takes one command a line and answers with one line."""

    def __init__(self, test, *options, prefix=(), roots=None, env=None):
        argv = [*map(str, prefix), test.program, 'acme-cad', roots or test.vendor.roots, test.host.socket, *options]
        self.process = subprocess.Popen(list(map(str, argv)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})
        test.stage.processes.append(self.process)
        for stream in (self.process.stdin, self.process.stdout):
            test.addCleanup(stream.close)
        self.opened = self.answer()

    def send(self, command):
        self.process.stdin.write(command + '\n')
        self.process.stdin.flush()

    def answer(self):
        return self.process.stdout.readline().rstrip('\n')

    def __call__(self, command):
        self.send(command)
        return self.answer()

    def end(self):
        self.process.stdin.close()
        return self.process.wait(timeout=60)
