// MakeRequest: the file that goes out.
#include <algorithm>

#include "agent/activation.h"
#include "agent/hard_meter.h"
#include "agent/new_request.h"
#include "agent/return_license.h"
#include "protocol/product_key.h"

namespace holdfast {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

Result<RequestOutcome> Outcome(const PendingRequest& pending, bool repeated) {
  HOLDFAST_TRY(const AnyRequest request, ParseAnyRequest(pending.request));
  std::string file =
      std::visit([&](const auto& r) { return ArmorRequest(pending.request, r.content); }, request);
  RequestOutcome outcome;
  outcome.file = std::move(file);
  outcome.product = pending.product;
  outcome.repeated = repeated;
  return outcome;
}

// Without its private keys nobody opens the answer to a request, which may cost the customer an activation all the same.
Status CheckAnswerable(const PendingRequest& pending, const StateDirectory& state) {
  const auto* host = std::get_if<HostKeys>(&pending.keys);
  if (host == nullptr) return {};
  const auto own = state.ReadHostKeys(*host);
  if (own) return {};
  if (own.error().check != "keys.private") return tl::unexpected(own.error());
  return Fail(ErrorKind::kConflict, "request.keys",
              "a request for " + pending.product +
                  " is open, whose answer could not be opened: " + own.error().message,
              "restore the agent's state from a backup, or give --new to make another request");
}

// The open request for this product key, if there is one; an error when another is open, or this one is of no use any more.
Result<std::optional<PendingRequest>> OpenRequest(const ProductKeyClaims& claims, bool without_tpm,
                                                  const StateDirectory& state) {
  auto pending = state.ReadPending(claims.product);
  if (!pending) {
    if (pending.error().kind == ErrorKind::kNotFound) return std::nullopt;
    return tl::unexpected(std::move(pending.error()));
  }
  if (pending->product_key_id != claims.id || pending->vendor != claims.vendor) {
    return Fail(ErrorKind::kConflict, "request.open",
                "a request for " + claims.product + " with another product key is open",
                "install its answer first, or give --new to drop it");
  }
  if (IsHost(pending->keys) != without_tpm) {
    return Fail(ErrorKind::kConflict, "request.open",
                std::string("a request for ") + claims.product + (without_tpm ? " with" : " without") +
                    " the TPM is open",
                without_tpm ? "leave out --without-tpm to have it again, or give --new to drop it"
                            : "give --without-tpm to have it again, or --new to drop it");
  }
  HOLDFAST_CHECK(CheckAnswerable(*pending, state));
  return std::optional(std::move(*pending));
}

// Found out here, not when the answer comes back.
Status CheckVendor(const std::string& vendor, const std::optional<std::vector<std::string>>& pinned) {
  if (!pinned || std::find(pinned->begin(), pinned->end(), vendor) != pinned->end()) return {};
  std::string names;
  for (const std::string& name : *pinned) names += (names.empty() ? "" : ", ") + name;
  return Refused("request.vendor",
                 "the product key is of the vendor " + vendor + ", and the pinned roots are of " + names,
                 "add that vendor's roots to the file of pinned roots, which may hold those of several "
                 "vendors, one after the other; where an agent runs, reload it after that: systemctl reload "
                 "holdfast-agent");
}

bool IsForRepair(const PendingRequest& pending) {
  const auto request = ParseAnyRequest(pending.request);
  return request && HeadOf(*request).repair.has_value();
}

// The open request for the repair of this product key's license, if there is one. Whatever else is open is in the way of nobody whose hardware is gone.
Result<std::optional<PendingRequest>> OpenRepair(const ProductKeyClaims& claims, bool without_tpm,
                                                 const StateDirectory& state) {
  auto pending = state.ReadPending(claims.product);
  if (!pending) {
    if (pending.error().kind == ErrorKind::kNotFound) return std::nullopt;
    return tl::unexpected(std::move(pending.error()));
  }
  const bool same = pending->product_key_id == claims.id && pending->vendor == claims.vendor &&
                    IsHost(pending->keys) == without_tpm && IsForRepair(*pending);
  if (!same) return std::nullopt;
  HOLDFAST_CHECK(CheckAnswerable(*pending, state));
  return std::optional(std::move(*pending));
}

// With another product key nothing would be repaired, and no emergency period begin.
Status CheckRepairs(const ProductKeyClaims& claims, const StateDirectory& state) {
  const auto installed = state.ReadLicense(claims.product);
  if (!installed || installed->product_key_id == claims.id || IsReturned(*installed, state)) return {};
  return Fail(ErrorKind::kConflict, "request.repair",
              "the license for " + claims.product +
                  " that is installed here was given for another product key than this one",
              "give the product key of that license to have it repaired, or leave out --repair to ask for a "
              "license with this one");
}

Status CheckNotActive(const ProductKeyClaims& claims, const StateDirectory& state) {
  auto installed = state.ReadLicense(claims.product);
  if (!installed || installed->product_key_id != claims.id || IsReturned(*installed, state)) return {};
  return Fail(ErrorKind::kConflict, "request.active",
              "this product key is in use here: a license for " + claims.product + " is installed",
              "see holdfast status; give --new to activate again");
}

// Each request makes room for a hard meter, by its product key. That of one which was dropped counts nothing, unless a license of its product key does.
void FreeMeterOf(const PendingRequest& dropped, const ProductKeyClaims& by, const StateDirectory& state,
                 Tpm& tpm) {
  if (IsHost(dropped.keys) || dropped.product_key_id == by.id) return;
  const auto installed = state.ReadLicense(dropped.product);
  const bool counts = installed ? installed->product_key_id == dropped.product_key_id
                                : installed.error().kind != ErrorKind::kNotFound;
  if (counts) return;
  FreeMeter(dropped.vendor, dropped.product_key_id, tpm);
  tpm.Release();
}

// Nobody works on with another license's request.
Result<RequestOutcome> OfRepair(const ProductKeyClaims& claims, const StateDirectory& state,
                                Result<RequestOutcome> outcome) {
  const auto installed = state.ReadLicense(claims.product);
  if (outcome) outcome->repairs_installed = installed && installed->product_key_id == claims.id;
  return outcome;
}

}  // namespace

Result<RequestOutcome> MakeRequest(const Secret& product_key, const RequestOptions& options,
                                   const Hardware& hardware, const StateDirectory& state,
                                   const CounterSource& counter, const Clock& clock) {
  HOLDFAST_TRY(const ProductKey key, ParseProductKey(Trimmed(product_key.RevealText())));
  HOLDFAST_CHECK(CheckVendor(key.claims.vendor, options.vendors));
  if (options.repair) HOLDFAST_CHECK(CheckRepairs(key.claims, state));
  if (options.repair && !options.make_new) {
    HOLDFAST_TRY(const auto open, OpenRepair(key.claims, options.without_tpm, state));
    if (open) return OfRepair(key.claims, state, Outcome(*open, true));
  } else if (!options.make_new) {
    HOLDFAST_TRY(const auto open, OpenRequest(key.claims, options.without_tpm, state));
    if (open) return Outcome(*open, true);
    HOLDFAST_CHECK(CheckNotActive(key.claims, state));
  }
  HOLDFAST_TRY(const PendingRequest pending,
               NewRequest(key.claims, options, hardware, state, counter, clock()));
  const auto before = state.ReadPending(key.claims.product);
  if (auto written = state.WritePending(pending); !written) {
    (void)state.DropHostKeys(pending.keys, key.claims.product);
    return tl::unexpected(std::move(written.error()));
  }
  if (before) {
    HOLDFAST_CHECK(state.DropHostKeys(before->keys, key.claims.product));
    FreeMeterOf(*before, key.claims, state, hardware.tpm);
  }
  auto outcome = Outcome(pending, false);
  if (outcome) outcome->request_dropped = before.has_value();
  return options.repair ? OfRepair(key.claims, state, std::move(outcome)) : outcome;
}

}  // namespace holdfast
