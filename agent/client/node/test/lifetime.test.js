'use strict';
// What ends when: licenses that are forgotten or closed, workers, the process.
const assert = require('node:assert/strict');
const {execFile} = require('node:child_process');
const {once} = require('node:events');
const {setImmediate: turn} = require('node:timers/promises');
const {promisify} = require('node:util');
const {test} = require('node:test');
const {Worker} = require('node:worker_threads');
const {holdfast, options, openFor, isFake} = require('./fixture.js');

// A program of its own, with `license`, that has to end by itself; one that does not is killed, which is an error.
function program(code) {
  const setup = `const holdfast = require(${JSON.stringify(require.resolve('..'))}); const license = holdfast.open(${JSON.stringify({...options, rootsPem: String(options.rootsPem)})});`;
  return promisify(execFile)(process.execPath, ['--expose-gc', '-e', setup + code], {timeout: 60_000});
}

// A worker thread with `license`, which tells what `code` evaluates to.
function worker(code) {
  return new Worker(`
    const {parentPort, workerData} = require('node:worker_threads');
    const license = require(workerData.module).open(workerData.options);
    (async () => parentPort.postMessage(await (${code})))();`, {eval: true, workerData: {module: require.resolve('..'), options}});
}

test('questions on their way are answered after close, later ones refused', async (t) => {
  const license = openFor(t);
  const asked = license.limit('users');
  await turn();
  license.close();
  assert.equal((await asked).max, 2);
  await assert.rejects(license.limit('users'), {code: 'HOLDFAST_CLOSED'});
});

test('a license that is forgotten is closed and gives back what it held', {skip: isFake && 'each license of the fake counts for itself'}, async (t) => {
  const other = openFor(t);
  await (async () => assert.equal((await openFor({after() {}}).acquire('users', 2)).allowed, true))();
  while (!(await other.acquire('users', 2)).allowed) {
    global.gc();
    await turn();
  }
});

test('a license is kept while its question is on its way', async () => {
  const asked = openFor({after() {}}).limit('users');
  global.gc();
  await turn();
  global.gc();
  assert.equal((await asked).max, 2);
});

test('listening keeps no process alive', async () => {
  await program(`license.on('change', () => {});`);
});

test('a process ends with questions on their way and listeners', async () => {
  await program(`license.on('change', () => {}); license.limit('users'); setImmediate(() => process.exit(0));`);
});

test('a listener may be taken away, and another one come', async () => {
  await program(`
    for (let i = 0; i < 100; i++) {
      const listener = () => {};
      license.on('change', listener);
      license.off('change', listener);
    }
    license.once('change', () => {});
    license.close();
    global.gc();`);
});

test('workers have licenses of their own', async () => {
  const workers = [1, 2, 3].map(() => worker(`license.limit('users').then(({max}) => [license.check('export').reason, max])`));
  for (const [answer] of await Promise.all(workers.map((one) => once(one, 'message')))) assert.deepEqual(answer, ['active', 2]);
  await Promise.all(workers.map((one) => one.terminate()));
});

test('a worker may be ended while it asks and listens', async () => {
  for (let i = 0; i < 5; i++) {
    const one = worker(`(license.on('change', () => {}), license.limit('users'), setInterval(() => license.limit('users'), 0), 'asking')`);
    await once(one, 'message');
    await one.terminate();
  }
});

test('what a listener throws is an uncaught exception as of any event', {skip: !isFake && 'the fake makes the change'}, async () => {
  const ended = program(`
    license.on('change', () => { throw new Error('of the listener'); });
    require('node:fs').appendFileSync(process.env.HOLDFAST_FAKE, ' ');
    setInterval(() => {}, 1000);`);
  await assert.rejects(ended, (error) => error.code === 1 && /of the listener/.test(error.stderr));
});
