// Activation on the customer's side, from opening the TPM to the installed license, against the sum of its TPM commands. The
// vendor's part is not counted. A TPM command is the ESAPI call; what of it is the TPM itself is timed by a TCTI in between
// (timing_tcti.cc).
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "agent/activation.h"
#include "agent/ledger/books.h"
#include "agent/tpm/tpm.h"
#include "certs/path.h"
#include "tests/bench/activated_host.h"
#include "tests/bench/sections.h"
#include "tests/testing/pki.h"
#include "tests/testing/swtpm.h"

namespace holdfast::bench {
namespace {

const Clock kClock = [] { return testing::kPkiNow; };

struct Times {
  double total = 0, esapi = 0, bus = 0;
  long commands = 0;
};

Times ActivateOnce(const std::string& tcti, const std::filesystem::path& directory,
                   const testing::TestPki& pki) {
  const LicenseTerms terms = testing::TestPki::Terms();
  const std::filesystem::path sums = directory / "times";
  ::setenv("HOLDFAST_TCTI_TIMES", sums.c_str(), 1);
  std::filesystem::remove(sums);
  std::filesystem::remove_all(directory / "state");
  const StateDirectory state(directory / "state");
  const Secret product_key = ProductKeyText(terms);
  const TrustAnchors anchors = pki.Anchors();
  Times times;
  {
    auto lock = Must(state.Lock());
    std::chrono::steady_clock::time_point begun;
    TpmOptions options;
    options.observe = [&](TpmOptions::Event event) {
      const auto now = std::chrono::steady_clock::now();
      if (event == TpmOptions::Event::kCommand) begun = now;
      if (event == TpmOptions::Event::kAnswer)
        times.esapi += std::chrono::duration<double>(now - begun).count();
    };
    auto tpm = Must(Tpm::Open(tcti, options));
    std::string request, answer;
    OwnedTime time(kClock, SystemUptime());
    Books books(state, *tpm, time);
    const auto counter = [&] { return books.Counter(); };
    times.total += WallSeconds(
        [&] { request = Must(MakeRequest(product_key, {}, {*tpm}, state, counter, kClock)).file; });
    answer = AnswerTo(request, pki, terms);
    times.total += WallSeconds([&] {
      if (!Must(Install(answer, {*tpm}, state, anchors, kClock)).changed) std::abort();
    });
  }
  long long nanoseconds = 0;
  std::ifstream(sums) >> times.commands >> nanoseconds;
  times.bus = static_cast<double>(nanoseconds) / 1e9;
  return times;
}

}  // namespace

void ActivationSection(std::vector<Row>& rows) {
  const testing::TempDir directory;
  auto swtpm = testing::SwTpm::Start(directory.path() / "tpm");
  const std::string tcti = std::string(HOLDFAST_BINARY_DIR) + "/timing_tcti.so:" + swtpm->tcti();
  const testing::TestPki pki;
  std::vector<double> ratios, bus_ratios, totals, sums, bus;
  long commands = 0;
  for (int round = 0; round < 12; round++) {
    const Times t = ActivateOnce(tcti, directory.path(), pki);
    if (round == 0) continue;  // warm-up: defines the gate
    ratios.push_back(t.total / t.esapi);
    bus_ratios.push_back(t.total / t.bus);
    totals.push_back(t.total);
    sums.push_back(t.esapi);
    bus.push_back(t.bus);
    commands = t.commands;
  }
  char detail[160];
  std::snprintf(detail, sizeof detail,
                "%.1f ms, of which %.1f ms in ESAPI calls, %ld commands of a software TPM",
                Median(totals) * 1e3, Median(sums) * 1e3, commands);
  rows.push_back({"activation, customer's side / its TPM commands", Median(ratios), 1.2, false, detail});
  std::snprintf(detail, sizeof detail, "%.1f ms between command and response", Median(bus) * 1e3);
  rows.push_back({"the same / time on the bus alone", Median(bus_ratios), {}, false, detail});
}

}  // namespace holdfast::bench
