#include "signer/server/verifier/simulator.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace holdfast::verifier {
namespace {

// TCG vendor ids: swtpm's 00001014 and IBM's "IBM\0" exist only in software, "XYZ " is the reference code's.
// Microsoft's is not among them: Pluton has it too.
constexpr std::array<std::string_view, 3> kManufacturers{"id:00001014", "id:49424d00", "id:58595a20"};
// Parts of model names, lower case without blanks: "SW   TPM", "xCG fTPM".
constexpr std::array<std::string_view, 4> kModels{"swtpm", "xcgftpm", "simulator", "softwaretpm"};

}  // namespace

std::string FoldedName(std::string_view name) {
  std::string out;
  for (unsigned char c : name)
    if (!std::isspace(c)) out += static_cast<char>(std::tolower(c));
  return out;
}

bool IsSimulator(const EkIdentity& ek) {
  if (ek.root_class == EkRootClass::kSimulator) return true;
  std::string manufacturer = FoldedName(ek.manufacturer), model = FoldedName(ek.model);
  auto in_model = [&](std::string_view part) { return model.find(part) != std::string::npos; };
  return std::find(kManufacturers.begin(), kManufacturers.end(), manufacturer) != kManufacturers.end() ||
         std::any_of(kModels.begin(), kModels.end(), in_model);
}

}  // namespace holdfast::verifier
