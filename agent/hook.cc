#include "agent/hook.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>

namespace holdfast {
namespace {

// As a service manager starts a program: nothing of our signal handling is inherited.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);  // the TPM's device among them
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
};

}  // namespace

std::vector<std::string> HookEnvironment(const Announcement& announcement) {
  std::string reasons;
  for (const Reason reason : announcement.reasons)
    reasons += (reasons.empty() ? "" : " ") + std::string(ReasonName(reason));
  std::vector<std::string> environment{
      "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
      "HOLDFAST_PRODUCT=" + announcement.product,
      "HOLDFAST_LICENSE=" + announcement.license,
      "HOLDFAST_CUSTOMER=" + announcement.customer,
      "HOLDFAST_STATE=" + std::string(StateName(announcement.state)),
      "HOLDFAST_REASONS=" + reasons,
      "HOLDFAST_TEXT=" + announcement.Text(),
  };
  if (announcement.expires) environment.push_back("HOLDFAST_EXPIRES=" + FormatTime(*announcement.expires));
  if (announcement.days_left)
    environment.push_back("HOLDFAST_DAYS_LEFT=" + std::to_string(*announcement.days_left));
  return environment;
}

Status RunHook(const Path& program, const Announcement& announcement) {
  std::vector<std::string> environment = HookEnvironment(announcement);
  std::vector<char*> pointers;
  for (std::string& variable : environment) pointers.push_back(variable.data());
  pointers.push_back(nullptr);
  std::string name = program.string();
  char* const argv[] = {name.data(), nullptr};
  const SpawnSettings settings;
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, name.c_str(), &settings.actions, &settings.attributes, argv, pointers.data());
  if (error == 0) return {};
  return Fail(ErrorKind::kUnavailable, "hook.run",
              "the hook " + name + " cannot be run: " + std::generic_category().message(error));
}

}  // namespace holdfast
