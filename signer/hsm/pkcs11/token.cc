#include "signer/hsm/pkcs11/token.h"

#include <thread>

#include "protocol/crypto/random.h"
#include "signer/hsm/pkcs11/token_impl.h"
#include "signer/hsm/pkcs11/token_key.h"

namespace holdfast::hsm {
namespace {

using std::chrono_literals::operator""ms;

// About two seconds in all. The pauses differ at random: processes that disturbed each other would else do so
// again.
constexpr std::chrono::milliseconds kPauses[] = {50ms, 100ms, 200ms, 400ms, 400ms, 400ms, 400ms};

void Pause(std::chrono::milliseconds about) {
  std::this_thread::sleep_for(about / 2 + about * RandomBytes(1)[0] / 256);
}

bool IsWorthRetrying(const Error& error) {
  return error.check == "hsm.token" || error.check == "hsm.down" || error.check == "hsm.module" ||
         error.check == "hsm.session_count";
}

Result<std::optional<Uri>> Narrow(std::string_view uri) {
  if (uri.empty()) return std::optional<Uri>();
  HOLDFAST_TRY(Uri parsed, Uri::Parse(uri));
  return std::optional<Uri>(std::move(parsed));
}

}  // namespace

Result<std::shared_ptr<Token>> Token::Open(const TokenConfig& config) {
  HOLDFAST_TRY(auto connection, Connection::Create(config));
  Status attached = connection->Attach();
  for (auto pause : kPauses) {
    if (attached || !IsWorthRetrying(attached.error())) break;
    Pause(pause);
    attached = connection->Reinitialize();
    if (attached) attached = connection->Attach();
  }
  if (!attached) return tl::unexpected(Within(connection->place(), std::move(attached.error())));
  return std::make_shared<Token>(std::make_shared<Impl>(Impl{std::move(connection)}));
}

Token::Token(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Token::~Token() = default;

Result<std::shared_ptr<TokenKey>> Token::OpenKey(const PublicKey& pinned, std::string_view uri) {
  HOLDFAST_TRY(auto narrow, Narrow(uri));
  if (narrow) HOLDFAST_CHECK(impl_->connection->CheckToken(*narrow));
  HOLDFAST_TRY(SigningScheme scheme, SigningScheme::For(pinned));
  auto key = std::make_unique<TokenKey::Impl>(impl_->connection, pinned, scheme, std::move(narrow));
  HOLDFAST_CHECK(key->KeepAlive());
  return std::make_shared<TokenKey>(std::move(key));
}

Result<PublicKey> Token::ReadPublicKey(std::string_view uri) {
  HOLDFAST_TRY(Uri parsed, Uri::Parse(uri));
  HOLDFAST_CHECK(impl_->connection->CheckToken(parsed));
  HOLDFAST_TRY(auto lease, impl_->connection->Borrow());
  HOLDFAST_TRY(CK_OBJECT_HANDLE private_key, FindNamedPrivateKey(lease.at(), parsed));
  auto key = PublicKeyOf(lease.at(), private_key);
  if (!key)
    return Fail(ErrorKind::kNotFound, "hsm.key",
                impl_->connection->place() + " does not tell the public key of " + parsed.text() +
                    ", or it is not P-256, P-384 or RSA",
                "Keep the public key object beside the private key, with the same CKA_ID");
  HOLDFAST_CHECK(ProveKey(lease.at(), private_key, *key));
  lease.Keep();
  return std::move(*key);
}

Status Token::RetryPin() {
  return impl_->connection->RetryPin();
}
bool Token::pin_refused() const {
  return impl_->connection->pin_error().has_value();
}
TokenInfo Token::info() const {
  return impl_->connection->info();
}

}  // namespace holdfast::hsm
