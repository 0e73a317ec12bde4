// usage: node --expose-gc driver.js OPTIONS - what node_binding_test.py has the package `holdfast` do: a license with OPTIONS (JSON), then one JavaScript
// expression a line on standard input, one line of JSON for what comes of each: {"value": ...} or {"error": {...}}. An expression may use license, require, and
// `kept` for what it keeps.
'use strict';
const readline = require('node:readline');
const holdfast = require('holdfast');

const AsyncFunction = (async () => {}).constructor;
const kept = {};
let license;

async function outcome(work) {
  try {
    return {value: await work() ?? null};
  } catch ({name, code, check, message}) {
    return {error: {name, code, check, message}};
  }
}

async function main() {
  const say = (what) => console.log(JSON.stringify(what));
  say(await outcome(() => { license = holdfast.open(JSON.parse(process.argv[2])); }));
  for await (const line of readline.createInterface({input: process.stdin}))
    say(await outcome(() => new AsyncFunction('license', 'require', 'kept', `return ${line}`)(license, require, kept)));
}

main();
