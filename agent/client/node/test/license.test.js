'use strict';
// What every license does.
const assert = require('node:assert/strict');
const {test} = require('node:test');
const {holdfast, openFor, key} = require('./fixture.js');

test('a check says what is allowed, and why', (t) => {
  const license = openFor(t);
  assert.deepEqual({...license.check('export')}, {allowed: true, reason: 'active', advice: ''});
  const {allowed, reason, advice} = license.check('cloud-render');
  assert.deepEqual([allowed, reason], [false, 'feature_not_granted']);
  assert.notEqual(advice, '');
  assert.equal(license.check('no-such').reason, 'unknown_feature');
  assert.equal(license.allows('export'), true);
  assert.equal(license.allows('cloud-render'), false);
});

test('equal verdicts are one frozen object', (t) => {
  const license = openFor(t);
  assert.equal(license.check('export'), license.check('max-resolution'));
  assert.throws(() => { license.check('cloud-render').allowed = true; }, TypeError);
});

test('values have a default for what is denied', (t) => {
  const license = openFor(t);
  assert.equal(license.integer('max-resolution', 640), 3840);
  assert.equal(license.integer('no-such', 640), 640);
  assert.equal(license.integer('no-such'), undefined);
  assert.equal(license.text('watermark', 'unlicensed'), 'none');
  assert.equal(license.text('no-such', 'unlicensed'), 'unlicensed');
});

test('a value of another kind is a mistake by name', (t) => {
  const license = openFor(t);
  assert.throws(() => license.integer('watermark', 1), {name: 'UsageError', code: 'HOLDFAST_WRONG_TYPE', check: 'argument.type'});
  assert.throws(() => license.text('export', ''), {name: 'UsageError', code: 'HOLDFAST_WRONG_TYPE'});
});

test('seats are taken, counted and given back', async (t) => {
  const license = openFor(t);
  assert.equal((await license.acquire('users')).allowed, true);
  assert.equal((await license.acquire('users', 1)).allowed, true);
  assert.deepEqual({...await license.acquire('users')}.reason, 'limit_reached');
  assert.deepEqual(await license.limit('users'), {max: 2, used: 2, held: 2});
  await license.release('users', 1);
  assert.equal((await license.limit('users')).held, 1);
  await license.acquire('users');
  await license.release('users');
  assert.equal((await license.limit('users')).held, 0);
});

test('a gauge is set', async (t) => {
  const license = openFor(t);
  assert.equal((await license.set('open-projects', 3)).allowed, true);
  assert.equal((await license.limit('open-projects')).held, 3);
  assert.equal((await license.set('open-projects', 6)).reason, 'limit_reached');
  assert.equal((await license.set('open-projects', 0)).allowed, true);
  assert.equal((await license.limit('open-projects')).held, 0);
});

test('units are used up, all of them or none', async (t) => {
  const license = openFor(t);
  const before = (await license.limit('pages')).used;
  assert.equal((await license.consume('pages')).allowed, true);
  assert.equal((await license.consume('pages', 2)).allowed, true);
  assert.equal((await license.consume('pages', 1000)).reason, 'limit_reached');
  assert.equal((await license.limit('pages')).used, before + 3);
});

test('questions that are asked together are answered in order', async (t) => {
  const license = openFor(t);
  const held = [];
  await Promise.all([1, 2, 3].map(async (n) => {
    await license.set('open-projects', n);
    held.push(n);
  }));
  assert.deepEqual(held, [1, 2, 3]);
  assert.equal((await license.limit('open-projects')).held, 3);
});

test('a key is a buffer, and none is an error with the reason', async (t) => {
  const license = openFor(t, {timeoutMs: 30000});
  const opened = await license.key('content');
  assert.ok(Buffer.isBuffer(opened));
  assert.equal(opened.toString('hex'), key);
  await assert.rejects(license.key('no-such'), {name: 'DeniedError', code: 'HOLDFAST_DENIED', reason: 'unknown_key'});
});

test('a limit that there is not is an error with the reason', async (t) => {
  await assert.rejects(openFor(t).limit('no-such'), {name: 'DeniedError', reason: 'unknown_limit'});
});

test('the status says how the license stands', (t) => {
  const license = openFor(t);
  const status = license.status();
  assert.deepEqual([status.state, status.reason, status.reasons, status.edition], ['active', 'active', ['active'], 'professional']);
  assert.equal(typeof JSON.parse(license.statusJson()), 'object');
  assert.equal(license.agentError(), null);
});

test('errors are of this package and of JavaScript', async (t) => {
  const error = await openFor(t).key('no-such').catch((thrown) => thrown);
  assert.ok(error instanceof holdfast.DeniedError && error instanceof holdfast.HoldfastError && error instanceof Error);
});
