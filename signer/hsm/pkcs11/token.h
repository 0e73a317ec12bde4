// Keys in a PKCS#11 token: the public face of this folder. A Token is one token of one module, logged in,
// with a bounded pool of sessions; a TokenKey signs with one private key of it, which is known by its public
// key and by nothing else (a URI only narrows the search).
//
// When something fails the session is discarded, a new one tried, then a login, then the whole module is
// finalised and initialised (docs/decisions/0043); after that the key is "down" and answers at once with the
// last error until it is time to try again. A refused PIN is never presented twice: see Token::RetryPin.
//
// Processes: open tokens after daemonising and never fork afterwards; ignore SIGPIPE (a proxy module dies of
// it). A PKCS#11 module is state of the process: tokens of one module share it, and its environment is set
// when the first of them is opened, so open tokens before starting threads. Open each token once.
#pragma once

#include <chrono>

#include "certs/signing_key.h"
#include "signer/hsm/pkcs11/uri.h"

namespace holdfast::hsm {

class TokenKey;

struct TokenConfig {
  // Path of the module's shared library (has a '/'), or the name of a module that p11-kit is configured with.
  // Empty: the URI's module-path or module-name.
  std::string module;
  std::vector<std::string> module_env;  // NAME=VALUE, set before the module is loaded
  std::string uri;                      // names exactly one token: pkcs11:token=… or serial=…, or both
  Path pin_file;     // mode 0600; empty: the URI's pin-source. One final newline is ignored
  int sessions = 0;  // worker sessions; 0: one per core. Network HSMs like about 30
  // How long a signature waits for a free session.
  std::chrono::milliseconds session_wait{5000};
  // First pause of a key that is down; it doubles up to 30 times this.
  std::chrono::milliseconds retry_after{1000};
  // A call that lasts longer, while nothing else was answered, means that the token hangs.
  std::chrono::milliseconds patience{20'000};
};

struct TokenInfo {
  std::string module;  // path or name, as loaded
  std::string label, serial, manufacturer, model;
};

// A token to be made in a free slot (C_InitToken, C_InitPIN).
struct NewToken {
  std::string label;  // at most 32 octets
  Secret so_pin, pin;
};

struct KeySpec {
  KeyType type = KeyType::kEcP256;  // kEcP256, kEcP384 or kRsa
  size_t rsa_bits = 3072;
  std::string label;
  Bytes id;  // CKA_ID
};

// Checks that errors of this folder carry:
// - hsm.uri, hsm.config (kUsage): the configuration cannot be right
// - hsm.module (kUnavailable): the shared library cannot be loaded or initialised
// - hsm.token (kNotFound): no token, or several, match the URI
// - hsm.token_changed (kRefused): after a recovery the token has another serial number
// - hsm.pin_refused (kRefused): wrong or locked; latched until RetryPin. Do not restart in a loop
// - hsm.key (kNotFound): no private key, or several, match; or the pinned key is not there
// - hsm.key_policy (kRefused): the key wants a PIN for each signature, or is of another type
// - hsm.key_exists (kConflict): GenerateKey: label or id are in use
// - hsm.generate (kRefused): the token will not make such a key
// - hsm.digest (kInternal): the digest has the wrong length for the key
// - hsm.signature (kRefused): the token's signature is not one of the pinned key
// - hsm.busy, hsm.session_count (kUnavailable): no session became free in time, or the token has none for us
// - hsm.down (kUnavailable): the token does not work, recovery was tried; or it hangs (TokenConfig::patience)
class Token {
 public:
  // Loads the module, finds the token, logs in. Tries again for about two seconds, as SoftHSM tokens vanish
  // for a moment when another process logs in; except after a refused PIN.
  static Result<std::shared_ptr<Token>> Open(const TokenConfig& config);
  // Makes a token in a free slot of config.module. Conflict (hsm.token_exists) when its label is in use.
  static Status Initialize(const TokenConfig& config, const NewToken& token);

  // Exactly one private key that belongs to `pinned`; proven by a test signature. `uri` may narrow by id and
  // object; empty: search all. What it says of the token must fit this one. P-256, P-384 and RSA.
  Result<std::shared_ptr<TokenKey>> OpenKey(const PublicKey& pinned, std::string_view uri = {});
  // The public key of an existing key pair, found by id or object of `uri`: what to pin for a key that was
  // made with the token's own tool.
  Result<PublicKey> ReadPublicKey(std::string_view uri);
  // Never exportable, signs and nothing else. One at a time; proven by a test signature.
  Result<PublicKey> GenerateKey(const KeySpec& spec);

  // The operator's answer to hsm.pin_refused: reads the PIN file again and presents its PIN once.
  Status RetryPin();
  bool pin_refused() const;
  TokenInfo info() const;

  ~Token();
  struct Impl;
  explicit Token(std::shared_ptr<Impl> impl);  // for Open

 private:
  std::shared_ptr<Impl> impl_;
};

enum class KeyState { kOk, kPinRefused, kDown };

struct KeyHealth {
  KeyState state = KeyState::kOk;
  std::string detail;  // the last error; empty when ok
  bool hangs = false;  // kDown: a call does not come back; whoever calls now is refused at once
  std::optional<std::chrono::seconds> last_good_age;  // since the last verified signature
};

// Thread safe; as many signatures at once as the token has sessions. Keeps its Token's parts alive.
class TokenKey : public SigningKey {
 public:
  const PublicKey& public_key() const override;
  Result<Bytes> SignDigest(ByteView digest) override;
  // The same without verification, for a caller that verifies with public_key() before anything leaves the
  // process, and calls ReportBadSignature when that fails.
  Result<Bytes> SignDigestUnverified(ByteView digest);
  void ReportBadSignature();
  // Signs and verifies a test message, on the session that was idle longest, so that the HSM does not end the
  // connection. Call it every 10 to 20 seconds; it is also what brings a key that is down back without a
  // caller. It tries a token that hangs too, and may not come back: call it in a thread of its own.
  Status KeepAlive();
  KeyHealth health() const;
  bool exportable() const;  // the token says that the private key can leave it: worth a warning

  ~TokenKey() override;
  struct Impl;
  explicit TokenKey(std::unique_ptr<Impl> impl);  // for Token

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast::hsm
