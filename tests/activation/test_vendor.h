// A vendor with software keys who answers any request that parses: what the customer's side is tested
// against. Each step can be done wrongly on purpose.
#pragma once

#include "protocol/answer.h"
#include "protocol/heartbeat_answer.h"
#include "protocol/license_message.h"
#include "protocol/product_key.h"
#include "protocol/request.h"
#include "tests/testing/pki.h"

namespace holdfast::testing {

class TestVendor {
 public:
  explicit TestVendor(const std::string& name = "Acme Software")
      : pki(KeyType::kEcP256, KeyType::kEcP256, name), name_(name) {}

  TestPki pki;
  const std::string& name() const { return name_; }
  // A fresh product key for product "editor".
  Secret NewProductKey(const std::string& product = "editor") const;

  // Every content key that terms name is this one.
  static Secret ContentKey() { return Secret(Bytes(kContentKeySize, 0xc0)); }
  // Sealed to the TPM that asked.
  static SealedContentKey SealKey(const ActivationRequest& request);

  LicenseTerms Terms() const;  // of product "editor", vendor's name
  // The license file for the key in the request.
  LicenseFile License(const ActivationRequest& request, const LicenseTerms& terms) const;
  LicenseFile LicenseFor(const PublicKey& key, const LicenseTerms& terms) const;

  struct Lie {                                                     // what to do wrong
    std::optional<Bytes> request_hash, ek_name, license_key_name;  // in the header
    std::optional<Bytes> credential_name;                          // sealed for another object
    std::optional<std::string> license;                            // another text inside
    bool damage_content = false;
    std::optional<SealedContentKeys> content_keys;  // in place of those that the terms name
  };
  std::string Answer(std::string_view request_file) const { return Answer(request_file, Terms(), {}); }
  std::string Answer(std::string_view request_file, const LicenseTerms& terms, const Lie& lie) const;

  // What a vendor says to the host that has a license.
  static std::string Say(const MessageKind& kind, const LicenseMessage& message, const TestPki& by);

  // The answer to a heartbeat, with `license` in it, whose digest it gets.
  static std::string Say(HeartbeatAnswer answer, const LicenseFile& license, const TestPki& by);

  // A list of the issuing key's shard 0, PEM.
  std::string List(int64_t number, const std::vector<RevokedEntry>& entries) const;

 private:
  std::string name_;
};

}  // namespace holdfast::testing
