#include "tests/bench/report.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace holdfast::bench {

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

Paired Compare(int rounds, const std::function<double()>& a, const std::function<double()>& b) {
  std::vector<double> as, bs, ratios;
  a();  // warm up both
  b();
  for (int i = 0; i < rounds; i++) {
    // The order alternates, so that what heats or slows the machine hits both.
    double x = i % 2 ? 0 : a(), y = b();
    if (i % 2) x = a();
    as.push_back(x);
    bs.push_back(y);
    ratios.push_back(x / y);
  }
  return {Median(ratios), Median(as), Median(bs)};
}

double WallSeconds(const std::function<void()>& work) {
  auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

static double UsedCpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double CpuSeconds(const std::function<void()>& work) {
  const double before = UsedCpu();
  work();
  return UsedCpu() - before;
}

void PrintTable(const std::vector<Row>& rows) {
  std::printf("%-44s %8s  %-8s %-5s %s\n", "what", "ratio", "aim", "met", "detail");
  for (const Row& row : rows) {
    char aim[32] = "-";
    if (row.aim) std::snprintf(aim, sizeof aim, "%s %.2f", row.at_least ? ">=" : "<=", *row.aim);
    std::printf("%-44s %8.3f  %-8s %-5s %s\n", row.name.c_str(), row.ratio, aim,
                row.aim ? (row.met() ? "yes" : "NO") : "-", row.detail.c_str());
  }
}

bool WriteJson(const std::vector<Row>& rows, const std::string& path) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    nlohmann::ordered_json aim;
    if (row.aim) aim = *row.aim;
    list.push_back(
        {{"name", row.name}, {"ratio", row.ratio}, {"aim", aim}, {"met", row.met()}, {"detail", row.detail}});
  }
  std::ofstream out(path);
  out << list.dump(2) << "\n";
  return static_cast<bool>(out.flush());
}

}  // namespace holdfast::bench
