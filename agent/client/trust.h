// Who is believed: an agent that proves, for a nonce of ours, a session key that leads over the license key and the license certificate to one of the
// application's roots, on this boot of this host (docs/local-api.md, "The challenge"). The machine's clock is not asked: what time it is, the session key
// has signed.
#pragma once

#include <mutex>
#include <optional>

#include "agent/client/failure.h"
#include "certs/license_file.h"
#include "protocol/local/challenge.h"
#include "protocol/local/session_statement.h"

namespace holdfast::client {

struct Proven {
  Secret key;  // K: of all further answers on the connection
  // Not by the list in the license file, or the license only advises. Else no agent grants anything, whatever it says.
  bool grants = true;
};

class Trust {
 public:
  // HOLDFAST_INVALID_ARGUMENT (roots.*, armor.*, certificate.*, argument.product), HOLDFAST_SYSTEM (host.boot_id: no /proc).
  static Outcome<std::unique_ptr<Trust>> Make(std::string_view roots_pem, std::string product);

  const std::string& product() const { return product_; }

  // `own` is the private half of challenge.key. HOLDFAST_AGENT_INVALID to HOLDFAST_OTHER_HOST, with the checks of ParseLicenseFile, VerifyLicense,
  // ParseSessionStatement, VerifyJws, CheckSession and VerifyChallengeAnswer. Any thread. A license and a statement that were verified before are
  // known again: then it costs one signature.
  Outcome<Proven> Verify(const local::Challenge& challenge, const EcPrivateKey& own,
                         const local::ChallengeAnswer& answer);

 private:
  struct Session {
    Sha256Digest text;  // of license file and statement, as they came
    PublicKey key;
    local::SessionStatement statement;
    local::ExpectedSession expected;
    bool grants;
  };
  Trust(TrustAnchors anchors, std::string product, std::string boot_id)
      : anchors_(std::move(anchors)), product_(std::move(product)), boot_id_(std::move(boot_id)) {}
  Outcome<Session> Judge(const local::ChallengeAnswer& answer, const Sha256Digest& text) const;

  const TrustAnchors anchors_;
  const std::string product_, boot_id_;
  std::mutex mutex_;
  std::optional<Session> known_;  // under mutex_
};

}  // namespace holdfast::client
