#!/usr/bin/env python3
"""usage: bad_input_test.py BINARIES - every file that the programs take, truncated, oversized, flipped, of another kind, from another
vendor, replayed: one sentence that names the file and the check, the right exit code, and nothing changed."""
import base64, contextlib, json, os, re, shutil, signal, socket, sys, threading, unittest
from stage import Stage, snapshot, PRODUCT

BINARIES = sys.argv.pop(1)
TEN_MB = 10 * 1024 * 1024


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def body_middle(pem):
    """An index inside the base64 of the (first) PEM block."""
    start = pem.index(b'\n', pem.index(b'-----BEGIN')) + 1
    return (start + pem.index(b'-----END')) // 2


def blocks(text):
    return re.findall(r'-----BEGIN .*?-----END [A-Z0-9 ]+-----\n', text, re.S)


def edited(text, edit):
    """A PEM block with its octets edited."""
    head, *lines, foot = text.strip().split('\n')
    body = base64.b64encode(edit(base64.b64decode(''.join(lines)))).decode()
    return '\n'.join([head, *(body[i:i + 64] for i in range(0, len(body), 64)), foot, ''])


def with_header(jws, **members):
    """A compact JWS whose header says something else; what says that nothing signs it is not signed."""
    header, payload, signature = jws.split(b'.')
    said = json.loads(base64.urlsafe_b64decode(header + b'=' * (-len(header) % 4))) | members
    header = base64.urlsafe_b64encode(json.dumps(said, separators=(',', ':')).encode()).rstrip(b'=')
    return b'.'.join((header, payload, b'' if said['alg'] == 'none' else signature))


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.tpm = s.tpm('a')
        cls.vendor, cls.foreign = s.vendor('vendor'), s.vendor('foreign')
        for v in (cls.vendor, cls.foreign):
            v.trust(cls.tpm)
            v.add_product()
        cls.host = s.host('host', cls.tpm, cls.vendor)
        cls.sold = cls.vendor.sell(activations=5)
        foreign_host = s.host('foreign-host', cls.tpm, cls.foreign)
        cls.files = {k: s.path('good.' + k) for k in ('request', 'answer', 'crl', 'license')}
        cls.foreign_files = {k: s.path('foreign.' + k) for k in ('request', 'answer', 'crl')}
        sold = cls.foreign.sell()
        for v, h, key, f in ((cls.vendor, cls.host, cls.sold, cls.files), (cls.foreign, foreign_host, sold, cls.foreign_files)):
            for done in (h.request(key['product_key'], f['request']), v.answer(f['request'], f['answer']), v.run('crl', '-o', f['crl'])):
                assert done.code == 0, done.text
        cls.files['product'] = PRODUCT

    # -- helpers

    def refused(self, done, name, codes=(1,)):
        self.assertIn(done.code, codes, f'{name}: {done.code} {done.text}')
        message = done.err.strip()
        self.assertTrue(message, f'{name}: says nothing')
        self.assertLessEqual(len(message.splitlines()), 3, f'{name}: {message}')
        self.assertNotIn('terminate called', message)
        self.assertRegex(message, r'\([a-z0-9_]+(\.[a-z0-9_<>-]+)*\)(\. [A-Z]|; [a-z]).+', f'{name}: names no check or says not what to do: {message}')
        return message

    def bad(self, content, suffix='bad'):
        path = self.stage.path('x.' + suffix)
        path.write_bytes(content)
        return path

    def mutants(self, good):
        data = good.read_bytes()
        yield 'empty', b''
        yield 'truncated', data[:len(data) // 2]
        yield 'cut by one line', data.rstrip().rsplit(b'\n', 1)[0]
        yield 'oversized', data + b'#' * TEN_MB
        yield 'ten megabytes of something', b'\x00' * TEN_MB
        if b'-----BEGIN' in data:
            yield 'flipped', flip(data, body_middle(data))
            yield 'relabelled', re.sub(rb'(BEGIN|END) [A-Z0-9 ]+-----', rb'\1 SOMETHING ELSE-----', data)
        yield 'not text', bytes(range(256)) * 16

    def each(self, good, use, unchanged, others=()):
        for name, content in [*self.mutants(good), *((f'a {o.suffix[1:]} instead', o.read_bytes()) for o in others)]:
            with self.subTest(name):
                path = self.bad(content)
                before = [snapshot(d) for d in unchanged]
                message = self.refused(use(path), name)
                self.assertIn(path.name, message, f'{name}: does not name the file: {message}')
                self.assertEqual([snapshot(d) for d in unchanged], before, f'{name}: something changed')

    # -- the vendor's side

    def store(self):
        """What the store says, as the vendor sees it (its file may be checkpointed)."""
        return self.vendor.run('export').out

    def test_request(self):
        f, out = self.files, self.stage.path('out.answer')
        before = self.store()
        self.each(f['request'], lambda p: self.vendor.answer(p, out), [], others=[f['answer'], f['crl'], f['product']])
        self.refused(self.vendor.answer(self.foreign_files['request'], out), 'of another vendor')
        self.refused(self.vendor.answer(self.stage.path('missing'), out), 'missing')
        self.assertFalse(out.exists())
        self.assertEqual(self.store(), before)

    def test_request_signed_with_another_algorithm(self):
        def with_header(alg):
            text = self.files['request'].read_text()
            body = re.search(r'REQUEST-----\n(.*?)\n-----END', text, re.S)[1]
            header, payload, signature = base64.b64decode(body).decode().split('.')
            header = base64.urlsafe_b64encode(('{"alg":"%s","typ":"holdfast-request"}' % alg).encode()).rstrip(b'=').decode()
            jws = base64.b64encode('.'.join((header, payload, '' if alg == 'none' else signature)).encode()).decode()
            return text.replace(body, '\n'.join(jws[i:i + 64] for i in range(0, len(jws), 64)))
        for alg in ('none', 'HS256', 'ES384', 'RS256'):
            with self.subTest(alg):
                message = self.refused(self.vendor.answer(self.bad(with_header(alg).encode()), self.stage.path('out.answer')), alg)
                self.assertRegex(message, r'jws\.|request\.')

    def test_product_file(self):
        before = self.store()
        self.each(self.files['product'], lambda p: self.vendor.run('product', 'add', '--id', 'other', '--terms', p), [],
                  others=[self.files['request'], self.files['crl']])
        self.assertEqual(self.store(), before)

    def returned(self, name):
        """A host of its own whose license was returned, its proof, and a nonce for it that is not used."""
        tpm = self.stage.tpm(name + '-tpm')
        self.vendor.trust(tpm)
        host, sold = self.stage.host(name, tpm, self.vendor), self.vendor.sell()
        host.activate(sold)
        proof, nonce = host.dir / 'good.proof', host.dir / 'good.nonce'
        done = host.run('return', '-o', proof)
        self.assertEqual(done.code, 0, done.text)
        shown = self.vendor.run('license', 'show', sold['license'], '--json').json()
        return host, sold, proof, nonce, shown['activations'][0]['activation']

    def test_return_proof(self):
        _, sold, proof, _, _ = self.returned('returned')
        f, before = self.files, self.store()
        self.each(proof, lambda p: self.vendor.run('accept', p, '--unproven'), [], others=[f['request'], f['answer'], f['crl'], f['product']])
        self.refused(self.foreign.run('accept', proof), 'of another vendor')
        self.refused(self.vendor.run('accept', self.stage.path('missing')), 'missing')
        self.assertEqual(self.store(), before)
        self.assertEqual(self.vendor.run('accept', proof).code, 0, 'control: the proof is good')
        self.assertEqual(self.vendor.run('license', 'show', sold['license'], '--json').json()['activations_used'], 0)

    def test_return_nonce(self):
        host, sold, proof, nonce, activation = self.returned('asked')
        done = self.vendor.run('return-nonce', sold['license'], activation, '-o', nonce)
        self.assertEqual(done.code, 0, done.text)
        f, out = self.files, self.stage.path('out.proof')
        self.each(nonce, lambda p: host.run('return', '--nonce', p, '-o', out), [host.state],
                  others=[f['request'], f['answer'], f['crl'], proof])
        self.assertFalse(out.exists())
        self.assertEqual(host.run('return', '--nonce', nonce, '-o', out).code, 0, 'control: the nonce is good')

    def test_time_request_and_answer(self):
        tpm = self.stage.tpm('late-tpm')
        self.vendor.trust(tpm)
        host = self.stage.host('late', tpm, self.vendor)
        host.activate(self.vendor.sell())
        request, answer, out = host.dir / 'good.ask', host.dir / 'good.told', self.stage.path('out.told')
        self.assertEqual((done := host.run('time', 'request', '-o', request)).code, 0, done.text)
        self.assertEqual((done := self.vendor.run('time', 'answer', request, '-o', answer)).code, 0, done.text)
        before = self.store()
        for name, content in self.mutants(request):
            if name != 'flipped':  # it is not signed, and may then ask for an answer that no host waits for
                self.refused(self.vendor.run('time', 'answer', self.bad(content), '-o', out), name)
        self.assertFalse(out.exists())
        self.assertEqual(self.store(), before)
        self.each(answer, lambda p: host.run('install', p), [host.state], others=[request])
        self.assertEqual((done := host.run('install', answer)).code, 0, f'control: the answer is good: {done.text}')
        self.refused(host.run('install', answer), 'replayed')

    def reporting(self, name, vendor):
        """A host of its own that reports, with its report and the answer to it."""
        tpm = self.stage.tpm(name + '-tpm')
        vendor.trust(tpm)
        host = self.stage.host(name, tpm, vendor)
        host.activate(vendor.sell())
        report, answer = host.dir / 'good.report', host.dir / 'good.told'
        self.assertEqual((done := host.run('heartbeat', '-o', report)).code, 0, done.text)
        return host, report, answer

    def test_heartbeat_report(self):
        f, out = self.files, self.stage.path('out.update')
        host, report, answer = self.reporting('reports', self.vendor)
        _, foreign, _ = self.reporting('reports-elsewhere', self.foreign)
        before = self.store()
        self.each(report, lambda p: self.vendor.run('heartbeat', p, '-o', out), [], others=[f['request'], f['answer'], f['crl'], f['product']])
        for name, path in (('of another vendor', foreign), ('missing', self.stage.path('missing')), ('a directory', self.stage.dir)):
            self.refused(self.vendor.run('heartbeat', path, '-o', out), name)

        def changed(octets, **members):
            said = json.loads(octets)
            said['report'] = with_header(said['report'].encode(), **members).decode()
            return json.dumps(said).encode()
        for members in [dict(alg=alg) for alg in ('none', 'HS256', 'ES384', 'RS256', 'EdDSA')] + [dict(typ='holdfast-return')]:
            with self.subTest(**members):
                path = self.bad(edited(blocks(report.read_text())[0], lambda octets: changed(octets, **members)).encode())
                self.refused(self.vendor.run('heartbeat', path, '-o', out), str(members))
        self.assertFalse(out.exists())
        self.assertEqual(self.store(), before)
        self.assertEqual((done := self.vendor.run('heartbeat', report, '-o', answer)).code, 0, f'control: the report is good: {done.text}')
        before = self.store()
        self.assertEqual(self.vendor.run('heartbeat', report, '-o', out).code, 0)
        self.assertEqual((out.read_bytes(), self.store()), (answer.read_bytes(), before), 'replayed: the same answer, and nothing changes')

    def test_heartbeat_answer(self):
        f = self.files
        host, report, answer = self.reporting('told', self.vendor)
        _, foreign_report, foreign = self.reporting('told-elsewhere', self.foreign)
        for vendor, asked, told in ((self.vendor, report, answer), (self.foreign, foreign_report, foreign)):
            self.assertEqual((done := vendor.run('heartbeat', asked, '-o', told)).code, 0, done.text)
        self.each(answer, lambda p: host.run('apply', p), [host.state], others=[f['request'], f['answer'], f['crl'], report, foreign])
        parts, others = blocks(answer.read_text()), blocks(foreign.read_text())
        self.assertEqual(len(parts), len(others))
        wrong = {'reversed': parts[::-1]}
        for i, part in enumerate(parts):
            wrong |= {f'without block {i}': parts[:i] + parts[i + 1:], f'block {i} twice': parts[:i + 1] + parts[i:],
                      f'block {i} of another vendor': parts[:i] + [others[i]] + parts[i + 1:]}
            size = len(base64.b64decode(''.join(part.strip().split('\n')[1:-1])))
            for at in range(3, size, size // 2):
                wrong[f'block {i} flipped at {at}'] = parts[:i] + [edited(part, lambda octets, at=at: flip(octets, at))] + parts[i + 1:]
        for members in [dict(alg=alg) for alg in ('none', 'HS256', 'ES384', 'RS256', 'EdDSA')] + [dict(typ='holdfast-time'), dict(typ='holdfast-return-nonce')]:
            wrong[str(members)] = [edited(parts[0], lambda octets, members=members: with_header(octets, **members)), *parts[1:]]
        # In the certificates beside it, which whoever sends the file may edit: the type of the key, a point that is on no curve, and the name of the issuer.
        for name, at in (('type', lambda der: der.index(b'\x06\x07*\x86H\xce=\x02\x01') + 8), ('point', lambda der: der.index(b'\x03B\x00\x04') + 30),
                         ('issuer', lambda der: der.index(b'vendor') + 1)):
            for i in (1, 2):
                wrong[f'{name} in block {i}'] = parts[:i] + [edited(parts[i], lambda octets, at=at: flip(octets, at(octets)))] + parts[i + 1:]
        before = snapshot(host.state)
        for name, content in wrong.items():
            with self.subTest(name):
                path = self.bad(''.join(content).encode())
                self.assertIn(path.name, self.refused(host.run('apply', path), name))
                self.assertEqual(snapshot(host.state), before, f'{name}: something changed')
        for name, path in (('missing', self.stage.path('missing')), ('a directory', self.stage.dir)):
            self.refused(host.run('apply', path), name)
        newer, told = host.dir / 'newer.report', host.dir / 'newer.told'
        self.assertEqual((done := host.run('heartbeat', '-o', newer)).code, 0, done.text)
        self.assertEqual((done := self.vendor.run('heartbeat', newer, '-o', told)).code, 0, done.text)
        self.assertEqual((done := host.run('apply', told)).code, 0, f'control: the answer is good: {done.text}')
        before = snapshot(host.state)
        self.assertIn('heartbeat_answer.report', self.refused(host.run('apply', answer), 'older than the one that was applied'))
        self.assertFalse(host.run('apply', told, '--json').json()['changed'], 'replayed')
        self.assertEqual(snapshot(host.state), before)

    def test_wrong_pin_and_bad_uri(self):
        pin = self.stage.path('pin')
        pin.write_text('0000')
        pin.chmod(0o600)
        module = '/usr/lib/softhsm/libsofthsm2.so'
        for name, options in (('no such token', ['--module', module, '--token', 'pkcs11:token=none', '--pin-file', pin]),
                              ('broken URI', ['--module', module, '--token', 'pkcs11:token=%zz', '--pin-file', pin]),
                              ('no such module', ['--module', '/nonexistent.so', '--token', 'pkcs11:token=none', '--pin-file', pin]),
                              ('a PIN in the URI', ['--module', module, '--token', 'pkcs11:token=none?pin-value=1234', '--pin-file', pin])):
            with self.subTest(name):
                done = self.stage.run('holdfast-vendor', 'init', '--dir', self.stage.path('new'), *options)
                message = self.refused(done, name, codes=(1, 2))
                self.assertNotIn('1234', message)
                self.assertFalse(self.stage.path('new/roots.pem').exists())

    def test_wrong_pin_of_the_embedded_token(self):
        pin = self.foreign.dir / 'pin'
        good, mode = pin.read_bytes(), pin.stat().st_mode
        try:
            pin.write_bytes(b'99999999')
            self.refused(self.foreign.answer(self.foreign_files['request'], self.stage.path('out.answer')), 'wrong PIN')
            pin.write_bytes(good)
            pin.chmod(0o644)
            self.refused(self.foreign.answer(self.foreign_files['request'], self.stage.path('out.answer')), 'PIN that others read')
        finally:
            pin.write_bytes(good)
            pin.chmod(mode)

    # -- the customer's side

    def test_answer(self):
        f = self.files
        self.each(f['answer'], lambda p: self.host.run('install', p), [self.host.state], others=[f['request'], f['product']])
        before = snapshot(self.host.state)
        self.refused(self.host.run('install', self.foreign_files['answer']), 'of another vendor')
        self.refused(self.host.run('install', self.foreign_files['crl']), 'CRL of another vendor')
        self.assertEqual(snapshot(self.host.state), before)

    def test_answer_of_another_vendors_chain(self):
        """The answer is for this TPM and this request, but the host trusts another root."""
        other = self.stage.host('other-roots', self.tpm, self.vendor)
        self.assertEqual(other.request(self.sold['product_key'], self.stage.path('o.request')).code, 0)
        self.assertEqual(self.vendor.answer(self.stage.path('o.request'), self.stage.path('o.answer')).code, 0)
        before = snapshot(other.state)
        other.vendor = self.foreign
        self.assertIn('path.anchor', self.refused(other.run('install', self.stage.path('o.answer')), 'untrusted root'))
        self.assertEqual(snapshot(other.state), before)

    def test_older_crl_is_refused(self):
        host = self.stage.host('crl-host', self.tpm, self.vendor)
        sold = self.vendor.sell()
        request, answer, old, new = (self.stage.path('r.' + n) for n in ('request', 'answer', 'old', 'new'))
        self.assertEqual(host.request(sold['product_key'], request).code, 0)
        self.assertEqual(self.vendor.answer(request, answer).code, 0)
        self.assertEqual(host.run('install', answer).code, 0)
        self.assertEqual(self.vendor.run('crl', '-o', old).code, 0)
        self.assertEqual(self.vendor.run('license', 'suspend', sold['license']).code, 0)
        self.assertEqual(self.vendor.run('crl', '-o', new).code, 0)
        self.assertEqual(host.run('install', new).code, 0)
        before = snapshot(host.state)
        self.refused(host.run('install', old), 'older CRL')
        self.assertEqual(snapshot(host.state), before)
        self.assertEqual(host.run('check', 'export').code, 3)
        self.each(new, lambda p: host.run('install', p), [host.state])

    def test_product_key(self):
        key = self.sold['product_key']
        for name, text in (('cut', key[:-5]), ('typing error', key[:40] + ('A' if key[40] != 'A' else 'B') + key[41:]), ('empty', ''),
                           ('something else', 'hello'), ('oversized', key * 1000), ('ten megabytes', 'N' * TEN_MB)):
            with self.subTest(name):
                before = snapshot(self.host.state)
                self.refused(self.host.request(text, self.stage.path('k.request')), name)
                self.assertFalse(self.stage.path('k.request').exists())
                self.assertEqual(snapshot(self.host.state), before)

    def test_roots(self):
        answer = self.files['answer']
        for name, content in (('empty', b''), ('not PEM', b'hello'), ('oversized', b'#' * TEN_MB), ('an answer', answer.read_bytes())):
            with self.subTest(name):
                path = self.bad(content, 'roots')
                done = self.stage.run('holdfast', 'install', answer, '--tcti', self.tpm.tcti, '--state', self.stage.path('s'),
                                      '--socket', self.stage.path('s.sock'), '--roots', path)
                self.assertIn(path.name, self.refused(done, name))

    def test_installed_state_edited(self):
        host = self.stage.host('edited', self.tpm, self.vendor)
        sold = self.vendor.sell()
        request, answer = self.stage.path('e.request'), self.stage.path('e.answer')
        for done in (host.request(sold['product_key'], request), self.vendor.answer(request, answer), host.run('install', answer)):
            self.assertEqual(done.code, 0, done.text)
        file = host.state / 'licenses' / 'acme-cad.json'
        good = file.read_bytes()
        at = good.index(b'BEGIN CERTIFICATE') + 400
        for name, content in (('flipped', flip(good, at)), ('truncated', good[:len(good) // 2]), ('empty', b''), ('oversized', b' ' * TEN_MB)):
            with self.subTest(name):
                file.write_bytes(content)
                done = host.run('check', 'export', '--json')
                self.assertEqual(done.code, 3, f'{name}: {done.text}')
                self.assertIn('tampered', done.json()['reasons'])
        file.write_bytes(good)
        self.assertEqual(host.run('check', 'export').code, 0)

    def test_status_without_an_agent_names_what_is_wrong_with_the_tpm(self):
        host = self.stage.host('no-tpm', self.tpm, self.vendor)
        host.activate(self.vendor.sell())
        options = host.options()
        options[options.index('--tcti') + 1] = 'device:/nonexistent/tpmrm0'
        done = self.stage.run('holdfast', 'status', *options)
        self.assertEqual(done.code, 0, done.text)
        self.assertRegex(done.out, r'(?m)^  fault .*/nonexistent/tpmrm0.*\(tpm\.open\)')

    def test_configuration(self):
        for program, command in (('holdfast', ['status']), ('holdfast-vendor', ['license', 'list']), ('holdfast-agent', [])):
            for name, content in (('unknown option', b'no-such-option = 1\n'), ('binary', bytes(range(256))), ('oversized', b'#' * TEN_MB)):
                with self.subTest(f'{program}: {name}'):
                    path = self.bad(content, 'conf')
                    done = self.stage.run(program, *command, '--config', path)
                    self.assertIn(path.name, self.refused(done, name, codes=(1, 2)))

    def test_configuration_in_the_usual_place_that_cannot_be_read(self):
        home = self.stage.path('home')
        file = home / '.config' / 'holdfast' / 'holdfast.conf'
        file.parent.mkdir(parents=True)
        self.stage.dir.chmod(0o755)
        somebody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] if os.getuid() == 0 else []  # nothing is unreadable to root

        def status():
            return self.stage.run('holdfast', 'status', '--socket', self.stage.path('none.sock'), '--state', self.stage.path('none'),
                                  prefix=somebody, env={'HOME': str(home), 'XDG_CONFIG_HOME': ''})

        def unreadable():
            file.write_text('state = x\n')
            file.chmod(0)

        for name, make in (('mode 000', unreadable), ('a directory', file.mkdir), ('ten megabytes', lambda: file.write_bytes(b'#' * TEN_MB)),
                           ('a link to nothing', lambda: file.symlink_to('nothing')), ('a pipe', lambda: os.mkfifo(file))):
            with self.subTest(name):
                make()
                done = status()
                self.assertEqual(len(done.err.strip().splitlines()), 1, done.err)
                self.assertIn(f'the configuration file {file}', self.refused(done, name))
                self.assertIn('remove it', done.err)
                file.rmdir() if file.is_dir() else file.unlink()
        self.assertEqual(status().code, 0, 'none is none')
        shutil.rmtree(home)
        home.write_text('')
        self.assertEqual(status().code, 0, 'a home that is no directory holds none')

    def test_a_tpm_that_never_answers(self):
        tpm = self.stage.tpm('silent-tpm')
        host = self.stage.host('silent-host', tpm, self.vendor)
        tpm.signal(signal.SIGSTOP)
        self.addCleanup(tpm.signal, signal.SIGCONT)
        for more in ([], ['--json']):
            done = host.request(self.sold['product_key'], self.stage.path('d.request'), '--tpm-timeout', 1, *more)
            self.assertIn('(tpm.silent)', self.refused(done, 'silent TPM'))
            self.assertFalse(self.stage.path('d.request').exists())
        self.assertEqual(done.json()['error']['check'], 'tpm.silent')

    def test_a_peer_that_is_no_agent(self):
        """Whatever answers on the socket: an error, and nothing that a terminal obeys."""
        license = {'product': 'p', 'state': 'active', 'reasons': ['active'], 'features': {}, 'limits': {}}
        decision = {'allowed': True, 'reasons': ['active'], 'state': 'active'}
        lies = {'status': [{}, {'licenses': {}}, {'licenses': [1]}, {'licenses': [{}]}, {'licenses': [license | {'limits': {'a': 1}}]},
                           {'licenses': [license | {'reasons': [1]}]}, {'licenses': [license | {'features': None}]},
                           {'licenses': [license | {'crl': 'x'}]}, {'licenses': [], 'requests': [{'product': 1}]},
                           {'licenses': [], 'state_directory': 1}, {'licenses': [license | {'advice': {}}]}],
                'check': [{}, {'allowed': 1}, {'allowed': True}, decision | {'reasons': 'active'}, decision | {'max': 'x'}],
                'request': [{}, {'product': 'p', 'repeated': False, 'file': 1},
                            {'product': 'p', 'repeated': False, 'file': 'x', 'counter_replaced': 'x'}],
                'install': [{}, {'kind': 'answer', 'products': [1], 'changed': True}]}
        lies['hold'] = lies['check']
        words = {'status': ['status'], 'check': ['check', 'export'], 'hold': ['hold', 'users', '--', 'true'],
                 'install': ['install', self.files['answer']],
                 'request': ['request', '--key', 'x', '-o', self.stage.path('lie.request')]}
        host = self.stage.host('liar', self.tpm, self.vendor)
        for op, answers in lies.items():
            for answer in answers:
                with self.subTest(op=op, answer=answer), self.peer(host.socket, {'ok': True, **answer}):
                    self.assertIn('(api.answer)', self.refused(host.run(*words[op]), op))
        evil = 'a\x1b[2Jb\x9bc'
        painted = license | {'product': evil, 'state': evil, 'reasons': [evil], 'advice': evil, 'edition': evil, 'expires': evil,
                             'features': {evil: evil}, 'limits': {evil: {'max': 1, 'used': 1}}, 'crl': {'number': 1, 'this_update': evil}}
        error = {'kind': 'refused', 'check': evil, 'message': evil, 'advice': evil}
        for op, answer in (('status', {'ok': True, 'licenses': [painted], 'requests': [{'product': evil, 'created': evil}]}), ('status', {'ok': False, 'error': error}),
                           ('check', {'ok': True, **decision, 'reasons': [evil], 'value': evil, 'advice': evil}),
                           ('hold', {'ok': True, **decision, 'allowed': False, 'reasons': [evil], 'advice': evil}),
                           ('install', {'ok': True, 'kind': evil, 'products': [evil], 'changed': True})):
            with self.subTest(op=op, answer=answer), self.peer(host.socket, answer):
                done = host.run(*words[op])
                self.assertNotRegex(done.text, '[\x1b\x9b]')
                self.assertIn('\\x1b', done.text)

    @contextlib.contextmanager
    def peer(self, path, answer):
        """Listens, and answers the first line of the first client with this."""
        path.unlink(missing_ok=True)

        def serve():
            client, _ = listener.accept()
            with client, client.makefile('rw') as stream:
                stream.readline()
                stream.write(json.dumps(answer) + '\n')
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            listener.settimeout(60)
            thread = threading.Thread(target=serve)
            thread.start()
            try:
                yield
            finally:
                thread.join()

    def test_a_limit_on_the_size_of_files(self):
        if b'__tsan_init' in (self.stage.bin / 'holdfast').read_bytes():
            self.skipTest("the thread sanitizer's runtime writes a file of its own before main")
        host = self.stage.host('small-files', self.tpm, self.vendor)
        key = host.dir / 'key'
        key.write_text(self.sold['product_key'])
        key.chmod(0o600)
        done = host.run('request', '--key-file', key, '-o', self.stage.path('s.request'), prefix=['sh', '-c', 'ulimit -f 0; exec "$@"', 'sh'])
        self.assertIn('(file.write)', self.refused(done, 'no file may grow'))
        self.assertFalse(self.stage.path('s.request').exists())

    def test_a_bad_value_on_the_command_line_is_usage_and_in_a_file_names_it(self):
        for words in (['--tpm-timeout', '241'], ['--socket-mode', '8'], ['--max-connections', 'x']):
            with self.subTest(words):
                self.refused(self.stage.run('holdfast-agent', *words), 'value', codes=(2,))
        self.refused(self.stage.run('holdfast', 'status', '--socket', self.stage.path('none'), '--tpm-timeout', '241'), 'value', codes=(2,))
        path = self.bad(b'tpm-timeout = 241\n', 'conf')
        self.assertIn(path.name, self.refused(self.stage.run('holdfast-agent', '--config', path), 'in a file'))

    def test_usage(self):
        for program in ('holdfast', 'holdfast-vendor', 'holdfast-agent', 'holdfast-signer'):
            with self.subTest(program):
                self.assertEqual(self.stage.run(program, '--help').code, 0)
                self.assertEqual(self.stage.run(program, '--no-such-option').code, 2)
                self.assertEqual(self.stage.run(program, '--version').code, 0)
        self.assertEqual(self.stage.run('holdfast', 'no-such-command').code, 2)
        self.assertEqual(self.stage.run('holdfast').code, 2)

    def test_inspect_shows_every_list_in_a_file(self):
        lists = self.stage.path('lists.crl')
        for number, more in ((1, []), (2, ['--with-root'])):
            self.assertEqual(self.vendor.run('crl', *more, '-o', lists).code, 0)
            shown = self.stage.run('holdfast', 'inspect', lists, '--json').json()
            self.assertEqual(shown['kind'], 'revocation_list' if number == 1 else 'revocation_lists')
            self.assertEqual(lists.read_text().count('-----BEGIN'), number)
        self.assertEqual(len(shown['lists']), 2)
        self.assertEqual(len({shown_list['issuer'] for shown_list in shown['lists']}), 2)

    def test_inspect_bears_anything(self):
        for f in [*self.files.values(), *self.foreign_files.values()]:
            if f.exists():
                self.assertEqual(self.stage.run('holdfast', 'inspect', f).code, 0, f)
                for name, content in self.mutants(f):
                    with self.subTest(f'{f.name}: {name}'):
                        self.assertIn(self.stage.run('holdfast', 'inspect', self.bad(content)).code, (0, 1))


if __name__ == '__main__':
    unittest.main(verbosity=2)
