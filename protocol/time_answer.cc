#include "protocol/time_answer.h"

namespace holdfast {
namespace {

std::string ForWhom(const LicenseMessage& message) {
  return "Product: " + message.product + ", from " + message.vendor + "\nLicense: " + message.license + "\n";
}

std::string RequestPreamble(const LicenseMessage& request) {
  return "Holdfast time request: a machine asks its vendor what time it is.\n" + ForWhom(request) +
         "It believes: " + FormatTime(request.time) +
         "\nAt the vendor:  holdfast-vendor time answer FILE -o ANSWER\n";
}

std::string AnswerPreamble(const LicenseMessage& answer) {
  return "Holdfast time answer: the vendor says that it was " + FormatTime(answer.time) + ".\n" +
         ForWhom(answer) + "On the host that asked:  holdfast install FILE\n";
}

}  // namespace

constinit const MessageKind kTimeRequest{.file = FileKind::kTimeRequest,
                                         .type = {},
                                         .label = kLabelTimeRequest,
                                         .context = "time_request",
                                         .time_member = "time",
                                         .made_by = "holdfast time request",
                                         .preamble = RequestPreamble};

constinit const MessageKind kTimeAnswer{.file = FileKind::kTimeAnswer,
                                        .type = MessageType::kTimeAnswer,
                                        .label = kLabelTimeAnswer,
                                        .context = "time_answer",
                                        .time_member = "time",
                                        .made_by = "holdfast-vendor time answer",
                                        .preamble = AnswerPreamble};

}  // namespace holdfast
