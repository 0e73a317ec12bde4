// One line from a client of the agent, parsed (docs/local-api.md).
#pragma once

#include <variant>

#include "protocol/armor.h"
#include "protocol/local/challenge.h"
#include "protocol/secret.h"
#include "protocol/strict_json.h"

namespace holdfast::api {

inline constexpr int kApiVersion = 1;
inline constexpr size_t kMaxLine = 64 * 1024;
// Those who may install send whole files: kMaxFileSize, every octet of it perhaps escaped as \u0000 is, and what stands around it.
inline constexpr size_t kMaxAdminLine = 6 * kMaxFileSize + 4096;

struct StatusRequest {};

struct CheckRequest {
  std::string feature;
  std::string product;  // empty: the only one that is installed
};

enum class LimitVerb { kHold, kRelease, kSet };
struct LimitRequest {
  LimitVerb verb = LimitVerb::kHold;
  std::string limit;
  std::string product;
  int64_t amount = 1;  // kRelease: INT64_MAX when not given, that is everything
};

struct ConsumeRequest {
  std::string limit;  // a meter
  std::string product;
  int64_t amount = 1;
};

struct KeyRequest {
  std::string name;  // of a content key
  std::string product;
};

struct EntitlementsRequest {
  std::string product;
};

struct WatchRequest {};

struct MakeRequestRequest {
  Secret product_key;
  bool make_new = false;
  bool host_facts = true;
  bool without_tpm = false;
  bool repair = false;
};

struct InstallRequest {
  std::string file;  // its text
};

struct ReturnRequest {
  std::string product;  // empty: the only one
  std::string nonce;    // the text of a return nonce file; empty: none
  bool dry_run = false, forget = false;
};

struct TimeRequest {
  std::string product;  // whose vendor is asked; empty: the only one
};

struct HeartbeatRequest {
  std::string product;  // empty: the only one
  bool host_facts = true;
};

struct BreakGlassRequest {
  std::string product;  // empty: the only one
  bool dry_run = false;
};

using ApiRequest =
    std::variant<StatusRequest, CheckRequest, LimitRequest, ConsumeRequest, KeyRequest, local::Challenge,
                 EntitlementsRequest, WatchRequest, MakeRequestRequest, InstallRequest, ReturnRequest,
                 TimeRequest, HeartbeatRequest, BreakGlassRequest>;

// Checks: those of ParseJson, api.op, api.<member>.
Result<ApiRequest> ParseApiRequest(std::string_view line, size_t max_size);
Result<ApiRequest> ReadApiRequest(const Json& value);
// request, install, return, time_request, heartbeat and break_glass: slow, and not for everybody
bool IsAdministration(const ApiRequest& request);

// The answer to what could not be done: {"ok": false, "error": {...}}.
Json ErrorAnswer(const Error& error);

}  // namespace holdfast::api
