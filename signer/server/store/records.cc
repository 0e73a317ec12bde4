#include "signer/server/store/records.h"

#include <array>

namespace holdfast {
namespace {

constexpr std::array<std::string_view, 3> kLicenseStatusNames{"active", "suspended", "revoked"};
constexpr std::array<std::string_view, 5> kActivationStateNames{"reserved", "issued", "superseded", "revoked",
                                                                "returned"};

constexpr std::array<std::string_view, 4> kUnitCountNames{"none", "stated", "used_up", "unknown"};

template <class Enum, size_t N>
Result<Enum> FromName(const std::array<std::string_view, N>& names, std::string_view name) {
  for (size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<Enum>(i);
  return Malformed("store.corrupt", "the store holds an unknown state name",
                   "restore the store from a backup");
}

}  // namespace

std::string_view LicenseStatusName(LicenseStatus status) {
  return kLicenseStatusNames[static_cast<size_t>(status)];
}

Result<LicenseStatus> ParseLicenseStatus(std::string_view name) {
  return FromName<LicenseStatus>(kLicenseStatusNames, name);
}

Status CheckStatusChange(const LicenseRecord& license, LicenseStatus to) {
  if (license.status != LicenseStatus::kRevoked || to == LicenseStatus::kRevoked) return {};
  return Fail(ErrorKind::kConflict, "store.status",
              "license " + license.id + " is revoked and cannot become " + std::string(LicenseStatusName(to)),
              "sell a new license with `holdfast-vendor license new`");
}

std::string_view ActivationStateName(ActivationState state) {
  return kActivationStateNames[static_cast<size_t>(state)];
}

Result<ActivationState> ParseActivationState(std::string_view name) {
  return FromName<ActivationState>(kActivationStateNames, name);
}

std::string_view UnitCountName(UnitCount count) {
  return kUnitCountNames[static_cast<size_t>(count)];
}

Result<UnitCount> ParseUnitCount(std::string_view name) {
  return FromName<UnitCount>(kUnitCountNames, name);
}

bool IsInUse(const ActivationRecord& activation) {
  return activation.state == ActivationState::kReserved || activation.state == ActivationState::kIssued;
}

Result<std::vector<std::string>> ReleasedWith(const ActivationRecord& named, const LicenseRecord& license,
                                              const std::vector<ActivationRecord>& all) {
  std::vector<std::string> ids;
  if (!IsInUse(named)) return ids;
  if (license.status == LicenseStatus::kRevoked)
    return Fail(ErrorKind::kConflict, "store.status",
                "license " + license.id + " is revoked, and all its activations with it",
                "sell a new license with `holdfast-vendor license new`");
  for (const ActivationRecord& activation : all)
    if (IsInUse(activation) && activation.ek_name == named.ek_name) ids.push_back(activation.id);
  return ids;
}

std::string FormatAuditHead(const AuditHead& head) {
  return std::to_string(head.sequence) + ":" + HexEncode(head.hash);
}

}  // namespace holdfast
