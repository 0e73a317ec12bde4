// Writing requests: the agent's half of request.h.
#include "protocol/armor.h"
#include "protocol/base64.h"
#include "protocol/json_text.h"
#include "protocol/request.h"

namespace holdfast {
namespace {

Json FormatAttest(const SignedAttest& attest) {
  return {{"attest", Base64UrlEncode(attest.attest)}, {"signature", Base64UrlEncode(attest.signature)}};
}

Json FormatHead(const RequestHead& content) {
  Json json = {{"schema", content.schema},
               {"product_key_id", content.product_key_id},
               {"vendor", content.vendor},
               {"product", content.product},
               {"created", FormatTime(content.created)},
               {"agent_version", content.agent_version}};
  json["host"] = Json::object();
  for (const auto& [name, value] : content.host) json["host"][name] = value;
  if (content.repair) {
    json["repair"] = Json::object();
    if (!content.repair->serial.empty()) json["repair"]["serial"] = HexEncode(content.repair->serial);
  }
  return json;
}

// The preamble's lines that both forms have; `holds` is what is particular to one.
std::string Armored(std::string_view compact_jws, const RequestHead& content, const std::string& holds) {
  std::string facts;
  for (const auto& [name, value] : content.host) facts += "    " + name + ": " + value + "\n";
  if (facts.empty()) facts = "    (none)\n";
  return Armor(
      kLabelRequest, AsBytes(compact_jws),
      "Holdfast activation request\n"
      "\n"
      "  Product:         " +
          content.product + ", from " + content.vendor +
          "\n"
          "  Product key id:  " +
          content.product_key_id +
          "\n"
          "  Made:            " +
          FormatTime(content.created) + ", by Holdfast " + content.agent_version + "\n" +
          (content.repair ? "  Repair:          this host lost the hardware that its license was bound to\n"
                          : "") +
          "  Facts about this host:\n" + facts +
          "\n"
          "Send this file to the vendor; any way will do. Besides the lines above it holds\n" +
          holds +
          "  - a proof that whoever made it had the product key.\n"
          "It holds no private key, not the product key, and nothing of your data.\n"
          "To see every part of it:  holdfast inspect FILE\n"
          "(These lines are for people. No program reads them.)\n"
          "\n");
}

}  // namespace

std::string FormatRequestContent(const RequestContent& content) {
  Json json = FormatHead(content);
  json["ek_public"] = Base64UrlEncode(content.ek_public);
  json["srk_public"] = Base64UrlEncode(content.srk_public);
  json["ak_public"] = Base64UrlEncode(content.ak_public);
  json["license_key_public"] = Base64UrlEncode(content.license_key_public);
  json["gate_public"] = Base64UrlEncode(content.gate_public);
  json["counter_public"] = Base64UrlEncode(content.counter_public);
  json["ek_certificates"] = Json::array();
  for (const Bytes& der : content.ek_certificates) json["ek_certificates"].push_back(Base64UrlEncode(der));
  return FormatJson(json);
}

std::string FormatRequestContent(const HostRequestContent& content) {
  Json json = FormatHead(content);
  json["assurance"] = "host";
  json["license_key"] = Base64UrlEncode(content.license_key);
  json["agreement_key"] = Base64UrlEncode(content.agreement_key);
  json["fingerprint"] = FormatFingerprint(content.fingerprint);
  return FormatJson(json);
}

Bytes RequestPayload(std::string_view content_text, const RequestEvidence& evidence, ByteView possession) {
  Json pcrs = Json::object();
  for (const auto& [index, value] : evidence.pcrs) pcrs[std::to_string(index)] = Base64UrlEncode(value);
  Json json = {{"content", content_text},
               {"evidence",
                {{"certify", FormatAttest(evidence.certify)},
                 {"gate", FormatAttest(evidence.gate)},
                 {"counter", FormatAttest(evidence.counter)},
                 {"quote", FormatAttest(evidence.quote)},
                 {"pcrs", pcrs}}},
               {"possession", Base64UrlEncode(possession)}};
  if (evidence.meter) json["evidence"]["meter"] = FormatAttest(*evidence.meter);
  return ToBytes(std::string_view(FormatJson(json)));
}

Bytes HostRequestPayload(std::string_view content_text, ByteView possession) {
  const Json json = {{"content", content_text}, {"possession", Base64UrlEncode(possession)}};
  return ToBytes(std::string_view(FormatJson(json)));
}

std::string ArmorRequest(std::string_view compact_jws, const RequestContent& content) {
  return Armored(compact_jws, content,
                 "  - public keys of this machine's TPM, and the TPM maker's certificates (" +
                     std::to_string(content.ek_certificates.size()) +
                     ");\n"
                     "  - evidence that the license key is in that TPM: statements signed by the TPM, with\n"
                     "    the boot measurements PCR 0 to 7;\n");
}

std::string ArmorRequest(std::string_view compact_jws, const HostRequestContent& content) {
  std::string names;
  for (const auto& [name, values] : content.fingerprint) names += (names.empty() ? "" : ", ") + name;
  return Armored(compact_jws, content,
                 "  - two public keys, made for this request without a TPM;\n"
                 "  - a fingerprint of this host: keyed hashes of its " +
                     names +
                     ".\n"
                     "    Nobody reads the values in them, but who guesses one can see that it fits;\n");
}

}  // namespace holdfast
