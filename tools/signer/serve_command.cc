#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <climits>
#include <iostream>

#include "signer/hsm/end_in_time.h"
#include "signer/hsm/signer_loader.h"
#include "signer/hsm/signer_server.h"
#include "tools/cli/output.h"
#include "tools/signer/commands.h"
#include "tools/signer/options.h"
#include "tools/signer/signal_thread.h"

namespace holdfast::signer {
namespace {

// The operator says that a PIN file was corrected.
void RetryPins(hsm::LoadedSigner& loaded) {
  ::sd_notify(0, "RELOADING=1");
  const Status retried = loaded.tokens.RetryRefusedPins();
  if (!retried) std::cerr << cli::FormatError("holdfast-signer", retried.error());
  if (retried) (void)loaded.issuer->KeepAlive();  // keys that pause after failures sign again at once
  ::sd_notify(0, retried ? "READY=1\nSTATUS=Signing" : "READY=1\nSTATUS=The token refuses the PIN");
}

// To the journal and the service manager: whoever watches neither audit log nor status learns it too.
hsm::SignerServer::Health HealthTeller() {
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
  InTime(hsm::EndInTime& end, SignalThread& signals, Seconds hsm_deadline)
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
  hsm::EndInTime& end_;
  SignalThread& signals_;
  const Seconds grace_;
};

Status ServeListener(hsm::SignerServer& server, const Path& path) {
  HOLDFAST_TRY(const int listener, hsm::ListenAt(path));
  ::sd_notify(0, "READY=1");
  const Status ran = server.Run(listener);
  ::sd_notify(0, "STOPPING=1");
  ::unlink(path.c_str());
  ::close(listener);
  return ran;
}

// `descriptor`: a connected socket, or -1 to listen at `path`.
Status ServeLoaded(hsm::LoadedSigner& loaded, const Path& path, int descriptor, SignalThread& signals,
                   hsm::EndInTime& end) {
  std::vector<uint32_t> allowed = loaded.config.allowed_uids;
  allowed.push_back(::getuid());
  hsm::SignerServer server(*loaded.issuer, allowed, descriptor < 0 ? HealthTeller() : nullptr);
  const InTime in_time(end, signals, loaded.config.hsm_deadline);
  const auto stop = [&] {
    server.Stop();
    in_time.Begin();
  };
  if (descriptor >= 0) {
    signals.Handle(stop, stop);
    return server.ServeOne(descriptor);
  }
  signals.Handle(stop, [&loaded] { RetryPins(loaded); });
  return ServeListener(server, path.empty() ? loaded.paths.directory / "signer.sock" : path);
}

Result<int> Serve(const cli::Arguments& arguments) {
  int64_t descriptor = -1;
  if (arguments.Has("socket-fd")) {
    HOLDFAST_TRY(descriptor, arguments.Number("socket-fd", 0, INT_MAX));
  }
  const sigset_t set = SignalThread::Signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  hsm::EndInTime end;  // outlives what may wait for the HSM
  SignalThread signals;
  auto loaded = hsm::LoadSigner(ConfigFile(arguments), SystemClock());
  if (loaded) {
    HOLDFAST_CHECK(
        ServeLoaded(*loaded, arguments.File("socket"), static_cast<int>(descriptor), signals, end));
    return cli::kExitDone;
  }
  if (descriptor < 0) return tl::unexpected(loaded.error());
  hsm::AnswerWithError(static_cast<int>(descriptor), loaded.error());  // whoever started us reports it
  return cli::kExitError;
}

}  // namespace

cli::Command ServeCommand() {
  return {.name = "serve",
          .summary = "answer orders on a socket (the default)",
          .options = {kConfigOption,
                      {.name = "socket",
                       .value = "PATH",
                       .help = "listen here; otherwise at signer.sock beside signer.conf"},
                      {.name = "socket-fd", .value = "N", .help = "serve one connected socket, then end"}},
          .run = Serve};
}

}  // namespace holdfast::signer
