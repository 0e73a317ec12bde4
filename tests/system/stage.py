"""A stage for system tests: one directory with a vendor, TPMs, hosts and agents, all real programs and processes.
Everything that is started is stopped by close(); nothing outside the directory is touched."""
import contextlib, glob, json, os, pathlib, shutil, signal, socket, subprocess, tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
LAB = SOURCE / 'tools' / 'lab'
PRODUCT = SOURCE / 'docs' / 'examples' / 'product.json'


# A faked clock: the one that counts from the machine's start stays true; an address sanitizer's runtime bears that something comes before it; and nothing
# is shared between processes, which the wrapper `faketime` does by the number of its process: what it leaves when it is killed stops a later one.
FAKETIME = {'FAKETIME_DONT_FAKE_MONOTONIC': '1', 'FAKETIME_DISABLE_SHM': '1',
            'ASAN_OPTIONS': ':'.join(filter(None, [os.environ.get('ASAN_OPTIONS'), 'verify_asan_link_order=0']))}
LIBFAKETIME = next(iter(glob.glob('/usr/lib/*/faketime/libfaketime.so.1')), 'libfaketime.so.1')


def at(when):
    """How to run a program at another time: "+20d", or "@1970-01-02 00:00:00"."""
    return dict(prefix=['env', f'LD_PRELOAD={LIBFAKETIME}', f'FAKETIME={when}'], env=FAKETIME)


def clock_at(when):
    """The environment of an agent for which it is another time."""
    return {'LD_PRELOAD': LIBFAKETIME, 'FAKETIME': when, **FAKETIME}


class Ran:
    """What came of a command."""

    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def text(self):
        return self.out + self.err

    def json(self):
        return json.loads(self.out)


class Outcomes:
    """For test cases: what is to come of a command with --json."""

    def must(self, done):
        self.assertEqual(done.code, 0, done.text)
        return done

    def refused(self, done, check, code=1):
        self.assertEqual(done.code, code, done.text)
        self.assertEqual(done.json()['error']['check'], check, done.text)
        return done


class Stage:
    def __init__(self, binaries):
        self.bin = pathlib.Path(binaries)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='hf'))
        self.tpms, self.processes = [], []

    def close(self):
        for p in self.processes:
            if p.poll() is None:
                p.kill()
            p.wait()
        for t in self.tpms:
            t.down()
        shutil.rmtree(self.dir, ignore_errors=True)

    def run(self, program, *args, stdin=None, prefix=(), env=None, timeout=120):
        argv = [*map(str, prefix), str(self.bin / program), *map(str, args)]
        return Ran(subprocess.run(argv, capture_output=True, text=True, input=stdin, cwd=self.dir, timeout=timeout,
                                  env={**os.environ, **(env or {})}))

    def path(self, name):
        return self.dir / name

    def tpm(self, name='tpm'):
        t = Tpm(self, name)
        self.tpms.append(t)
        return t

    def vendor(self, name='vendor', *options):
        return Vendor(self, name, options)

    def host(self, name, tpm, vendor):
        return Host(self, name, tpm, vendor)

    def licensed_host(self, vendor, plan='demo', product='acme-cad'):
        """A host with a TPM of its own, which the vendor trusts, and an active license: `host.sold`."""
        number = len(self.tpms)
        tpm = self.tpm(f'tpm{number}')
        vendor.trust(tpm)
        host = self.host(f'host{number}', tpm, vendor)
        host.sold = vendor.sell(plan, product)
        host.activate(host.sold)
        return host

    def trade(self):
        """A vendor with a product to sell, who trusts the TPM of the host that is there to buy it."""
        vendor, tpm = self.vendor(), self.tpm()
        vendor.trust(tpm)
        vendor.add_product()
        return vendor, tpm, self.host('host', tpm, vendor)


class Tpm:
    def __init__(self, stage, name):
        self.dir = stage.path(name)
        self.up()

    def up(self, port=None):
        env = {**os.environ, 'TSS2_LOG': 'all+none'}
        subprocess.run([LAB / 'swtpm-up.sh', self.dir, *([str(port)] if port else [])], check=True, capture_output=True, env=env)
        self.tcti = (self.dir / 'tcti').read_text().strip()

    def signal(self, number):
        """SIGSTOP: the kernel still accepts connections and takes commands, and nobody answers. SIGCONT: it comes back."""
        os.kill(int((self.dir / 'swtpm.pid').read_text()), number)

    def down(self, how='kill'):
        subprocess.run([LAB / 'swtpm-down.sh', self.dir, how], capture_output=True)

    def set_back(self, copy):
        """The state that was copied from `dir`, as a restored snapshot has it, at the port that it has now."""
        port = self.tcti.rsplit('=', 1)[1]
        self.down()
        shutil.copy(pathlib.Path(copy) / 'tpm2-00.permall', self.dir / 'tpm2-00.permall')
        (self.dir / 'tpm2-00.volatilestate').unlink(missing_ok=True)
        self.up(port)

    def free_slots(self):
        """What the kernel's resource manager does for a process that is gone."""
        for what in ('-t', '-l'):
            self.tool('tpm2_flushcontext', what)

    def tool(self, *argv):
        return subprocess.run([str(a) for a in argv], capture_output=True, text=True,
                              env={**os.environ, 'TPM2TOOLS_TCTI': self.tcti, 'TSS2_LOG': 'all+none'})


class Vendor:
    def __init__(self, stage, name, options):
        self.stage, self.dir = stage, stage.path(name)
        done = self.run('init', '--vendor', name, *options)
        assert done.code == 0, done.text

    def run(self, *args, **kw):
        return self.stage.run('holdfast-vendor', *args, '--dir', self.dir, **kw)

    @property
    def roots(self):
        return self.dir / 'roots.pem'

    def trust(self, tpm):
        done = self.run('ek-roots', 'add', tpm.dir / 'ca-chain.pem', '--class', 'simulator')
        assert done.code == 0, done.text

    def add_product(self, id='acme-cad', terms=PRODUCT):
        done = self.run('product', 'add', '--id', id, '--terms', terms)
        assert done.code == 0, done.text

    def sell(self, plan='demo', product='acme-cad', activations=1, customer='Rheinwerk GmbH'):
        done = self.run('license', 'new', '--product', product, '--plan', plan, '--customer', customer, '--activations',
                        activations, '--json')
        assert done.code == 0, done.text
        return done.json()

    def add_key(self, name, octets, product='acme-cad'):
        given = self.stage.path(f'{name}.key')
        given.write_bytes(octets)
        given.chmod(0o600)
        done = self.run('key', 'add', name, '--from-file', given, '--product', product)
        assert done.code == 0, done.text

    def answer(self, request, answer, **kw):
        return self.run('answer', request, '-o', answer, **kw)


class Host:
    """A customer's host: a TPM, a state directory, perhaps a running agent."""

    def __init__(self, stage, name, tpm, vendor):
        self.stage, self.tpm, self.vendor = stage, tpm, vendor
        self.dir = stage.path(name)
        self.dir.mkdir()
        self.state, self.socket = self.dir / 'state', self.dir / 'agent.sock'
        self.agent = None

    def options(self):
        return ['--tcti', self.tpm.tcti, '--state', self.state, '--socket', self.socket, '--roots', self.vendor.roots]

    def run(self, *args, **kw):
        """`holdfast`; where a '--' separates a command, the options go before it."""
        args = list(args)
        cut = args.index('--') if '--' in args else len(args)
        return self.stage.run('holdfast', *args[:cut], *self.options(), *args[cut:], **kw)

    def request(self, product_key, out, *more):
        key = self.dir / 'product-key'
        key.write_text(product_key)
        key.chmod(0o600)
        return self.run('request', '--key-file', key, '-o', out, *more)

    def activate(self, sold):
        """The license that was sold, requested, answered and installed."""
        request, answer = self.dir / 'h.request', self.dir / 'h.answer'
        for done in (self.request(sold['product_key'], request), self.vendor.answer(request, answer), self.run('install', answer)):
            assert done.code == 0, done.text
        return request, answer

    def list_says(self, what):
        """The status of the license, `sold`, at the vendor, and here by his list."""
        crl, license = self.dir / 'crl', self.sold['license']
        crl.unlink(missing_ok=True)
        for done in (self.vendor.run('license', what, license), self.vendor.run('crl', '--license', license, '-o', crl), self.run('install', crl)):
            assert done.code == 0, done.text

    def launch_agent(self, *more, env=None):
        with open(self.dir / 'agent.log', 'w') as log:
            self.agent = subprocess.Popen([str(self.stage.bin / 'holdfast-agent'), *map(str, [*self.options(), *more])],
                                          stdout=log, stderr=log, env={**os.environ, **(env or {})})
        self.stage.processes.append(self.agent)

    def start_agent(self, *more, env=None):
        # The agent says READY=1 on a datagram socket, as to systemd: waiting needs no sleep.
        path = str(self.dir / 'notify')
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ready.bind(path)
        ready.settimeout(60)
        self.launch_agent(*more, env={**(env or {}), 'NOTIFY_SOCKET': path})
        try:
            while b'READY=1' not in ready.recv(4096):
                pass
        except socket.timeout:
            with open(self.dir / 'agent.log') as log:
                raise AssertionError('the agent is not ready: ' + log.read(65536))  # it may be a device without end
        finally:
            ready.close()

    def kill_agent(self):
        if self.agent.poll() is None:
            self.stop_agent(signal.SIGKILL)

    def stop_agent(self, how=signal.SIGTERM):
        self.agent.send_signal(how)
        return self.agent.wait(timeout=30)


def snapshot(directory):
    """Every file below a directory with its content, to see that nothing changed."""
    root = pathlib.Path(directory)
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob('*')) if p.is_file()}
