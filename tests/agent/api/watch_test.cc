// Challenges, watchers and callers with a real server at a real socket.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <future>
#include <thread>

#include "agent/api/server.h"
#include "protocol/local/entitlements.h"
#include "tests/agent/vouched.h"
#include "tests/testing/application.h"
#include "tests/testing/temp_dir.h"

namespace holdfast::api {
namespace {

using holdfast::testing::Application;

const Json kWatch{{"op", "watch"}};
const Json kEntitlements{{"op", "entitlements"}, {"product", "nls"}};

class WatchTest : public ::testing::Test {
 protected:
  WatchTest() {
    service.SetLicenses({vouched.view});
    service.SetProofs({{"nls", vouched.proof}});
    options.socket.path = home.path() / "agent.sock";
    options.tick = std::chrono::milliseconds(10);
    auto started = Server::Start(options, service, [](ApiRequest, const Server::Done&) {});
    if (!started) throw std::runtime_error(started.error().message);
    server = std::move(*started);
    thread = std::thread([this] { server->Run([] {}); });
  }
  ~WatchTest() override {
    server->Stop();
    thread.join();
  }

  // On the thread that serves, as the agent does it; returns when it is done.
  void Serve(const LicenseView& view) {
    std::promise<void> done;
    server->Post([&] {
      service.SetLicenses({view});
      server->Notice();
      done.set_value();
    });
    done.get_future().wait();
  }
  LicenseView Revoked() const {
    LicenseView view = vouched.view;
    Revoke(view, RevocationReason::kUnspecified);
    return view;
  }

  holdfast::testing::TempDir home;
  std::atomic<int64_t> now{kMidway.time_since_epoch().count()};
  OwnedTime time{[this] { return Time(Seconds(now)); }, SystemUptime()};
  Service service{time, "1"};
  Vouched vouched = Vouch(kMidway);
  ServerOptions options;
  std::unique_ptr<Server> server;
  std::thread thread;
};

TEST_F(WatchTest, AfterAChallengeEntitlementsAreBelieved) {
  Application application(options.socket.path);
  const auto challenged = application.Challenge("nls");
  ASSERT_TRUE(challenged) << challenged.error().check;
  EXPECT_EQ(challenged->file, vouched.proof.file);
  const auto kept = application.Ask(kEntitlements);
  ASSERT_TRUE(kept) << kept.error().check;
  EXPECT_EQ((*kept)["decisions"]["threads"]["value"], 8);
}

TEST_F(WatchTest, ManyApplicationsAreChallengedEachWithItsOwnKey) {
  std::vector<std::unique_ptr<Application>> applications;
  for (int i = 0; i < 20; i++) {
    applications.push_back(std::make_unique<Application>(options.socket.path));
    ASSERT_TRUE(applications.back()->Challenge("nls"));
  }
  for (const auto& application : applications) EXPECT_TRUE(application->Ask(kEntitlements));
}

TEST_F(WatchTest, ThePageComesWithTheAnswerAndNobodyElseCanWriteOrShrinkIt) {
  Application application(options.socket.path);
  const auto answer = application.Ask(kWatch);
  ASSERT_TRUE(answer);
  EXPECT_EQ((*answer)["generation"], 1);
  const int page = application.page_descriptor();
  ASSERT_GE(page, 0);
  EXPECT_EQ(::fcntl(page, F_GET_SEALS), local::kWatchSeals);
  EXPECT_EQ(::mmap(nullptr, local::kWatchPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, page, 0), MAP_FAILED);
  EXPECT_EQ(::pwrite(page, "x", 1, 0), -1);
  EXPECT_NE(::ftruncate(page, 0), 0);
  EXPECT_NE(::ftruncate(page, 2 * local::kWatchPageSize), 0);
  EXPECT_NE(::fcntl(page, F_ADD_SEALS, F_SEAL_WRITE), 0);
  ASSERT_NE(application.Page(), nullptr);
  EXPECT_EQ(application.Page()->generation.load(), 1u);
}

TEST_F(WatchTest, ThePageBeatsAsLongAsTheAgentServes) {
  Application application(options.socket.path);
  ASSERT_TRUE(application.Ask(kWatch));
  const local::WatchPage* page = application.Page();
  ASSERT_NE(page, nullptr);
  for (uint64_t first = page->alive.load(); page->alive.load() < first + 3;) std::this_thread::yield();
  server->Stop();
  thread.join();
  const uint64_t last = page->alive.load();
  thread = std::thread([] {});
  EXPECT_EQ(page->alive.load(), last);
}

TEST_F(WatchTest, AnAnswerBeforeThePageComesFirst) {
  Application application(options.socket.path);
  application.Say("{\"op\":\"status\"}\n{\"op\":\"watch\"}");
  EXPECT_TRUE(Json::parse(application.Read()).contains("licenses"));
  EXPECT_EQ(Json::parse(application.Read())["generation"], 1);
  EXPECT_NE(application.Page(), nullptr);
}

TEST_F(WatchTest, ARevocationMovesTheGenerationAndIsToldOnce) {
  Application application(options.socket.path);
  ASSERT_TRUE(application.Challenge("nls"));
  ASSERT_TRUE(application.Ask(kWatch));
  Serve(Revoked());
  EXPECT_EQ(application.Page()->generation.load(), 2u);
  const auto event = application.Next();
  ASSERT_TRUE(event) << event.error().check;
  EXPECT_EQ(*event, (Json{{"event", "changed"}, {"generation", 2}}));
  // What is asked then is what is so by then.
  Application again(options.socket.path);
  ASSERT_TRUE(again.Challenge("nls"));
  const auto kept = again.Ask(kEntitlements);
  ASSERT_TRUE(kept);
  EXPECT_EQ((*kept)["generation"], 2);
  EXPECT_EQ((*kept)["otherwise"]["reasons"][0], "revoked");
}

TEST_F(WatchTest, ChangesThatAreNotReadAreToldAsOne) {
  Application application(options.socket.path);
  ASSERT_TRUE(application.Ask(kWatch));
  for (int i = 0; i < 50; i++) {
    Serve(Revoked());
    Serve(vouched.view);
  }
  EXPECT_EQ((*application.Next())["generation"], 2) << "it was told at once";
  EXPECT_EQ((*application.Next())["generation"], 101) << "and when that was read, of the last";
}

TEST_F(WatchTest, NothingMovesWhenNothingHasChanged) {
  Application application(options.socket.path);
  ASSERT_TRUE(application.Ask(kWatch));
  const local::WatchPage* page = application.Page();
  Serve(vouched.view);
  now += 86400;  // days_left is another
  Application holder(options.socket.path);
  EXPECT_EQ((*holder.Ask({{"op", "hold"}, {"limit", "users"}}))["allowed"], true);
  for (uint64_t first = page->alive.load(); page->alive.load() < first + 3;) std::this_thread::yield();
  EXPECT_EQ(page->generation.load(), 1u);
}

TEST_F(WatchTest, AnExpiryMovesTheGenerationWithoutAnybodysDoing) {
  Application application(options.socket.path);
  ASSERT_TRUE(application.Ask(kWatch));
  now = (kExpires + Seconds(1)).time_since_epoch().count();
  EXPECT_EQ((*application.Next())["generation"], 2);
}

TEST_F(WatchTest, AWatcherThatSaysMoreIsNotHeardAndOneThatLeavesIsForgotten) {
  Application checker(options.socket.path);
  {
    Application application(options.socket.path);
    ASSERT_TRUE(application.Ask(kWatch));
    application.Say("{\"op\":\"status\"}");
    Serve(Revoked());
    EXPECT_EQ((*application.Next())["event"], "changed") << "not the answer to what was said";
  }
  for (int connections = 0; connections != 1;) {
    std::promise<int> counted;
    server->Post([&] { counted.set_value(server->connections()); });
    connections = counted.get_future().get();
  }
}

TEST_F(WatchTest, TheKernelSaysWhoHolds) {
  LicenseView view = vouched.view;
  const auto hold = [&](Callers only) {
    view.verified->terms.grants.limits["users"].only = std::move(only);
    Serve(view);
    return (*Application(options.socket.path).Ask({{"op", "hold"}, {"limit", "users"}}))["allowed"] == true;
  };
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  EXPECT_TRUE(hold({{static_cast<uint32_t>(::geteuid())}, {}, {}}));
  EXPECT_FALSE(hold({{static_cast<uint32_t>(::geteuid()) + 1}, {}, {}}));
  EXPECT_TRUE(hold({{}, {static_cast<uint32_t>(::getegid())}, {}}));
  EXPECT_TRUE(hold({{}, {}, {self}}));
  EXPECT_FALSE(hold({{}, {}, {self + "x"}}));
}

TEST(ExecutableOf, WhatCannotBeSeenIsEmpty) {
  EXPECT_EQ(ExecutableOf(::getpid()), std::filesystem::read_symlink("/proc/self/exe").string());
  EXPECT_EQ(ExecutableOf(0), "");
  EXPECT_EQ(ExecutableOf(-1), "");
}

}  // namespace
}  // namespace holdfast::api
