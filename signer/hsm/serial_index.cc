#include "signer/hsm/serial_index.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>

namespace holdfast::hsm {
namespace {

constexpr std::string_view kMagic = "holdfast-serials-1";
constexpr size_t kMaxHeader = 256;
constexpr size_t kMaxFile = size_t{1} << 30;

tl::unexpected<Error> Unreadable(const Path& log) {
  return Fail(ErrorKind::kUnavailable, "audit.open", log.string() + ": cannot be read");
}

// Whether the record that ends at `offset` of the log is `head`.
bool EndsAt(const Path& log, int64_t offset, const AuditHead& head) {
  std::ifstream in(log, std::ios::binary);
  const int64_t from = std::max<int64_t>(0, offset - static_cast<int64_t>(kMaxAuditLine) - 1);
  std::string text(static_cast<size_t>(offset - from), '\0');
  if (!in.seekg(from) || !in.read(text.data(), std::ssize(text)) || text.empty() || text.back() != '\n')
    return false;
  text.pop_back();
  const auto record = ParseAuditRecord(std::string_view(text).substr(text.rfind('\n') + 1));
  return record && record->head == head;
}

}  // namespace

Result<SerialIndex> SerialIndex::Open(const Path& log, const AuditHead& head, const Path& file,
                                      int64_t stale) {
  SerialIndex index;
  auto loaded = index.Load(log, file);
  if (!loaded) index = SerialIndex();  // it is a copy: absent, torn or another log's, it is made again
  Place place = loaded.value_or(Place());
  const int64_t from = place.offset;
  HOLDFAST_CHECK(index.Follow(log, place));
  if (place.head != head) return Refused("audit.head", "the log changed while it was read");
  if (place.offset - from > stale) index.Save(file, place);
  return index;
}

Result<SerialIndex::Place> SerialIndex::Load(const Path& log, const Path& file) {
  const auto wrong = [&] { return Malformed("serials.syntax", file.string() + " is no index of this log"); };
  HOLDFAST_TRY(const Bytes content, ReadFile(file, kMaxFile));
  const std::string_view text = AsText(content);
  const size_t end = text.substr(0, kMaxHeader).find('\n');
  if (end == text.npos) return wrong();
  std::istringstream header{std::string(text.substr(0, end))};
  std::string magic, head, sum;
  Place place;
  if (!(header >> magic >> place.offset >> head >> sum) || magic != kMagic || place.offset <= 0)
    return wrong();
  HOLDFAST_TRY(place.head, ParseAuditHead(head));
  const ByteView entries = ByteView(content).subspan(end + 1);
  if (entries.size() % sizeof(Entry) != 0 || HexEncode(Sha256(entries)) != sum ||
      !EndsAt(log, place.offset, place.head))
    return wrong();
  sorted_.resize(entries.size() / sizeof(Entry));
  if (!entries.empty()) std::memcpy(sorted_.data(), entries.data(), entries.size());
  return place;
}

Status SerialIndex::Follow(const Path& log, Place& place) {
  std::ifstream in(log, std::ios::binary);
  if (!in.seekg(place.offset)) return Unreadable(log);
  for (std::string line; std::getline(in, line);) {
    if (in.eof()) return Refused("audit.torn", "the last line is not finished");
    HOLDFAST_CHECK(Add(line, place));
  }
  return in.bad() ? Status(Unreadable(log)) : Status();
}

Status SerialIndex::Add(std::string_view line, Place& place) {
  HOLDFAST_TRY(const AuditRecord record, ParseAuditRecord(line));
  HOLDFAST_CHECK(CheckFollows(place.head, record));
  place = {place.offset + std::ssize(line) + 1, record.head};
  if (record.event != "signing" || AuditMember(line, "kind") != "license") return {};
  const auto serial = HexDecode(AuditMember(line, "serial").value_or(""));
  const auto hash = HexDecode(AuditMember(line, "tbs").value_or(""));
  if (!serial || serial->size() != kSerialSize || !hash || hash->size() != sizeof(Sha256Digest))
    return Malformed("audit.syntax", "a license's record has no serial number or hash");
  Sha256Digest tbs;
  std::copy(hash->begin(), hash->end(), tbs.begin());
  Claim(*serial, tbs);
  return {};
}

bool SerialIndex::Claim(const Bytes& serial, const Sha256Digest& tbs) {
  const auto known = std::lower_bound(
      sorted_.begin(), sorted_.end(), serial,
      [](const Entry& e, const Bytes& s) { return std::memcmp(e.data(), s.data(), kSerialSize) < 0; });
  if (known != sorted_.end() && std::memcmp(known->data(), serial.data(), kSerialSize) == 0)
    return std::equal(tbs.begin(), tbs.end(), known->begin() + kSerialSize);
  return fresh_.try_emplace(serial, tbs).first->second == tbs;
}

void SerialIndex::Save(const Path& file, const Place& place) {
  for (const auto& [serial, tbs] : fresh_) {
    Entry& entry = sorted_.emplace_back();
    std::copy(serial.begin(), serial.end(), entry.begin());
    std::copy(tbs.begin(), tbs.end(), entry.begin() + kSerialSize);
  }
  fresh_.clear();
  std::sort(sorted_.begin(), sorted_.end());
  const ByteView entries(reinterpret_cast<const uint8_t*>(sorted_.data()), sorted_.size() * sizeof(Entry));
  Bytes content = ToBytes(std::string(kMagic) + " " + std::to_string(place.offset) + " " +
                          FormatAuditHead(place.head) + " " + HexEncode(Sha256(entries)) + "\n");
  content.insert(content.end(), entries.begin(), entries.end());
  (void)WriteFileAtomically(file, content, 0600);
}

}  // namespace holdfast::hsm
