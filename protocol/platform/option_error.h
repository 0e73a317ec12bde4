// What was wrong with an option or a line of a configuration file, in words.
//
// Boost.Program_options 1.74 (Debian 12) builds what() by replacing placeholders until none is left; an option
// or line that itself holds one, such as --%canonical_option%, keeps it busy for ever. So what() is never
// called on an error that quotes the user.
#pragma once

#include <string>
#include <string_view>

namespace boost::program_options {
class error;
}

namespace holdfast {

// One clause that quotes the option as it was given.
std::string OptionErrorText(const boost::program_options::error& error);

// In a configuration file quotes would be taken for a part of the value: "/run/x" would be another path than /run/x.
bool IsInQuotes(std::string_view value);

}  // namespace holdfast
