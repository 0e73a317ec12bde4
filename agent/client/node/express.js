'use strict';
// Licensing as middleware: (req, res, next) of Express, connect and node:http. The HTTP answers are those of docs/application.md, "In web applications".
const {STATUS_CODES} = require('node:http');
const {UnavailableError, UntrustedAgentError} = require('./errors.js');

const GRANTING_STATES = new Set(['active', 'expiring', 'grace', 'fallback', 'emergency']);

const RETRY_AFTER = 30;  // seconds

// All others: 403.
const STATUS_OF_REASON = new Map([
  ['expired', 402],
  ['offline_too_long', 402],
  ['no_license', 402],
  ['fallback_edition', 402],
  ['feature_not_granted', 402],
  ['key_not_granted', 402],
  ['limit_reached', 429],
  ['agent_gone', 503],
  ['agent_unproven', 503],
  ['hardware_unavailable', 503],
]);

// Seats pass by themselves: others will release some. Units that are used up do not.
function refusalOf(subject, {reason, advice}, isSeat) {
  const status = STATUS_OF_REASON.get(reason) ?? 403;
  const refusal = {status, subject, detail: `the license does not grant ${subject}`, reason, advice};
  if (status === 503 || (status === 429 && isSeat)) refusal.retryAfter = RETRY_AFTER;
  return refusal;
}

// Of an error in place of an answer. Its advice is the administrator's. Mistakes of the application's are no answer to its users.
function refusalOfError(subject, error) {
  if (!(error instanceof UnavailableError || error instanceof UntrustedAgentError)) throw error;
  const reason = error.code.replace('HOLDFAST_', '').toLowerCase();
  return {status: 503, subject, detail: 'the license cannot be asked about now', reason, advice: 'try again a little later', retryAfter: RETRY_AFTER, error};
}

// The default answer: a problem of RFC 9457.
function sendProblem({status, detail, reason, advice, retryAfter, error}, req, res) {
  if (error) console.error(`the license could not be asked about: ${error.message} (${error.check}); ${error.advice}`);
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/problem+json');
  res.setHeader('Cache-Control', 'no-store');
  if (retryAfter !== undefined) res.setHeader('Retry-After', retryAfter);
  res.end(JSON.stringify({title: STATUS_CODES[status], status, detail, reason, advice}) + '\n');
}

// A middleware that goes on when `ask` says that it is allowed. ask(req, res): a verdict, or a promise of one.
function gate(subject, ask, {onNotice, onDenied = sendProblem} = {}, isSeat = false) {
  return async function holdfast(req, res, next) {
    try {
      let refusal;
      try {
        const verdict = await ask(req, res);
        if (!verdict.allowed) refusal = refusalOf(subject, verdict, isSeat);
        else if (verdict.reason !== 'active') onNotice?.(verdict, req, res);
      } catch (error) {
        refusal = refusalOfError(subject, error);
      }
      if (refusal) return onDenied(refusal, req, res, next);
    } catch (error) {
      return next(error);
    }
    next();
  };
}

// Does the license grant anything at all?
function requireLicense(license, options) {
  return gate('anything', () => {
    const {state, reason, reasons, advice} = license.status();
    return {allowed: GRANTING_STATES.has(state) || reasons.includes('advisory'), reason, advice};
  }, options);
}

function requireFeature(license, feature, options) {
  return gate(feature, () => license.check(feature), options);
}

// Uses up units before the work that they pay for. units: a number, or a function of the request; 0 uses none.
function usageLimit(license, meter, units = 1, options) {
  return gate(meter, async (req, res) => {
    const amount = typeof units === 'function' ? await units(req, res) : units;
    return amount === 0 ? {allowed: true, reason: 'active', advice: ''} : license.consume(meter, amount);
  }, options);
}

// Holds a seat: while the request runs; or, with `session`, one for all requests of a session, until it has had none for `idleMs`.
function seat(license, limit, {session, idleMs = 0, ...options} = {}) {
  const holders = new Map();  // session: {users: how many requests run, taken: the promise of its verdict, timer, ended}

  function give(holder, id) {
    if (holders.get(id) === holder) holders.delete(id);
    // An agent that is away has the seat back already, and a license that was closed too.
    license.release(limit, 1).catch(() => {});
  }

  function leave(holder, id) {
    if (--holder.users > 0) return;
    if (idleMs > 0 && !holder.ended) holder.timer = setTimeout(give, idleMs, holder, id).unref();
    else give(holder, id);
  }

  async function enter(req, res) {
    const id = session ? session(req) : Symbol('request');
    let holder = holders.get(id);
    if (!holder) holders.set(id, holder = {users: 0, taken: license.acquire(limit, 1)});
    clearTimeout(holder.timer);
    holder.users++;
    let verdict;
    try {
      verdict = await holder.taken;
    } finally {
      if (!verdict?.allowed && holders.get(id) === holder) holders.delete(id);
    }
    if (!verdict.allowed) return verdict;
    // A client that went away meanwhile has closed the response already.
    if (res.closed || res.destroyed) leave(holder, id);
    else res.once('close', () => leave(holder, id));
    return verdict;
  }

  const middleware = gate(limit, enter, options, true);
  // A user logs out: his session's seat is given back now, or with the request that does it.
  middleware.end = (id) => {
    const holder = holders.get(id);
    if (!holder) return;
    holder.ended = true;
    clearTimeout(holder.timer);
    if (holder.users === 0) give(holder, id);
  };
  return middleware;
}

module.exports = {requireLicense, requireFeature, usageLimit, seat};
