#include "agent/api/http/leases.h"

#include <algorithm>

#include "agent/api/decision_json.h"
#include "protocol/crypto/random.h"

namespace holdfast::api {
namespace {

constexpr size_t kIdSize = 16;

Json Unknown() {
  return ErrorAnswer(
      {ErrorKind::kNotFound, "lease.unknown",
       "no such lease: it was ended, not renewed in time, or given by an agent that was restarted since",
       "take another one"});
}

}  // namespace

Json Leases::Take(const TakeLease& request, uint32_t user, const Service::CallerSource& caller) {
  const auto of_user = std::count_if(leases_.begin(), leases_.end(),
                                     [&](const auto& entry) { return entry.second.user == user; });
  if (leases_.size() >= kMax || static_cast<size_t>(of_user) >= kMaxPerUser)
    return ErrorAnswer(
        {ErrorKind::kUnavailable, "api.leases", "there are too many leases", "end some, or try again later"});
  const Holdings::Holder holder = next_++;
  const auto outcome = Dispatch(service_, {.id = holder, .caller = caller}, request.limit);
  Json json = std::get<Json>(outcome);  // a limit is never for others to do
  if (!IsAllowed(json)) return json;
  const std::string id = HexEncode(RandomBytes(kIdSize));
  leases_.emplace(id, Lease{holder, user, request.limit, request.length, Until(request.length)});
  json["lease"] = id;
  json["seconds"] = request.length.count();
  return json;
}

Json Leases::Renew(const std::string& id) {
  auto found = leases_.find(id);
  if (found == leases_.end()) return Unknown();
  found->second.until = Until(found->second.length);
  return Describe(id, found->second);
}

Json Leases::End(const std::string& id) {
  auto found = leases_.find(id);
  if (found == leases_.end()) return Unknown();
  service_.Gone(found->second.holder);
  Json json = Describe(id, found->second);
  json["seconds"] = 0;
  leases_.erase(found);
  return json;
}

void Leases::Tick() {
  now_++;
  std::erase_if(leases_, [&](const auto& entry) {
    const bool over = entry.second.until < now_;
    if (over) service_.Gone(entry.second.holder);
    return over;
  });
}

Json Leases::Describe(const std::string& id, const Lease& lease) const {
  Json json{{"ok", true}};
  if (!lease.limit.product.empty()) json["product"] = lease.limit.product;
  json["limit"] = lease.limit.limit;
  json["amount"] = lease.limit.amount;
  json["lease"] = id;
  json["seconds"] = lease.length.count();
  return json;
}

int64_t Leases::Until(Seconds length) const {
  return now_ + std::chrono::milliseconds(length) / tick_;
}

}  // namespace holdfast::api
