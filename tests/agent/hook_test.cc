#include "agent/hook.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

using ::testing::Contains, ::testing::HasSubstr, ::testing::Not;

Announcement Expiring() {
  Announcement announcement;
  announcement.product = "acme-cad";
  announcement.license = "L-1";
  announcement.customer = "Rheinwerk GmbH; touch /tmp/x";
  announcement.state = LicenseState::kExpiring;
  announcement.reasons = {Reason::kOverage, Reason::kExpiring};
  announcement.days_left = 7;
  return announcement;
}

TEST(Hook, IsToldInItsEnvironment) {
  const auto environment = HookEnvironment(Expiring());
  EXPECT_THAT(environment, Contains("HOLDFAST_STATE=expiring"));
  EXPECT_THAT(environment, Contains("HOLDFAST_DAYS_LEFT=7"));
  EXPECT_THAT(environment, Contains("HOLDFAST_REASONS=overage expiring"));
  EXPECT_THAT(environment, Contains("HOLDFAST_CUSTOMER=Rheinwerk GmbH; touch /tmp/x"));
  EXPECT_THAT(environment, Not(Contains(HasSubstr("HOLDFAST_EXPIRES"))));
}

TEST(Hook, IsRun) {
  const testing::TempDir home;
  const Path program = home.path() / "hook", heard = home.path() / "heard";
  const std::string script =
      "#!/bin/sh\nprintf '%s %s' \"$HOLDFAST_PRODUCT\" \"$HOLDFAST_CUSTOMER\" > " + heard.string() + "\n";
  ASSERT_TRUE(WriteFileAtomically(program, AsBytes(script), 0700));
  ASSERT_TRUE(RunHook(program, Expiring()));
  int status = 0;
  ASSERT_GT(::wait(&status), 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(AsText(*ReadFile(heard, 100)), "acme-cad Rheinwerk GmbH; touch /tmp/x");
}

TEST(Hook, ThatIsMissingIsSaid) {
  const Status ran = RunHook("/nonexistent/hook", Expiring());
  ASSERT_FALSE(ran);
  EXPECT_EQ(ran.error().check, "hook.run");
  EXPECT_THAT(ran.error().message, HasSubstr("/nonexistent/hook"));
}

}  // namespace
}  // namespace holdfast
