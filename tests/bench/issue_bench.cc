// Licenses per second through the whole signing path (policy, build, lint, audit with fdatasync, sign, verify, assemble, record)
// against the same module's bare C_SignInit + C_Sign with as many sessions. Nothing is left out of our side.
#include <p11-kit/pkcs11.h>

#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

#include "certs/serial.h"
#include "protocol/crypto/random.h"
#include "protocol/platform/clock.h"
#include "signer/hsm/issuer.h"
#include "tests/bench/sections.h"
#include "tests/testing/pkcs11_shim/shim.h"
#include "tests/testing/pki.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/tokens.h"

namespace holdfast::bench {
namespace {

template <class T>
T Must(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s (%s)\n", result.error().message.c_str(), result.error().check.c_str());
  std::abort();
}
void Must(Status status) {
  if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str()), std::abort();
}

// The module itself, beside our layer in the same process: it is initialised and logged in by that.
class BareModule {
 public:
  BareModule(const std::string& path, const std::string& token_label) {
    auto get = reinterpret_cast<CK_RV (*)(CK_FUNCTION_LIST**)>(
        ::dlsym(::dlopen(path.c_str(), RTLD_NOW), "C_GetFunctionList"));
    if (!get || get(&f_) != CKR_OK) std::abort();
    CK_SLOT_ID slots[64];
    CK_ULONG n = 64;
    if (f_->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK) std::abort();
    for (CK_ULONG i = 0; i < n; i++) {
      CK_TOKEN_INFO info{};
      f_->C_GetTokenInfo(slots[i], &info);
      if (std::string(reinterpret_cast<char*>(info.label), 32).rfind(token_label, 0) == 0) slot_ = slots[i];
    }
  }

  // Seconds that `threads` sessions need for `count` signatures over a digest with the private key of `id`.
  double Sign(int threads, int count, const Bytes& id) const {
    std::atomic<int> left{count};
    std::vector<CK_SESSION_HANDLE> sessions(static_cast<size_t>(threads));
    CK_OBJECT_HANDLE key = 0;
    for (auto& s : sessions) {
      if (f_->C_OpenSession(slot_, CKF_SERIAL_SESSION, nullptr, nullptr, &s) != CKR_OK) std::abort();
      key = FindKey(s, id);
    }
    const double seconds = WallSeconds([&] {
      std::vector<std::jthread> workers;
      for (CK_SESSION_HANDLE s : sessions)
        workers.emplace_back([&, s] {
          Bytes digest(32, 7), signature(64);
          while (left.fetch_sub(1) > 0) {
            CK_MECHANISM mechanism{CKM_ECDSA, nullptr, 0};
            CK_ULONG size = signature.size();
            if (f_->C_SignInit(s, &mechanism, key) != CKR_OK ||
                f_->C_Sign(s, digest.data(), 32, signature.data(), &size) != CKR_OK)
              std::abort();
          }
        });
    });
    for (auto s : sessions) f_->C_CloseSession(s);
    return seconds;
  }

 private:
  CK_OBJECT_HANDLE FindKey(CK_SESSION_HANDLE s, Bytes id) const {
    CK_OBJECT_CLASS kind = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted[] = {{CKA_CLASS, &kind, sizeof kind}, {CKA_ID, id.data(), id.size()}};
    CK_OBJECT_HANDLE key = 0;
    CK_ULONG found = 0;
    if (f_->C_FindObjectsInit(s, wanted, 2) != CKR_OK || f_->C_FindObjects(s, &key, 1, &found) != CKR_OK ||
        found != 1)
      std::abort();
    f_->C_FindObjectsFinal(s);
    return key;
  }
  CK_FUNCTION_LIST* f_ = nullptr;
  CK_SLOT_ID slot_ = 0;
};

const Bytes kIssuingId{1}, kMessageId{2};

// An Issuer over the token's keys with `sessions` sessions, and orders for it.
class SigningPath {
 public:
  SigningPath(const testing::TestToken& token, int sessions, bool generate) {
    hsm::TokenConfig config;
    config.module = token.module;
    config.module_env = token.module_env;
    config.uri = token.uri;
    config.pin_file = token.pin_file;
    config.sessions = sessions;
    token_ = Must(hsm::Token::Open(config));
    if (generate) {
      Must(token_->GenerateKey({KeyType::kEcP256, 0, "issuing", kIssuingId}));
      Must(token_->GenerateKey({KeyType::kEcP256, 0, "message", kMessageId}));
    }
    const PublicKey issuing_public = Must(token_->ReadPublicKey("pkcs11:id=%01")),
                    message_public = Must(token_->ReadPublicKey("pkcs11:id=%02"));
    hsm::IssuerParts parts{.vendor = testing::TestPki::Terms().vendor,
                           .policy = {},
                           .paths = {directory_.path()},
                           .lines = {},
                           .root_certificate = pki_.root.der(),
                           .workers = sessions,
                           .clock = SystemClock()};
    parts.policy.licenses_per_minute = 100'000'000;
    CertificateFields issuing = pki_.IssuingFields(), message = pki_.MessageFields();
    issuing.subject_spki = issuing_public.spki();
    message.subject_spki = message_public.spki();
    auto issuing_key = Must(token_->OpenKey(issuing_public, "pkcs11:id=%01"));
    auto message_key = Must(token_->OpenKey(message_public, "pkcs11:id=%02"));
    auto issuing_certificate = Must(
        Certificate::Parse(testing::SignCertificate(issuing, *pki_.root_key), CertificateProfile::kIssuing));
    message.authority_key_id = issuing_certificate.subject_key_id();
    auto message_certificate = Must(
        Certificate::Parse(testing::SignCertificate(message, *issuing_key), CertificateProfile::kMessage));
    parts.lines.push_back({"default", 1, std::move(issuing_certificate), std::move(message_certificate),
                           hsm::FromTokenKey(issuing_key), hsm::FromTokenKey(message_key)});
    auto audit = Must(hsm::AuditLog::Create(directory_.path() / "audit.jsonl", SystemClock()));
    issuer_ = std::make_unique<hsm::Issuer>(std::move(parts), std::move(audit));
  }

  std::vector<LicenseOrder> Orders(int count) const {
    LicenseTerms terms = testing::TestPki::Terms();
    terms.valid_from = SystemClock()();
    terms.expires = terms.valid_from + Seconds(365 * 86400);
    std::vector<LicenseOrder> orders(static_cast<size_t>(count));
    for (auto& o : orders) {
      o.line = "default";
      o.serial = NewSerial();
      o.license_id = terms.license;
      o.customer = "Rheinwerk GmbH";
      o.not_before = terms.valid_from;
      o.not_after = *terms.expires + terms.expiry_grace;
      o.subject_spki = pki_.license_key->public_key().spki();
      o.terms_json = FormatTerms(terms);
      o.reason = "bench";
    }
    return orders;
  }

  void Issue(const std::vector<LicenseOrder>& orders) {
    for (auto& result : issuer_->IssueLicenses(orders, hsm::Issuer::Self())) Must(std::move(result));
  }

 private:
  testing::TempDir directory_;
  testing::TestPki pki_;
  std::shared_ptr<hsm::Token> token_;
  std::unique_ptr<hsm::Issuer> issuer_;
};

// CPU seconds of one verification with a cached key, as the bare comparison wants it.
double BareVerifyCpu() {
  auto key = testing::SoftwareKey::Generate(KeyType::kEcP256);
  const Bytes digest(32, 7);
  const Bytes signature = Must(key->SignDigest(digest));
  constexpr int kCount = 2000;
  return CpuSeconds([&] {
           for (int i = 0; i < kCount; i++)
             Must(key->public_key().VerifyDigest(SignatureAlgorithm::kEcdsaSha256, digest, signature,
                                                 EcdsaForm::kRaw));
         }) /
         kCount;
}

void Rate(std::vector<Row>& rows, const std::string& name, const BareModule& bare, SigningPath& path,
          int sessions, int count, std::optional<double> aim) {
  const Paired paired = Compare(
      7,
      [&] {
        const auto orders = path.Orders(count);
        return 1 / WallSeconds([&] { path.Issue(orders); });
      },
      [&] { return 1 / bare.Sign(sessions, count, kIssuingId); });
  char detail[160];
  std::snprintf(detail, sizeof detail, "%.0f licenses/s, bare %.0f signatures/s", paired.a * count,
                paired.b * count);
  rows.push_back({name, paired.ratio, aim, true, detail});
}

void CpuRow(std::vector<Row>& rows, const BareModule& bare, SigningPath& path) {
  constexpr int kCount = 2000;
  const Paired paired = Compare(
      7,
      [&] {
        const auto orders = path.Orders(kCount);
        return CpuSeconds([&] { path.Issue(orders); }) / kCount;
      },
      [&] { return CpuSeconds([&] { bare.Sign(1, kCount, kIssuingId); }) / kCount + BareVerifyCpu(); });
  char detail[160];
  std::snprintf(detail, sizeof detail, "%.0f us CPU a license, bare sign + bare verify %.0f us",
                paired.a * 1e6, paired.b * 1e6);
  rows.push_back({"CPU per license / (bare sign + bare verify)", paired.ratio, 1.3, false, detail});
}

}  // namespace

void IssueSection(std::vector<Row>& rows) {
  auto soft = testing::SoftToken::Create();
  // Everything through the shim, ours and bare alike: so both see the same module, and its delay can be switched.
  const testing::TestToken token = testing::BehindShim(soft);
  bool generate = true;
  for (int sessions : {1, 2, 32}) {
    SigningPath path(token, sessions, generate);
    generate = false;
    BareModule bare(token.module, soft.label);
    Rate(rows,
         "licenses/s over bare signatures/s, " + std::to_string(sessions) + " session" +
             (sessions > 1 ? "s" : ""),
         bare, path, sessions, 4000, sessions == 1 ? std::optional(0.75) : std::nullopt);
    if (sessions == 1) CpuRow(rows, bare, path);
    testing::Control().sign_delay_us = 5000;
    Rate(rows, "the same with 5 ms in C_Sign", bare, path, sessions, sessions == 32 ? 4000 : 100 * sessions,
         sessions == 32 ? std::optional(0.95) : std::nullopt);
    testing::Control().sign_delay_us = 0;
  }
}

}  // namespace holdfast::bench
