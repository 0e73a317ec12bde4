'use strict';
// usage: node bench.js - what a check costs, beside an empty call of an addon. HOLDFAST_TEST_SOCKET and HOLDFAST_TEST_ROOTS say which agent is asked: one that
// grants `export`.
const fs = require('node:fs');
const holdfast = require('.');
const native = require('./build/Release/holdfast.node');

const license = holdfast.open({product: 'acme-cad', rootsPem: fs.readFileSync(process.env.HOLDFAST_TEST_ROOTS), socket: process.env.HOLDFAST_TEST_SOCKET});
const CALLS = 2_000_000;

// The best of some rounds: the others were disturbed.
function nanoseconds(call) {
  let best = Infinity;
  for (let round = 0; round < 7; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < CALLS; i++) call();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / CALLS);
  }
  return best;
}

const empty = nanoseconds(() => native.nothing());
for (const [name, call] of [['check', () => license.check('export')], ['allows', () => license.allows('export')]]) {
  const cost = nanoseconds(call);
  console.log(`${name}: ${cost.toFixed(0)} ns, ${(cost / empty).toFixed(1)} times an empty call (${empty.toFixed(0)} ns)`);
}
license.close();
