// A scripted agent and handles of the C library that talk to it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "agent/client/holdfast.h"
#include "protocol/armor.h"
#include "tests/testing/scripted_agent.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {

inline std::string RootsOf(const testing::TestPki& pki) {
  return Armor(kLabelCertificate, pki.root.der());
}

inline std::string LastCheck() {
  holdfast_error error{};
  error.size = sizeof error;
  holdfast_last_error(&error);
  return error.check;
}

class ClientTest : public ::testing::Test {
 protected:
  struct Close {
    void operator()(holdfast_handle* handle) const { holdfast_close(handle); }
  };
  using Handle = std::unique_ptr<holdfast_handle, Close>;

  // The result of holdfast_open, and the handle where there is one.
  int Open(Handle& handle) const {
    holdfast_options options{};
    options.size = sizeof options;
    options.product = product.c_str();
    options.roots_pem = roots.c_str();
    options.socket = socket.c_str();
    options.timeout_ms = timeout_ms;
    options.flags = flags;
    holdfast_handle* opened = nullptr;
    const int code = holdfast_open(&options, &opened);
    EXPECT_EQ(opened != nullptr, code == HOLDFAST_OK);
    handle.reset(opened);
    return code;
  }
  Handle MustOpen() const {
    Handle handle;
    EXPECT_EQ(Open(handle), HOLDFAST_OK) << LastCheck();
    return handle;
  }
  // What holdfast_open says, with the check that stands behind it: "other_vendor path.anchor".
  std::string Opening() const {
    Handle handle;
    const int code = Open(handle);
    return std::string(holdfast_result_name(code)) + (code == HOLDFAST_OK ? "" : " " + LastCheck());
  }

  holdfast_reason reason = HOLDFAST_REASON_OTHER;
  testing::TempDir home;
  testing::TestPki pki;
  std::string socket = (home.path() / "agent.sock").string();
  testing::ScriptedAgent agent{socket, pki};
  std::string product = "editor", roots = RootsOf(pki);
  uint32_t timeout_ms = 60'000, flags = 0;
};

}  // namespace holdfast
