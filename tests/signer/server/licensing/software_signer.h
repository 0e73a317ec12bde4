// A signing service whose keys are in this process. It checks what the real one checks and the flow depends
// on: a serial number is used for one content only, lists follow each other.
#pragma once

#include <map>
#include <mutex>

#include "signer/signing_service.h"
#include "tests/testing/pki.h"

namespace holdfast::testing {

class SoftwareSigner : public SigningService {
 public:
  explicit SoftwareSigner(const TestPki& pki);
  void Rotate();                         // a new generation of line "default" becomes the current one
  void RevokeIssuer(size_t generation);  // from 0; on the root's list from now on
  void LoseKey(size_t generation);       // from 0; signs no list any more
  // As when its audit log is deleted, or replaced by another one that is as long.
  void SetAudit(int64_t length, std::string name = "new");
  int64_t audit_length() const { return audit_; }
  void RefuseLicenses(bool refuse = true);  // as a signer whose policy does not allow them

  Result<Bytes> IssueLicense(const LicenseOrder& order) override;
  Result<Bytes> IssueCrl(const CrlOrder& order) override;
  Result<std::string> SignMessage(const MessageOrder& order) override;
  Result<SignerStatus> GetStatus() override;

  int licenses_signed() const { return licenses_; }
  int lists_signed() const { return lists_; }

 private:
  struct Generation {
    std::shared_ptr<SoftwareKey> issuing_key, message_key;
    Certificate issuing, message;
    bool lost = false;
  };
  const Generation* ByKeyId(const Bytes& key_id) const;

  const TestPki& pki_;
  std::mutex mutex_;
  std::vector<Generation> generations_;  // the last is the current one
  std::map<Bytes, Bytes> signed_;        // serial -> TBS
  std::map<std::string, CrlFields> published_;
  int licenses_ = 0, lists_ = 0;
  std::vector<RevokedEntry> revoked_;  // by the root
  bool refuse_ = false;
  int64_t audit_ = 1;
  std::string audit_name_ = "first";
};

}  // namespace holdfast::testing
