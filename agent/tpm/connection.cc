#include "agent/tpm/connection.h"

#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include <algorithm>

namespace holdfast::tpm {
namespace {

constexpr std::chrono::milliseconds kFirstWait{20}, kLongestWait{2000};
constexpr int kMaxWaits = 11;  // 20, 40, … 1280, then 2000 ms: 10.5 s in all

Error CannotOpen(const std::string& tcti, TSS2_RC rc) {
  return {ErrorKind::kUnavailable, "tpm.open",
          "no connection to a TPM through '" + tcti + "': " + Tss2_RC_Decode(rc),
          "check that the TPM is enabled in the firmware setup, that the device exists, that the user is in "
          "group tss "
          "and that no other program holds it"};
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& tcti, const TpmOptions& options) {
  TSS2_TCTI_CONTEXT* transport = nullptr;
  if (TSS2_RC rc = Tss2_TctiLdr_Initialize(tcti.c_str(), &transport))
    return tl::unexpected(CannotOpen(tcti, rc));
  std::unique_ptr<Connection> opened(new Connection(transport, options));
  if (TSS2_RC rc = Esys_Initialize(&opened->esys_, transport, nullptr))
    return tl::unexpected(CannotOpen(tcti, rc));
  return opened;
}

Connection::~Connection() {
  if (esys_) Esys_Finalize(&esys_);
  Tss2_TctiLdr_Finalize(&tcti_);
}

TSS2_RC Connection::Send(const std::function<TSS2_RC(ESYS_CONTEXT*)>& command) {
  if (options_.observe) options_.observe(TpmOptions::Event::kCommand);
  TSS2_RC rc = command(esys_);
  if (options_.observe) options_.observe(TpmOptions::Event::kAnswer);
  return rc;
}

Status Connection::Run(const Step& step, const std::function<TSS2_RC(ESYS_CONTEXT*)>& command) {
  std::chrono::milliseconds wait = kFirstWait;
  int waits = 0;
  bool freed = false;
  while (TSS2_RC rc = Send(command)) {
    Recovery recovery = RecoveryFor(rc);
    if (recovery == Recovery::kRetryLater && waits < kMaxWaits) {
      waits++;
      options_.sleep(wait);
      wait = std::min(wait * 2, kLongestWait);
    } else if (recovery == Recovery::kFreeSlots && !freed && !freeing_) {
      freed = true;
      FreeLeftovers();
    } else {
      broken_ = broken_ || recovery == Recovery::kReconnect;
      return tl::unexpected(Explain(rc, step));
    }
  }
  return {};
}

}  // namespace holdfast::tpm
