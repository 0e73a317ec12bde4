#include "agent/tpm/return_code.h"

#include <gtest/gtest.h>

namespace holdfast::tpm {
namespace {

TEST(ReturnCodeTest, NumbersOfParametersHandlesAndSessionsAreStripped) {
  for (uint32_t rc : {0x1dfu, 0x3dfu, 0x9fu}) EXPECT_EQ(BaseCode(rc), 0x9fu);  // INTEGRITY, any parameter
  EXPECT_EQ(BaseCode(0x18b), 0x8bu);                                           // HANDLE, handle 1
  EXPECT_EQ(BaseCode(0x9a2), 0xa2u);                                           // BAD_AUTH, session 1
  EXPECT_EQ(BaseCode(0x98e), 0x8eu);                                           // AUTH_FAIL, session 1
  EXPECT_EQ(BaseCode(0x126), 0x126u);                                          // format zero keeps its number
  EXPECT_EQ(BaseCode(0x922), 0x922u);
}

TEST(ReturnCodeTest, ResourceManagersPassOnTheTpmsCodes) {
  EXPECT_EQ(BaseCode(0xc0922), 0x922u);
  EXPECT_EQ(BaseCode(0x7000b), 0u);  // ESAPI's own
}

TEST(ReturnCodeTest, OnlyWhatTheTpmAsksForIsRepeated) {
  for (uint32_t rc : {0x908u, 0x90au, 0x920u, 0x922u, 0x923u})
    EXPECT_EQ(RecoveryFor(rc), Recovery::kRetryLater);
  for (uint32_t rc : {0x902u, 0x903u}) EXPECT_EQ(RecoveryFor(rc), Recovery::kFreeSlots);
  for (uint32_t rc : {0x101u, 0x921u, 0x98eu, 0x9a2u, 0x1dfu}) EXPECT_EQ(RecoveryFor(rc), Recovery::kNone);
  for (uint32_t rc : {0xa000au, 0x7001bu, 0x80012u}) EXPECT_EQ(RecoveryFor(rc), Recovery::kReconnect);
}

TEST(ReturnCodeTest, OneCodeMeansWhatTheCommandWasAbout) {
  auto check = [](uint32_t rc, Subject subject) { return Explain(rc, {"a command", subject}).check; };
  EXPECT_EQ(check(0x9a2, Subject::kOwner), "tpm.owner_auth");
  EXPECT_EQ(check(0x9a2, Subject::kEndorsement), "tpm.endorsement_auth");
  EXPECT_EQ(check(0x9a2, Subject::kGate), "tpm.gate");
  EXPECT_EQ(check(0x1df, Subject::kKey), "tpm.cleared");
  EXPECT_EQ(check(0x1df, Subject::kCredential), "tpm.credential");
  EXPECT_EQ(check(0x185, Subject::kOwner), "tpm.hierarchy");
  EXPECT_EQ(check(0x1df, Subject::kAny), "tpm.command");
  EXPECT_EQ(check(0x7001b, Subject::kAny), "tpm.answer");
}

TEST(ReturnCodeTest, EveryErrorNamesCommandAndCodeAndSaysWhatToDo) {
  for (uint32_t rc :
       {0x101u, 0x126u, 0x14bu, 0x185u, 0x18bu, 0x1dfu, 0x921u, 0x922u, 0x9a2u, 0x7001bu, 0xa000au}) {
    Error error = Explain(rc, {"TPM2_Load of the AK", Subject::kKey});
    EXPECT_NE(error.message.find("TPM2_Load of the AK gave 0x"), std::string::npos) << error.message;
    EXPECT_FALSE(error.advice.empty()) << error.message;
  }
}

}  // namespace
}  // namespace holdfast::tpm
