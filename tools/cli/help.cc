#include <sstream>

#include "tools/cli/option_table.h"

namespace holdfast::cli {

std::string Program::Help() const {
  std::ostringstream out;
  out << name_ << ": " << summary_ << "\n\nusage: " << name_
      << " COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n";
  size_t width = 0;
  for (const Command& command : commands_) width = std::max(width, UsageOf(command).size());
  for (const Command& command : commands_) {
    std::string usage = UsageOf(command);
    usage.resize(width + 2, ' ');
    out << "  " << usage << command.summary << "\n";
  }
  po::options_description description("\nOptions of every command");
  Describe(description, CommonOptions());
  Describe(description, {kHelpOption, kVersionOption});
  out << description << "\nExit codes: " << exit_codes_ << ".\n";
  return out.str();
}

std::string Program::Help(const Command& command) const {
  std::ostringstream out;
  out << "usage: " << name_ << " " << command.name << " [OPTION...]"
      << UsageOf(command).substr(command.name.size()) << "\n\n"
      << command.summary << "\n";
  for (const Option& argument : command.arguments) {
    if (!argument.help.empty()) out << "\n  " << argument.name << ": " << argument.help << "\n";
  }
  if (!command.details.empty()) out << "\n" << command.details << "\n";
  if (!command.options.empty()) {
    po::options_description own("\nOptions");
    Describe(own, command.options);
    out << own;
  }
  po::options_description shared("\nOptions of every command");
  Describe(shared, CommonOptions());
  Describe(shared, {kHelpOption});
  out << shared;
  return out.str();
}

}  // namespace holdfast::cli
