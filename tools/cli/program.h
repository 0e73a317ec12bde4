// What the command-line programs share: sub-commands, options, configuration files, errors and exit codes
// (Boost.Program_options is behind it). A program is a list of commands:
//
//   Program program("holdfast", "what it is, in one line");
//   program.SetCommonOptions({{.name = "socket", .value = "PATH", .help = "...", .otherwise = "/run/..."}});
//   program.SetConfigFiles({"/etc/holdfast/holdfast.conf"});
//   program.Add({.name = "check", .summary = "...", .arguments = {{.name = "FEATURE", .required = true}},
//                .options = {kJsonOption}, .run = [](const Arguments& arguments) -> Result<int> { ... }});
//   return program.Main(argc, argv);
//
// Main understands --help and --version, also per command; unknown options and commands are usage errors.
// A command returns its exit code (0, or 3: denied by the license) or an Error, which Main prints: one
// sentence to stderr, and with --json a JSON object to stdout as well (docs/cli-json.md).
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "protocol/platform/files.h"

namespace holdfast::cli {

struct Option {
  std::string name;  // "output", or with a short form "output,o". Of an argument: what the help calls it
  std::string value = {};      // what the help calls the value: "FILE"; empty: a switch without value
  std::string help = {};       // what it does, one clause
  std::string otherwise = {};  // the value when it is not given
  bool required = false;       // missing: a usage error
  bool repeated = false;       // may be given several times; of the last argument: takes all that follow
};
// Every command that prints something useful takes it. Arguments::json() asks for it.
extern const Option kJsonOption;

class Arguments {
 public:
  bool Has(const std::string& name) const;  // given, in the configuration or by its default value
  bool Switch(const std::string& name) const { return Has(name); }
  bool json() const { return Has("json"); }
  std::string Text(const std::string& name) const;  // "" when absent; of a repeated option the first
  const std::vector<std::string>& List(const std::string& name) const;
  Path File(const std::string& name) const { return Text(name); }
  // Decimal, within the bounds. Check: usage.number.
  Result<int64_t> Number(const std::string& name, int64_t min, int64_t max) const;

 private:
  friend class Program;
  std::map<std::string, std::vector<std::string>> values_;  // long names, without "--"
};

struct Command {
  std::string name;  // one word or two: "request", "product add"
  std::string summary;
  std::vector<Option> arguments = {};  // positional, in order
  std::vector<Option> options = {};
  std::string details = {};  // further paragraphs of the help
  std::function<Result<int>(const Arguments&)> run;
};

class Program {
 public:
  Program(std::string name, std::string summary) : name_(std::move(name)), summary_(std::move(summary)) {}
  // Options that every command takes, before or after its name, and that configuration files may set as
  // "name = value" lines ('#' begins a comment).
  void SetCommonOptions(std::vector<Option> options) { common_ = std::move(options); }
  // The usual places, the weakest first; missing files are skipped. --config FILE replaces them all. A program
  // without them has no such option.
  void SetConfigFiles(std::vector<Path> files) { config_files_ = std::move(files); }
  // The command that is meant where the command line begins with an option, or is empty.
  void SetDefaultCommand(std::string name) { default_command_ = std::move(name); }
  // In place of the usual ones of errors (ExitCodeFor): `help` says what there are, `of` may change the error
  // before it is printed.
  using ExitCodeOf = std::function<int(Error&)>;
  void SetExitCodes(std::string help, ExitCodeOf of) {
    exit_codes_ = std::move(help);
    exit_code_of_ = std::move(of);
  }
  void Add(Command command) { commands_.push_back(std::move(command)); }
  int Main(int argc, const char* const* argv) const;

 private:
  Result<int> RunCaught(const std::vector<std::string>& words) const;
  Result<int> Run(const std::vector<std::string>& words) const;
  const Command* DefaultCommand(const std::vector<std::string>& words) const;
  Result<const Command*> FindCommand(std::vector<std::string>& words) const;
  Status Parse(const Command& command, const std::vector<std::string>& words, Arguments& arguments) const;
  Status ReadConfigs(const std::map<std::string, std::vector<std::string>>& given,
                     Arguments& arguments) const;
  Status ReadConfig(const Path& file, bool must_exist, Arguments& arguments) const;
  std::vector<Option> CommonOptions() const;  // with --config, where there is one
  std::string Help() const;
  std::string Help(const Command& command) const;

  std::string name_, summary_;
  std::vector<Option> common_;
  std::vector<Path> config_files_;
  std::vector<Command> commands_;
  std::string default_command_;
  std::string exit_codes_ = "0 done or allowed, 1 error, 2 usage, 3 denied by the license";
  ExitCodeOf exit_code_of_;
};

// ~/.config/holdfast/NAME, by XDG_CONFIG_HOME or HOME; empty when neither is set, or nothing there can be reached.
Path UserConfigFile(const std::string& name);

}  // namespace holdfast::cli
