// usage: node prove.mjs BASE-URL [SOCKET] - proves with OpenFeature's own packages what an agent answers to OFREP. BASE-URL is the http:// address before
// /ofrep/v1; with SOCKET, the agent's unix socket, its host is of no consequence. HOLDFAST_TOKEN, where it is set, is the bearer token to show.
//
// The license is of the plan `demo` of docs/examples/product.json. In between it has to be suspended and made active again: the program prints "suspend" or
// "reactivate" and goes on with the next line on standard input. It prints one line for each proof, and exits 1 at the first that fails.
import assert from 'node:assert/strict';
import http from 'node:http';
import readline from 'node:readline';
import {OFREPProvider} from '@openfeature/ofrep-provider';
import {OFREPWebProvider} from '@openfeature/ofrep-web-provider';
import {OpenFeature as OnServer} from '@openfeature/server-sdk';
import {OpenFeature as OnWeb, ProviderEvents} from '@openfeature/web-sdk';

const [baseUrl, socketPath] = process.argv.slice(2);
const token = process.env.HOLDFAST_TOKEN;
const input = readline.createInterface({input: process.stdin});
const lines = input[Symbol.asyncIterator]();

// `fetch` through the socket, as the providers want one.
async function fetchBySocket(request) {
  const {pathname, search} = new URL(request.url);
  const body = await request.text();
  return new Promise((resolve, reject) => {
    const asked = http.request({socketPath, path: pathname + search, method: request.method, headers: Object.fromEntries(request.headers)}, async (answer) => {
      const text = Buffer.concat(await answer.toArray());
      resolve(new Response(answer.statusCode === 304 ? null : text, {status: answer.statusCode, headers: answer.headers}));
    });
    asked.on('error', reject).end(body);
  });
}

const ask = socketPath ? fetchBySocket : fetch;

function options(more) {
  return {baseUrl, fetchImplementation: ask, headers: token ? [['Authorization', `Bearer ${token}`]] : [], ...more};
}

async function clientOnServer(domain, provider = new OFREPProvider(options())) {
  await OnServer.setProviderAndWait(domain, provider);
  return OnServer.getClient(domain);
}

// What matters of an evaluation.
function seen({value, reason, errorCode, flagMetadata}) {
  return {value, reason, error: errorCode, why: flagMetadata?.reason};
}

async function prove(what, proof) {
  try {
    await proof();
    console.log(`ok ${what}`);
  } catch (error) {
    console.log(`FAILED ${what}\n${error.stack}`);
    process.exit(1);
  }
}

async function pleaseDo(what) {
  console.log(what);
  await lines.next();
}

// All answers to the web provider, and who waits for one.
const answers = [];
const waiting = new Set();
async function watchedFetch(request, init) {
  const named = request.headers.get('If-None-Match');
  const response = await ask(request, init);
  answers.push({status: response.status, named, tag: response.headers.get('ETag')});
  for (const look of waiting) look(answers.at(-1));
  return response;
}

function answerLike(condition) {
  return new Promise((resolve) => {
    const look = (answer) => condition(answer) && waiting.delete(look) && resolve(answer);
    waiting.add(look);
  });
}

function webSays(client, condition) {
  return new Promise((resolve) => {
    const look = () => {
      if (!condition()) return;
      client.removeHandler(ProviderEvents.ConfigurationChanged, look);
      resolve();
    };
    client.addHandler(ProviderEvents.ConfigurationChanged, look);
    look();
  });
}

const server = await clientOnServer('server');

await prove('a feature that is granted is true', async () => {
  assert.deepEqual(seen(await server.getBooleanDetails('export', false)), {value: true, reason: 'STATIC', error: undefined, why: 'active'});
});
await prove('an integer has its value', async () => {
  assert.deepEqual(seen(await server.getNumberDetails('max-resolution', 640)), {value: 3840, reason: 'STATIC', error: undefined, why: 'active'});
});
await prove('a text has its value', async () => {
  assert.deepEqual(seen(await server.getStringDetails('watermark', 'unlicensed')), {value: 'none', reason: 'STATIC', error: undefined, why: 'active'});
});
await prove('a feature that is not granted is false, whatever the default', async () => {
  assert.deepEqual(seen(await server.getBooleanDetails('cloud-render', true)), {value: false, reason: 'DISABLED', error: undefined, why: 'feature_not_granted'});
});
await prove('a flag that the license does not know has the default', async () => {
  const {value, error} = seen(await server.getStringDetails('no-such', 'mine'));
  assert.deepEqual({value, error}, {value: 'mine', error: 'FLAG_NOT_FOUND'});
});
await prove('a flag of another type has the default', async () => {
  const {value, error} = seen(await server.getNumberDetails('export', 7));
  assert.deepEqual({value, error}, {value: 7, error: 'TYPE_MISMATCH'});
});
await prove('a name that can be none has the default', async () => {
  for (const name of ['Export', 'export\0', 'exp ort', 'a/b', '%2e%2e', '../../v1/status', 'x'.repeat(5000), 'ü', '?', ''])
    assert.equal((await server.getStringDetails(name, 'mine')).value, 'mine', name);
});
await prove('the context is of no consequence', async () => {
  const context = {targetingKey: 'ada', tier: 'gold', nested: {deep: [1, 2, {three: null}]}, at: new Date(0)};
  assert.equal(await server.getBooleanValue('export', false, context), true);
  assert.equal(await server.getBooleanValue('cloud-render', true, context), false);
});

await OnWeb.setProviderAndWait(new OFREPWebProvider(options({fetchImplementation: watchedFetch, cacheMode: 'disabled', pollInterval: 100})));
const web = OnWeb.getClient();

await prove('all flags at once say the same', async () => {
  assert.deepEqual(seen(web.getBooleanDetails('export', false)), {value: true, reason: 'STATIC', error: undefined, why: 'active'});
  assert.equal(web.getNumberValue('max-resolution', 640), 3840);
  assert.equal(web.getStringValue('watermark', 'unlicensed'), 'none');
  assert.deepEqual(seen(web.getBooleanDetails('cloud-render', true)), {value: false, reason: 'DISABLED', error: undefined, why: 'feature_not_granted'});
  assert.equal(web.getBooleanDetails('no-such', false).errorCode, 'FLAG_NOT_FOUND');
  assert.equal(web.getNumberDetails('export', 7).errorCode, 'TYPE_MISMATCH');
});
await prove('what has not changed is not sent again', async () => {
  const {named, tag} = await answerLike(({status}) => status === 304);
  assert.ok(named);
  assert.equal(tag, named);
  assert.equal(web.getBooleanValue('export', false), true);
});

await pleaseDo('suspend');
await prove('a suspension is seen by who asks one flag', async () => {
  while ((await server.getBooleanDetails('export', true)).value) continue;
  assert.deepEqual(seen(await server.getBooleanDetails('export', true)), {value: false, reason: 'DISABLED', error: undefined, why: 'suspended'});
});
await prove('what has a value is the default then', async () => {
  const {value, error} = seen(await server.getNumberDetails('max-resolution', 640));
  assert.deepEqual({value, error}, {value: 640, error: 'FLAG_NOT_FOUND'});
});
await prove('a suspension is told to who asks for all', async () => {
  await webSays(web, () => !web.getBooleanValue('export', true));
  assert.equal(web.getBooleanDetails('export', true).flagMetadata.reason, 'suspended');
  assert.equal(web.getNumberValue('max-resolution', 640), 640);
});

await pleaseDo('reactivate');
await prove('its end is seen too', async () => {
  await webSays(web, () => web.getBooleanValue('export', false));
  assert.equal(await server.getBooleanValue('export', false), true);
});

if (token) {
  for (const [what, headers] of [['no', []], ['a wrong', [['Authorization', 'Bearer wrong']]]])
    await prove(`with ${what} token there are no flags`, async () => {
      const stranger = await clientOnServer('stranger', new OFREPProvider(options({headers})));
      const {value, reason, errorCode} = await stranger.getBooleanDetails('export', false);
      assert.deepEqual({value, reason, errorCode}, {value: false, reason: 'ERROR', errorCode: 'GENERAL'});
      await assert.rejects(OnWeb.setProviderAndWait('stranger', new OFREPWebProvider(options({headers, cacheMode: 'disabled'}))), {code: 'PROVIDER_FATAL'});
    });
}

await OnWeb.close();
await OnServer.close();
input.close();
console.log('all proven');
