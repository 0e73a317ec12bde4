// Return statements, proofs and nonces: their form.
#include <gtest/gtest.h>

#include "protocol/armor.h"
#include "protocol/file_kind.h"
#include "protocol/return_nonce.h"
#include "protocol/return_proof.h"
#include "tests/protocol/examples.h"

namespace holdfast {
namespace {

ReturnStatement Statement() {
  return {.vendor = "Northlight",
          .product = "modeler",
          .license = "0123456789abcdef0123456789abcdef",
          .serial = Bytes(16, 0x11),
          .certificate = Sha256(Bytes{1}),
          .created = examples::At("2026-11-22T06:00:00Z"),
          .agent_version = "0.1.0",
          .gate = ReturnedGate{0x01912345, 5}};
}

std::string Unsigned(const Bytes& payload, MessageType type = MessageType::kReturn, const char* kid = "") {
  return FinishJws(JwsSigningInput(type, SignatureAlgorithm::kEcdsaSha256, kid, payload), Bytes(64, 0));
}

ReturnProof Proof(const ReturnStatement& statement = Statement()) {
  ReturnProof proof;
  proof.statement = ParseReturnStatement(Unsigned(FormatReturnStatement(statement))).value();
  if (statement.gate) proof.gate = SignedAttest{Bytes{1, 2}, Bytes{3}};
  return proof;
}

LicenseMessage Nonce() {
  return {.vendor = "Northlight",
          .product = "modeler",
          .license = "0123456789abcdef0123456789abcdef",
          .serial = Bytes(16, 0x11),
          .nonce = Bytes(kReturnNonceSize, 9),
          .time = examples::At("2026-11-22T06:00:00Z")};
}

std::string NonceFile() {
  return ArmorMessage(kReturnNonce, Unsigned(FormatMessage(kReturnNonce, Nonce()), MessageType::kReturnNonce),
                      Nonce(), Bytes{1}, Bytes{2});
}

template <class T>
std::string CheckOf(const Result<T>& result) {
  return result ? "accepted" : result.error().check;
}

TEST(ReturnProofTest, EveryMemberSurvivesTheFile) {
  ReturnProof proof = Proof();
  proof.nonce = Bytes(kReturnNonceSize, 7);
  auto read = ReadReturnProofFile(ArmorReturnProof(proof));
  ASSERT_TRUE(read) << read.error().check << ": " << read.error().message;
  const ReturnStatement& statement = read->statement.statement;
  EXPECT_EQ(statement.vendor, "Northlight");
  EXPECT_EQ(statement.product, "modeler");
  EXPECT_EQ(statement.license, Statement().license);
  EXPECT_EQ(statement.serial, Statement().serial);
  EXPECT_EQ(statement.certificate, Statement().certificate);
  EXPECT_EQ(statement.created, Statement().created);
  EXPECT_EQ(statement.agent_version, "0.1.0");
  EXPECT_EQ(statement.gate->index, 0x01912345u);
  EXPECT_EQ(statement.gate->base, 5u);
  EXPECT_EQ(read->statement.compact, proof.statement.compact);
  EXPECT_EQ(read->nonce, proof.nonce);
  EXPECT_EQ(read->gate->attest, (Bytes{1, 2}));
  EXPECT_EQ(read->gate->signature, Bytes{3});
}

TEST(ReturnProofTest, OfAHostWithoutATpmIsAPromiseAndSaysSo) {
  ReturnStatement statement = Statement();
  statement.gate.reset();
  const std::string file = ArmorReturnProof(Proof(statement));
  EXPECT_NE(file.find("this is a promise"), std::string::npos);
  auto read = ReadReturnProofFile(file);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_FALSE(read->statement.statement.gate);
  EXPECT_FALSE(read->gate);
}

TEST(ReturnProofTest, SaysWhetherItIsNewerThanANonce) {
  ReturnProof proof = Proof();
  EXPECT_NE(ArmorReturnProof(proof).find("does not say when"), std::string::npos);
  proof.nonce = Bytes(kReturnNonceSize, 7);
  EXPECT_NE(ArmorReturnProof(proof).find("newer than that nonce"), std::string::npos);
}

TEST(ReturnProofTest, QualifyingDataIsOfTheStatementAndTheNonce) {
  const std::string jws = Proof().statement.compact;
  const Bytes nonce(kReturnNonceSize, 7);
  std::string octets = std::string("holdfast return v1") + '\0' + jws;
  EXPECT_EQ(ReturnQualifyingData(jws, {}), Sha256(AsBytes(octets)));
  octets += '\0' + std::string(kReturnNonceSize, '\7');
  EXPECT_EQ(ReturnQualifyingData(jws, nonce), Sha256(AsBytes(octets)));
}

TEST(ReturnProofTest, AStatementOfAnotherTypeIsNone) {
  const Bytes payload = FormatReturnStatement(Statement());
  EXPECT_EQ(CheckOf(ParseReturnStatement(Unsigned(payload, MessageType::kRequest))), "jws.typ");
  EXPECT_EQ(CheckOf(ParseReturnStatement(Unsigned(payload, MessageType::kReturnNonce))), "jws.typ");
  EXPECT_EQ(CheckOf(ParseReturnStatement(Unsigned(payload, MessageType::kReturn, "ab"))), "return.header");
}

TEST(ReturnProofTest, AnotherFileIsNamed) {
  EXPECT_EQ(CheckOf(ReadReturnProofFile("{}")), "return.kind");
  EXPECT_EQ(CheckOf(ReadReturnProofFile(NonceFile())), "return.kind");
  EXPECT_EQ(CheckOf(ReadReturnProofFile(ArmorReturnProof(Proof()) + ArmorReturnProof(Proof()))),
            "return.kind");
  EXPECT_NE(ReadReturnProofFile(NonceFile()).error().message.find("a return nonce"), std::string::npos);
}

TEST(ReturnProofTest, EveryTruncationIsRefused) {
  const std::string file = ArmorReturnProof(Proof());
  for (size_t size = file.find("-----BEGIN"); size + 1 < file.size(); size++)
    EXPECT_FALSE(ReadReturnProofFile(file.substr(0, size))) << size;
}

TEST(ReturnNonceTest, EveryMemberSurvivesTheFile) {
  EXPECT_EQ(RecogniseFile(NonceFile()), FileKind::kReturnNonce);
  auto read = ReadSignedMessageFile(kReturnNonce, NonceFile());
  ASSERT_TRUE(read) << read.error().check << ": " << read.error().message;
  EXPECT_EQ(FormatMessage(kReturnNonce, read->content), FormatMessage(kReturnNonce, Nonce()));
  EXPECT_EQ(read->message_certificate, Bytes{1});
  EXPECT_EQ(read->issuing_certificate, Bytes{2});
}

TEST(ReturnNonceTest, ItsCertificatesMustBeThere) {
  std::string alone = NonceFile();
  alone.resize(alone.find("-----BEGIN CERTIFICATE"));
  EXPECT_EQ(CheckOf(ReadSignedMessageFile(kReturnNonce, alone)), "return_nonce.kind");
  EXPECT_EQ(CheckOf(ReadSignedMessageFile(kReturnNonce, alone + Armor(kLabelCertificate, Bytes{1}))),
            "return_nonce.kind");
  EXPECT_EQ(CheckOf(ReadSignedMessageFile(kReturnNonce, NonceFile() + Armor(kLabelCertificate, Bytes{3}))),
            "return_nonce.kind");
}

TEST(ReturnNonceTest, AnotherFileIsNamed) {
  EXPECT_EQ(CheckOf(ReadSignedMessageFile(kReturnNonce, ArmorReturnProof(Proof()))), "return_nonce.kind");
  EXPECT_EQ(CheckOf(ReadSignedMessageFile(kReturnNonce, "")), "return_nonce.kind");
  const std::string other = Unsigned(FormatMessage(kReturnNonce, Nonce()), MessageType::kProductKey);
  EXPECT_EQ(CheckOf(ReadSignedMessageFile(kReturnNonce,
                                          ArmorMessage(kReturnNonce, other, Nonce(), Bytes{1}, Bytes{2}))),
            "jws.typ");
}

StatedUsage Used() {
  return {{41, 57, 0},
          {{"calls", MeterPeriod::kMonth, examples::At("2026-11-01T00:00:00Z"), 40},
           {"exports", MeterPeriod::kNever, Time{}, 7}}};
}

TEST(ReturnUsageTest, SurvivesTheFile) {
  ReturnStatement statement = Statement();
  statement.used = Used();
  const std::string file = ArmorReturnProof(Proof(statement));
  EXPECT_NE(file.find("40 of calls since 2026-11-01T00:00:00Z"), std::string::npos);
  auto read = ReadReturnProofFile(file);
  ASSERT_TRUE(read) << read.error().check << ": " << read.error().message;
  const auto& used = read->statement.statement.used;
  ASSERT_TRUE(used);
  EXPECT_EQ(used->ledger, Used().ledger);
  EXPECT_EQ(used->usage, Used().usage);
}

TEST(ReturnUsageTest, AStatementFromBeforeItStatesNothing) {
  EXPECT_FALSE(ReadReturnProofFile(ArmorReturnProof(Proof()))->statement.statement.used);
}

// The check that refuses the statement after `alter`.
template <class F>
std::string CheckAfter(F alter) {
  ReturnStatement statement = Statement();
  statement.used = Used();
  Json json = Json::parse(AsText(FormatReturnStatement(statement)));
  alter(json);
  return CheckOf(ParseReturnStatement(Unsigned(ToBytes(std::string_view(json.dump())))));
}

TEST(ReturnUsageTest, IsStrict) {
  EXPECT_EQ(CheckAfter([](Json&) {}), "accepted");
  EXPECT_EQ(CheckAfter([](Json& json) { json["usage"] = Json::array(); }), "accepted");
  EXPECT_EQ(CheckAfter([](Json& json) { json.erase("ledger"); }), "return.ledger");
  EXPECT_EQ(CheckAfter([](Json& json) { json.erase("usage"); }), "return.usage");
  EXPECT_EQ(CheckAfter([](Json& json) { json["ledger"]["stamp"] = 0; }), "return.ledger.stamp");
  EXPECT_EQ(CheckAfter([](Json& json) { json["usage"][0]["units"] = -1; }), "return.usage.units");
  EXPECT_EQ(CheckAfter([](Json& json) { json["usage"][0]["period"] = "week"; }), "return.usage.period");
  EXPECT_EQ(CheckAfter([](Json& json) { json["usage"].push_back(json["usage"][0]); }), "return.usage");
  EXPECT_EQ(CheckAfter([](Json& json) {
              for (size_t i = 0; i < kMaxReportedUsage; i++) json["usage"].push_back(json["usage"][0]);
            }),
            "return.usage");
}

}  // namespace
}  // namespace holdfast
