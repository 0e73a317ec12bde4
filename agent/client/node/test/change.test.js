'use strict';
// What is heard of changes; of the fake, which a test can change.
const assert = require('node:assert/strict');
const {once} = require('node:events');
const {test} = require('node:test');
const {openFor, decide, isFake} = require('./fixture.js');

// Listening keeps no process alive; a test has to.
async function alive(promise) {
  const timer = setInterval(() => {}, 1000);
  await promise;
  clearInterval(timer);
}

const fakeOnly = {skip: !isFake && 'the fake makes the changes'};

test('a listener hears of a change, of each', fakeOnly, async (t) => {
  t.after(() => decide({}));
  const license = openFor(t);
  for (const reason of ['revoked', 'expired']) {
    const changed = once(license, 'change');
    decide({features: {}, denied: {export: reason}});
    await alive(changed);
    assert.equal(license.check('export').reason, reason);
  }
});

test('a listener may close the license', fakeOnly, async (t) => {
  t.after(() => decide({}));
  const license = openFor(t);
  const closed = new Promise((resolve) => license.on('change', () => resolve(license.close())));
  decide({state: 'grace'});
  await alive(closed);
  assert.throws(() => license.check('export'), {code: 'HOLDFAST_CLOSED'});
});
