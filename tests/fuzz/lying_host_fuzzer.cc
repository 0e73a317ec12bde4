// A host that edits what its TPM makes before it is signed, so that the checks behind the signatures are
// reached. Input: edits of four octets each: what, offset (16 bit), value to XOR; `what` above kEdits cuts
// the octets off at the offset.
#include "protocol/byte_cursor.h"
#include "protocol/product_key.h"
#include "signer/server/verifier/appraisal.h"
#include "tests/testing/evidence.h"

namespace {

using namespace holdfast;

const Time kNow = ParseTime("2026-11-22T12:00:00Z").value();

enum Target {
  kEk,
  kSrk,
  kAk,
  kKey,
  kGate,
  kCertify,
  kNv,
  kQuote,
  kPossession,
  kPcr,
  kCounter,
  kCounterNv,
  kEdits
};

struct Edits {
  ByteView data;
  void Apply(int target, Bytes& octets) const {
    Reader in(data);
    while (in.remaining() >= 4) {
      int what = in.U8() % (2 * kEdits);
      size_t offset = in.U16();
      uint8_t value = in.U8();
      if (what == target && !octets.empty()) octets[offset % octets.size()] ^= value;
      if (what == target + kEdits && offset < octets.size()) octets.resize(offset);
    }
  }
  std::function<void(Bytes&)> At(int target) const {
    return [=, *this](Bytes& octets) { Apply(target, octets); };
  }
};

testing::RequestLies LiesOf(const Edits& edits) {
  testing::RequestLies lies;
  lies.ek_public = edits.At(kEk), lies.srk_public = edits.At(kSrk), lies.ak_public = edits.At(kAk);
  lies.license_key_public = edits.At(kKey), lies.gate_public = edits.At(kGate);
  lies.certify_octets = edits.At(kCertify), lies.gate_octets = edits.At(kNv),
  lies.quote_octets = edits.At(kQuote);
  lies.counter_public = edits.At(kCounter), lies.counter_octets = edits.At(kCounterNv);
  lies.possession = edits.At(kPossession);
  lies.evidence = [=](RequestEvidence& evidence) { edits.Apply(kPcr, evidence.pcrs[0]); };
  return lies;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static testing::SoftwareTpm tpm;
  if (size > 64) return 0;
  testing::RequestOptions options;
  options.lies = LiesOf({{data, size}});
  auto request = ParseRequest(testing::BuildRequest(tpm, options));
  if (!request) return 0;  // an empty structure or PCR
  AppraisalPolicy policy;
  policy.vendor = options.vendor;
  policy.product = options.product;
  policy.possession_key = PossessionPublicKey(Secret::CopyOf(options.seed)).value();
  policy.ek_roots = tpm.authority.Bundle(EkRootClass::kDiscrete);
  auto result = Appraise(*request, policy, kNow);
  if (!result) return 0;
  // Whatever the host did, a key that passes is the one that signed, tied to the product's gate and to the ledger's counter at their true
  // values.
  bool true_to_form = result->license_key.spki() == tpm.license_key.public_key().spki() &&
                      result->gate_base == options.gate_base &&
                      result->ledger.index == tpm::kLedgerCounterIndex && result->ledger.base >= 1 &&
                      result->ledger.base <= kMaxNumber &&
                      result->gate_index == tpm::GateIndex(options.vendor, options.product);
  if (!true_to_form) __builtin_trap();
  return 0;
}
