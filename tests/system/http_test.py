#!/usr/bin/env python3
"""usage: http_test.py BINARIES - the local API over HTTP, on the agent's socket and on a port, as docs/openapi.json describes it: every operation is done, and
every answer is held against its schema."""
import contextlib, http.client, json, pathlib, shutil, socket, subprocess, sys, time, unittest
from http_client import UnixConnection, ask, ask_once
from metered_product import licensed_host
from stage import SOURCE, Stage

try:
    import jsonschema
except ImportError:
    print('skipped: python3-jsonschema is not installed')
    sys.exit(77)

BINARIES = pathlib.Path(sys.argv.pop(1)).resolve()
OPENAPI = json.loads((SOURCE / 'docs' / 'openapi.json').read_text())
TOKEN = '0123456789abcdef' * 4
FLAGS = '/ofrep/v1/evaluate/flags'


def resolved(node):
    """What "$ref" points to; schemas keep theirs and find them in the document."""
    while '$ref' in node:
        target = OPENAPI
        for step in node['$ref'].removeprefix('#/').split('/'):
            target = target[step]
        node = target
    return node


def schema_of(path, method, status):
    response = resolved(OPENAPI['paths'][path][method]['responses'][str(status)])
    schema = response.get('content', {}).get('application/json', {}).get('schema')
    return schema and {**schema, 'components': OPENAPI['components']}


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.host = licensed_host(s)
        cls.token = s.path('token')
        cls.token.write_text(TOKEN + '\n')
        cls.token.chmod(0o600)
        with contextlib.closing(socket.create_server(('127.0.0.1', 0))) as free:
            cls.port = free.getsockname()[1]

    def setUp(self):
        self.host.start_agent('--http-listen', f'127.0.0.1:{self.port}', '--http-token-file', self.token)
        self.addCleanup(self.host.kill_agent)

    def ask(self, method, target, body=None, path=None, **fields):
        """Over the socket; held against what docs/openapi.json says of that path."""
        answer = ask_once(self.host.socket, method, target, body, **fields)
        if path:
            schema = schema_of(path, method.lower(), answer.status)
            if schema is None:
                self.assertIsNone(answer.body)
            else:
                jsonschema.validate(answer.body, schema, jsonschema.Draft202012Validator)
        return answer

    def over_tcp(self, target, **fields):
        with contextlib.closing(http.client.HTTPConnection('127.0.0.1', self.port, timeout=60)) as connection:
            return ask(connection, 'GET', target, **fields)

    def used(self, limit):
        return self.host.run('status', '--json').json()['licenses'][0]['limits'][limit]['used']

    def test_the_document_is_one_of_openapi(self):
        for path, methods in OPENAPI['paths'].items():
            for method, operation in methods.items():
                named = {resolved(p)['name'] for p in operation.get('parameters', []) if resolved(p)['in'] == 'path'}
                self.assertEqual(named, {s[1:-1] for s in path.split('/') if s.startswith('{')}, f'{method} {path}')
                for status in operation['responses']:
                    if schema := schema_of(path, method, status):
                        jsonschema.Draft202012Validator.check_schema(schema)

    def test_status_and_entitlements(self):
        status = self.ask('GET', '/v1/status', path='/v1/status')
        self.assertEqual(status.body['licenses'][0]['state'], 'active')
        kept = self.ask('GET', '/v1/entitlements?product=acme-cad', path='/v1/entitlements')
        self.assertEqual(kept.body['decisions']['max-resolution']['value'], 3840)
        self.assertEqual(self.ask('GET', '/v1/entitlements', path='/v1/entitlements').status, 400)

    def test_checks_with_values(self):
        path = '/v1/features/{feature}'
        self.assertIs(self.ask('GET', '/v1/features/export', path=path).body['value'], True)
        self.assertEqual(self.ask('GET', '/v1/features/max-resolution?product=acme-cad', path=path).body['value'], 3840)
        denied = self.ask('GET', '/v1/features/cloud-render', path=path)
        self.assertEqual((denied.status, denied.body['allowed'], denied.body['reasons']), (200, False, ['feature_not_granted']))
        self.assertEqual(self.ask('GET', '/v1/features/NO', path=path).status, 400)

    def test_units_are_used_up(self):
        path = '/v1/limits/{limit}/consume'
        before = self.used('pages')
        answer = self.ask('POST', '/v1/limits/pages/consume', {'amount': 7, 'product': 'acme-cad'}, path=path)
        self.assertEqual((answer.status, answer.body['allowed'], answer.body['used']), (200, True, before + 7))
        self.assertEqual(self.used('pages'), before + 7)
        denied = self.ask('POST', '/v1/limits/pages/consume', {'amount': 101}, path=path)
        self.assertEqual((denied.status, denied.body['allowed']), (200, False))
        self.assertEqual(self.ask('POST', '/v1/limits/users/consume', path=path).body['error']['check'], 'limit.kind')

    def test_a_content_key_is_handed_out(self):
        path = '/v1/keys/{name}'
        self.assertEqual(self.ask('POST', '/v1/keys/content', path=path).body['key'], self.host.content_key.hex())
        self.assertNotIn('key', self.ask('POST', '/v1/keys/other', path=path).body)

    def test_a_seat_is_leased_and_outlives_its_connection(self):
        taken = self.ask('POST', '/v1/leases', {'limit': 'users', 'amount': 2}, path='/v1/leases')
        self.assertTrue(taken.body['allowed'])
        self.assertEqual(self.ask('POST', '/v1/leases', {'limit': 'users'}, path='/v1/leases').body['reasons'], ['limit_reached'])
        self.assertEqual(self.used('users'), 2)
        lease, path = f'/v1/leases/{taken.body["lease"]}', '/v1/leases/{lease}'
        self.assertEqual(self.ask('PUT', lease, path=path).status, 200)
        self.assertEqual(self.ask('DELETE', lease, path=path).status, 200)
        self.assertEqual(self.used('users'), 0)
        self.assertEqual(self.ask('PUT', lease, path=path).status, 404)
        self.assertEqual(self.ask('DELETE', lease, path=path).status, 404)

    def test_a_lease_that_is_not_renewed_ends(self):
        lease = self.ask('POST', '/v1/leases', {'limit': 'users', 'amount': 2, 'seconds': 10}).body['lease']
        self.assertFalse(self.ask('POST', '/v1/leases', {'limit': 'users'}).body['allowed'])
        until = time.monotonic() + 120
        while self.used('users') > 0:
            self.assertLess(time.monotonic(), until, 'the seats were never given back')
            time.sleep(0.5)
        self.assertEqual(self.ask('PUT', f'/v1/leases/{lease}').body['error']['check'], 'lease.unknown')

    def test_a_restarted_agent_knows_no_lease(self):
        lease = self.ask('POST', '/v1/leases', {'limit': 'users'}).body['lease']
        self.host.kill_agent()
        self.host.start_agent()
        self.assertEqual(self.ask('PUT', f'/v1/leases/{lease}').body['error']['check'], 'lease.unknown')
        self.assertEqual(self.used('users'), 0)

    def test_flags(self):
        path = FLAGS + '/{flag}'
        self.assertIs(self.ask('POST', FLAGS + '/export', {'context': {'x': 0.5}}, path=path).body['value'], True)
        self.assertEqual(self.ask('POST', FLAGS + '/watermark', path=path).body['value'], 'none')
        self.assertIs(self.ask('POST', FLAGS + '/cloud-render', path=path).body['value'], False)
        self.assertEqual(self.ask('POST', FLAGS + '/no-such', path=path).status, 404)
        of_product = '/products/{product}' + path
        self.assertEqual(self.ask('POST', f'/products/acme-cad{FLAGS}/max-resolution', path=of_product).body['value'], 3840)
        self.assertEqual(self.ask('POST', f'/products/other{FLAGS}/max-resolution', path=of_product).status, 404)

    def test_all_flags_are_sent_again_when_they_have_changed(self):
        first = self.ask('POST', FLAGS, {}, path=FLAGS)
        self.assertEqual({f['key'] for f in first.body['flags']}, {'export', 'cloud-render', 'max-resolution', 'watermark'})
        tag = first.fields['ETag']
        self.assertEqual(self.ask('POST', FLAGS, {}, path=FLAGS, If_None_Match=tag).status, 304)
        self.host.list_says('suspend')
        self.addCleanup(self.host.list_says, 'reactivate')
        changed = self.ask('POST', f'/products/acme-cad{FLAGS}', {}, path='/products/{product}' + FLAGS, If_None_Match=tag)
        self.assertEqual(changed.status, 200)
        self.assertIs(next(f for f in changed.body['flags'] if f['key'] == 'export')['value'], False)

    def test_a_connection_is_kept(self):
        with contextlib.closing(UnixConnection(self.host.socket)) as connection:
            connection.connect()
            first = connection.sock
            for _ in range(3):
                self.assertEqual(ask(connection, 'GET', '/v1/features/export').status, 200)
            self.assertIs(connection.sock, first)

    def test_lines_and_http_share_the_socket(self):
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as line:
            line.connect(str(self.host.socket))
            line.sendall(b'{"op":"check","feature":"export"}\n')
            self.assertTrue(json.loads(line.makefile().readline())['allowed'])
        self.assertEqual(self.ask('GET', '/v1/features/export').status, 200)

    @unittest.skipUnless(shutil.which('curl'), 'curl is not installed')
    def test_curl(self):
        done = subprocess.run(['curl', '-sS', '--unix-socket', self.host.socket, 'http://localhost/v1/features/export'], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(json.loads(done.stdout)['allowed'])

    def test_administration_is_not_there(self):
        for target in ('/v1/install', '/v1/request', '/v1/return', '/v1/heartbeat', '/'):
            self.assertEqual(self.ask('POST', target, {'file': 'x'}).status, 404, target)

    def test_a_port_is_answered_with_the_token_only(self):
        refused = self.over_tcp('/v1/features/export')
        self.assertEqual((refused.status, refused.body['error']['check']), (401, 'http.token'))
        self.assertEqual(self.over_tcp('/v1/features/export', Authorization='Bearer ' + TOKEN[:-1] + 'x').status, 401)
        self.assertTrue(self.over_tcp('/v1/features/export', Authorization='Bearer ' + TOKEN).body['allowed'])

    def test_lines_are_not_understood_on_a_port(self):
        with contextlib.closing(socket.create_connection(('127.0.0.1', self.port), timeout=60)) as stranger:
            stranger.sendall(b'{"op":"install","file":"x"}\n')
            self.assertTrue(stranger.makefile('rb').readline().startswith(b'HTTP/1.1 400 '))

    def test_a_port_is_of_this_host_alone(self):
        with contextlib.closing(socket.socket()) as other, self.assertRaises(OSError):
            other.bind(('127.0.0.2', 0))  # as another address of this host
            other.settimeout(5)
            other.connect(('127.0.0.2', self.port))


class Options(unittest.TestCase):
    """An agent that does not start says why."""

    def refused(self, *options):
        with contextlib.closing(Stage(BINARIES)) as stage:
            (stage.path('roots')).write_text('')
            done = stage.run('holdfast-agent', '--roots', stage.path('roots'), *options)
            self.assertEqual(done.code, 2, done.text)
            return done.err

    def test_a_port_for_others_is_refused(self):
        for address in ('0.0.0.0:80', '192.0.2.1:80', 'localhost:80', '[::]:80', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:65536', '127.0.0.1:x', ':80'):
            self.assertIn('(config.http-listen)', self.refused('--http-listen', address, '--http-token-file', '/x'), address)

    def test_a_port_without_token_is_refused_and_a_token_without_port(self):
        self.assertIn('(config.http-token-file)', self.refused('--http-listen', '127.0.0.1:7070'))
        self.assertIn('(config.http-token-file)', self.refused('--http-token-file', '/x'))


class Token(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = s = Stage(BINARIES)
        cls.addClassCleanup(s.close)
        cls.vendor, cls.tpm, cls.host = s.trade()

    def said_of(self, content, mode=0o600):
        file = self.stage.path('token')
        file.write_text(content)
        file.chmod(mode)
        self.host.launch_agent('--http-listen', '127.0.0.1:1', '--http-token-file', file)
        self.assertNotEqual(self.host.agent.wait(timeout=60), 0)
        return (self.host.dir / 'agent.log').read_text()

    def test_a_token_that_is_short_or_no_line_is_refused(self):
        for content in ('', 'short\n', TOKEN + ' x\n', TOKEN + '\n' + TOKEN + '\n', 'x' * 257, TOKEN + '\x00'):
            self.assertIn('token', self.said_of(content))
            self.assertRegex((self.host.dir / 'agent.log').read_text(), r'\((http\.token_file|file\.size)\)')

    def test_a_token_that_others_can_read_is_refused(self):
        self.assertIn('(file.mode)', self.said_of(TOKEN, 0o644))


if __name__ == '__main__':
    unittest.main()
