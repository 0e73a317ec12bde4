#include "protocol/platform/option_error.h"

#include <boost/program_options/errors.hpp>

namespace holdfast {
namespace {

namespace po = boost::program_options;

// get_option_name() looks up and does not replace.
std::string Quoted(const po::error_with_option_name& error) {
  return "'" + error.get_option_name() + "'";
}

std::string SyntaxText(const po::invalid_syntax& error) {
  switch (error.kind()) {
    case po::invalid_syntax::missing_parameter:
    case po::invalid_syntax::empty_adjacent_parameter:
      return "option " + Quoted(error) + " needs a value";
    case po::invalid_syntax::extra_parameter:
      return "option " + Quoted(error) + " takes no value";
    case po::invalid_syntax::unrecognized_line:
      return "'" + error.tokens() + "' is not of the form NAME = VALUE";
    default:
      return "option " + Quoted(error) + " is not written as options are";
  }
}

}  // namespace

std::string OptionErrorText(const po::error& error) {
  if (const auto* syntax = dynamic_cast<const po::invalid_syntax*>(&error)) return SyntaxText(*syntax);
  if (const auto* named = dynamic_cast<const po::multiple_occurrences*>(&error))
    return "option " + Quoted(*named) + " is given more than once";
  if (const auto* named = dynamic_cast<const po::unknown_option*>(&error))
    return "unrecognised option " + Quoted(*named);
  if (const auto* named = dynamic_cast<const po::error_with_option_name*>(&error))
    return "option " + Quoted(*named) + " has no proper value";
  return error.what();  // fixed words
}

bool IsInQuotes(std::string_view value) {
  if (value.size() < 2 || value.front() != value.back()) return false;
  return value.front() == '"' || value.front() == '\'';
}

}  // namespace holdfast
