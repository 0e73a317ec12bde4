#include "tools/cli/option_table.h"

namespace holdfast::cli {

const Option kHelpOption{.name = "help,h", .help = "this text"};
const Option kVersionOption{.name = "version", .help = "the version"};
const Option kConfigOption{
    .name = "config", .value = "FILE", .help = "configuration file, instead of the usual ones"};

std::string LongName(const Option& option) {
  return option.name.substr(0, option.name.find(','));
}

Error Usage(std::string_view check, std::string message, std::string advice) {
  return {ErrorKind::kUsage, std::string(check), std::move(message), std::move(advice)};
}

void Describe(po::options_description& description, const std::vector<Option>& options) {
  for (const Option& option : options) {
    if (option.value.empty()) {
      description.add_options()(option.name.c_str(), option.help.c_str());
      continue;
    }
    std::string help = option.help;
    if (!option.otherwise.empty()) help += " (" + option.otherwise + ")";
    auto* value = po::value<std::vector<std::string>>()->value_name(option.value);
    description.add_options()(option.name.c_str(), value, help.c_str());
  }
}

std::string UsageOf(const Command& command) {
  std::string usage = command.name;
  for (const Option& argument : command.arguments) {
    const std::string name = argument.repeated ? "-- " + argument.name + "..." : argument.name;
    usage += argument.required ? " " + name : " [" + name + "]";
  }
  return usage;
}

}  // namespace holdfast::cli
