// The signer's index of serial numbers, as it stands and with a header that fits the log: it is a copy of the log, so a
// file that is not is made again, and none keeps the signer from starting.
#include "signer/hsm/serial_index.h"

#include <fstream>

#include "signer/hsm/audit_log.h"
#include "tests/fuzz/require.h"
#include "tests/testing/temp_dir.h"

using namespace holdfast;
using namespace holdfast::hsm;

namespace {

const Bytes kSerial(16, 7);

struct Log {
  testing::TempDir directory;
  Path log = directory.path() / "audit.jsonl", file = directory.path() / "serials";
  AuditHead head;
  size_t size = 0;

  Log() {
    auto audit = AuditLog::Create(log, [] { return Time(Seconds(1'795'000'000)); });
    AuditEntry order{"signing", {}};
    order.members.Text("kind", "license")
        .Text("serial", HexEncode(kSerial))
        .Text("tbs", HexEncode(Sha256(kSerial)));
    HOLDFAST_REQUIRE(audit && (*audit)->Append(order) && (*audit)->Sync());
    head = (*audit)->head();
    size = std::filesystem::file_size(log);
  }
  SerialIndex Open(ByteView content) const {
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()), std::ssize(content));
    auto index = SerialIndex::Open(log, head, file);
    HOLDFAST_REQUIRE(index);
    return std::move(*index);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Log log;
  const ByteView input(data, size);
  SerialIndex index = log.Open(input);
  HOLDFAST_REQUIRE(index.size() == 1 && !index.Claim(kSerial, Sha256(input)));
  const ByteView entries = input.first(size - size % 48);
  Bytes fitting = ToBytes("holdfast-serials-1 " + std::to_string(log.size) + " " + FormatAuditHead(log.head) +
                          " " + HexEncode(Sha256(entries)) + "\n");
  Append(fitting, entries);
  SerialIndex trusted = log.Open(fitting);
  HOLDFAST_REQUIRE(trusted.size() == entries.size() / 48);
  (void)trusted.Claim(kSerial, Sha256(kSerial));
  return 0;
}
