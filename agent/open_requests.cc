#include "agent/open_requests.h"

namespace holdfast {

std::vector<OpenRequest> OpenRequests(const StateDirectory& state) {
  std::vector<OpenRequest> open;
  const auto products = state.PendingProducts();
  if (!products) return open;
  for (const std::string& product : *products)
    if (const auto pending = state.ReadPending(product)) open.push_back({pending->product, pending->created});
  return open;
}

}  // namespace holdfast
