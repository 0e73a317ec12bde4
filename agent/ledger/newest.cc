#include "agent/ledger/newest.h"

#include <algorithm>

namespace holdfast {
namespace {

bool IsOlder(const NewestRecord& one, const NewestRecord& than) {
  return one.begins < than.begins || (one.begins == than.begins && one.list < than.list);
}

template <class Records>
auto Find(Records& all, const LicenseId& license) {
  return std::find_if(all.begin(), all.end(),
                      [&](const NewestRecord& record) { return IsSameLicense(record.id, license); });
}

bool MayBeForgotten(const LedgerContent& content, const NewestRecord& seen) {
  return content.forgotten && seen.begins <= *content.forgotten;
}

void GiveWay(LedgerContent& content, const std::vector<NewestRecord>& in_use) {
  const auto first = std::min_element(
      content.newest.begin(), content.newest.end(), [&](const NewestRecord& one, const NewestRecord& other) {
        const bool used = Find(in_use, one.id) != in_use.end();
        const bool other_used = Find(in_use, other.id) != in_use.end();
        return std::pair(used, one.begins) < std::pair(other_used, other.begins);
      });
  content.forgotten = std::max(content.forgotten.value_or(first->begins), first->begins);
  content.newest.erase(first);
}

}  // namespace

NewestRecord NewestOf(const VerifiedLicense& license) {
  return {IdOf(license), license.not_before, license.crl_number};
}

bool IsNews(const LedgerContent& content, const NewestRecord& seen) {
  const auto known = Find(content.newest, seen.id);
  return known == content.newest.end() ? !MayBeForgotten(content, seen) : IsOlder(*known, seen);
}

void Note(LedgerContent& content, const NewestRecord& seen, const std::vector<NewestRecord>& in_use) {
  if (!IsNews(content, seen)) return;
  Note(content.newest, seen);
  if (content.newest.size() > kMaxNewestRecords) GiveWay(content, in_use);
}

void Note(std::vector<NewestRecord>& all, const NewestRecord& seen) {
  const auto known = Find(all, seen.id);
  if (known == all.end()) {
    all.push_back(seen);
  } else if (IsOlder(*known, seen)) {
    *known = seen;
  }
}

bool IsRestored(const LedgerContent& content, const VerifiedLicense& license) {
  const NewestRecord seen = NewestOf(license);
  const auto known = Find(content.newest, seen.id);
  return known == content.newest.end() ? MayBeForgotten(content, seen) : IsOlder(seen, *known);
}

}  // namespace holdfast
