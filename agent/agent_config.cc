#include "agent/agent_config.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <sstream>

#include "protocol/platform/option_error.h"

namespace holdfast {
namespace {

namespace po = boost::program_options;

constexpr size_t kMaxConfigSize = 64 * 1024;

po::options_description Settings() {
  const AgentConfig defaults;
  const auto text = [] { return po::value<std::string>(); };
  po::options_description settings("Options, also in the configuration file");
  settings.add_options()("tcti", text()->value_name("TCTI"), ("the TPM (" + defaults.tcti + ")").c_str())(
      "state", text()->value_name("DIR"), ("state directory (" + defaults.state.string() + ")").c_str())(
      "socket", text()->value_name("PATH"),
      ("where to listen (" + defaults.socket.path.string() + ")").c_str())(
      "socket-mode", text()->value_name("MODE"), "mode of the socket, octal (0660)")(
      "group", text()->value_name("GROUP"), "group of the socket: who may ask")(
      "roots", text()->value_name("FILE"),
      ("pinned vendor roots, PEM (" + defaults.roots.string() + ")").c_str())(
      "host-root", text()->value_name("DIR"),
      "where the host's root directory is seen, for hosts without a TPM (/)")(
      "max-connections", text()->value_name("N"), "in all, 32 to 900 (512)")(
      "max-connections-per-user", text()->value_name("N"), "1 to 900 (128)")(
      "tpm-timeout", text()->value_name("SECONDS"),
      "how long the TPM may take for a request, 1 to 240 (180)")(
      "hook", text()->value_name("PROGRAM"), "run when a license's state changes or it expires soon")(
      "http-listen", text()->value_name("ADDRESS"),
      "HTTP on TCP, too: 127.0.0.1:PORT or [::1]:PORT; needs a token (none)")(
      "http-token-file", text()->value_name("FILE"),
      "the token that requests over TCP bring; readable by the agent alone");
  return settings;
}

po::options_description OnlyCommandLine() {
  po::options_description options("Options of the command line");
  options.add_options()("config", po::value<std::string>()->value_name("FILE"),
                        ("configuration file (" + std::string(kAgentConfigFile) + ")").c_str())(
      "help,h", "this text")("version", "the version");
  return options;
}

// A number in the given base within the bounds, nothing before or after it.
Result<int> Number(const std::string& name, const std::string& text, int base, int min, int max) {
  int number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error == std::errc() && end == text.data() + text.size() && number >= min && number <= max)
    return number;
  return Malformed("config." + name, "'" + text + "' is no value for " + name, "see holdfast-agent(8)");
}

// Neither is of use without the other; they may come from different sources, so that is for ReadAgentOptions to say.
Status ApplyHttp(const po::variables_map& values, AgentConfig& config) {
  if (values.contains("http-token-file"))
    config.http_token_file = values["http-token-file"].as<std::string>();
  if (!values.contains("http-listen")) return {};
  auto address = api::ParseLoopbackAddress(values["http-listen"].as<std::string>());
  if (!address) return Malformed("config.http-listen", address.error().message, address.error().advice);
  config.http_listen = *address;
  return {};
}

Status Apply(const po::variables_map& values, AgentConfig& config) {
  const auto given = [&](const char* name, auto& target) {
    if (values.contains(name)) target = values[name].as<std::string>();
  };
  given("tcti", config.tcti);
  given("state", config.state);
  given("socket", config.socket.path);
  given("group", config.socket.group);
  given("roots", config.roots);
  given("host-root", config.host_root);
  given("hook", config.hook);
  if (!config.hook.empty() && !config.hook.is_absolute())
    return Malformed("config.hook", "'" + config.hook.string() + "' is no absolute path",
                     "name the program in full");
  HOLDFAST_CHECK(ApplyHttp(values, config));
  const auto number = [&](const char* name, int base, int min, int max, int& target) -> Status {
    if (!values.contains(name)) return {};
    HOLDFAST_TRY(target, Number(name, values[name].as<std::string>(), base, min, max));
    return {};
  };
  HOLDFAST_CHECK(number("socket-mode", 8, 0, 0777, config.socket.mode));
  HOLDFAST_CHECK(number("max-connections", 10, 32, 900, config.max_connections));
  HOLDFAST_CHECK(number("max-connections-per-user", 10, 1, 900, config.max_connections_per_user));
  return number("tpm-timeout", 10, 1, kMaxTpmTimeout, config.tpm_timeout);
}

// po::store keeps what is there: the stronger source comes first.
Status StoreConfig(std::string_view text, po::variables_map& values) {
  std::istringstream stream{std::string(text)};
  const po::options_description settings = Settings();
  try {
    const auto parsed = po::parse_config_file(stream, settings);
    for (const po::option& option : parsed.options)
      if (std::any_of(option.value.begin(), option.value.end(), IsInQuotes))
        return Malformed("config.quotes", "the value of '" + option.string_key + "' is in quotes",
                         "leave the quotes out: a value is all that follows the equals sign");
    po::store(parsed, values);
  } catch (const po::error& e) {
    return Malformed("config.syntax", OptionErrorText(e), "see holdfast-agent(8)");
  }
  return {};
}

Status StoreConfigFile(const Path& file, bool must_exist, po::variables_map& values) {
  auto content = ReadFile(file, kMaxConfigSize);
  if (!content) {
    if (!must_exist && content.error().kind == ErrorKind::kNotFound) return {};
    content.error().message = "the configuration file " + content.error().message;
    content.error().advice = "make it a readable file of at most 64 KiB, or name another with --config";
    return tl::unexpected(std::move(content.error()));
  }
  auto stored = StoreConfig(AsText(*content), values);
  if (!stored) stored.error().message = file.string() + ": " + stored.error().message;
  return stored;
}

}  // namespace

Result<AgentCommandLine> ReadAgentOptions(int argc, const char* const* argv, const Path& usual) {
  po::options_description all;
  all.add(Settings()).add(OnlyCommandLine());
  po::variables_map values;
  try {
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(argc, argv).options(all).positional({}).style(style).run(), values);
  } catch (const po::error& e) {
    return Fail(ErrorKind::kUsage, "usage.option", OptionErrorText(e), "see holdfast-agent --help");
  }
  AgentCommandLine line;
  if (values.contains("help")) line.what = AgentCommandLine::What::kHelp;
  if (values.contains("version")) line.what = AgentCommandLine::What::kVersion;
  if (line.what != AgentCommandLine::What::kRun) return line;
  AgentConfig given;
  if (auto applied = Apply(values, given); !applied) {
    applied.error().kind = ErrorKind::kUsage;
    return tl::unexpected(std::move(applied.error()));
  }
  const bool named = values.contains("config");
  const Path file = named ? Path(values["config"].as<std::string>()) : usual;
  HOLDFAST_CHECK(StoreConfigFile(file, named, values));
  if (auto applied = Apply(values, line.config); !applied) {
    applied.error().message = file.string() + ": " + applied.error().message;
    return tl::unexpected(std::move(applied.error()));
  }
  if (line.config.http_listen.has_value() == line.config.http_token_file.empty())
    return Fail(ErrorKind::kUsage, "config.http-token-file",
                "http-listen and http-token-file go together: there is only one of them",
                "give both, or neither");
  return line;
}

Result<AgentConfig> ParseAgentConfig(std::string_view text) {
  po::variables_map values;
  AgentConfig config;
  HOLDFAST_CHECK(StoreConfig(text, values));
  HOLDFAST_CHECK(Apply(values, config));
  return config;
}

std::string AgentHelp() {
  std::ostringstream out;
  out << "usage: holdfast-agent [OPTION...]\n\n"
         "Enforces the licenses that are installed on this machine, and answers applications on a socket.\n\n"
      << Settings() << "\n"
      << OnlyCommandLine();
  return out.str();
}

}  // namespace holdfast
