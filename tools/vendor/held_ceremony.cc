#include "tools/vendor/held_ceremony.h"

#include "tools/cli/output.h"

namespace holdfast::vendor {
namespace {

constexpr size_t kMaxSignerConfig = 256 * 1024, kMaxPlan = 256 * 1024, kMaxTranscript = 1024 * 1024;

Result<Json> ReadJson(const Path& file, size_t max_size) {
  HOLDFAST_TRY(const Bytes text, ReadFile(file, max_size));
  return cli::About(file.string(), ParseJson(AsText(text), max_size));
}

std::string TextOf(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

}  // namespace

Result<HeldCeremony> ReadHeldCeremony(const VendorDirectory& directory) {
  HOLDFAST_TRY(const Json config, ReadJson(directory.SignerConfig(), kMaxSignerConfig));
  HeldCeremony held{.vendor = TextOf(config, "vendor"),
                    .transcript = directory.path / "transcripts" / "ceremony.json"};
  if (held.vendor.empty())
    return Malformed("vendor.signer_config", directory.SignerConfig().string() + " names no vendor",
                     "restore it from a backup");
  if (const auto tokens = config.find("tokens"); tokens != config.end() && tokens->is_object())
    for (const auto& [name, token] : tokens->items()) held.modules[name] = TextOf(token, "module");
  HOLDFAST_TRY(const Json transcript, ReadJson(held.transcript, kMaxTranscript));
  held.held = TextOf(transcript, "finished");
  if (const auto files = transcript.find("files"); files != transcript.end() && files->is_array())
    for (const Json& file : *files)
      if (file.is_object()) held.files.push_back(TextOf(file, "name"));
  auto plan = ParseJson(TextOf(transcript, "plan"), kMaxPlan);
  if (!plan)
    return Malformed("vendor.transcript", held.transcript.string() + " holds no plan",
                     "restore it from a backup");
  held.plan = std::move(*plan);
  return held;
}

Status CheckComplete(const VendorDirectory& directory, const HeldCeremony& held) {
  std::error_code error;
  for (const std::string& name : held.files)
    if (!std::filesystem::is_regular_file(directory.path / name, error))
      return Fail(ErrorKind::kNotFound, "vendor.incomplete",
                  (directory.path / name).string() + ", which the ceremony made, is missing",
                  "restore it from a backup, or hold another ceremony in another directory");
  return {};
}

}  // namespace holdfast::vendor
