#include "agent/supersede.h"

namespace holdfast {
namespace {

bool SameList(const Crl& a, const Crl& b) {
  return a.fields().authority_key_id == b.fields().authority_key_id && a.fields().uri == b.fields().uri;
}

// CRL number first; lists with one number are ordered by thisUpdate.
bool IsOlder(const Crl& a, const Crl& than) {
  if (a.fields().number != than.fields().number) return a.fields().number < than.fields().number;
  return a.fields().this_update < than.fields().this_update;
}

tl::unexpected<Error> Older(const Crl& installed, const Crl& next) {
  return Refused("install.older",
                 "revocation list number " + std::to_string(next.fields().number) +
                     " is older than the installed number " + std::to_string(installed.fields().number),
                 "get the newest one from the vendor");
}

const Certificate* RootOf(const LicenseFile& file, const TrustAnchors& anchors) {
  for (const Certificate& root : anchors.roots) {
    if (root.subject_key_id() == file.issuing.fields().authority_key_id &&
        root.fields().subject == file.issuing.fields().issuer) {
      return &root;
    }
  }
  return nullptr;
}

}  // namespace

bool SameContent(const LicenseFile& a, const LicenseFile& b) {
  const auto list = [](const std::optional<Crl>& crl) { return crl ? crl->der() : Bytes(); };
  return a.license.der() == b.license.der() && a.issuing.der() == b.issuing.der() &&
         a.crl.der() == b.crl.der() && list(a.root_crl) == list(b.root_crl);
}

Result<LicenseFile> Supersede(const LicenseFile& installed, const LicenseFile& next) {
  if (next.license.fields().not_before < installed.license.fields().not_before) {
    return Refused("install.older",
                   "the license begins " + FormatTime(next.license.fields().not_before) +
                       ", before the installed one, which begins " +
                       FormatTime(installed.license.fields().not_before),
                   "the newer license stays; get the newest one from the vendor");
  }
  LicenseFile merged = next;
  if (SameList(installed.crl, next.crl) && IsOlder(next.crl, installed.crl)) {
    // The same license comes with an old list when an answer is installed again: it stays as it is.
    if (next.license.der() != installed.license.der()) return Older(installed.crl, next.crl);
    merged.crl = installed.crl;
  }
  if (installed.root_crl &&
      next.issuing.fields().authority_key_id == installed.issuing.fields().authority_key_id) {
    if (!merged.root_crl || IsOlder(*merged.root_crl, *installed.root_crl))
      merged.root_crl = installed.root_crl;
  }
  return merged;
}

Result<std::optional<LicenseFile>> WithList(const LicenseFile& installed, const Crl& list,
                                            const TrustAnchors& anchors) {
  LicenseFile updated = installed;
  if (SameList(installed.crl, list)) {
    HOLDFAST_CHECK(list.VerifySignature(installed.issuing.public_key()));
    if (IsOlder(list, installed.crl)) return Older(installed.crl, list);
    updated.crl = list;
    return std::optional(std::move(updated));
  }
  const Certificate* root = RootOf(installed, anchors);
  if (root == nullptr || !list.fields().uri.empty() ||
      list.fields().authority_key_id != root->subject_key_id()) {
    return std::nullopt;
  }
  HOLDFAST_CHECK(list.VerifySignature(root->public_key()));
  if (installed.root_crl && IsOlder(list, *installed.root_crl)) return Older(*installed.root_crl, list);
  updated.root_crl = list;
  return std::optional(std::move(updated));
}

LicenseFile WithNewerLists(const LicenseFile& next, const LicenseFile& seen, const TrustAnchors& anchors) {
  LicenseFile result = next;
  const auto take = [&](const Crl& list) {
    auto updated = WithList(result, list, anchors);
    if (updated && *updated) result = std::move(**updated);
  };
  take(seen.crl);
  if (seen.root_crl) take(*seen.root_crl);
  return result;
}

}  // namespace holdfast
