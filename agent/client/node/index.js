'use strict';
// libholdfast for Node.js. README.md is the guide, index.d.ts says what each call takes and gives.
const {EventEmitter} = require('node:events');
const native = require('./build/Release/holdfast.node');
const {HoldfastError, UsageError, UnavailableError, UntrustedAgentError, DeniedError, errorOf} = require('./errors.js');

native.setErrorFactory(errorOf);

const OPEN_ANYWAY = 1;
const OPTIONS = new Set(['product', 'rootsPem', 'socket', 'timeoutMs', 'openAnyway']);

const reasons = [];
function reasonOf(number) {
  return reasons[number] ??= native.reason(number);
}

// There is one object for each verdict that there can be, made when it is first met: a check allocates nothing.
const verdicts = [];
function verdictOf(number) {
  return verdicts[number] ??= newVerdict(number);
}

function newVerdict(number) {
  const [reason, advice] = reasonOf(number >> 1);
  return Object.freeze({allowed: (number & 1) === 1, reason, advice});
}

// The addon answers with a verdict's number where there is no value.
function valueOf(answer, what) {
  if (typeof answer === 'number') throw new DeniedError(what, verdictOf(answer));
  return answer;
}

class License extends EventEmitter {
  #handle;
  #last = Promise.resolve();

  constructor(handle) {
    super();
    this.#handle = handle;
    this.on('newListener', (event) => {
      if (event === 'change' && this.listenerCount('change') === 0) native.watch(this.#handle, () => this.emit('change'));
    });
    this.on('removeListener', (event) => {
      if (event === 'change' && this.listenerCount('change') === 0) native.unwatch(this.#handle);
    });
  }

  check(feature) {
    return verdictOf(native.check(this.#handle, feature));
  }

  allows(feature) {
    return (native.check(this.#handle, feature) & 1) === 1;
  }

  integer(feature, otherwise) {
    return native.integer(this.#handle, feature) ?? otherwise;
  }

  text(feature, otherwise) {
    return native.text(this.#handle, feature) ?? otherwise;
  }

  async acquire(limit, amount) {
    return verdictOf(await this.#ask(native.acquire, limit, amount));
  }

  async release(limit, amount) {
    await this.#ask(native.release, limit, amount);
  }

  async set(limit, amount) {
    return verdictOf(await this.#ask(native.set, limit, amount));
  }

  async consume(meter, amount) {
    return verdictOf(await this.#ask(native.consume, meter, amount));
  }

  async limit(limit) {
    const {max, used, held} = valueOf(await this.#ask(native.limitStatus, limit), limit);
    return {max, used: used < 0 ? null : used, held};
  }

  async key(name) {
    return valueOf(await this.#ask(native.key, name), name);
  }

  status() {
    const [state, edition, expires, daysLeft, numbers] = native.status(this.#handle);
    const [reason, advice] = reasonOf(numbers[0] ?? 0);
    return {
      state,
      reason,
      advice,
      reasons: numbers.map((number) => reasonOf(number)[0]),
      edition: edition === '' ? null : edition,
      expires: expires === undefined ? null : new Date(expires * 1000),
      daysLeft: expires === undefined ? null : daysLeft,
    };
  }

  statusJson() {
    return native.statusJson(this.#handle);
  }

  agentError() {
    return native.agentError(this.#handle) ?? null;
  }

  close() {
    native.close(this.#handle);
  }

  // The library has calls of one handle wait for each other. They wait here instead, so that a slow agent takes one thread of libuv's few, and not all.
  #ask(question, ...details) {
    const answer = this.#last.then(() => question(this.#handle, ...details));
    this.#last = answer.catch(() => {});
    return answer;
  }
}

if (Symbol.dispose) License.prototype[Symbol.dispose] = License.prototype.close;

function open(options) {
  if (typeof options !== 'object' || options === null)
    throw new UsageError('HOLDFAST_INVALID_ARGUMENT', 'argument.options', 'the options are no object', 'open({product, rootsPem})');
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined) {
    throw new UsageError('HOLDFAST_INVALID_ARGUMENT', 'argument.options', `there is no option ${JSON.stringify(unknown.slice(0, 64))}`,
      `the options are ${[...OPTIONS].join(', ')}`);
  }
  const {product, rootsPem, socket, timeoutMs = 0, openAnyway = false} = options;
  const roots = rootsPem instanceof Uint8Array ? Buffer.from(rootsPem).toString() : rootsPem;
  return new License(native.open(product, roots, socket, timeoutMs, openAnyway ? OPEN_ANYWAY : 0));
}

const version = native.version;

module.exports = {open, version, HoldfastError, UsageError, UnavailableError, UntrustedAgentError, DeniedError};
