'use strict';
// The middlewares, over HTTP. Of the fake, which denies what a test wants denied.
const assert = require('node:assert/strict');
const {once} = require('node:events');
const http = require('node:http');
const {describe, test} = require('node:test');
const {requireLicense, requireFeature, usageLimit, seat} = require('../express.js');
const {errorOf} = require('../errors.js');
const {openFor, decide, isFake} = require('./fixture.js');

// All of the table of docs/application.md, which is not part of the package: tests/system/node_binding_test.py hands it over.
const answers = process.env.HOLDFAST_TEST_ANSWERS && JSON.parse(process.env.HOLDFAST_TEST_ANSWERS);
const SOME_REASONS = {expired: 402, no_license: 402, feature_not_granted: 402, revoked: 403, unknown_feature: 403, limit_reached: 429, agent_gone: 503};

// A server for a test `t` that runs `middlewares` and then answers with `work`; the answer to each request of `ask`.
async function serve(t, middlewares, work = (req, res) => res.end('done')) {
  const server = http.createServer((req, res) => {
    const next = (i) => (error) => {
      if (error) res.writeHead(500).end(error.code);
      else if (i === middlewares.length) work(req, res);
      else middlewares[i](req, res, next(i + 1));
    };
    next(0)();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => (server.closeAllConnections(), server.close()));
  return async (headers, signal) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}/`, {headers, signal});
    const text = await response.text();
    return {status: response.status, headers: response.headers, text, ...(/json/.test(response.headers.get('content-type')) && {body: JSON.parse(text)})};
  };
}

const until = async (condition) => {
  while (!await condition()) await new Promise(setImmediate);
};

describe('middlewares', {skip: !isFake && 'the fake denies what a test wants denied'}, () => {
  test('what is allowed is served', async (t) => {
    const license = openFor(t);
    const ask = await serve(t, [requireLicense(license), requireFeature(license, 'export'), usageLimit(license, 'pages'), seat(license, 'users')]);
    assert.deepEqual([(await ask()).status, (await ask()).text], [200, 'done']);
  });

  test('each reason has its status, and a body with reason and advice', async (t) => {
    t.after(() => decide({}));
    const license = openFor(t);
    const ask = await serve(t, [requireFeature(license, 'render')]);
    for (const [reason, status] of Object.entries(answers?.reasons ?? SOME_REASONS)) {
      decide({denied: {render: reason}});
      const {status: got, headers, body} = await ask();
      assert.deepEqual([got, headers.get('retry-after')], [status, status === 503 ? '30' : null], reason);
      assert.deepEqual([headers.get('content-type'), headers.get('cache-control')], ['application/problem+json', 'no-store']);
      const {advice} = license.check('render');
      assert.deepEqual(body, {title: http.STATUS_CODES[status], status, detail: 'the license does not grant render', reason, advice});
    }
  });

  test('a reason that only a newer library knows is 403', async (t) => {
    const ask = await serve(t, [requireFeature({check: () => ({allowed: false, reason: 'other', advice: ''})}, 'render')]);
    const {status, body} = await ask();
    assert.deepEqual([status, body.reason], [403, 'other']);
  });

  test('each error has its answer, and its details are for the log', {skip: !answers && 'HOLDFAST_TEST_ANSWERS is not set'}, async (t) => {
    const logged = t.mock.method(console, 'error', () => {});
    let error;
    const ask = await serve(t, [requireFeature({check() { throw error; }}, 'render')]);
    for (const [name, [code, status]] of Object.entries(answers.errors)) {
      error = errorOf(code, name, 'a.check', 'details', 'to be done');
      const answer = await ask();
      assert.deepEqual([answer.status, answer.headers.get('retry-after')], [status, status === 503 ? '30' : null], name);
      assert.doesNotMatch(answer.text, /details|to be done/);
      if (status !== 503) continue;  // it is the error handler's
      assert.equal(answer.body.reason, name);
      assert.match(logged.mock.calls.at(-1).arguments[0], /details \(a\.check\); to be done/);
    }
  });

  test('a license that grants nothing is required in vain, a fallback edition not', async (t) => {
    t.after(() => decide({}));
    const ask = await serve(t, [requireLicense(openFor(t))]);
    for (const [state, status] of [['active', 200], ['expiring', 200], ['grace', 200], ['fallback', 200], ['emergency', 200], ['expired', 402], ['revoked', 403], ['none', 402]]) {
      decide({state, reasons: [{fallback: 'fallback_edition', none: 'no_license'}[state] ?? state]});
      assert.equal((await ask()).status, status, state);
    }
    decide({state: 'expired', reasons: ['expired', 'advisory']});
    assert.equal((await ask()).status, 200, 'a license that only advises');
  });

  test('a notice is told of each request that is served, and none of what is active', async (t) => {
    t.after(() => decide({}));
    const onNotice = (verdict, req, res) => res.setHeader('License-Notice', verdict.reason);
    const ask = await serve(t, [requireFeature(openFor(t), 'export', {onNotice})]);
    assert.equal((await ask()).headers.get('license-notice'), null);
    decide({state: 'grace'});
    for (let i = 0; i < 2; i++) assert.deepEqual([(await ask()).headers.get('license-notice'), (await ask()).status], ['grace', 200]);
  });

  test('an application answers denials its own way, or goes on', async (t) => {
    const license = openFor(t);
    const onDenied = (refusal, req, res, next) => (req.headers.go ? next() : res.writeHead(418).end(refusal.subject));
    const ask = await serve(t, [requireFeature(license, 'cloud-render', {onDenied})]);
    assert.deepEqual([(await ask()).status, (await ask()).text], [418, 'cloud-render']);
    assert.equal((await ask({go: 'on'})).status, 200);
  });

  test('units are used before the work, and what is left decides', async (t) => {
    const license = openFor(t);
    const ask = await serve(t, [usageLimit(license, 'pages', async (req) => Number(req.headers.pages))]);
    const before = (await license.limit('pages')).used;
    assert.equal((await ask({pages: '60'})).status, 200);
    assert.equal((await ask({pages: '0'})).status, 200);
    assert.equal((await license.limit('pages')).used, before + 60);
    const {status, headers, body} = await ask({pages: '60'});
    assert.deepEqual([status, body.reason, headers.get('retry-after')], [429, 'limit_reached', null], 'waiting brings no units');
    assert.equal((await license.limit('pages')).used, before + 60);
  });

  test('a mistake of the application goes to its error handler', async (t) => {
    const license = openFor(t);
    const ask = await serve(t, [usageLimit(license, 'pages', () => 0.5)]);
    assert.deepEqual([(await ask()).status, (await ask()).text], [500, 'HOLDFAST_INVALID_ARGUMENT']);
    license.close();
    assert.equal((await ask()).text, 'HOLDFAST_CLOSED');
  });

  test('a seat is held while the request runs', async (t) => {
    const license = openFor(t);
    const running = [];
    const ask = await serve(t, [seat(license, 'users')], (req, res) => running.push(res));
    const served = [ask(), ask()];
    await until(() => running.length === 2);
    const {status, headers, body} = await ask();
    assert.deepEqual([status, body.reason, headers.get('retry-after')], [429, 'limit_reached', '30'], 'a seat is released by and by');
    for (const res of running) res.end('done');
    await Promise.all(served);
    await until(async () => (await license.limit('users')).held === 0);
  });

  test('a client that goes away gives its seat back', async (t) => {
    const license = openFor(t);
    const ask = await serve(t, [seat(license, 'users')], () => gone.abort());
    const gone = new AbortController();
    await assert.rejects(ask({}, gone.signal), {name: 'AbortError'});
    await until(async () => (await license.limit('users')).held === 0);
  });

  test('requests of a session share a seat, which outlasts them until it ends', async (t) => {
    const license = openFor(t);
    const users = seat(license, 'users', {session: (req) => req.headers.user, idleMs: 3600_000});
    const ask = await serve(t, [users], (req, res) => {
      if (req.headers.logout) users.end(req.headers.user);
      res.end();
    });
    const status = async (headers) => (await ask(headers)).status;
    assert.deepEqual(await Promise.all(['a', 'a', 'a', 'b'].map((user) => status({user}))), [200, 200, 200, 200]);
    assert.equal((await license.limit('users')).held, 2);
    assert.equal(await status({user: 'c'}), 429);
    assert.equal(await status({user: 'a', logout: 'yes'}), 200);
    await until(async () => (await license.limit('users')).held === 1);
    assert.equal(await status({user: 'c'}), 200);
  });

  test('an idle session gives its seat back', async (t) => {
    const license = openFor(t);
    const ask = await serve(t, [seat(license, 'users', {session: () => 'one', idleMs: 1})]);
    assert.equal((await ask()).status, 200);
    await until(async () => (await license.limit('users')).held === 0);
  });
});
