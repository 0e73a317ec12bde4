// Heartbeats: the file, its JSON, and the payload of a report that a heartbeat is made around.
#include "protocol/heartbeat_report.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

static void CheckHeartbeat(const Heartbeat& heartbeat) {
  const HeartbeatReport& report = heartbeat.report.report;
  HOLDFAST_REQUIRE(report.by_tpm == heartbeat.counter.has_value());
  HOLDFAST_REQUIRE(report.unanswered.size() <= kMaxUnanswered && report.usage.size() <= kMaxReportedUsage);
  HOLDFAST_REQUIRE(heartbeat.report.id == HeartbeatId(heartbeat.report.jws));
  const std::string json = FormatHeartbeat(heartbeat);
  auto again = ParseHeartbeat(json);
  HOLDFAST_REQUIRE(again && FormatHeartbeat(*again) == json && again->report.id == heartbeat.report.id);
  HOLDFAST_REQUIRE(FormatHeartbeatReport(again->report.report) == FormatHeartbeatReport(report));
  HOLDFAST_REQUIRE(ReadHeartbeatFile(ArmorHeartbeat(heartbeat)));
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  for (const auto& heartbeat : {ReadHeartbeatFile(text), ParseHeartbeat(text)})
    if (heartbeat) CheckHeartbeat(*heartbeat);
  auto report = ParseHeartbeatReport(
      FinishJws(JwsSigningInput(MessageType::kHeartbeat, SignatureAlgorithm::kEcdsaSha256, "", {data, size}),
                Bytes(64, 0)));
  if (!report) return 0;
  Heartbeat heartbeat{std::move(*report), {}};
  if (heartbeat.report.report.by_tpm) heartbeat.counter = SignedAttest{Bytes{1}, Bytes{2}};
  CheckHeartbeat(heartbeat);
  return 0;
}
