// The local API's parser and state machine, over two licenses: whatever clients send, no limit is exceeded,
// what is held goes with the connections, who is excluded holds nothing, and after a challenge no answer is without its code. The first octet of each line
// chooses who says it.
#include "agent/api/line_session.h"
#include "tests/agent/vouched.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/two_licenses.h"

using namespace holdfast;
using namespace holdfast::api;

namespace {

// After a challenge: its answer is the only line without a code that has a session in it.
bool IsChallenged(const std::string& output) {
  return output.find("\"session\":\"") != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  OwnedTime time([] { return kMidway; }, SystemUptime());
  Service service(time, "1");
  static const Vouched vouched = Vouch(kMidway);
  service.SetLicenses({WithDesks(vouched.view), OtherView()});
  service.SetProofs({{"nls", vouched.proof}});
  service.Look();
  service.LoadMeters({});
  {
    LineSession first(service, {.id = 16}), second(service, {.id = 17, .administrator = true});
    std::string_view input = AsText({data, size});
    while (!input.empty()) {
      const size_t end = std::min(input.find('\n'), input.size() - 1);
      LineSession& session = (input[0] & 1) != 0 ? first : second;
      session.Receive(AsBytes(input.substr(0, end + 1)).subspan(1));
      input.remove_prefix(end + 1);
      if (auto request = session.Run()) {
        const auto* consume = std::get_if<ConsumeRequest>(&*request);
        const auto* key = std::get_if<KeyRequest>(&*request);
        HOLDFAST_REQUIRE(key == nullptr || key->name == "content");  // the only one that is granted now
        HOLDFAST_REQUIRE(consume != nullptr || key != nullptr ||
                         (&session == &second && IsAdministration(*request)));
        session.Finish(consume != nullptr ? Consume(service, *consume)
                       : key != nullptr   ? service.Key(*key, Secret(Bytes(32, 7)))
                                          : Json{{"ok", true}});
      }
      if (IsChallenged(session.output())) {
        session.output().clear();
        session.Receive(AsBytes("{}\n"));
        HOLDFAST_REQUIRE(!session.Run() && !session.output().starts_with('{'));
      }
      HOLDFAST_REQUIRE(session.page_answer().empty() || session.watching());
      if (session.output().size() >= kMaxLine) session.output().clear();
      RequireNoLimitExceeded(service);
    }
  }
  const Json status = service.Status();
  for (const Json& license : status["licenses"]) HOLDFAST_REQUIRE(license["limits"]["users"]["used"] == 0);
  return 0;
}
