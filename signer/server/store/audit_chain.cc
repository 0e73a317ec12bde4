#include "signer/server/store/audit_chain.h"

#include "protocol/byte_cursor.h"
#include "protocol/crypto/digest.h"

namespace holdfast {
namespace {

void Sized32(Writer& writer, ByteView octets) {
  writer.U32(static_cast<uint32_t>(octets.size())).Raw(octets);
}

tl::unexpected<Error> Broken(int64_t sequence, std::string_view what) {
  return Refused("store.audit", "audit record " + std::to_string(sequence) + " " + std::string(what),
                 "somebody changed the store from outside: compare it with a backup");
}

}  // namespace

Bytes AuditHash(const AuditRecord& record) {
  Writer writer;
  writer.U64(static_cast<uint64_t>(record.sequence));
  writer.U64(static_cast<uint64_t>(record.at.time_since_epoch().count()));
  for (const std::string* text : {&record.actor, &record.action, &record.subject, &record.detail})
    Sized32(writer, AsBytes(*text));
  Sized32(writer, record.previous);
  constexpr std::string_view kDomain{"holdfast store audit v1\0", 24};
  const Sha256Digest hash = Sha256({AsBytes(kDomain), writer.bytes()});
  return {hash.begin(), hash.end()};
}

Status CheckAuditLink(const AuditRecord* previous, const AuditRecord& next) {
  const int64_t expected = previous ? previous->sequence + 1 : 1;
  if (next.sequence != expected) return Broken(expected, "is missing");
  const Bytes before = previous ? previous->hash : Bytes(kAuditHashSize, 0);
  if (next.previous != before) return Broken(next.sequence, "does not follow the one before it");
  if (next.hash != AuditHash(next)) return Broken(next.sequence, "does not match its hash");
  return {};
}

}  // namespace holdfast
