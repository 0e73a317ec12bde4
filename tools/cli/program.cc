#include "tools/cli/program.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <sstream>

#include "protocol/display_text.h"
#include "protocol/platform/option_error.h"
#include "tools/cli/option_table.h"
#include "tools/cli/output.h"

namespace holdfast::cli {
namespace {

constexpr size_t kMaxConfigSize = 64 * 1024;
using Values = std::map<std::string, std::vector<std::string>>;

// The values of one source, where a single option may stand only once.
Status Collect(const po::parsed_options& parsed, const std::vector<Option>& options, Values& values) {
  Values found;
  for (const po::option& option : parsed.options) {
    auto& list = found[option.string_key];
    list.insert(list.end(), option.value.begin(), option.value.end());
    if (option.value.empty()) list.emplace_back();
  }
  for (const Option& option : options) {
    auto list = found.find(LongName(option));
    if (list == found.end() || option.repeated || list->second.size() == 1) continue;
    return tl::unexpected(Usage("usage.repeated", "'" + list->first + "' is given more than once", ""));
  }
  for (auto& [name, list] : found) values[name] = std::move(list);
  return {};
}

// A file may have any name; all other values are text, of which certificates and JSON are made.
bool NamesFile(const Option& option) {
  return option.value == "FILE" || option.value == "DIR" || option.value == "PATH";
}

Status CheckText(const std::vector<Option>& options, const Values& values) {
  for (const Option& option : options) {
    const auto list = values.find(LongName(option));
    if (list == values.end() || option.value.empty() || NamesFile(option)) continue;
    if (!std::all_of(list->second.begin(), list->second.end(), IsUtf8))
      return tl::unexpected(Usage("usage.text", "the value of --" + list->first + " is not UTF-8",
                                  "see the terminal's locale"));
  }
  return {};
}

}  // namespace

Path UserConfigFile(const std::string& name) {
  Path file;
  if (const char* directory = std::getenv("XDG_CONFIG_HOME"); directory && *directory == '/') {
    file = Path(directory) / "holdfast" / name;
  } else if (const char* home = std::getenv("HOME"); home && *home == '/') {
    file = Path(home) / ".config/holdfast" / name;
  }
  std::error_code unreachable;  // HOME may well be root's, or nobody's
  // A link to nothing is there: it is complained about, not passed over.
  return std::filesystem::exists(std::filesystem::symlink_status(file, unreachable)) ? file : Path();
}

int Program::Main(int argc, const char* const* argv) const {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that becomes too large is an error to report
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  auto code = RunCaught(words);
  if (code && !std::cout.flush()) {
    code = Fail(ErrorKind::kUnavailable, "output.write", "standard output cannot be written");
  }
  if (code) return *code;
  const int exit_code = exit_code_of_ ? exit_code_of_(code.error()) : ExitCodeFor(code.error().kind);
  std::cerr << FormatError(name_, code.error());
  const auto end = std::find(words.begin(), words.end(), "--");
  if (std::find(words.begin(), end, "--json") != end) Print(ErrorJson(code.error()));
  std::cout.flush();
  return exit_code;
}

// What no boundary caught, such as std::filesystem's in a directory that was deleted: an error, never an abort.
Result<int> Program::RunCaught(const std::vector<std::string>& words) const {
  try {
    return Run(words);
  } catch (const std::exception& e) {
    return Fail(ErrorKind::kInternal, "internal.exception", e.what());
  }
}

Result<int> Program::Run(const std::vector<std::string>& all) const {
  std::vector<std::string> words = all;
  HOLDFAST_TRY(const Command* command, FindCommand(words));
  const auto end = std::find(words.begin(), words.end(), "--");
  const auto asked = [&](const char* what) { return std::find(words.begin(), end, what) != end; };
  if (command == nullptr && asked("--version")) {
    std::cout << name_ << " " << HOLDFAST_VERSION << "\n";
    return kExitDone;
  }
  if (asked("--help") || asked("-h")) {
    std::cout << (command == nullptr ? Help() : Help(*command));
    return kExitDone;
  }
  if (command == nullptr) command = DefaultCommand(words);
  if (command == nullptr) {
    return tl::unexpected(Usage("usage.command", "no command is given", "see " + name_ + " --help"));
  }
  Arguments arguments;
  HOLDFAST_CHECK(Parse(*command, words, arguments));
  return command->run(arguments);
}

std::vector<Option> Program::CommonOptions() const {
  std::vector<Option> options = common_;
  if (!config_files_.empty()) options.push_back(kConfigOption);
  return options;
}

// What is meant when no command is named.
const Command* Program::DefaultCommand(const std::vector<std::string>& words) const {
  if (!words.empty() && !words[0].starts_with('-')) return nullptr;
  const auto found = std::ranges::find(commands_, default_command_, &Command::name);
  return found == commands_.end() ? nullptr : &*found;
}

// Takes the command's name out of the words; nullptr when there is none. Common options may stand before it.
Result<const Command*> Program::FindCommand(std::vector<std::string>& words) const {
  if (DefaultCommand(words) != nullptr) return nullptr;
  const std::vector<Option> common = CommonOptions();
  size_t i = 0;
  for (; i < words.size() && words[i].size() > 1 && words[i][0] == '-' && words[i] != "--"; i++) {
    const bool takes_next = std::any_of(common.begin(), common.end(), [&](const Option& option) {
      return !option.value.empty() && words[i] == "--" + LongName(option);
    });
    if (takes_next) i++;
  }
  if (i >= words.size() || words[i] == "--") return nullptr;
  bool prefix = false;
  for (const Command& command : commands_) {
    const size_t space = command.name.find(' ');
    prefix |= space != std::string::npos && command.name.compare(0, space, words[i]) == 0;
    const bool two = i + 1 < words.size() && command.name == words[i] + " " + words[i + 1];
    if (command.name != words[i] && !two) continue;
    words.erase(words.begin() + static_cast<long>(i), words.begin() + static_cast<long>(i + (two ? 2 : 1)));
    return &command;
  }
  if (prefix && (i + 1 == words.size() || words[i + 1] == "--help" || words[i + 1] == "-h")) return nullptr;
  const std::string name = prefix ? words[i] + " " + words[i + 1] : words[i];
  return tl::unexpected(
      Usage("usage.command", "there is no command '" + name + "'", "see " + name_ + " --help"));
}

Status Program::Parse(const Command& command, const std::vector<std::string>& words,
                      Arguments& arguments) const {
  std::vector<Option> all = CommonOptions();
  all.insert(all.end(), command.options.begin(), command.options.end());
  po::options_description description;
  Describe(description, all);
  po::positional_options_description positional;
  for (const Option& argument : command.arguments) {
    description.add_options()(argument.name.c_str(), po::value<std::vector<std::string>>());
    positional.add(argument.name.c_str(), argument.repeated ? -1 : 1);
    all.push_back(argument);
  }
  const std::string see = "see " + name_ + " " + command.name + " --help";
  Values given;
  try {
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    const auto parsed =
        po::command_line_parser(words).options(description).positional(positional).style(style).run();
    HOLDFAST_CHECK(Collect(parsed, all, given));
    HOLDFAST_CHECK(CheckText(all, given));
  } catch (const po::too_many_positional_options_error&) {
    return tl::unexpected(
        Usage("usage.argument", "there are more arguments than '" + UsageOf(command) + "'", see));
  } catch (const po::error& e) {
    return tl::unexpected(Usage("usage.option", OptionErrorText(e), see));
  }
  HOLDFAST_CHECK(ReadConfigs(given, arguments));
  for (auto& [name, list] : given) arguments.values_[name] = std::move(list);
  for (const Option& option : all) {
    const std::string name = LongName(option);
    if (!option.otherwise.empty()) arguments.values_.try_emplace(name, 1, option.otherwise);
    if (!option.required || arguments.Has(name)) continue;
    const bool is_option = std::none_of(command.arguments.begin(), command.arguments.end(),
                                        [&](const Option& argument) { return argument.name == name; });
    return tl::unexpected(Usage("usage.missing", (is_option ? "--" + name : name) + " is missing", see));
  }
  return {};
}

Status Program::ReadConfigs(const Values& given, Arguments& arguments) const {
  if (config_files_.empty()) return {};
  if (const auto file = given.find("config"); file != given.end())
    return ReadConfig(file->second.front(), true, arguments);
  for (const Path& usual : config_files_) {
    if (!usual.empty()) HOLDFAST_CHECK(ReadConfig(usual, false, arguments));
  }
  return {};
}

Status Program::ReadConfig(const Path& file, bool must_exist, Arguments& arguments) const {
  auto content = ReadFile(file, kMaxConfigSize);
  if (!content) {
    if (!must_exist && content.error().kind == ErrorKind::kNotFound) return {};
    Error error = About(file.string(), std::move(content.error()));
    error.message = "the configuration file " + error.message;
    error.advice =
        must_exist ? "name a readable file of at most 64 KiB with --config"
                   : "make it a readable file of at most 64 KiB, remove it, or name another with --config";
    return tl::unexpected(std::move(error));
  }
  po::options_description description;
  Describe(description, common_);
  std::istringstream text{std::string(AsText(*content))};
  try {
    Values values;
    auto status = Collect(po::parse_config_file(text, description), common_, values);
    if (!status)
      return Malformed("config.repeated", file.string() + ": " + status.error().message, "leave one of them");
    for (auto& [name, list] : values) {
      if (std::any_of(list.begin(), list.end(), IsInQuotes))
        return Malformed("config.quotes", file.string() + ": the value of '" + name + "' is in quotes",
                         "leave the quotes out: a value is all that follows the equals sign");
      arguments.values_[name] = std::move(list);
    }
  } catch (const po::unknown_option& e) {
    // It may be the agent's: the file is easily taken for that of all programs.
    return Malformed("config.syntax", file.string() + ": " + OptionErrorText(e),
                     "see the manual page of " + name_ +
                         "; the agent's own options go on its command line or into a file of their own "
                         "(--config of holdfast-agent)");
  } catch (const po::error& e) {
    return Malformed("config.syntax", file.string() + ": " + OptionErrorText(e),
                     "see the manual page of " + name_);
  }
  return {};
}

}  // namespace holdfast::cli
