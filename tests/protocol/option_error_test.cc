#include "protocol/platform/option_error.h"

#include <gtest/gtest.h>

#include <boost/program_options.hpp>
#include <sstream>

namespace holdfast {
namespace {

namespace po = boost::program_options;

po::options_description Known() {
  po::options_description known;
  known.add_options()("socket", po::value<std::string>())("help", "");
  return known;
}

std::string TextOf(const std::vector<std::string>& words) {
  const po::options_description known = Known();
  po::variables_map values;
  try {
    po::store(po::command_line_parser(words).options(known).run(), values);
  } catch (const po::error& e) {
    return OptionErrorText(e);
  }
  return "accepted";
}

std::string TextOfConfig(const std::string& text) {
  const po::options_description known = Known();
  po::variables_map values;
  std::istringstream stream(text);
  try {
    po::store(po::parse_config_file(stream, known), values);
  } catch (const po::error& e) {
    return OptionErrorText(e);
  }
  return "accepted";
}

TEST(OptionErrorTest, NamesAnUnknownOption) {
  EXPECT_EQ(TextOf({"--sokcet", "x"}), "unrecognised option '--sokcet'");
}

TEST(OptionErrorTest, NamesAnOptionWithoutItsValue) {
  EXPECT_EQ(TextOf({"--socket"}), "option '--socket' needs a value");
}

TEST(OptionErrorTest, NamesAnOptionWithAValueThatItDoesNotTake) {
  EXPECT_EQ(TextOf({"--help=x"}), "option '--help' takes no value");
}

TEST(OptionErrorTest, NamesAnOptionGivenTwice) {
  EXPECT_EQ(TextOf({"--socket", "a", "--socket", "b"}), "option '--socket' is given more than once");
}

TEST(OptionErrorTest, QuotesALineOfAConfigurationFileThatIsNone) {
  EXPECT_EQ(TextOfConfig("socket\n"), "'socket' is not of the form NAME = VALUE");
}

TEST(OptionErrorTest, QuotesAroundAWholeValueAreSeen) {
  for (const char* quoted : {"\"/run/x\"", "'a'", "\"\""}) EXPECT_TRUE(IsInQuotes(quoted)) << quoted;
  for (const char* plain : {"", "\"", "/run/x", "\"a", "it's", "\"a'"})
    EXPECT_FALSE(IsInQuotes(plain)) << plain;
}

// Each kept what() busy for ever (found by the fuzzer agent_config).
TEST(OptionErrorTest, EndsOnPlaceholdersOfTheLibraryInWhatTheUserWrote) {
  for (const char* placeholder :
       {"%canonical_option%", "%option%", "%value%", "%invalid_line%", "%prefix%"}) {
    EXPECT_EQ(TextOf({"--" + std::string(placeholder)}),
              "unrecognised option '--" + std::string(placeholder) + "'");
    EXPECT_EQ(TextOfConfig(std::string(placeholder) + "=1\n"),
              "unrecognised option '" + std::string(placeholder) + "'");
    EXPECT_EQ(TextOfConfig(std::string(placeholder) + "\n"),
              "'" + std::string(placeholder) + "' is not of the form NAME = VALUE");
  }
}

}  // namespace
}  // namespace holdfast
