// The border to C: arguments, handles that are none any more, errors, names.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>

#include "agent/client/names.h"
#include "agent/enforcement/decide.h"
#include "tests/client/client_fixture.h"

namespace holdfast {
namespace {

class AbiTest : public ClientTest {
 protected:
  holdfast_options Options() const {
    holdfast_options options{};
    options.size = sizeof options;
    options.product = product.c_str();
    options.roots_pem = roots.c_str();
    options.socket = socket.c_str();
    options.timeout_ms = timeout_ms;
    return options;
  }
  static int OpenWith(const holdfast_options& options) {
    holdfast_handle* handle = nullptr;
    const int code = holdfast_open(&options, &handle);
    holdfast_close(handle);
    return code;
  }
};

TEST_F(AbiTest, OptionsAreLookedAt) {
  holdfast_options options = Options();
  EXPECT_EQ(OpenWith(options), HOLDFAST_OK);
  options.size--;
  EXPECT_EQ(OpenWith(options), HOLDFAST_INVALID_ARGUMENT);
  options = Options();
  options.product = nullptr;
  EXPECT_EQ(OpenWith(options), HOLDFAST_INVALID_ARGUMENT);
  options = Options();
  options.roots_pem = nullptr;
  EXPECT_EQ(OpenWith(options), HOLDFAST_INVALID_ARGUMENT);
  options = Options();
  options.flags = 0x80000000u;
  EXPECT_EQ(OpenWith(options), HOLDFAST_INVALID_ARGUMENT);
  options = Options();
  options.timeout_ms = UINT32_MAX;
  EXPECT_EQ(OpenWith(options), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_open(nullptr, nullptr), HOLDFAST_INVALID_ARGUMENT);
}

TEST_F(AbiTest, ProductsAndRootsThatAreNoneAreNamed) {
  const std::string keep = product;
  for (const std::string& name : {std::string(), std::string("No Product"), std::string(10'000'000, 'x')}) {
    product = name;
    EXPECT_EQ(Opening(), "invalid_argument argument.product");
  }
  product = keep;
  roots = "rubbish";
  EXPECT_EQ(Opening(), "invalid_argument armor.empty");
  roots = std::string(10'000'000, 'x');
  EXPECT_EQ(Opening(), "invalid_argument argument.roots");
  roots = Armor(kLabelCertificate, pki.issuing.der());
  EXPECT_EQ(Opening().substr(0, 16), "invalid_argument");
}

TEST_F(AbiTest, NoFunctionTakesANullHandle) {
  int64_t number = 0;
  char text[8];
  uint8_t key[HOLDFAST_KEY_SIZE];
  int fd = -1;
  EXPECT_EQ(holdfast_check(nullptr, "export", nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_integer(nullptr, "layers", &number, nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_text(nullptr, "tier", text, sizeof text, nullptr, nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_acquire(nullptr, "seats", 1, nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_release(nullptr, "seats", 1), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_set(nullptr, "seats", 1, nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_consume(nullptr, "pages", 1, nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_key(nullptr, "content", key, nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_status_json(nullptr, text, sizeof text, nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_fd(nullptr, &fd), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_drain(nullptr, nullptr), HOLDFAST_INVALID_ARGUMENT);
  holdfast_close(nullptr);
}

TEST_F(AbiTest, NullsAndAmountsOutOfRangeAreMistakes) {
  Handle handle = MustOpen();
  EXPECT_EQ(holdfast_check(handle.get(), nullptr, nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_integer(handle.get(), "layers", nullptr, nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_text(handle.get(), "tier", nullptr, 8, nullptr, nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_get_status(handle.get(), nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_key(handle.get(), "content", nullptr, nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(holdfast_fd(handle.get(), nullptr), HOLDFAST_INVALID_ARGUMENT);
  for (const int64_t amount : {int64_t{0}, int64_t{-1}, INT64_MIN, int64_t{1} << 53}) {
    EXPECT_EQ(holdfast_acquire(handle.get(), "seats", amount, nullptr), HOLDFAST_INVALID_ARGUMENT);
    EXPECT_EQ(holdfast_consume(handle.get(), "pages", amount, nullptr), HOLDFAST_INVALID_ARGUMENT);
    EXPECT_EQ(holdfast_release(handle.get(), "seats", amount), HOLDFAST_INVALID_ARGUMENT);
  }
  EXPECT_EQ(holdfast_set(handle.get(), "seats", -1, nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(agent.asked("hold"), 0);
}

TEST_F(AbiTest, NamesThatAreNoneAreMistakes) {
  Handle handle = MustOpen();
  uint8_t key[HOLDFAST_KEY_SIZE] = {};
  holdfast_limit status{};
  status.size = sizeof status;
  for (const std::string& name :
       {std::string(), std::string("Seats"), std::string("se ats"), std::string("\xff\xfe"),
        std::string("s\xc3\xa9"), std::string(10'000'000, 'x')}) {
    EXPECT_EQ(holdfast_acquire(handle.get(), name.c_str(), 1, nullptr), HOLDFAST_INVALID_ARGUMENT);
    EXPECT_EQ(holdfast_release(handle.get(), name.c_str(), 1), HOLDFAST_INVALID_ARGUMENT);
    EXPECT_EQ(holdfast_set(handle.get(), name.c_str(), 1, nullptr), HOLDFAST_INVALID_ARGUMENT);
    EXPECT_EQ(holdfast_consume(handle.get(), name.c_str(), 1, nullptr), HOLDFAST_INVALID_ARGUMENT);
    EXPECT_EQ(holdfast_key(handle.get(), name.c_str(), key, nullptr), HOLDFAST_INVALID_ARGUMENT);
    EXPECT_EQ(holdfast_limit_status(handle.get(), name.c_str(), &status, nullptr), HOLDFAST_INVALID_ARGUMENT);
  }
  EXPECT_EQ(agent.asked("challenge"), 1) << "the agent was asked for none of them";
}

TEST_F(AbiTest, AChildCannotUseItsParentsHandle) {
  Handle handle = MustOpen();
  const pid_t child = ::fork();
  if (child == 0) {
    const bool refused = holdfast_check(handle.get(), "export", nullptr) == HOLDFAST_FORKED &&
                         holdfast_acquire(handle.get(), "seats", 1, nullptr) == HOLDFAST_FORKED;
    holdfast_close(handle.release());
    ::_exit(refused ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(holdfast_check(handle.get(), "export", nullptr), HOLDFAST_OK);
}

TEST_F(AbiTest, AChildThatClosesItsCopyTakesNothingFromItsParent) {
  Handle handle = MustOpen();
  ASSERT_EQ(holdfast_acquire(handle.get(), "seats", 2, nullptr), HOLDFAST_OK);
  const pid_t child = ::fork();
  if (child == 0) {
    holdfast_close(handle.release());
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(holdfast_acquire(handle.get(), "seats", 1, nullptr), HOLDFAST_OK);
  EXPECT_EQ(agent.held("seats"), 3);
}

TEST_F(AbiTest, WhatAParentClosesIsFreeAlsoWhenAChildHasACopy) {
  Handle handle = MustOpen();
  ASSERT_EQ(holdfast_acquire(handle.get(), "seats", 2, nullptr), HOLDFAST_OK);
  int until[2];
  ASSERT_EQ(::pipe2(until, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(until[1]);
    char octet = 0;
    [[maybe_unused]] const ssize_t n = ::read(until[0], &octet, 1);
    ::_exit(0);
  }
  handle.reset();
  while (agent.held("seats") != 0) std::this_thread::yield();
  ::close(until[0]);
  ::close(until[1]);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
}

TEST_F(AbiTest, AChildOpensAHandleOfItsOwn) {
  Handle handle = MustOpen();
  const pid_t child = ::fork();
  if (child == 0) {
    Handle own;
    const bool good = Open(own) == HOLDFAST_OK && holdfast_check(own.get(), "export", nullptr) == HOLDFAST_OK;
    own.reset();
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// Of this process, those that a program would get that it starts.
int Inherited() {
  int inherited = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream info(entry.path());
    std::string word;
    long mode = 0;
    while (info >> word && word != "flags:") {
    }
    if (info >> std::oct >> mode && (mode & O_CLOEXEC) == 0) inherited++;
  }
  return inherited;
}

TEST_F(AbiTest, DescriptorsAreClosedByExec) {
  const int before = Inherited();
  Handle handle = MustOpen();
  int fd = -1;
  ASSERT_EQ(holdfast_fd(handle.get(), &fd), HOLDFAST_OK);
  ASSERT_EQ(holdfast_acquire(handle.get(), "seats", 1, nullptr), HOLDFAST_OK);
  ASSERT_EQ(holdfast_consume(handle.get(), "pages", 1, nullptr), HOLDFAST_OK);
  EXPECT_EQ(Inherited(), before);
}

TEST_F(AbiTest, WithoutDescriptorsCallsFailAndChecksGoOn) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer wants descriptors to know what tsan.supp names";
#endif
  Handle handle = MustOpen();
  const holdfast_options options = Options();
  holdfast_handle* another = nullptr;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  int fd = -1;
  const int acquired = holdfast_acquire(handle.get(), "seats", 1, nullptr);
  const std::string check = LastCheck();
  const int polled = holdfast_fd(handle.get(), &fd);
  const int checked = holdfast_check(handle.get(), "export", nullptr);
  // Not by a function of the fixture's: UBSan, which looks at whose it is, wants descriptors.
  const int opened = holdfast_open(&options, &another);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(acquired, HOLDFAST_SYSTEM);
  EXPECT_EQ(check, "host.descriptors");
  EXPECT_EQ(polled, HOLDFAST_SYSTEM);
  EXPECT_EQ(checked, HOLDFAST_OK);
  EXPECT_EQ(opened, HOLDFAST_SYSTEM);
  EXPECT_EQ(holdfast_acquire(handle.get(), "seats", 1, nullptr), HOLDFAST_OK);
}

std::atomic<int> signals = 0;

TEST_F(AbiTest, SignalsOfTheApplicationsInterruptNothing) {
  struct sigaction count {
  }, before{};
  count.sa_handler = [](int) { signals++; };  // and no SA_RESTART
  ASSERT_EQ(::sigaction(SIGALRM, &count, &before), 0);
  const itimerval often{{0, 500}, {0, 500}}, never{};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &often, nullptr), 0);
  do {
    Handle handle = MustOpen();
    EXPECT_EQ(holdfast_acquire(handle.get(), "seats", 1, nullptr), HOLDFAST_OK) << LastCheck();
    EXPECT_EQ(holdfast_consume(handle.get(), "pages", 1, nullptr), HOLDFAST_OK) << LastCheck();
  } while (signals < 20);
  ASSERT_EQ(::setitimer(ITIMER_REAL, &never, nullptr), 0);
  ASSERT_EQ(::sigaction(SIGALRM, &before, nullptr), 0);
}

TEST_F(AbiTest, ErrorsAreOfTheThread) {
  EXPECT_EQ(holdfast_check(nullptr, "export", nullptr), HOLDFAST_INVALID_ARGUMENT);
  EXPECT_EQ(LastCheck(), "argument.handle");
  std::thread([] {
    holdfast_error error{};
    error.size = sizeof error;
    EXPECT_EQ(holdfast_last_error(&error), HOLDFAST_OK);
    EXPECT_EQ(error.code, HOLDFAST_OK);
  }).join();
  EXPECT_EQ(holdfast_last_error(nullptr), HOLDFAST_INVALID_ARGUMENT);
}

TEST_F(AbiTest, TheLibraryKnowsEveryReasonAndStateOfTheAgents) {
  for (int i = 0; i < kReasonCount; i++) {
    const std::string_view name = ReasonName(static_cast<Reason>(i));
    const holdfast_reason known = client::ReasonOf(name);
    EXPECT_NE(known, HOLDFAST_REASON_OTHER) << name;
    EXPECT_EQ(holdfast_reason_name(known), name);
    EXPECT_EQ(std::string_view(holdfast_reason_advice(known)).empty(),
              ReasonAdvice(static_cast<Reason>(i)).empty())
        << name;
  }
  for (int i = 0; i <= static_cast<int>(LicenseState::kNone); i++) {
    const std::string_view name = StateName(static_cast<LicenseState>(i));
    const holdfast_state known = client::StateOf(name);
    EXPECT_NE(known, HOLDFAST_STATE_OTHER) << name;
    EXPECT_EQ(holdfast_state_name(known), name);
  }
}

TEST_F(AbiTest, WhatIsNotKnownHasANameAllTheSame) {
  EXPECT_STREQ(holdfast_reason_name(static_cast<holdfast_reason>(9999)), "other");
  EXPECT_STREQ(holdfast_reason_advice(static_cast<holdfast_reason>(9999)), "");
  EXPECT_STREQ(holdfast_state_name(static_cast<holdfast_state>(9999)), "other");
  EXPECT_STREQ(holdfast_result_name(-12345), "other");
  EXPECT_STREQ(holdfast_result_name(HOLDFAST_OTHER_HOST), "other_host");
  EXPECT_STRNE(holdfast_version(), "");
}

}  // namespace
}  // namespace holdfast
