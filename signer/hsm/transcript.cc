#include "signer/hsm/transcript.h"

#include "protocol/json_text.h"
#include "protocol/strict_json.h"
#include "signer/hsm/ceremony_plan.h"

namespace holdfast::hsm {
namespace {

std::string Hash(ByteView octets) {
  return HexEncode(Sha256(octets));
}

std::string ApprovalText(const Transcript& t) {
  if (t.needed == 0) return "No approvals were asked for (quorum 0).\n";
  std::string text =
      std::to_string(t.needed) + " approvals were needed; these operators approved this plan:\n";
  for (size_t i = 0; i < t.approved_by.size(); i++)
    text +=
        "  " + t.approved_by[i] + "  (SHA-256 of the approval " + Hash(AsBytes(t.approvals[i].jws)) + ")\n";
  return text;
}

}  // namespace

void Transcript::AddKey(std::string purpose, const std::string& token, const PublicKey& key, bool generated) {
  keys.push_back({std::move(purpose), token, KeyTypeName(key), generated, HexEncode(key.SpkiSha256())});
}

void Transcript::AddFile(std::string name, std::string what, ByteView content) {
  files.push_back({std::move(name), std::move(what), Hash(content)});
}

std::string PlanLine(const std::string& plan_text) {
  return "\nPlan, SHA-256 " + Hash(AsBytes(plan_text)) + "\n";
}

std::string FormatTranscriptText(const Transcript& t) {
  std::string text = t.title + "\nVendor:   " + t.vendor + "\nStarted:  " + FormatTime(t.started) +
                     "\nFinished: " + FormatTime(t.finished) + "\n\n" + ApprovalText(t) + "\nTokens\n";
  for (const auto& [name, info] : t.tokens)
    text += "  " + name + ": label \"" + info.label + "\", serial " + info.serial + ", " + info.manufacturer +
            " " + info.model + ", module " + info.module + "\n";
  text += "\nKeys (SHA-256 of SubjectPublicKeyInfo)\n";
  for (const auto& key : t.keys)
    text += "  " + key.purpose + ": " + key.type + (key.generated ? ", generated" : ", existing") +
            " in token " + key.token + "\n    " + key.spki_sha256 + "\n";
  text += "\nFiles (SHA-256)\n";
  for (const auto& file : t.files)
    text += "  " + file.name + ": " + file.what + "\n    " + file.sha256 + "\n";
  return text + PlanLine(t.plan_text) + t.plan_text;
}

std::string FormatTranscriptJson(const Transcript& t) {
  Json approvals = Json::array(), tokens = Json::object(), keys = Json::array(), files = Json::array();
  for (size_t i = 0; i < t.approved_by.size(); i++)
    approvals.push_back({{"operator", t.approved_by[i]}, {"approval", t.approvals[i].jws}});
  for (const auto& [name, info] : t.tokens)
    tokens[name] = {{"module", info.module},
                    {"label", info.label},
                    {"serial", info.serial},
                    {"manufacturer", info.manufacturer},
                    {"model", info.model}};
  for (const auto& key : t.keys)
    keys.push_back({{"purpose", key.purpose},
                    {"token", key.token},
                    {"type", key.type},
                    {"generated", key.generated},
                    {"spki_sha256", key.spki_sha256}});
  for (const auto& file : t.files)
    files.push_back({{"name", file.name}, {"what", file.what}, {"sha256", file.sha256}});
  const Json json = {{"schema", "1.0"},
                     {"title", t.title},
                     {"vendor", t.vendor},
                     {"started", FormatTime(t.started)},
                     {"finished", FormatTime(t.finished)},
                     {"approvals_needed", t.needed},
                     {"approvals", std::move(approvals)},
                     {"tokens", std::move(tokens)},
                     {"keys", std::move(keys)},
                     {"files", std::move(files)},
                     {"plan_sha256", Hash(AsBytes(t.plan_text))},
                     {"plan", t.plan_text}};
  return FormatJson(json, 2) + "\n";
}

}  // namespace holdfast::hsm
