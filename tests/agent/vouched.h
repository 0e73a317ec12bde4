// A license whose key, in software, has vouched for a session.
#pragma once

#include "agent/license_session.h"
#include "tests/agent/enforcement/views.h"

namespace holdfast {

inline constexpr const char* kTestBootId = "0f3a2b1c-4d5e-6f70-8192-a3b4c5d6e7f8";

struct Vouched {
  LicenseView view;
  LicenseProof proof;
};

inline Vouched Vouch(Time now, const std::string& product = "nls") {
  const EcPrivateKey license_key = EcPrivateKey::Generate().value();
  Vouched vouched{GoodView(), {"the file of " + product, nullptr, ""}};
  VerifiedLicense& license = *vouched.view.verified;
  vouched.view.product = license.terms.product = product;
  license.terms.vendor = "Northlight";
  license.terms.license = "L-1";
  license.serial = {1, 2, 3};
  license.license_key = license_key.public_key();
  auto draft = DraftSession(license, Sha256(Bytes{1}), {kTestBootId, now}).value();
  const Bytes signature = license_key.Sign(draft.digest).value();
  vouched.proof.session = std::make_shared<const LicenseSession>(FinishSession(std::move(draft), signature));
  return vouched;
}

}  // namespace holdfast
