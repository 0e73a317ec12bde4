// Answers of the agent in plain words, safe for a terminal. CheckAnswer (answer_shape.h) comes first.
#pragma once

#include "protocol/strict_json.h"

namespace holdfast::cli {

// "export: allowed" and what there is to say about it; "export: denied: feature_not_granted", what to do.
std::string DescribeDecision(std::string_view subject, const Json& decision);
std::string DescribeStatus(const Json& status);

}  // namespace holdfast::cli
