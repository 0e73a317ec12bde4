// What an application keeps of a license (protocol/local/entitlements.h), decided as it is now, and the number of its changes.
#pragma once

#include <map>

#include "agent/enforcement/decide.h"
#include "protocol/local/entitlements.h"

namespace holdfast::api {

// About every feature that the license names in any edition.
std::map<std::string, Decision> DecideAll(const LicenseView& license, const Situation& now);

// All but the generation. Nothing is counted where the license only advises: what is kept is not a use.
local::Entitlements EntitlementsOf(const LicenseView& license, const Situation& now);
local::Entitlements EntitlementsWithoutLicense(const std::string& product, Time now);

// Counts the changes of what EntitlementsOf says of any product, but for days_left and time. Seats that are held and units that are used are not in it.
class Generation {
 public:
  // True: something has changed since the last look, or this is the first.
  bool Look(const std::vector<LicenseView>& licenses, const Situation& now);
  int64_t value() const { return value_; }

 private:
  int64_t value_ = 0;
  std::map<std::string, std::string> seen_;  // by product
};

}  // namespace holdfast::api
