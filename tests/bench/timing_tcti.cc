// A TCTI (TSS 2.0 TCTI API 1.4) that passes everything to another one and adds up the time between a command and its
// response. For the benchmark: TCTI string "<path of this library>:<real TCTI string>". The sums are written to the file that
// HOLDFAST_TCTI_TIMES names when the context is closed, as "commands nanoseconds", added to what is there.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <tss2/tss2_tcti.h>
#include <tss2/tss2_tctildr.h>

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Timing {
  TSS2_TCTI_CONTEXT_COMMON_V2 common;
  TSS2_TCTI_CONTEXT* real;
  SteadyClock::time_point sent;
  long long nanoseconds;
  long commands;
};

Timing* Of(TSS2_TCTI_CONTEXT* c) {
  return reinterpret_cast<Timing*>(c);
}

TSS2_RC Transmit(TSS2_TCTI_CONTEXT* c, size_t size, const uint8_t* command) {
  Of(c)->sent = SteadyClock::now();
  return Tss2_Tcti_Transmit(Of(c)->real, size, command);
}

TSS2_RC Receive(TSS2_TCTI_CONTEXT* c, size_t* size, uint8_t* response, int32_t timeout) {
  TSS2_RC rc = Tss2_Tcti_Receive(Of(c)->real, size, response, timeout);
  if (rc == TSS2_RC_SUCCESS && response) {
    Of(c)->nanoseconds += (SteadyClock::now() - Of(c)->sent).count();
    Of(c)->commands++;
  }
  return rc;
}

void Finalize(TSS2_TCTI_CONTEXT* c) {
  if (const char* path = std::getenv("HOLDFAST_TCTI_TIMES")) {
    long commands = 0;
    long long nanoseconds = 0;
    if (FILE* f = std::fopen(path, "r")) {
      if (std::fscanf(f, "%ld %lld", &commands, &nanoseconds) != 2) commands = nanoseconds = 0;
      std::fclose(f);
    }
    if (FILE* f = std::fopen(path, "w")) {
      std::fprintf(f, "%ld %lld\n", commands + Of(c)->commands, nanoseconds + Of(c)->nanoseconds);
      std::fclose(f);
    }
  }
  Tss2_TctiLdr_Finalize(&Of(c)->real);
}

TSS2_RC Cancel(TSS2_TCTI_CONTEXT* c) {
  return Tss2_Tcti_Cancel(Of(c)->real);
}
TSS2_RC PollHandles(TSS2_TCTI_CONTEXT* c, TSS2_TCTI_POLL_HANDLE* h, size_t* n) {
  return Tss2_Tcti_GetPollHandles(Of(c)->real, h, n);
}
TSS2_RC Locality(TSS2_TCTI_CONTEXT* c, uint8_t l) {
  return Tss2_Tcti_SetLocality(Of(c)->real, l);
}

TSS2_RC Init(TSS2_TCTI_CONTEXT* context, size_t* size, const char* config) {
  if (!size) return TSS2_TCTI_RC_BAD_VALUE;
  if (!context) {
    *size = sizeof(Timing);
    return TSS2_RC_SUCCESS;
  }
  Timing* t = Of(context);
  std::memset(static_cast<void*>(t), 0, sizeof *t);
  if (TSS2_RC rc = Tss2_TctiLdr_Initialize(config, &t->real); rc != TSS2_RC_SUCCESS) return rc;
  t->common.v1.magic = 0x686f6c6474696d65;  // "holdtime"
  t->common.v1.version = 2;
  t->common.v1.transmit = Transmit;
  t->common.v1.receive = Receive;
  t->common.v1.finalize = Finalize;
  t->common.v1.cancel = Cancel;
  t->common.v1.getPollHandles = PollHandles;
  t->common.v1.setLocality = Locality;
  return TSS2_RC_SUCCESS;
}

const TSS2_TCTI_INFO kInfo{2, "holdfast-timing", "Adds up the time of TPM commands.",
                           "the TCTI string of the real one", Init};

}  // namespace

extern "C" __attribute__((visibility("default"))) const TSS2_TCTI_INFO* Tss2_Tcti_Info() {
  return &kInfo;
}
