'use strict';
// Whatever is handed in, what comes of it is an exception with a name.
const assert = require('node:assert/strict');
const {test} = require('node:test');
const {holdfast, options, openFor} = require('./fixture.js');

const USAGE = {name: 'UsageError', code: 'HOLDFAST_INVALID_ARGUMENT'};
const HUGE = 'x'.repeat(10 * 1024 * 1024);
const NO_STRINGS = [undefined, null, 0, 1n, true, {}, [], Symbol('name'), () => 'export', Buffer.from('export')];

test('a name that is no string is refused', async (t) => {
  const license = openFor(t);
  for (const name of NO_STRINGS) {
    for (const call of ['check', 'allows', 'integer', 'text'])
      assert.throws(() => license[call](name), {...USAGE, check: 'argument.name'}, call);
    for (const call of ['acquire', 'release', 'consume', 'limit', 'key'])
      await assert.rejects(license[call](name), {...USAGE, check: 'argument.name'}, call);
  }
});

test('a name is not cut at a zero character', async (t) => {
  const license = openFor(t);
  assert.throws(() => license.check('export\0'), {...USAGE, check: 'argument.name'});
  assert.throws(() => license.allows('export\0x'), {...USAGE, check: 'argument.name'});
  await assert.rejects(license.acquire('users\0'), {...USAGE, check: 'argument.name'});
  await assert.rejects(license.key('content\0'), {...USAGE, check: 'argument.name'});
  assert.throws(() => holdfast.open({...options, product: 'acme-cad\0'}), {...USAGE, check: 'argument.text'});
});

test('a name that can be none is unknown, or refused where it is looked up', async (t) => {
  const license = openFor(t);
  for (const name of ['', HUGE, 'export' + ' '.repeat(80), '\ud800', 'exp\udc00ort', 'Export', '../export', 'expört']) {
    assert.equal(license.check(name).reason, 'unknown_feature');
    await assert.rejects(license.acquire(name), {...USAGE, check: 'argument.limit'});
  }
});

test('an amount is a whole number', async (t) => {
  const license = openFor(t);
  for (const amount of [0, -1, 0.5, NaN, Infinity, 2 ** 53, '1', null, {}, 1n])
    for (const call of ['acquire', 'consume', 'release'])
      await assert.rejects(license[call](call === 'consume' ? 'pages' : 'users', amount), {...USAGE, check: 'argument.amount'}, `${call} ${String(amount)}`);
  for (const amount of [undefined, -1, 0.5, NaN])
    await assert.rejects(license.set('open-projects', amount), {...USAGE, check: 'argument.amount'});
  assert.equal((await license.limit('users')).held, 0);
});

test('options of a wrong type are refused', () => {
  for (const wrong of [undefined, null, 'acme-cad', 1]) assert.throws(() => holdfast.open(wrong), {...USAGE, check: 'argument.options'});
  for (const wrong of [undefined, 1, {}]) {
    assert.throws(() => holdfast.open({...options, product: wrong}), {...USAGE, check: 'argument.text'});
    assert.throws(() => holdfast.open({...options, rootsPem: wrong}), {...USAGE, check: 'argument.text'});
  }
  for (const member of ['product', 'rootsPem', 'socket']) assert.throws(() => holdfast.open({...options, [member]: HUGE}), {...USAGE, check: 'argument.text'});
  for (const wrong of [null, 1, {}]) assert.throws(() => holdfast.open({...options, socket: wrong}), {...USAGE, check: 'argument.text'});
  for (const wrong of [-1, 0.5, NaN, 2 ** 32, '1000', null]) assert.throws(() => holdfast.open({...options, timeoutMs: wrong}), {...USAGE, check: 'argument.amount'});
});

test('an option that is none is refused and named, not passed over', () => {
  const refused = {...USAGE, check: 'argument.options', advice: 'the options are product, rootsPem, socket, timeoutMs, openAnyway'};
  assert.throws(() => holdfast.open({...options, openAnway: true}), {...refused, message: 'there is no option "openAnway"'});
  for (const name of ['', 'open\0Anyway', '\ud800', '__proto__', 'constructor', HUGE])
    assert.throws(() => holdfast.open(Object.defineProperty({...options}, name, {value: true, enumerable: true})), refused);
});

test('a license that is closed says so, and may be closed again', async (t) => {
  const license = openFor(t);
  license.close();
  license.close();
  const closed = {name: 'UsageError', code: 'HOLDFAST_CLOSED', check: 'argument.closed'};
  for (const call of ['check', 'allows', 'integer', 'text', 'status', 'statusJson', 'agentError'])
    assert.throws(() => license[call]('export'), closed, call);
  for (const call of ['acquire', 'release', 'consume', 'limit', 'key']) await assert.rejects(license[call]('users', 1), closed, call);
  await assert.rejects(license.set('users', 1), closed);
  assert.throws(() => license.on('change', () => {}), closed);
});

test('a license is made by open alone, and its calls are its own', (t) => {
  const License = openFor(t).constructor;
  for (const handle of [undefined, null, {}, 1]) assert.throws(() => new License(handle).check('export'), {...USAGE, check: 'argument.license'});
  assert.throws(() => License.prototype.check.call({}, 'export'), TypeError);
  assert.throws(() => structuredClone(openFor(t)), {name: 'DataCloneError'});
});
