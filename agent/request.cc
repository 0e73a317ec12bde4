// MakeRequest: the file that goes out.
#include "agent/activation.h"
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
  return RequestOutcome{std::move(file), pending.product, repeated};
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

bool IsForRepair(const PendingRequest& pending) {
  const auto request = ParseAnyRequest(pending.request);
  return request && HeadOf(*request).repair.has_value();
}

Status CheckNotActive(const ProductKeyClaims& claims, const StateDirectory& state) {
  auto installed = state.ReadLicense(claims.product);
  if (!installed || installed->product_key_id != claims.id || IsReturned(*installed, state)) return {};
  return Fail(ErrorKind::kConflict, "request.active",
              "this product key is in use here: a license for " + claims.product + " is installed",
              "see holdfast status; give --new to activate again");
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
  if (options.repair && !options.make_new) {
    HOLDFAST_TRY(const auto open, OpenRequest(key.claims, options.without_tpm, state));
    if (open && IsForRepair(*open)) return OfRepair(key.claims, state, Outcome(*open, true));
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
  if (before) HOLDFAST_CHECK(state.DropHostKeys(before->keys, key.claims.product));
  if (options.repair) return OfRepair(key.claims, state, Outcome(pending, false));
  return Outcome(pending, false);
}

}  // namespace holdfast
