// The local API over HTTP, over two licenses: whatever clients send, no limit is exceeded, what is handed out was granted, nothing of administration comes
// through, and every answer is one. The first octet of the input chooses who says it, and whether it comes in pieces.
#include "agent/api/http/http_session.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/two_licenses.h"

using namespace holdfast;
using namespace holdfast::api;

namespace {

// What goes out begins as an answer does and ends with what was announced.
void RequireAnswers(std::string_view output) {
  while (!output.empty()) {
    HOLDFAST_REQUIRE(output.starts_with("HTTP/1.1 "));
    const size_t head = output.find("\r\n\r\n");
    HOLDFAST_REQUIRE(head != std::string_view::npos);
    const size_t field = output.substr(0, head).find("Content-Length: ");
    size_t length = 0;
    if (field != std::string_view::npos) length = std::stoul(std::string(output.substr(field + 16, 10)));
    output.remove_prefix(head + 4);
    // The answer to HEAD announces a body that does not come.
    if (output.size() >= length && !output.starts_with("HTTP/1.1 ")) output.remove_prefix(length);
  }
}

void Turn(Service& service, HttpSession& session) {
  do {
    if (auto request = session.Run()) {
      const auto* consume = std::get_if<ConsumeRequest>(&*request);
      const auto* key = std::get_if<KeyRequest>(&*request);
      HOLDFAST_REQUIRE(consume != nullptr || (key != nullptr && key->name == "content"));
      session.Finish(consume != nullptr ? Consume(service, *consume)
                                        : service.Key(*key, Secret(Bytes(32, 7))));
    }
    RequireAnswers(session.output());
    session.output().clear();
  } while (session.has_more());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  OwnedTime time([] { return kMidway; }, SystemUptime());
  Service service(time, "1");
  service.SetLicenses({WithDesks(GoodView()), OtherView()});
  service.Look();
  service.LoadMeters({});
  Leases leases(service, std::chrono::seconds(1));
  const Secret token = Secret::CopyOf(AsBytes(std::string_view("0123456789abcdef0123456789abcdef")));
  HttpSession session(service, leases, {.id = 16}, 1001, (data[0] & 1) != 0 ? &token : nullptr);
  ByteView input = ByteView(data, size).subspan(1);
  const size_t piece = (data[0] & 2) != 0 ? 7 : input.size() + 1;
  while (!input.empty() && !session.closing()) {
    const size_t n = std::min(piece, input.size());
    session.Receive(input.first(n));
    input = input.subspan(n);
    Turn(service, session);
    leases.Tick();
  }
  RequireNoLimitExceeded(service);
  return 0;
}
