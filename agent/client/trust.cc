#include "agent/client/trust.h"

#include <fcntl.h>

#include "agent/client/descriptor.h"
#include "certs/path.h"
#include "protocol/local/ec_point.h"

namespace holdfast::client {
namespace {

constexpr size_t kBootIdSize = 36;

template <class T>
Outcome<T> AsProof(Result<T> result) {
  if (!result) return FailedProof(std::move(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

Outcome<std::string> BootId() {
  const Descriptor file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  std::string id(kBootIdSize, '\0');
  if (!file.valid() || ::read(file.get(), id.data(), id.size()) != static_cast<ssize_t>(id.size()) ||
      !local::IsBootId(id))
    return Failed(HOLDFAST_SYSTEM, "host.boot_id", "/proc/sys/kernel/random/boot_id cannot be read",
                  "mount /proc where the application runs");
  return id;
}

// Both texts, so that neither can be exchanged without the other.
Sha256Digest DigestOf(const local::ChallengeAnswer& answer) {
  const Sha256Digest file = Sha256(AsBytes(answer.file)), session = Sha256(AsBytes(answer.session));
  return Sha256({file, session});
}

}  // namespace

Outcome<std::unique_ptr<Trust>> Trust::Make(std::string_view roots_pem, std::string product) {
  if (!IsIdentifier(product))
    return Failed(HOLDFAST_INVALID_ARGUMENT, "argument.product", "the product's id is none",
                  "give it as the vendor named it: [a-z0-9][a-z0-9._-]{0,63}");
  auto anchors = ParseTrustAnchors(roots_pem);
  if (!anchors) {
    Error error = std::move(anchors.error());
    error.message = "the vendor's roots: " + error.message;
    if (error.check == "armor.empty") error.advice = "give the text of the vendor's roots.pem, not its path";
    return Failed(HOLDFAST_INVALID_ARGUMENT, std::move(error));
  }
  HOLDFAST_TRY(std::string boot_id, BootId());
  return std::unique_ptr<Trust>(new Trust(std::move(*anchors), std::move(product), std::move(boot_id)));
}

Outcome<Proven> Trust::Verify(const local::Challenge& challenge, const EcPrivateKey& own,
                              const local::ChallengeAnswer& answer) {
  const Sha256Digest text = DigestOf(answer);
  std::optional<Session> session;
  {
    const std::lock_guard hold(mutex_);
    if (known_ && known_->text == text) session = known_;
  }
  const bool is_new = !session;
  if (is_new) {
    HOLDFAST_TRY(session, Judge(answer, text));
  }
  session->expected.now = answer.time;
  HOLDFAST_CHECK(AsProof(local::CheckSession(session->statement, session->expected)));
  HOLDFAST_TRY(Secret key, AsProof(local::VerifyChallengeAnswer(challenge, own, answer, session->key)));
  const bool grants = session->grants;
  if (is_new) {
    const std::lock_guard hold(mutex_);
    known_ = std::move(session);
  }
  return Proven{std::move(key), grants};
}

Outcome<Trust::Session> Trust::Judge(const local::ChallengeAnswer& answer, const Sha256Digest& text) const {
  auto file = ParseLicenseFile(answer.file);
  if (!file) return Failed(HOLDFAST_AGENT_INVALID, std::move(file.error()));
  HOLDFAST_TRY(const VerifiedLicense license, AsProof(VerifyLicense(*file, anchors_)));
  auto parsed = local::ParseSessionStatement(answer.session);
  if (!parsed) return Failed(HOLDFAST_AGENT_INVALID, std::move(parsed.error()));
  HOLDFAST_CHECK(AsProof(VerifyJws(parsed->jws, license.license_key)));
  HOLDFAST_TRY(PublicKey key, AsProof(local::KeyOfEcPoint(parsed->statement.session_key)));
  const LicenseTerms& terms = license.terms;
  if (terms.product != product_)
    return Failed(HOLDFAST_OTHER_VENDOR, "session.other_product",
                  "the agent's license is for another product of the vendor's");
  return Session{.text = text,
                 .key = std::move(key),
                 .statement = std::move(parsed->statement),
                 .expected = {.vendor = terms.vendor,
                              .product = product_,
                              .license = terms.license,
                              .serial = license.serial,
                              .certificate = Sha256(file->license.der()),
                              .boot_id = boot_id_,
                              .now = answer.time},
                 .grants = license.revocation == Revocation::kGood || terms.advisory};
}

}  // namespace holdfast::client
