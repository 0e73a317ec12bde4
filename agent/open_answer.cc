#include "agent/open_answer.h"

#include <algorithm>

#include "protocol/tpm/structures.h"

namespace holdfast {
namespace {

KnownRequest From(const PendingRequest& pending) {
  return {true, pending.product, pending.vendor, pending.product_key_id, pending.request_hash, pending.keys};
}

KnownRequest From(const InstalledLicense& installed) {
  return {false, installed.product, "", installed.product_key_id, installed.request_hash, installed.keys};
}

// Every request that this machine knows. Files that do not parse are no request: what is wrong with them is
// said when they are asked for by name.
Result<std::vector<KnownRequest>> AllRequests(const StateDirectory& state) {
  std::vector<KnownRequest> all;
  HOLDFAST_TRY(const auto pending, state.PendingProducts());
  for (const std::string& product : pending) {
    if (auto request = state.ReadPending(product)) all.push_back(From(*request));
  }
  HOLDFAST_TRY(const auto installed, state.InstalledProducts());
  for (const std::string& product : installed) {
    if (auto license = state.ReadLicense(product)) all.push_back(From(*license));
  }
  return all;
}

bool IsNameOf(const Bytes& tpmt_public, ByteView name) {
  auto area = tpm::ParsePublic(tpmt_public);
  return area && Equal(tpm::NameOf(*area), name);
}

tl::unexpected<Error> OtherHardware(std::string detail) {
  return Refused("answer.hardware", "the answer was sealed for " + detail,
                 "install it on the machine that made the request, or make a request here");
}

// Made for this machine, whichever of its requests it answers?
bool IsForMachineOf(const KnownRequest& request, const AnswerHeader& header) {
  const auto* keys = std::get_if<KeySet>(&request.keys);
  return keys != nullptr && IsNameOf(keys->ek_public, header.ek_name);
}

// Nothing in the header of such an answer says whose it is, other than its request.
bool IsForMachineOf(const KnownRequest& request, const HostAnswerHeader&) {
  return IsHost(request.keys);
}

Status CheckKeys(const LicenseKeys& keys, const AnswerHeader& header) {
  const auto* tpm_keys = std::get_if<KeySet>(&keys);
  if (tpm_keys == nullptr || !IsNameOf(tpm_keys->ek_public, header.ek_name))
    return OtherHardware("another TPM than the request's");
  if (!IsNameOf(tpm_keys->license_key_public, header.license_key_name))
    return OtherHardware("another license key than the request's");
  return {};
}

Status CheckKeys(const LicenseKeys& keys, const HostAnswerHeader& header) {
  const auto* host = std::get_if<HostKeys>(&keys);
  if (host == nullptr || !Equal(host->license_key.SpkiSha256(), header.license_key_hash))
    return OtherHardware("another license key than the request's");
  return {};
}

tl::unexpected<Error> NotAnswered(const std::vector<KnownRequest>& all, const Jwe& answer) {
  const bool ours = std::any_of(all.begin(), all.end(), [&](const KnownRequest& request) {
    return std::visit([&](const auto& header) { return IsForMachineOf(request, header); }, answer.header);
  });
  if (!all.empty() && !ours) return OtherHardware("another machine");
  const bool any_open = std::any_of(all.begin(), all.end(), [](const auto& request) { return request.open; });
  if (!any_open) {
    return Refused(
        "answer.request", "the answer is to a request that this machine does not know; none is open here",
        "install it on the machine that made the request, or make a request here with holdfast request");
  }
  return Refused(
      "answer.request", "the answer is to another request than what is open here",
      "if that was made on another machine, install it there; otherwise send the vendor the request "
      "that holdfast request prints now, and install its answer");
}

Result<Secret> AgreeOn(const HostAnswerHeader& header, const HostKeys& keys, const StateDirectory& state) {
  HOLDFAST_TRY(const HostPrivateKeys own, state.ReadHostKeys(keys));
  return AgreeOnContentKey(header, own.agreement_key);
}

Result<Secret> AskTpm(const Jwe& answer, const KeySet& keys, CredentialOpener& opener) {
  auto content_key = opener.ActivateCredential(keys, answer.encrypted_key);
  if (content_key) return content_key;
  const Error error = std::move(content_key.error());
  if (error.check != "tpm.credential" && error.check != "tpm.cleared") return tl::unexpected(error);
  return Refused("answer.hardware", "this TPM does not open the answer: " + error.message,
                 "if the TPM was cleared, make a new request with --new; otherwise get the answer again");
}

}  // namespace

Result<KnownRequest> FindKnownRequest(const Jwe& answer, const StateDirectory& state) {
  HOLDFAST_TRY(const std::vector<KnownRequest> all, AllRequests(state));
  const auto found = std::find_if(all.begin(), all.end(), [&](const KnownRequest& request) {
    return Equal(request.request_hash, RequestHashOf(answer));
  });
  if (found == all.end()) return NotAnswered(all, answer);
  HOLDFAST_CHECK(
      std::visit([&](const auto& header) { return CheckKeys(found->keys, header); }, answer.header));
  return *found;
}

Result<AnswerContent> OpenAnswer(const Jwe& answer, const LicenseKeys& keys, CredentialOpener& opener,
                                 const StateDirectory& state) {
  const auto* host = std::get_if<HostKeys>(&keys);
  HOLDFAST_TRY(const Secret content_key,
               host ? AgreeOn(std::get<HostAnswerHeader>(answer.header), *host, state)
                    : AskTpm(answer, std::get<KeySet>(keys), opener));
  auto plaintext = OpenJwe(answer, content_key);
  if (!plaintext) {
    return Refused("answer.altered", "the answer was altered on its way: " + plaintext.error().message,
                   "get the file from the vendor again");
  }
  return ParseAnswerContent(plaintext->Reveal());
}

}  // namespace holdfast
