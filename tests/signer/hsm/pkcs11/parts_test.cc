// The parts that need no token.
#include <gtest/gtest.h>

#include "signer/hsm/pkcs11/call_watch.h"
#include "signer/hsm/pkcs11/circuit.h"
#include "signer/hsm/pkcs11/module_environment.h"
#include "signer/hsm/pkcs11/object.h"
#include "signer/hsm/pkcs11/session_pool.h"
#include "signer/hsm/pkcs11/signing_scheme.h"

namespace holdfast::hsm {
namespace {

using std::chrono::milliseconds;
using Instant = Circuit::Instant;

const Error kDown{ErrorKind::kUnavailable, "hsm.down", "gone", ""};

TEST(Circuit, LetsOneCallerTryAfterEachPause) {
  Circuit circuit(milliseconds(100));
  Instant start{};
  EXPECT_FALSE(circuit.Blocks(start));
  circuit.Failed(kDown, start);
  EXPECT_TRUE(circuit.Blocks(start + milliseconds(99)));
  EXPECT_FALSE(circuit.Blocks(start + milliseconds(100)));
  EXPECT_TRUE(circuit.Blocks(start + milliseconds(101))) << "the second caller waits for the first";
}

TEST(Circuit, DoublesItsPauseUpToThirtyTimesTheFirst) {
  Circuit circuit(milliseconds(1));
  Instant start{};
  for (int i = 0; i < 3; i++) circuit.Failed(kDown, start);
  EXPECT_TRUE(circuit.Blocks(start + milliseconds(3)));
  EXPECT_FALSE(circuit.Blocks(start + milliseconds(4)));
  for (int i = 0; i < 20; i++) circuit.Failed(kDown, start);
  EXPECT_TRUE(circuit.Blocks(start + milliseconds(29)));
  EXPECT_FALSE(circuit.Blocks(start + milliseconds(30)));
}

TEST(Circuit, ForgetsAfterASuccess) {
  Circuit circuit(milliseconds(100));
  Instant start{};
  circuit.Failed(kDown, start);
  ASSERT_TRUE(circuit.last_error());
  circuit.Succeeded();
  EXPECT_FALSE(circuit.Blocks(start));
  EXPECT_FALSE(circuit.last_error());
  circuit.Failed(kDown, start);
  EXPECT_FALSE(circuit.Blocks(start + milliseconds(100))) << "the pause is the first one again";
}

TEST(EcPoint, IsUnwrappedOnlyWhenTheInnerLengthIsRight) {
  Bytes point(65, 0xab);
  point[0] = 4;
  Bytes wrapped{0x04, 65};
  Append(wrapped, point);
  EXPECT_TRUE(Equal(EcPointOctets(wrapped, 65), point));
  EXPECT_TRUE(Equal(EcPointOctets(point, 65), point));
  point[1] = 63;  // looks like an OCTET STRING of 63 octets
  EXPECT_TRUE(Equal(EcPointOctets(point, 65), point));
  wrapped[1] = 64;
  EXPECT_TRUE(Equal(EcPointOctets(wrapped, 65), wrapped));
}

TEST(SigningScheme, WrapsAnRsaDigestInDigestInfo) {
  SigningScheme scheme{CKK_RSA, CKM_RSA_PKCS, SignatureAlgorithm::kRsaSha256, 32, 256};
  EXPECT_EQ(HexEncode(scheme.Input(Bytes(32, 0x11))),
            "3031300d060960864801650304020105000420" + HexEncode(Bytes(32, 0x11)));
}

TEST(SigningScheme, GivesAnEcdsaDigestAsItIs) {
  SigningScheme scheme{CKK_EC, CKM_ECDSA, SignatureAlgorithm::kEcdsaSha256, 32, 64};
  EXPECT_EQ(scheme.Input(Bytes(32, 0x11)), Bytes(32, 0x11));
}

TEST(Ckr, HasANameOrANumber) {
  EXPECT_EQ(CkrName(CKR_PIN_LOCKED), "CKR_PIN_LOCKED");
  EXPECT_EQ(CkrName(0x80000001), "CKR 0x80000001");
}

TEST(PaddedText, LosesItsPaddingOnly) {
  const unsigned char field[] = {'a', ' ', 'b', ' ', ' '};
  EXPECT_EQ(Unpadded(field, sizeof field), "a b");
  const unsigned char blank[] = {' ', ' '};
  EXPECT_EQ(Unpadded(blank, sizeof blank), "");
}

TEST(CallWatch, TellsATokenThatAnswersNobody) {
  CallWatch watch(milliseconds(10'000));
  const Instant start{milliseconds(3'600'000)};
  watch.Answered(start);
  const CallWatch::Call call(watch, start);
  EXPECT_FALSE(watch.Hangs(start + milliseconds(10'000)));
  EXPECT_EQ(watch.Hangs(start + milliseconds(12'000)), std::chrono::seconds(12));
}

TEST(CallWatch, OneCallThatHangsIsNotATokenThatDoes) {
  CallWatch watch(milliseconds(10'000));
  const Instant start{milliseconds(3'600'000)};
  const CallWatch::Call call(watch, start);
  watch.Answered(start + milliseconds(9'000));
  EXPECT_FALSE(watch.Hangs(start + milliseconds(19'000)));
  EXPECT_TRUE(watch.Hangs(start + milliseconds(20'000)));
}

TEST(CallWatch, WithoutACallNothingHangs) {
  CallWatch watch(milliseconds(10'000));
  const Instant start{milliseconds(3'600'000)};
  { const CallWatch::Call call(watch, start); }
  EXPECT_FALSE(watch.Hangs(start + milliseconds(60'000)));
}

TEST(SessionPool, GrowsAgainAfterTheTokenWasShortOfSessions) {
  SessionPool pool(3, milliseconds(0));
  for (int i = 0; i < 2; i++) ASSERT_TRUE(pool.Take(milliseconds(0)));
  ASSERT_TRUE(pool.Shrink());
  pool.Give(std::nullopt);
  for (int i = 0; i < 2; i++) EXPECT_TRUE(pool.Take(milliseconds(0)));
}

TEST(SessionPool, StaysShrunkenForAWhile) {
  SessionPool pool(3, std::chrono::hours(1));
  for (int i = 0; i < 2; i++) ASSERT_TRUE(pool.Take(milliseconds(0)));
  ASSERT_TRUE(pool.Shrink());
  pool.Give(std::nullopt);
  EXPECT_FALSE(pool.Take(milliseconds(0)));
}

TEST(ModuleEnvironment, OfOneModuleIsOneAndAVariableHasOneValue) {
  EXPECT_FALSE(EnvironmentConflict({"A=1", "B=2"}, {"B=2", "A=1"}, true));
  EXPECT_TRUE(EnvironmentConflict({"A=1"}, {"A=2"}, true));
  EXPECT_TRUE(EnvironmentConflict({"A=1"}, {}, true));
  EXPECT_TRUE(EnvironmentConflict({}, {"A=1"}, true));
  EXPECT_FALSE(EnvironmentConflict({"A=1"}, {"B=1"}, false));
  EXPECT_TRUE(EnvironmentConflict({"A=1"}, {"A=2"}, false));
}

}  // namespace
}  // namespace holdfast::hsm
