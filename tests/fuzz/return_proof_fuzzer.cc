// Return proofs: the file, its JSON, and the payload of a statement that a proof is made around.
#include "protocol/return_proof.h"

#include "tests/fuzz/require.h"

using namespace holdfast;

static void CheckProof(const ReturnProof& proof) {
  const ReturnStatement& statement = proof.statement.statement;
  HOLDFAST_REQUIRE(statement.gate.has_value() == proof.gate.has_value());
  HOLDFAST_REQUIRE(proof.nonce.empty() || (proof.gate && proof.nonce.size() == kReturnNonceSize));
  const std::string json = FormatReturnProof(proof);
  auto again = ParseReturnProof(json);
  HOLDFAST_REQUIRE(again && FormatReturnProof(*again) == json);
  HOLDFAST_REQUIRE(FormatReturnStatement(again->statement.statement) == FormatReturnStatement(statement));
  HOLDFAST_REQUIRE(ReadReturnProofFile(ArmorReturnProof(proof)));
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = AsText({data, size});
  for (const auto& proof : {ReadReturnProofFile(text), ParseReturnProof(text)})
    if (proof) CheckProof(*proof);
  auto statement = ParseReturnStatement(
      FinishJws(JwsSigningInput(MessageType::kReturn, SignatureAlgorithm::kEcdsaSha256, "", {data, size}),
                Bytes(64, 0)));
  if (!statement) return 0;
  ReturnProof proof{*statement, {}, {}};
  if (statement->statement.gate) proof.gate = SignedAttest{Bytes{1}, Bytes{2}};
  CheckProof(proof);
  return 0;
}
