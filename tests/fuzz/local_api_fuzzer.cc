// The local API's parser and state machine, over two licenses: whatever clients send, no limit is exceeded, and
// what is held goes with the connections. The first octet of each line chooses who says it.
#include "agent/api/session.h"
#include "tests/agent/enforcement/views.h"
#include "tests/fuzz/require.h"

using namespace holdfast;
using namespace holdfast::api;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  OwnedTime time([] { return kMidway; }, SystemUptime());
  Service service(time, "1");
  LicenseView other = GoodView();
  other.product = "other";
  service.SetLicenses({GoodView(), other});
  {
    Session first(service, 16, false), second(service, 17, true);
    std::string_view input = AsText({data, size});
    while (!input.empty()) {
      const size_t end = std::min(input.find('\n'), input.size() - 1);
      Session& session = (input[0] & 1) != 0 ? first : second;
      session.Receive(AsBytes(input.substr(0, end + 1)).subspan(1));
      input.remove_prefix(end + 1);
      if (auto request = session.Run()) {
        HOLDFAST_REQUIRE(&session == &second && IsAdministration(*request));
        session.Finish(Json{{"ok", true}});
      }
      if (session.output().size() >= kMaxLine) session.output().clear();
      const Json status = service.Status();
      for (const Json& license : status["licenses"]) {
        HOLDFAST_REQUIRE(license["limits"]["users"]["used"] <= 10);
        HOLDFAST_REQUIRE(license["limits"]["jobs"]["used"] <= 55);
      }
    }
  }
  const Json status = service.Status();
  for (const Json& license : status["licenses"]) HOLDFAST_REQUIRE(license["limits"]["users"]["used"] == 0);
  return 0;
}
