// What a ceremony or a change did, for people (text) and for tools (JSON): who approved which plan, which
// tokens and keys were used, and the SHA-256 of everything that came out. Holds no secret.
#pragma once

#include "signer/hsm/approval.h"

namespace holdfast::hsm {

struct TranscriptKey {
  std::string purpose;  // "root", "default/1 issuing", ..
  std::string token, type;
  bool generated = false;
  std::string spki_sha256;  // hex
};
struct TranscriptFile {
  std::string name;  // relative to the signer's directory
  std::string what;
  std::string sha256;  // hex
};

struct Transcript {
  std::string title, vendor;
  Time started, finished;
  std::string plan_text;
  int needed = 0;
  std::vector<std::string> approved_by;
  std::vector<Approval> approvals;
  std::map<std::string, TokenInfo> tokens;
  std::vector<TranscriptKey> keys;
  std::vector<TranscriptFile> files;

  void AddKey(std::string purpose, const std::string& token, const PublicKey& key, bool generated);
  void AddFile(std::string name, std::string what, ByteView content);
};

// The line of a transcript's text that names the plan.
std::string PlanLine(const std::string& plan_text);
std::string FormatTranscriptText(const Transcript& transcript);
std::string FormatTranscriptJson(const Transcript& transcript);

}  // namespace holdfast::hsm
