'use strict';
// What is thrown. A denial is an answer and not among them, but where a value was asked for and there is none.

// `code` is the name in holdfast.h ('HOLDFAST_NO_AGENT'), `check` the stable name of what failed, for logs and support ('agent.absent'), `advice` what to
// do about it, which may be empty.
class HoldfastError extends Error {
  constructor(code, check, message, advice) {
    super(message);
    this.code = code;
    this.check = check;
    this.advice = advice;
  }

  get name() {
    return this.constructor.name;
  }
}

// A mistake of the application's: a wrong type or name, a license that was closed.
class UsageError extends HoldfastError {}

// A trouble of the host's: no agent, no answer in time, the TPM is busy. Trying again later may help.
class UnavailableError extends HoldfastError {}

// Who answers is not the agent of this host with a license of this vendor.
class UntrustedAgentError extends HoldfastError {}

// The license says no. `reason` and `advice` are those of a verdict.
class DeniedError extends HoldfastError {
  constructor(what, {reason, advice}) {
    super('HOLDFAST_DENIED', 'license.' + reason, `${what} is denied: ${reason}`, advice);
    this.reason = reason;
  }
}

// The groups of holdfast.h, by number.
function errorOf(code, name, check, message, advice) {
  const Kind = code > -10 ? UsageError : code > -20 ? UnavailableError : code > -30 ? UntrustedAgentError : HoldfastError;
  return new Kind('HOLDFAST_' + name.toUpperCase(), check, message, advice);
}

module.exports = {HoldfastError, UsageError, UnavailableError, UntrustedAgentError, DeniedError, errorOf};
