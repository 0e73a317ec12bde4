// What was wrong with an option or a line of a configuration file, in words.
//
// Boost.Program_options 1.74 (Debian 12) builds what() by replacing placeholders until none is left; an option
// or line that itself holds one, such as --%canonical_option%, keeps it busy for ever. So what() is never
// called on an error that quotes the user.
#pragma once

#include <string>

namespace boost::program_options {
class error;
}

namespace holdfast {

// One clause that quotes the option as it was given.
std::string OptionErrorText(const boost::program_options::error& error);

}  // namespace holdfast
