// What is held over HTTP, where connections come from pools and a connection is nobody in particular: a lease is held until it is ended, or was not
// renewed for its length. Its name, 128 random bits, is what the holder knows. Leases go when the agent ends, as whatever is held does.
// Not thread safe: it belongs to the thread that serves.
#pragma once

#include <chrono>
#include <map>

#include "agent/api/dispatch.h"
#include "agent/api/http/routes.h"

namespace holdfast::api {

class Leases {
 public:
  static constexpr size_t kMax = 4096, kMaxPerUser = 1024;

  // Time passes in ticks of that length.
  Leases(Service& service, std::chrono::milliseconds tick) : service_(service), tick_(tick) {}

  // DECISION; where it is allowed with `lease` and `seconds`. Checks: those of Service::Limit, api.leases (kUnavailable: there are too many). `user` is whom
  // it counts for, `caller` for licenses that want to know.
  Json Take(const TakeLease& request, uint32_t user, const Service::CallerSource& caller);
  // `product`, `limit`, `amount`, `lease`, `seconds`. Check: lease.unknown (kNotFound: never given, ended, or not renewed in time).
  Json Renew(const std::string& id);
  Json End(const std::string& id);
  // Ends those that were not renewed in time.
  void Tick();

 private:
  struct Lease {
    Holdings::Holder holder = 0;
    uint32_t user = 0;
    LimitRequest limit;
    Seconds length{0};
    int64_t until = 0;  // a tick
  };
  Json Describe(const std::string& id, const Lease& lease) const;
  int64_t Until(Seconds length) const;

  Service& service_;
  const std::chrono::milliseconds tick_;
  std::map<std::string, Lease> leases_;
  int64_t now_ = 0;
  // Connections count up from the other end.
  Holdings::Holder next_ = Holdings::Holder{1} << 63;
};

}  // namespace holdfast::api
