'use strict';
// A license to test with: of a real agent, where HOLDFAST_TEST_SOCKET, HOLDFAST_TEST_ROOTS and HOLDFAST_TEST_KEY say which (tests/system/node_binding_test.py
// makes one), or of libholdfast-fake, where that is preloaded. Both say the same.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {after} = require('node:test');
const holdfast = require('..');

const isFake = holdfast.version.endsWith('-fake');
const key = isFake ? '5a'.repeat(32) : process.env.HOLDFAST_TEST_KEY;

const LICENSE = {
  features: {export: true, 'max-resolution': 3840, watermark: 'none'},
  denied: {'cloud-render': 'feature_not_granted'},
  limits: {users: 2, 'open-projects': 5, pages: 100},
  keys: {content: key},
  edition: 'professional',
};

// Of the fake: what it says from now on. It watches the directory of its file, where nothing half written may be.
function decide(decisions) {
  const next = path.join(directory, 'next');
  fs.writeFileSync(next, JSON.stringify({...LICENSE, ...decisions}));
  fs.renameSync(next, process.env.HOLDFAST_FAKE);
}

const directory = isFake && fs.mkdtempSync(path.join(os.tmpdir(), 'holdfast-node-'));
if (isFake) {
  fs.mkdirSync(path.join(directory, 'now'));
  process.env.HOLDFAST_FAKE = path.join(directory, 'now', 'decisions.json');
  decide({});
  after(() => fs.rmSync(directory, {recursive: true}));
} else if (!process.env.HOLDFAST_TEST_SOCKET) {
  throw new Error('preload libholdfast-fake.so.1 (LD_PRELOAD), or say which agent to ask (HOLDFAST_TEST_SOCKET, HOLDFAST_TEST_ROOTS, HOLDFAST_TEST_KEY)');
}

const options = {
  product: 'acme-cad',
  rootsPem: isFake ? 'none' : fs.readFileSync(process.env.HOLDFAST_TEST_ROOTS),
  socket: isFake ? undefined : process.env.HOLDFAST_TEST_SOCKET,
};

// For a test `t`, which closes it.
function openFor(t, more) {
  const license = holdfast.open({...options, ...more});
  t.after(() => license.close());
  return license;
}

module.exports = {holdfast, options, openFor, decide, isFake, key};
