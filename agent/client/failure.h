// Errors of the library: a code of holdfast.h, which applications act on, and the error with its check, which people read.
#pragma once

#include "agent/client/holdfast.h"
#include "protocol/result.h"

namespace holdfast::client {

struct Failure {
  int code = HOLDFAST_INTERNAL;
  Error error;
};

template <class T>
using Outcome = tl::expected<T, Failure>;

inline tl::unexpected<Failure> Failed(int code, Error error) {
  return tl::unexpected(Failure{code, std::move(error)});
}
// An error of the library's own making. Its kind is of no use to an application: the code says more.
inline tl::unexpected<Failure> Failed(int code, std::string_view check, std::string message,
                                      std::string advice = {}) {
  return Failed(code,
                Error{ErrorKind::kUnavailable, std::string(check), std::move(message), std::move(advice)});
}

// An error of what reads the agent's answers (protocol/local), or in one of them: is it what the agent says, or what it is?
//   HOLDFAST_AGENT_INVALID    it is no answer
//   HOLDFAST_UNPROVEN         challenge.unproven
//   HOLDFAST_INVALID_ARGUMENT the agent says that the question makes no sense
//   HOLDFAST_REFUSED          any other error of the agent's
int CodeOfAnswer(const Error& error);
// Of what judges whether the agent is believed (certs, CheckSession, VerifyChallengeAnswer, AnswerSequence).
int CodeOfProof(const Error& error);

// With the code that is read before the error is moved: the arguments of one call are evaluated in any order.
inline tl::unexpected<Failure> FailedAnswer(Error error) {
  const int code = CodeOfAnswer(error);
  return Failed(code, std::move(error));
}
inline tl::unexpected<Failure> FailedProof(Error error) {
  const int code = CodeOfProof(error);
  return Failed(code, std::move(error));
}

}  // namespace holdfast::client
