// The agent's server with one license, whose key is in software, for the library to ask.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "agent/api/server.h"
#include "agent/client/holdfast.h"
#include "agent/license_session.h"
#include "tests/testing/pki.h"
#include "tests/testing/temp_dir.h"

namespace holdfast::bench {

class ServedLicense {
 public:
  static constexpr int kFeatures = 64;
  static std::string FeatureName(int i);

  ServedLicense();
  ~ServedLicense();
  ServedLicense(const ServedLicense&) = delete;
  ServedLicense& operator=(const ServedLicense&) = delete;

  holdfast_options options() const;
  holdfast_handle* Open() const;  // ends the process when it cannot

  testing::TempDir home;
  testing::TestPki pki;
  std::string socket, roots, text;  // the text of the license file
  std::shared_ptr<const LicenseSession> session;

 private:
  OwnedTime time_;
  api::Service service_;
  std::unique_ptr<api::Server> server_;
  std::thread serving_;
};

}  // namespace holdfast::bench
