// What the kernel, udev and root say of a host: whatever is read is short text in one line, and makes a fingerprint that
// its own reader accepts.
#include "agent/host/fact_text.h"

#include "protocol/display_text.h"
#include "protocol/fingerprint.h"
#include "tests/fuzz/require.h"

using namespace holdfast;
using namespace holdfast::host;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  const RootMount mount = FindRootMount(text);
  const std::string mac = MacAddress(text);
  HOLDFAST_REQUIRE(mac.empty() || mac.size() == 12);
  HOLDFAST_REQUIRE(mount.source.find('/') == std::string::npos &&
                   mount.device.find('/') == std::string::npos);
  HostComponents components;
  for (const std::string& fact : {OneLine(text), UdevProperty(text, "ID_SERIAL"), mac, CpuModel(text),
                                  SerialNumber(text), mount.device, mount.source}) {
    HOLDFAST_REQUIRE(fact.size() <= kMaxFact && IsDisplayText(fact, kMaxFact));
    if (!fact.empty()) components["nic"].push_back(fact);
  }
  const Fingerprint fingerprint = MakeFingerprint("v", "p", components);
  if (fingerprint.empty()) return 0;
  const Json json{{"fingerprint", FormatFingerprint(fingerprint)}};
  JsonObject o(json, "x");
  HOLDFAST_REQUIRE(ReadFingerprint(o, "fingerprint") == fingerprint && o.Finish());
  HOLDFAST_REQUIRE(MatchFingerprint(fingerprint, fingerprint).match);
  return 0;
}
