// Which requests wait for an answer here, for `status`.
#pragma once

#include "agent/state/state_directory.h"

namespace holdfast {

struct OpenRequest {
  std::string product;
  Time created;
};
// Ascending by product. A file that cannot be read is passed over: `holdfast request` says what is the matter with it.
std::vector<OpenRequest> OpenRequests(const StateDirectory& state);

}  // namespace holdfast
