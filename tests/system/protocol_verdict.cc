// usage: protocol_verdict  (standard input: lines "KIND JSON"; standard output: one line each, "accepted" or
// the check that refused). Lets schemas_test.py ask our parsers what they think of JSON that it made.
#include <iostream>

#include "protocol/answer.h"
#include "protocol/heartbeat_answer.h"
#include "protocol/heartbeat_report.h"
#include "protocol/local/session_statement.h"
#include "protocol/request.h"
#include "protocol/return_nonce.h"
#include "protocol/return_proof.h"
#include "protocol/terms.h"
#include "protocol/time_answer.h"

namespace holdfast {
namespace {

template <class T>
std::string Verdict(const Result<T>& result) {
  return result ? "accepted" : result.error().check;
}

std::string VerdictOnPayload(std::string_view payload) {
  const std::string input =
      JwsSigningInput(MessageType::kRequest, SignatureAlgorithm::kEcdsaSha256, "", AsBytes(payload));
  return Verdict(ParseAnyRequest(FinishJws(input, Bytes(64, 0))));
}

std::string VerdictOnContent(std::string_view content) {
  // The payload of the form that the content says it has.
  const auto json = ParseJson(content, kMaxJwsSize);
  if (json && json->is_object() && json->contains("assurance"))
    return VerdictOnPayload(AsText(HostRequestPayload(content, Bytes(64, 3))));
  RequestEvidence evidence;
  evidence.certify = evidence.gate = evidence.counter = evidence.quote = {Bytes{1}, Bytes{2}};
  return VerdictOnPayload(AsText(RequestPayload(content, evidence, Bytes(64, 3))));
}

std::string VerdictOnStatement(std::string_view payload) {
  const std::string input =
      JwsSigningInput(MessageType::kReturn, SignatureAlgorithm::kEcdsaSha256, "", AsBytes(payload));
  return Verdict(ParseReturnStatement(FinishJws(input, Bytes(64, 0))));
}

std::string VerdictOnReport(std::string_view payload) {
  const std::string input =
      JwsSigningInput(MessageType::kHeartbeat, SignatureAlgorithm::kEcdsaSha256, "", AsBytes(payload));
  return Verdict(ParseHeartbeatReport(FinishJws(input, Bytes(64, 0))));
}

std::string VerdictOnSession(std::string_view payload) {
  const std::string input =
      JwsSigningInput(MessageType::kSession, SignatureAlgorithm::kEcdsaSha256, "", AsBytes(payload));
  return Verdict(local::ParseSessionStatement(FinishJws(input, Bytes(64, 0))));
}

std::string VerdictOn(std::string_view kind, std::string_view json) {
  if (kind == "terms") return Verdict(ParseTerms(json));
  if (kind == "product") return Verdict(ParseProductFile(json));
  if (kind == "request") return VerdictOnPayload(json);
  if (kind == "request-content") return VerdictOnContent(json);
  if (kind == "return") return Verdict(ParseReturnProof(json));
  if (kind == "return-statement") return VerdictOnStatement(json);
  if (kind == "return-nonce") return Verdict(ParseMessage(kReturnNonce, AsBytes(json)));
  if (kind == "time-request") return Verdict(ParseMessage(kTimeRequest, AsBytes(json)));
  if (kind == "time-answer") return Verdict(ParseMessage(kTimeAnswer, AsBytes(json)));
  if (kind == "heartbeat") return Verdict(ParseHeartbeat(json));
  if (kind == "heartbeat-report") return VerdictOnReport(json);
  if (kind == "heartbeat-answer") return Verdict(ParseHeartbeatAnswer(AsBytes(json)));
  if (kind == "session-statement") return VerdictOnSession(json);
  if (kind == "answer") return Verdict(ParseAnswerContent(AsBytes(json)));
  return "unknown kind";
}

}  // namespace
}  // namespace holdfast

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const size_t space = line.find(' ');
    if (space == std::string::npos) return 2;
    std::cout << holdfast::VerdictOn(line.substr(0, space), std::string_view(line).substr(space + 1)) << '\n';
  }
}
