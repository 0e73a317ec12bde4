#!/usr/bin/env python3
"""usage: keys_test.py BINARIES - content keys: sealed by the vendor to the TPM that asked, handed out while the license stands, and
otherwise nothing. Real programs, simulated TPMs. Beside what must be refused stands the same thing where it must not."""
import json, os, pathlib, shutil, signal, socket, stat, subprocess, sys, unittest
from stage import PRODUCT, Stage, at, snapshot

BINARIES = sys.argv.pop(1)
# The clock that programs see, without the one that counts from the machine's start.
BACK = at('-400d')
AHEAD = at('+400d')
STATE = pathlib.Path('licenses') / 'acme-cad.json'


def environment_of(clock):
    """What faketime gives to the programs that it starts."""
    shown = subprocess.run([*clock['prefix'], 'env'], capture_output=True, text=True, check=True).stdout
    wanted = (line.split('=', 1) for line in shown.splitlines() if line.startswith(('LD_PRELOAD=', 'FAKETIME')))
    return {**dict(wanted), **clock['env']}


def product_with_keys(stage):
    """The example's, whose demonstration has two content keys, and its fallback edition one of them; and a plan without fallback."""
    terms = json.loads(PRODUCT.read_text())
    terms['plans']['demo']['keys'] = ['content', 'basic']
    terms['plans']['demo']['fallback']['keys'] = ['basic']
    terms['plans']['demo']['offline_window'] = '0d'
    terms['plans']['strict'] = {'edition': 'strict', 'keys': ['content'], 'duration': '30d', 'expiry_grace': '0d', 'offline_window': '0d',
                                'assurance': ['hw-tpm', 'vtpm'], 'allow_simulator': True, 'policies': {'clock': 'deny'}}
    path = stage.path('keys.json')
    path.write_text(json.dumps(terms))
    return path


class Keys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor = s.vendor()
        cls.vendor.add_product(terms=product_with_keys(s))
        cls.key = os.urandom(32)
        cls.vendor.add_key('content', cls.key)
        done = cls.vendor.run('key', 'add', 'basic', '--product', 'acme-cad')
        assert done.code == 0, done.text

    def must(self, done, code=0):
        self.assertEqual(done.code, code, done.text)
        return done

    def refused(self, done, check, code=1):
        self.must(done, code)
        self.assertEqual(done.json()['error']['check'], check, done.text)

    def new_host(self, plan='demo'):
        """A host of its own with an active license."""
        host = self.stage.licensed_host(self.vendor, plan)
        host.out = host.dir / 'key'
        self.addCleanup(lambda: host.agent and host.kill_agent())
        return host

    def ask(self, host, name='content', **kw):
        host.out.unlink(missing_ok=True)
        return host.run('key', name, '-o', host.out, '--json', **kw)

    def assertOpens(self, host, name='content', **kw):
        told = self.must(self.ask(host, name, **kw)).json()
        self.assertTrue(told['allowed'])
        self.assertNotIn('key', told)
        key = host.out.read_bytes()
        self.assertEqual(len(key), 32)
        self.assertEqual(stat.S_IMODE(host.out.stat().st_mode), 0o600)
        if name == 'content':
            self.assertEqual(key, self.key)

    def assertDenied(self, host, reason, name='content', **kw):
        done = self.must(self.ask(host, name, **kw), 3)
        self.assertIn(reason, done.json()['reasons'])
        self.assertFalse(host.out.exists())

    def assertFails(self, host, check, name='content', **kw):
        self.refused(self.ask(host, name, **kw), check)
        self.assertFalse(host.out.exists())

    def call(self, host, **request):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as agent:
            agent.settimeout(60)
            agent.connect(str(host.socket))
            agent.sendall(json.dumps(request).encode() + b'\n')
            return json.loads(agent.makefile().readline())


class AtTheVendors(Keys):
    def test_a_key_is_made_once_and_exported_for_its_content(self):
        listed = self.must(self.vendor.run('key', 'list', '--json')).json()['keys']
        self.assertEqual(listed, [{'product': 'acme-cad', 'name': n} for n in ('basic', 'content')])
        out = self.stage.path('exported')
        self.must(self.vendor.run('key', 'export', 'content', '--product', 'acme-cad', '-o', out))
        self.assertEqual((out.read_bytes(), stat.S_IMODE(out.stat().st_mode)), (self.key, 0o600))
        for kept in (self.vendor.dir / 'content-keys').rglob('*'):
            self.assertEqual(stat.S_IMODE(kept.stat().st_mode), 0o700 if kept.is_dir() else 0o600)
        self.refused(self.vendor.run('key', 'add', 'content', '--product', 'acme-cad', '--json'), 'content_key.exists')
        self.refused(self.vendor.run('key', 'add', 'misspelt', '--product', 'acme-cad', '--json'), 'content_key.unknown')
        self.refused(self.vendor.run('key', 'export', 'other', '--product', 'acme-cad', '-o', '-', '--json'), 'content_key.missing')
        self.refused(self.vendor.run('key', 'export', '../x', '--product', 'acme-cad', '-o', '-', '--json'),
                     'content_key.identifier', 2)
        self.assertEqual(len(self.must(self.vendor.run('key', 'list', '--json')).json()['keys']), 2)
        audit = [r['action'] for r in self.must(self.vendor.run('export')).json()['audit']]
        self.assertIn('content_key.add', audit)
        self.assertIn('content_key.export', audit)

    def test_a_key_of_another_length_or_that_others_can_read_is_refused(self):
        terms = json.loads(product_with_keys(self.stage).read_text())
        terms['plans']['demo']['keys'].append('third')
        product = self.stage.path('third.json')
        product.write_text(json.dumps(terms))
        self.vendor.add_product(id='other', terms=product)
        given = self.stage.path('bad')
        for content, mode, check in ((bytes(31), 0o600, 'content_key.size'), (bytes(33), 0o600, 'file.size'),
                                     (bytes(32), 0o644, 'file.mode')):
            given.write_bytes(content)
            given.chmod(mode)
            self.refused(self.vendor.run('key', 'add', 'third', '--product', 'other', '--from-file', given, '--json'), check)
        listed = self.must(self.vendor.run('key', 'list', '--product', 'other', '--json')).json()
        self.assertEqual(listed['keys'], [])

    def test_a_missing_key_costs_no_activation(self):
        self.vendor.add_product(id='keyless', terms=product_with_keys(self.stage))
        tpm = self.stage.tpm('keyless-tpm')
        self.vendor.trust(tpm)
        host = self.stage.host('keyless', tpm, self.vendor)
        sold = self.vendor.sell(product='keyless')
        request, answer = host.dir / 'r', host.dir / 'a'
        self.must(host.request(sold['product_key'], request))
        done = self.vendor.run('answer', request, '-o', answer, '--json')
        self.refused(done, 'content_key.missing')
        self.assertIn('holdfast-vendor key add', done.json()['error']['advice'])
        shown = self.must(self.vendor.run('license', 'show', sold['license'], '--json')).json()
        self.assertEqual((shown['activations_used'], shown['activations']), (0, []))
        for name in ('content', 'basic'):
            self.must(self.vendor.run('key', 'add', name, '--product', 'keyless'))
        self.must(self.vendor.answer(request, answer))
        self.must(host.run('install', answer))

    def test_no_plan_with_keys_admits_hosts_without_a_tpm(self):
        terms = json.loads(product_with_keys(self.stage).read_text())
        terms['plans']['demo']['assurance'].append('host')
        product = self.stage.path('host.json')
        product.write_text(json.dumps(terms))
        self.refused(self.vendor.run('product', 'add', '--id', 'x', '--terms', product, '--json'), 'product.plans.keys')


class OnTheRightTpm(Keys):
    def test_a_key_opens_the_vendors_content(self):
        host = self.new_host()
        plain, sealed, opened = (host.dir / n for n in ('plain', 'sealed', 'opened'))
        plain.write_bytes(os.urandom(100_000))
        exported = self.stage.path('for-content')
        self.must(self.vendor.run('key', 'export', 'content', '--product', 'acme-cad', '-o', exported))
        self.must(self.stage.run('content_file', 'seal', exported, plain, sealed))
        self.assertOpens(host)
        host.start_agent()
        self.assertOpens(host)
        self.must(self.stage.run('content_file', 'open', host.socket, 'acme-cad', 'content', sealed, opened))
        self.assertEqual(opened.read_bytes(), plain.read_bytes())
        opened.unlink()
        self.must(self.stage.run('content_file', 'open', host.socket, 'acme-cad', 'basic', sealed, opened), 1)
        self.must(self.stage.run('content_file', 'open', host.socket, 'acme-cad', 'other', sealed, opened), 3)
        self.must(self.stage.run('content_file', 'open', host.socket, 'viewer', 'content', sealed, opened), 3)
        self.assertFalse(opened.exists())
        self.assertEqual(self.must(host.run('status', '--json')).json()['licenses'][0]['keys'], ['basic', 'content'])
        self.assertNotIn(self.key.hex(), (host.dir / 'agent.log').read_text())

    def test_standard_output_has_the_octets_alone(self):
        host = self.new_host()
        done = subprocess.run([f'{BINARIES}/holdfast', 'key', 'content', '-o', '-', *map(str, host.options())], capture_output=True)
        self.assertEqual((done.returncode, done.stdout), (0, self.key), done.stderr)
        done = subprocess.run([f'{BINARIES}/holdfast', 'key', 'other', '-o', '-', *map(str, host.options())], capture_output=True)
        self.assertEqual((done.returncode, done.stdout), (3, b''), done.stderr)
        self.assertIn(b'unknown_key', done.stderr)

    def test_the_local_api(self):
        host = self.new_host()
        host.start_agent()
        answer = self.call(host, op='key', name='content', product='acme-cad')
        self.assertEqual((answer['ok'], answer['allowed'], answer['key']), (True, True, self.key.hex()))
        answer = self.call(host, op='key', name='other')
        self.assertEqual((answer['ok'], answer['allowed'], answer['reasons']), (True, False, ['unknown_key']))
        self.assertNotIn('key', answer)
        self.assertEqual(self.call(host, op='key', name='content', product='other')['reasons'], ['no_license'])
        self.assertEqual(self.call(host, op='key', name='../x')['error']['check'], 'api.name')
        self.assertEqual(self.call(host, op='key')['error']['check'], 'api.name')

    def test_many_who_ask_at_once_all_get_it(self):
        host = self.new_host()
        host.start_agent()
        line = json.dumps({'op': 'key', 'name': 'content'}).encode() + b'\n'
        peers = []
        for _ in range(100):
            peers.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            peers[-1].settimeout(60)
            peers[-1].connect(str(host.socket))
            peers[-1].sendall(line)
        for peer in peers:
            with peer:
                self.assertEqual(json.loads(peer.makefile().readline())['key'], self.key.hex())

    def test_no_key_is_readable_in_what_travels_or_rests(self):
        host = self.new_host()
        for path in (host.dir / 'h.answer', host.state / STATE):
            text = path.read_bytes()
            self.assertNotIn(self.key, text)
            self.assertNotIn(self.key.hex().encode(), text)
        self.assertNotIn(self.key, (self.vendor.dir / 'store.db').read_bytes())

    def test_the_same_answer_again_changes_nothing(self):
        host = self.new_host()
        before = snapshot(host.state / 'licenses')
        self.assertFalse(self.must(host.run('install', host.dir / 'h.answer', '--json')).json()['changed'])
        self.assertEqual(snapshot(host.state / 'licenses'), before)

    def test_a_state_without_keys_is_made_good_by_the_answer(self):
        host = self.new_host()
        path = host.state / STATE
        state = json.loads(path.read_text())
        del state['content_keys']  # as before there were any
        path.write_text(json.dumps(state))
        self.must(host.run('check', 'export'))
        self.assertFails(host, 'key.missing')
        self.assertTrue(self.must(host.run('install', host.dir / 'h.answer', '--json')).json()['changed'])
        self.assertOpens(host)

    def test_a_tpm_that_is_silent_is_named_and_holds_up_no_check(self):
        host = self.new_host()
        host.start_agent('--tpm-timeout', '3')
        self.assertOpens(host)
        host.tpm.signal(signal.SIGSTOP)
        try:
            self.assertFails(host, 'tpm.silent')
            self.must(host.run('check', 'export'))
            self.assertIn(self.must(self.ask(host), 1).json()['error']['check'], ('tpm.silent', 'tpm.busy'))
            self.must(self.ask(host, 'other'), 3)
        finally:
            host.tpm.signal(signal.SIGCONT)


class Elsewhere(Keys):
    def test_nothing_on_another_tpm(self):
        host, other = self.new_host(), self.new_host()
        self.assertOpens(host)
        self.refused(other.run('install', host.dir / 'h.answer', '--json'), 'answer.hardware')
        # Their keys in the place of one's own, under a license that stands.
        mine, theirs = ((h.state / STATE) for h in (other, host))
        own = json.loads(mine.read_text())
        mixed = dict(own, content_keys=json.loads(theirs.read_text())['content_keys'])
        mine.write_text(json.dumps(mixed))
        self.assertFails(other, 'tpm.content_key')
        other.start_agent()
        self.assertFails(other, 'tpm.content_key')
        other.stop_agent()
        mine.write_text(json.dumps(own))
        self.assertOpens(other)
        # The whole state directory.
        shutil.rmtree(other.state)
        shutil.copytree(host.state, other.state)
        self.assertDenied(other, 'wrong_hardware')
        other.start_agent()
        self.assertDenied(other, 'wrong_hardware')


class Afterwards(Keys):
    def test_nothing_after_the_return(self):
        host = self.new_host()
        kept = host.dir / 'kept'
        shutil.copytree(host.state, kept)
        host.start_agent()
        self.assertOpens(host)
        self.must(host.run('return', '-o', host.dir / 'proof'))
        self.assertDenied(host, 'retired')
        host.stop_agent()
        self.assertDenied(host, 'retired')
        shutil.rmtree(host.state)
        shutil.copytree(kept, host.state)
        self.assertDenied(host, 'retired')

    def test_nothing_when_the_gate_has_moved_below_a_running_agent(self):
        host = self.new_host()
        host.start_agent()
        self.assertOpens(host)
        gate = json.loads((host.state / STATE).read_text())['keys']['gate_index']
        done = host.tpm.tool('tpm2_nvincrement', hex(gate))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.must(host.run('check', 'export'))  # the proof of before holds as long as the agent runs
        self.assertFails(host, 'tpm.gate')

    def test_the_fallback_edition_has_its_own_keys(self):
        host = self.new_host()
        self.assertOpens(host, 'basic')
        self.assertDenied(host, 'key_not_granted', **AHEAD)
        self.assertOpens(host, 'basic', **AHEAD)

    def test_nothing_after_expiry(self):
        host = self.new_host('strict')
        self.assertOpens(host)
        self.assertDenied(host, 'expired', **AHEAD)
        host.start_agent()
        self.assertOpens(host)
        self.assertEqual(host.stop_agent(), 0)
        host.start_agent(env=environment_of(AHEAD))
        self.assertDenied(host, 'expired')
        self.assertEqual(self.call(host, op='key', name='content')['allowed'], False)
        sealed = host.dir / 'sealed'
        sealed.write_bytes(bytes(28))
        self.must(self.stage.run('content_file', 'open', host.socket, 'acme-cad', 'content', sealed, host.out), 3)

    def test_nothing_while_the_clock_is_set_back_where_the_policy_says_deny(self):
        host, lenient = self.new_host('strict'), self.new_host()
        for h in (host, lenient):
            h.start_agent()
            self.assertEqual(h.stop_agent(), 0)  # how late it is, is on record
        self.assertDenied(host, 'clock_set_back', **BACK)
        self.assertOpens(host)
        self.assertOpens(lenient, **BACK)

    def test_nothing_while_suspended(self):
        host = self.new_host()
        for command, opens in (('suspend', False), ('reactivate', True)):
            host.list_says(command)
            if opens:
                self.assertOpens(host)
            else:
                self.assertDenied(host, 'suspended')


if __name__ == '__main__':
    unittest.main(verbosity=2)
