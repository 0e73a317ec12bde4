// holdfast-signer: options in, objects built, run. What the commands do is in the headers that they include;
// holdfast-signer(8) describes them.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/program_options.hpp>
#include <charconv>
#include <iostream>
#include <mutex>
#include <set>
#include <thread>

#include "certs/pem_signing_key.h"
#include "protocol/display_text.h"
#include "protocol/platform/option_error.h"
#include "protocol/terms.h"
#include "signer/hsm/audit_repair.h"
#include "signer/hsm/change.h"
#include "signer/hsm/end_in_time.h"
#include "signer/hsm/key_ceremony.h"
#include "signer/hsm/signer_loader.h"
#include "signer/hsm/signer_server.h"

namespace {

using namespace holdfast;
using namespace holdfast::hsm;
namespace po = boost::program_options;

using Texts = std::vector<std::string>;

constexpr int kDone = 0, kFailed = 1, kUsage = 2;
constexpr int kPinRefused = 77;  // the service must not be restarted: see the unit's RestartPreventExitStatus

constexpr std::string_view kCommands =
    R"(holdfast-signer: holds the vendor's keys and signs what its policy allows

  serve          answer orders on a socket (the default)
  ceremony       make a signer: keys, certificates, configuration, transcript
  approve        approve a plan with an operator's key
  rotate         make a new generation of a line's keys
  add-line       make the keys of a new product line
  root-crl       sign the root's revocation list anew
  audit verify   check the whole audit log
  audit restart  begin a new audit log where the old one is lost
  audit accept-clock
                 sign again after the clock was ahead
  check          make a test signature with every key

holdfast-signer COMMAND --help lists a command's options, holdfast-signer --version prints the version; holdfast-signer(8)
explains them.
)";

std::string Text(const po::variables_map& options, const char* name) {
  return options.count(name) ? options[name].as<std::string>() : std::string();
}
Texts List(const po::variables_map& options, const char* name) {
  return options.count(name) ? options[name].as<Texts>() : Texts();
}

tl::unexpected<Error> Usage(std::string message) {
  return Fail(ErrorKind::kUsage, "usage", std::move(message), "See holdfast-signer --help");
}

// A file may have any name; all other values are text, and go into plans and configurations in JSON.
Status CheckText(const po::variables_map& options) {
  static const std::set<std::string> kFiles{"config",   "socket", "dir",    "plan",
                                            "approval", "key",    "output", "log"};
  for (const auto& [name, value] : options) {
    Texts texts;
    if (const auto* text = boost::any_cast<std::string>(&value.value())) texts = {*text};
    if (const auto* list = boost::any_cast<Texts>(&value.value())) texts = *list;
    if (!kFiles.contains(name) && !std::all_of(texts.begin(), texts.end(), IsUtf8))
      return Usage("the value of --" + name + " is not UTF-8");
  }
  return {};
}

Path ConfigFile(const po::variables_map& options) {
  const std::string file = Text(options, "config");
  return file.empty() ? Path("/etc/holdfast/signer/signer.conf") : Path(file);
}

SignerPaths PathsOf(const po::variables_map& options) {
  return {std::filesystem::absolute(ConfigFile(options)).lexically_normal().parent_path()};
}

Result<std::vector<Approval>> Approvals(const po::variables_map& options) {
  std::vector<Approval> approvals;
  for (const std::string& file : List(options, "approval")) {
    HOLDFAST_TRY(Approval approval, ReadApproval(file));
    approvals.push_back(std::move(approval));
  }
  return approvals;
}

Result<std::string> ReadPlan(const Path& file) {
  HOLDFAST_TRY(const Bytes text, ReadFile(file, kMaxPlanSize));
  return std::string(AsText(text));
}

// ---- serve ------------------------------------------------------------------------------------------------

// Waits for SIGTERM, SIGINT and SIGHUP in a thread of its own; all other threads have them blocked.
class SignalThread {
 public:
  using Action = std::function<void()>;

  // Until Handle, a signal ends the process as it does any other, also while an HSM hangs.
  SignalThread() : thread_([this] { Loop(); }) {}
  ~SignalThread() {
    {
      const std::scoped_lock lock(mutex_);
      ended_ = true;
    }
    ::kill(::getpid(), SIGTERM);
  }
  // `hang_up` gets a thread, so that it may take long; while it runs, SIGHUP is ignored. Returns when what was
  // handled before is over.
  void Handle(Action stop, Action hang_up) {
    std::thread before;
    {
      const std::scoped_lock lock(mutex_);
      stop_ = std::move(stop);
      hang_up_ = std::move(hang_up);
      before = std::move(hanging_up_);
    }
    if (before.joinable()) before.join();
  }
  static sigset_t Signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
    return set;
  }

 private:
  void Loop() {
    const sigset_t set = Signals();
    for (;;) {
      int signal = 0;
      if (::sigwait(&set, &signal) != 0) continue;
      const std::scoped_lock lock(mutex_);
      if (ended_) return;
      if (!stop_) {
        ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
        ::kill(::getpid(), signal);
      } else if (signal != SIGHUP) {
        stop_();
      } else if (hang_up_ && !busy_.exchange(true)) {
        if (hanging_up_.joinable()) hanging_up_.join();
        hanging_up_ = std::thread([this, action = hang_up_] {
          action();
          busy_ = false;
        });
      }
    }
  }

  std::mutex mutex_;
  Action stop_, hang_up_;
  bool ended_ = false;
  std::thread hanging_up_;
  std::atomic<bool> busy_{false};
  std::jthread thread_;
};

void Complain(const Error& error) {
  std::cerr << "holdfast-signer: " << error.message << " (" << error.check << ")"
            << (error.advice.empty() ? "" : ". " + error.advice) << "\n";
}

// The operator says that a PIN file was corrected.
void RetryPins(LoadedSigner& signer) {
  ::sd_notify(0, "RELOADING=1");
  const Status retried = signer.tokens.RetryRefusedPins();
  if (!retried) Complain(retried.error());
  if (retried) (void)signer.issuer->KeepAlive();  // keys that pause after failures sign again at once
  ::sd_notify(0, retried ? "READY=1\nSTATUS=Signing" : "READY=1\nSTATUS=The token refuses the PIN");
}

// To the journal and the service manager: whoever watches neither audit log nor status learns it too.
SignerServer::Health HealthTeller() {
  return [bad = false](const SignerStatus& status) mutable {
    const bool good = status.state == "ok";
    if (good && bad) std::cerr << "holdfast-signer: the HSM signs again\n";
    if (!good) std::cerr << "holdfast-signer: " << status.state << ": " << status.detail << "\n";
    bad = !good;
    ::sd_notify(0, ("STATUS=" + (good ? "Signing" : status.state + ": " + status.detail)).c_str());
  };
}

// What ends must not wait for an HSM that is silent.
class InTime {
 public:
  InTime(EndInTime& end, SignalThread& signals, Seconds hsm_deadline)
      : end_(end), signals_(signals), grace_(hsm_deadline + Seconds(5)) {}
  ~InTime() {
    Begin();
    signals_.Handle([] {}, {});
  }
  void Begin() const {
    end_.Begin(grace_, [grace = grace_] {
      return "ended without waiting any longer: a call into the HSM has not come back for " +
             std::to_string(grace.count()) +
             " s. Whoever still waited was not answered; the audit log has what was ordered (hsm.down)";
    });
  }

 private:
  EndInTime& end_;
  SignalThread& signals_;
  const Seconds grace_;
};

Result<int> ServeLoaded(LoadedSigner& signer, const po::variables_map& options, int descriptor,
                        SignalThread& signals, EndInTime& end) {
  std::vector<uint32_t> allowed = signer.config.allowed_uids;
  allowed.push_back(::getuid());
  SignerServer server(*signer.issuer, allowed, descriptor < 0 ? HealthTeller() : nullptr);
  const InTime in_time(end, signals, signer.config.hsm_deadline);
  const auto stop = [&] {
    server.Stop();
    in_time.Begin();
  };
  if (descriptor >= 0) {
    signals.Handle(stop, stop);
    HOLDFAST_CHECK(server.ServeOne(descriptor));
    return kDone;
  }
  signals.Handle(stop, [&signer] { RetryPins(signer); });
  const std::string named = Text(options, "socket");
  const Path path = named.empty() ? signer.paths.directory / "signer.sock" : Path(named);
  HOLDFAST_TRY(const int listener, ListenAt(path));
  ::sd_notify(0, "READY=1");
  const Status ran = server.Run(listener);
  ::sd_notify(0, "STOPPING=1");
  ::unlink(path.c_str());
  ::close(listener);
  HOLDFAST_CHECK(ran);
  return kDone;
}

Result<int> Serve(const po::variables_map& options) {
  const sigset_t set = SignalThread::Signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  EndInTime end;  // outlives what may wait for the HSM
  SignalThread signals;
  const int descriptor = options.count("socket-fd") ? options["socket-fd"].as<int>() : -1;
  auto signer = LoadSigner(ConfigFile(options), SystemClock());
  if (signer) return ServeLoaded(*signer, options, descriptor, signals, end);
  if (descriptor < 0) return tl::unexpected(signer.error());
  AnswerWithError(descriptor, signer.error());  // whoever started us reports it
  return kFailed;
}

// ---- ceremony and changes
// -----------------------------------------------------------------------------------

Result<CeremonyPlan> PlanFromOptions(const po::variables_map& options) {
  SimplePlan simple;
  simple.vendor = Text(options, "vendor");
  simple.line = Text(options, "line");
  simple.key_type = Text(options, "key-type");
  if (simple.vendor.empty()) return Usage("ceremony needs --plan or --vendor");
  if (options.count("module") || options.count("token")) {
    TokenConfig token;
    token.module = Text(options, "module");
    token.module_env = List(options, "module-env");
    token.uri = Text(options, "token");
    const std::string pin_file = Text(options, "pin-file");
    if (!pin_file.empty()) token.pin_file = std::filesystem::absolute(pin_file);
    token.sessions = options["sessions"].as<int>();
    simple.token = token;
  }
  return MakeSimplePlan(simple);
}

Result<int> HoldCeremonyCommand(const po::variables_map& options) {
  Ceremony ceremony;
  ceremony.directory = Text(options, "dir");
  ceremony.clock = SystemClock();
  if (ceremony.directory.empty()) return Usage("ceremony needs --dir");
  Path base = std::filesystem::absolute(ceremony.directory);
  if (const std::string file = Text(options, "plan"); !file.empty()) {
    HOLDFAST_TRY(ceremony.plan_text, ReadPlan(file));
    base = std::filesystem::absolute(file).parent_path();
  } else {
    HOLDFAST_TRY(const CeremonyPlan plan, PlanFromOptions(options));
    ceremony.plan_text = FormatCeremonyPlan(plan, base);
  }
  // A plan made from options passes through the same parser.
  HOLDFAST_TRY(ceremony.plan, ParseCeremonyPlan(ceremony.plan_text, base));
  if (options.count("print-plan")) {
    std::cout << ceremony.plan_text;
    return kDone;
  }
  HOLDFAST_TRY(ceremony.approvals, Approvals(options));
  if (options.count("dry-run")) {
    HOLDFAST_TRY(const std::string text, DescribeCeremony(ceremony));
    std::cout << text;
    return kDone;
  }
  HOLDFAST_TRY(const auto finished, FinishCeremony(ceremony));
  if (finished) {
    std::cout << "This ceremony had been interrupted when all was made. It is finished now.\n\n" << *finished;
    return kDone;
  }
  HOLDFAST_TRY(const Transcript transcript, HoldCeremony(ceremony));
  std::cout << FormatTranscriptText(transcript);
  return kDone;
}

Result<std::vector<RevokedGeneration>> Revocations(const po::variables_map& options) {
  std::vector<RevokedGeneration> revoke;
  for (const std::string& text : List(options, "revoke")) {
    const size_t colon = text.rfind(':');
    int generation = 0;
    const char* const end = text.data() + text.size();
    const bool number = colon != text.npos &&
                        std::from_chars(text.data() + colon + 1, end, generation).ptr == end &&
                        generation > 0;
    if (!number || !IsIdentifier(text.substr(0, colon)))
      return Usage("--revoke wants LINE:GENERATION, the name of a line and a number");
    revoke.push_back({text.substr(0, colon), generation});
  }
  return revoke;
}

Result<int> MakeChangeCommand(const std::string& operation, const po::variables_map& options) {
  Change change{.config_file = ConfigFile(options), .clock = SystemClock()};
  if (const std::string file = Text(options, "plan"); !file.empty()) {
    HOLDFAST_TRY(change.plan_text, ReadPlan(file));
  } else {
    ChangeRequest request{.operation = operation,
                          .line = Text(options, "line"),
                          .key_type = Text(options, "key-type"),
                          .token = Text(options, "token")};
    HOLDFAST_TRY(request.revoke, Revocations(options));
    HOLDFAST_TRY(const ChangePlan plan, ProposeChange(request, change.config_file, change.clock()));
    change.plan_text = FormatChangePlan(plan);
  }
  HOLDFAST_TRY(change.plan, ParseChangePlan(change.plan_text));
  if (change.plan.operation != operation) return Usage("the plan is one for " + change.plan.operation);
  if (options.count("print-plan") || options.count("dry-run")) {
    std::cout << change.plan_text;
    return kDone;
  }
  HOLDFAST_TRY(change.approvals, Approvals(options));
  HOLDFAST_TRY(const Transcript transcript, MakeChange(change));
  std::cout << FormatTranscriptText(transcript);
  return kDone;
}

Result<int> Approve(const po::variables_map& options) {
  for (const char* name : {"plan", "key", "operator", "output"})
    if (Text(options, name).empty()) return Usage(std::string("approve needs --") + name);
  HOLDFAST_TRY(const std::string plan, ReadPlan(Text(options, "plan")));
  HOLDFAST_TRY(const Secret pem, ReadSecretFile(Text(options, "key"), 16 * 1024));
  HOLDFAST_TRY(const auto key, ParsePemSigningKey(pem));
  const std::string input = JwsSigningInput(MessageType::kApproval, AlgorithmFor(key->public_key().type()),
                                            {}, ApprovalPayload(AsBytes(plan), Text(options, "operator")));
  HOLDFAST_TRY(const Bytes signature, key->SignDigest(Sha256(AsBytes(input))));
  const std::string jws = FinishJws(input, signature) + "\n";
  HOLDFAST_CHECK(WriteFileAtomically(Text(options, "output"), AsBytes(jws), 0644));
  std::cout << "Approved the plan with SHA-256 " << HexEncode(Sha256(AsBytes(plan))) << "\n";
  return kDone;
}

// ---- audit and check
// ----------------------------------------------------------------------------------------

Result<int> VerifyAudit(const po::variables_map& options) {
  Path log = Text(options, "log");
  if (log.empty()) log = PathsOf(options).AuditLog();
  std::optional<AuditHead> known;
  if (const std::string text = Text(options, "checkpoint"); !text.empty()) {
    HOLDFAST_TRY(known, ParseAuditHead(text));
  }
  std::optional<FileLock> lock;
  if (options.count("write-head")) {
    if (!known) return Usage("--write-head needs --checkpoint");
    if (options.count("log"))
      return Usage("--write-head is for the signer's own log: give --config, not --log");
    // Beside a running signer, its next record would stand behind another head.
    HOLDFAST_TRY(lock, LockSigner(PathsOf(options)));
  }
  HOLDFAST_TRY(const AuditSummary summary, VerifyAuditLog(log, known));
  if (options.count("write-head")) HOLDFAST_CHECK(WriteAuditCheckpoint(log, summary.head));
  std::cout << summary.head.sequence << " records, complete and unaltered";
  if (summary.first) std::cout << ", " << FormatTime(*summary.first) << " to " << FormatTime(*summary.last);
  std::cout << "\nCheckpoint: " << FormatAuditHead(summary.head) << "\n";
  return kDone;
}

Result<int> RepairAudit(const std::string& command, const po::variables_map& options) {
  HOLDFAST_CHECK(ReadSignerConfig(ConfigFile(options)));
  const SignerPaths paths = PathsOf(options);
  HOLDFAST_TRY(const FileLock lock, LockSigner(paths));
  if (command == "audit restart") {
    HOLDFAST_TRY(const AuditHead head, RestartAuditLog(paths.AuditLog(), SystemClock()));
    std::cout << "A new audit log was begun, and says so. What the old one had is lost\nCheckpoint: "
              << FormatAuditHead(head) << "\n";
    return kDone;
  }
  HOLDFAST_TRY(const AcceptedClock accepted, AcceptClock(paths.AuditLog(), SystemClock()));
  std::cout << (accepted.needed
                    ? "It is on record that the clock is right now"
                    : "Nothing to accept: no record of the log is later than now. Nothing was changed")
            << "\nCheckpoint: " << FormatAuditHead(accepted.head) << "\n";
  return kDone;
}

Result<int> Check(const po::variables_map& options) {
  HOLDFAST_TRY(LoadedSigner signer, LoadSigner(ConfigFile(options), SystemClock()));
  HOLDFAST_CHECK(signer.issuer->KeepAlive());
  HOLDFAST_TRY(const SignerStatus status, signer.issuer->GetStatus());
  for (const IssuerInfo& issuer : status.issuers)
    std::cout << "line " << issuer.line << (issuer.current ? ", current" : ", older") << ": keys sign\n";
  std::cout << "audit: " << status.audit_sequence << ":" << status.audit_head << "\n";
  return kDone;
}

// ---- options ----------------------------------------------------------------------------------------------

po::options_description OptionsOf(const std::string& command) {
  po::options_description all("holdfast-signer " + command);
  auto add = all.add_options();
  const auto text = [] { return po::value<std::string>(); };
  const auto texts = [] { return po::value<Texts>()->composing(); };
  add("help,h", "this text");
  const bool change = command == "rotate" || command == "add-line" || command == "root-crl";
  if (command != "ceremony" && command != "approve") add("config,c", text(), "signer.conf");
  if (command == "serve") {
    add("socket", text(), "listen here; default: signer.sock beside signer.conf");
    add("socket-fd", po::value<int>(), "serve one connected socket, then end");
  }
  if (command == "ceremony") {
    add("dir", text(), "the signer's directory, made by the ceremony");
    add("vendor", text(), "the vendor's name, when there is no plan");
    add("line", text()->default_value("default"), "product line, when there is no plan");
    add("key-type", text()->default_value("ec-p256"), "ec-p256, ec-p384 or rsa-3072");
    add("module", text(), "PKCS#11 module; default: an embedded SoftHSM token");
    add("module-env", texts(), "NAME=VALUE for the module; repeatable");
    add("token", text(), "the token's pkcs11: URI");
    add("pin-file", text(), "file with the user PIN, mode 0600");
    add("sessions", po::value<int>()->default_value(0), "sessions of the token; 0: one per core");
  }
  if (command == "rotate" || command == "add-line") {
    add("line", text()->default_value("default"), "product line");
    add("key-type", text(), "default: as before");
    add("token", text(), "name of the token in signer.conf; default: as before");
  }
  if (command == "root-crl") add("revoke", texts(), "LINE:GENERATION whose issuing key is lost; repeatable");
  if (change || command == "ceremony" || command == "approve") add("plan", text(), "plan file");
  if (change || command == "ceremony") {
    add("approval", texts(), "an operator's approval; repeatable");
    add("dry-run", "say what would be made");
    add("print-plan", "print the plan for review and approval");
  }
  if (command == "approve") {
    add("key", text(), "the operator's private key, PEM, P-256, mode 0600");
    add("operator", text(), "the operator's name in the plan");
    add("output,o", text(), "approval to write");
  }
  if (command == "audit verify") {
    add("log", text(), "audit log; default: the one beside signer.conf");
    add("checkpoint", text(), "N:HASH that somebody else kept");
    add("write-head", "make that the log's checkpoint, as after a restore");
  }
  return all;
}

Result<int> Run(const std::string& command, const Texts& arguments) {
  const po::options_description description = OptionsOf(command);
  po::variables_map options;
  try {
    po::store(po::command_line_parser(arguments).options(description).positional({}).run(), options);
    po::notify(options);
  } catch (const po::error& error) {
    return Usage(OptionErrorText(error));
  }
  if (options.count("help")) {
    std::cout << description;
    return kDone;
  }
  HOLDFAST_CHECK(CheckText(options));
  if (command == "serve") return Serve(options);
  if (command == "ceremony") return HoldCeremonyCommand(options);
  if (command == "approve") return Approve(options);
  if (command == "audit verify") return VerifyAudit(options);
  if (command == "audit restart" || command == "audit accept-clock") return RepairAudit(command, options);
  if (command == "check") return Check(options);
  return MakeChangeCommand(command, options);
}

Result<int> Dispatch(Texts arguments) {
  std::string command = "serve";
  if (!arguments.empty() && !arguments[0].starts_with('-')) {
    command = arguments[0];
    arguments.erase(arguments.begin());
    if (command == "audit" && !arguments.empty()) {
      command += " " + arguments[0];
      arguments.erase(arguments.begin());
    }
  } else if (!arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h")) {
    std::cout << kCommands;
    return kDone;
  } else if (arguments == Texts{"--version"}) {
    std::cout << "holdfast-signer " << HOLDFAST_VERSION << "\n";
    return kDone;
  }
  for (const char* known : {"serve", "ceremony", "approve", "rotate", "add-line", "root-crl", "audit verify",
                            "audit restart", "audit accept-clock", "check"})
    if (command == known) return Run(command, arguments);
  return Usage("there is no command \"" + command + "\"");
}

// What no boundary caught, such as std::filesystem's in a directory that was deleted: an error, never an abort.
Result<int> DispatchCaught(const Texts& arguments) {
  try {
    return Dispatch(arguments);
  } catch (const std::exception& e) {
    return Fail(ErrorKind::kInternal, "internal.exception", e.what());
  }
}

// No core files with PINs in them, no debugger of the same user; a dead peer or a full disk is an error, not
// a death.
void Harden() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  ::umask(0077);
}

}  // namespace

int main(int argc, char** argv) {
  Harden();
  auto code = DispatchCaught(Texts(argv + 1, argv + argc));
  if (code) return *code;
  Complain(code.error());
  if (code.error().check == "hsm.pin_refused") return kPinRefused;
  return code.error().kind == ErrorKind::kUsage ? kUsage : kFailed;
}
