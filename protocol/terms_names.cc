// Enumerations of the terms as JSON spells them.
#include "protocol/terms.h"

namespace holdfast {

std::string_view AssuranceName(AssuranceClass value) {
  switch (value) {
    case AssuranceClass::kHwTpm:
      return "hw-tpm";
    case AssuranceClass::kVtpm:
      return "vtpm";
    case AssuranceClass::kHost:
      break;
  }
  return "host";
}

std::string_view LimitKindName(LimitKind value) {
  switch (value) {
    case LimitKind::kSeats:
      return "seats";
    case LimitKind::kGauge:
      return "gauge";
    case LimitKind::kMeter:
      break;
  }
  return "meter";
}

std::string_view MeterPeriodName(MeterPeriod value) {
  switch (value) {
    case MeterPeriod::kNever:
      return "never";
    case MeterPeriod::kMonth:
      return "month";
    case MeterPeriod::kYear:
      break;
  }
  return "year";
}

std::string_view PolicyName(Policy value) {
  switch (value) {
    case Policy::kAllow:
      return "allow";
    case Policy::kWarn:
      return "warn";
    case Policy::kDeny:
      break;
  }
  return "deny";
}

std::string_view ClonePolicyName(ClonePolicy value) {
  switch (value) {
    case ClonePolicy::kAllow:
      return "allow";
    case ClonePolicy::kWarn:
      return "warn";
    case ClonePolicy::kDeny:
      return "deny";
    case ClonePolicy::kSuspend:
      break;
  }
  return "suspend";
}

}  // namespace holdfast
