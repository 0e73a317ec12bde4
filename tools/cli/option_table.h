// Inside tools/cli: our options as Boost.Program_options wants them.
#pragma once

#include <boost/program_options.hpp>

#include "tools/cli/program.h"

namespace holdfast::cli {

namespace po = boost::program_options;

extern const Option kHelpOption, kVersionOption, kConfigOption;  // of every program

void Describe(po::options_description& description, const std::vector<Option>& options);
std::string LongName(const Option& option);   // "output" of "output,o"
std::string UsageOf(const Command& command);  // "check FEATURE"
Error Usage(std::string_view check, std::string message, std::string advice);

}  // namespace holdfast::cli
