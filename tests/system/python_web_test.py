#!/usr/bin/env python3
"""usage: python_web_test.py BINARIES - the WSGI middleware of the Python package holdfast, and the web application of docs/examples/python over HTTP: against the
real agent on a simulated TPM and, for the states that are hard to reach, libholdfast-fake."""
import http.client, json, os, pathlib, re, shutil, subprocess, sys, unittest, wsgiref.util, wsgiref.validate
from http import HTTPStatus
import web_answers
from python_stage import EXAMPLE, FAKE, LIBRARY, PACKAGE, PATIENCE, PythonStage, WithFake, await_that, holdfast
from stage import clock_at


def setUpModule():
    global stage, acme, site
    stage = PythonStage()
    unittest.addModuleCleanup(stage.close)
    acme, site = stage.acme, stage.site


class Middleware(WithFake):
    """Each answer goes through wsgiref's validator, which knows PEP 3333."""

    def behind(self, client, app=None, **options):
        self.began = []

        def plain(environ, start_response):
            self.began.append(environ[holdfast.wsgi.NOTICES] if holdfast.wsgi.NOTICES in environ else None)
            start_response('200 OK', [('Content-Type', 'text/plain')])
            return [b'done']

        licensed = holdfast.wsgi.Licensed(app or wsgiref.validate.validator(plain), client, **options)
        return wsgiref.validate.validator(licensed)

    def ask(self, app, method='GET', path='/'):
        answer = self.begin(app, method, path)
        body = b''.join(answer)
        answer.close()
        return self.status, self.headers, body

    def begin(self, app, method='GET', path='/'):
        environ = {'REQUEST_METHOD': method, 'SCRIPT_NAME': '', 'PATH_INFO': path, 'QUERY_STRING': ''}
        wsgiref.util.setup_testing_defaults(environ)

        def start_response(status, headers, exc_info=None):
            self.status, self.headers = int(status.split()[0]), dict(headers)
            return lambda octets: None

        return app(environ, start_response)

    def test_a_valid_license_lets_through(self):
        for state in ('active', 'expiring', 'grace', 'fallback', 'emergency'):
            with self.subTest(state), holdfast.testing.License(FAKE, state=state, reasons=['active']) as license, license.client() as client:
                self.assertEqual(self.ask(self.behind(client))[::2], (200, b'done'))

    def test_each_denial_has_its_answer(self):
        license = self.license()
        client = self.client(license)
        app = self.behind(client, feature='export')
        for reason, status in web_answers.reasons().items():
            with self.subTest(reason):
                license.say(denied={'export': reason})
                got, headers, body = self.ask(app)
                self.assertEqual((got, headers.get('Retry-After')), (status, '30' if status == 503 else None))
                self.assertEqual((headers['Content-Type'], headers['Cache-Control']), ('application/problem+json', 'no-store'))
                self.assertEqual(json.loads(body), {'title': HTTPStatus(status).phrase, 'status': status, 'detail': "the license does not grant the feature 'export'",
                                                    'reason': reason, 'advice': client.advice(holdfast.Reason[reason.upper()])})
        self.assertEqual(self.began, [])

    def test_a_reason_that_only_a_newer_library_knows_is_403(self):
        refusal = holdfast.wsgi.Refusal.of(holdfast.Denied('export', holdfast.Verdict(False, holdfast.Reason(250), '')))
        self.assertEqual((refusal.status, refusal.reason), (403, 'other'))

    def test_each_error_has_its_answer(self):
        for name, (code, status) in web_answers.errors().items():
            with self.subTest(name), self.assertLogs('holdfast', 'ERROR') as logged:
                refusal = holdfast.wsgi.Refusal.of(holdfast.errors.of_code(code, 'a.check', 'details', 'to be done'))
                self.assertEqual((refusal.status, refusal.reason, refusal.retry_after), (status, name, 30 if status == 503 else None))
                self.assertIn('details', logged.output[0])
                self.assertNotIn('to be done', refusal.detail + refusal.advice)

    def test_a_mistake_of_the_application_is_the_servers_to_answer(self):
        with self.assertRaises(holdfast.InvalidArgument):
            self.ask(self.behind(self.client(self.license(limits={'pages': 4})), meter='pages', amount=0))
        self.assertEqual(self.began, [])

    def test_without_a_feature_the_state_of_the_license_decides(self):
        license = self.license(state='expired')
        app = self.behind(self.client(license), on_notice=lambda verdict: None)
        self.assertEqual(self.ask(app)[0], 402)
        license.say(state='expired', reasons=['expired', 'advisory'], edition='team')
        self.assertEqual(self.ask(app)[0], 200, 'a license that only advises grants its edition')

    def test_a_head_request_is_refused_without_a_body(self):
        status, _, body = self.ask(self.behind(self.client(self.license(state='expired'))), 'HEAD')
        self.assertEqual((status, body), (402, b''))

    def test_units_are_used_up_and_do_not_come_back_by_waiting(self):
        app = self.behind(self.client(self.license(limits={'pages': 4})), meter='pages', amount=2)
        self.assertEqual([self.ask(app)[0] for _ in range(3)], [200, 200, 429])
        self.assertNotIn('Retry-After', self.headers)

    def test_a_seat_is_held_until_the_answer_was_sent(self):
        client = self.client(self.license(limits={'users': 1, 'pages': 9}))
        app = self.behind(client, seat='users', meter='pages')
        answer = self.begin(app)
        self.assertEqual(list(answer), [b'done'])
        self.assertEqual(client.limit('users').held, 1)
        status, headers, _ = self.ask(app)
        self.assertEqual((status, headers['Retry-After'], client.limit('pages').used), (429, '30', 1), 'and no unit is lost to that')
        answer.close()
        self.assertEqual(client.limit('users').held, 0)
        self.assertEqual(self.ask(app)[0], 200)

    def test_a_seat_is_free_when_the_application_fails_or_a_unit_is_denied(self):
        client = self.client(self.license(limits={'users': 1, 'pages': 0}))

        def fails(environ, start_response):
            raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            self.ask(self.behind(client, fails, seat='users'))
        self.assertEqual(client.limit('users').held, 0)
        self.assertEqual(self.ask(self.behind(client, seat='users', meter='pages'))[0], 429)
        self.assertEqual(client.limit('users').held, 0)

    def test_only_what_is_asked_about_is_refused(self):
        app = self.behind(self.client(self.license(state='expired')), when=lambda environ: environ['REQUEST_METHOD'] == 'POST')
        self.assertEqual([self.ask(app, method)[0] for method in ('GET', 'POST')], [200, 402])

    def test_grace_is_told_to_the_application_and_once_a_day_to_the_hook(self):
        told = []
        license = self.license(state='grace')
        app = self.behind(self.client(license), on_notice=told.append)
        for _ in range(2):
            self.assertEqual(self.ask(app)[0], 200)
        self.assertEqual([[notice.reason.name for notice in notices] for notices in self.began], [['GRACE'], ['GRACE']])
        license.say(state='fallback', reasons=['fallback_edition'])
        self.ask(app)
        self.assertEqual([notice.reason.name for notice in told], ['GRACE', 'FALLBACK_EDITION'])
        self.assertTrue(told[0].advice)

    def test_the_log_is_told_where_nobody_else_is(self):
        app = self.behind(self.client(self.license(state='grace')))
        with self.assertLogs('holdfast', 'WARNING') as logged:
            self.ask(app)
        self.assertIn('license: grace', logged.output[0])

    def test_an_application_may_refuse_in_its_own_words(self):
        def refuse(refusal, environ, start_response):
            start_response('402 Payment Required', [('Content-Type', 'text/plain')])
            return [refusal.error.reason.name.encode()]

        self.assertEqual(self.ask(self.behind(self.client(self.license(state='expired')), refuse=refuse))[::2], (402, b'EXPIRED'))

    def test_an_agent_that_cannot_be_asked_is_503_and_its_details_are_for_the_log(self):
        with holdfast.Client('acme-notes', acme.roots.read_text(), socket=stage.path('nobody'), open_anyway=True, library=LIBRARY) as client:
            app = self.behind(client, feature='write')
            self.assertEqual(self.ask(app)[0], 503)
            error = client.agent_error()
        with self.assertLogs('holdfast', 'ERROR') as logged:
            refusal = holdfast.wsgi.Refusal.of(error)
        self.assertEqual((refusal.status, refusal.retry_after), (503, 30))
        self.assertNotIn(error.message, refusal.detail)
        self.assertIn(error.message, logged.output[0])


class Example(unittest.TestCase):
    """notes.py over HTTP. Reading, saving and exporting go on in each of these tests."""

    def serve(self, *options, env=None):
        number = len(stage.processes)
        directory = stage.path(f'notes{number}')
        directory.mkdir()
        shutil.copy(EXAMPLE / 'notes.py', directory)
        (directory / 'roots.py').write_text(f"ROOTS_PEM = '''\n{acme.roots.read_text()}\n'''\n")
        self.log = directory / 'log'
        with open(self.log, 'w') as log:
            process = subprocess.Popen([sys.executable, '-B', 'notes.py', '--port', '0', *map(str, options)], cwd=directory, text=True, stderr=log,
                                       stdout=subprocess.PIPE, env={**os.environ, 'PYTHONPATH': str(PACKAGE), **(env or {})})
        stage.processes.append(process)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        address = re.fullmatch(r'http://127\.0\.0\.1:(\d+)/\n', process.stdout.readline())
        self.assertIsNotNone(address, self.log.read_text())
        self.port = int(address[1])
        return process

    def with_agent(self, at, **env):
        at.start_agent(**env)
        self.addCleanup(at.kill_agent)
        return ['--socket', at.socket, '--library', LIBRARY]

    def pretend(self, **decisions):
        """The states that are hard to reach."""
        self.decisions = stage.path('notes-decisions.json')
        self.decisions.write_text(json.dumps(decisions))
        self.serve('--library', FAKE, env={'HOLDFAST_FAKE': str(self.decisions)})

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def status(self, method, path, body=None):
        return self.ask(method, path, body)[0]

    def assertTheirsIsTheirs(self):
        self.assertEqual(self.status('POST', '/notes/1', 'changed'), 200)
        self.assertIn('changed', self.ask('GET', '/notes/1')[1])
        status, exported = self.ask('GET', '/export')
        self.assertEqual((status, json.loads(exported)['1']), (200, 'changed'))

    def test_everything_works_with_a_license(self):
        self.serve(*self.with_agent(site))
        self.assertEqual(self.status('POST', '/notes', '<b>first</b>'), 201)
        self.assertIn('&lt;b&gt;', self.ask('GET', '/notes/1')[1])
        self.assertIn('note 1', self.ask('GET', '/search?q=first')[1])
        self.assertNotIn('note 1', self.ask('GET', '/search?q=second')[1])
        self.assertNotIn('role="status"', self.ask('GET', '/')[1])
        self.assertEqual(json.loads(self.ask('GET', '/license')[1])['customer'], 'Rheinwerk GmbH')
        self.assertEqual(self.ask('POST', '/notes/1/publish'), (200, '<b>first</b>'))
        self.assertEqual([self.status('POST', '/notes/1/publish') for _ in range(3)], [200, 200, 429], 'three publications in all')
        self.assertTheirsIsTheirs()

    def test_grace_is_shown_and_the_fallback_edition_is_worked_on_with(self):
        late = stage.licensed_site()
        options = self.with_agent(late, env=clock_at('+33d'))
        process = self.serve(*options)
        for number in range(4):
            self.assertEqual(self.status('POST', '/notes', f'note {number}'), 201)
        status, page = self.ask('GET', '/')
        self.assertIn('License: grace. ', page)
        self.assertEqual(self.status('GET', '/search?q=x'), 200)
        self.assertIn('license: grace', self.log.read_text())
        late.stop_agent()
        late.start_agent(env=clock_at('+40d'))
        await_that(lambda: 'fallback' in self.ask('GET', '/')[1])
        self.assertIn('Acme Notes personal', self.ask('GET', '/')[1])
        self.assertEqual((self.status('GET', '/search?q=x'), self.status('POST', '/notes', 'one too many')), (402, 402))
        self.assertIn('written with Acme Notes Personal', self.ask('POST', '/notes/2/publish')[1])
        self.assertTheirsIsTheirs()
        self.assertIsNone(process.poll())

    def test_suspended_while_it_runs(self):
        self.serve(*self.with_agent(site))
        self.assertEqual(self.status('POST', '/notes', 'mine'), 201)
        site.list_says('suspend')
        self.addCleanup(site.list_says, 'reactivate')
        await_that(lambda: self.status('POST', '/notes', 'another') == 403)
        self.assertIn('License: suspended. ', self.ask('GET', '/')[1])
        self.assertTheirsIsTheirs()

    def test_an_agent_that_is_killed_takes_nothing_but_units_away(self):
        options = self.with_agent(site)
        self.serve(*options)
        site.kill_agent()
        self.assertEqual(self.status('POST', '/notes', 'mine'), 201)
        self.assertEqual(self.status('POST', '/notes/1/publish'), 503)
        self.assertTheirsIsTheirs()

    def test_begun_without_an_agent_it_serves_what_is_theirs(self):
        process = self.serve('--socket', stage.path('nobody'), '--library', LIBRARY)
        self.assertEqual(self.status('POST', '/notes', 'new'), 503)
        (pathlib.Path(f'/proc/{process.pid}/cwd').resolve() / 'notes' / '1.txt').write_text('from before')
        self.assertIn('License: agent_gone. ', self.ask('GET', '/')[1])
        self.assertTheirsIsTheirs()

    def test_each_state_of_which_nothing_is_granted(self):
        self.pretend(features={'write': True, 'max-notes': 5})
        self.assertEqual(self.status('POST', '/notes', 'mine'), 201)
        for reason, status in (('expired', 402), ('revoked', 403), ('clock_set_back', 403), ('agent_gone', 503)):
            with self.subTest(reason):
                self.decisions.write_text(json.dumps({'denied': {'write': reason, 'max-notes': reason}, 'state': reason}))
                self.assertEqual(self.status('POST', '/notes', 'another'), status)
                self.assertIn(f'License: {reason}. ', self.ask('GET', '/')[1])
                self.assertTheirsIsTheirs()

    def test_requests_that_are_none_are_answered(self):
        self.pretend(features={'write': True, 'max-notes': 5}, limits={'publications': 1})
        for method, path, body, status in (('POST', '/notes', b'\xff\x00', 400), ('POST', '/notes', b'x' * 65537, 413), ('GET', '/notes/9', None, 404),
                                           ('GET', '/notes/..%2f..%2froots.py', None, 404), ('POST', '/notes/' + '9' * 100 + '/publish', None, 404)):
            with self.subTest(path, status=status):
                self.assertEqual(self.status(method, path, body), status)
        self.assertEqual(self.status('POST', '/notes', b''), 201)
        self.assertEqual(self.status('POST', '/notes/1/publish'), 200, 'no unit was lost to what is no note')


if __name__ == '__main__':
    unittest.main(verbosity=2)
