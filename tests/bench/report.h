// One table of ratios. Each is measured side by side in this run, as the median of several rounds, so that it means something on any
// machine; absolute figures are only in the detail column.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::bench {

struct Row {
  std::string name;
  double ratio = 0;
  std::optional<double> aim;  // absent: reported only
  bool at_least = false;      // the aim is a lower bound
  std::string detail;
  bool met() const { return !aim || (at_least ? ratio >= *aim : ratio <= *aim); }
};

double Median(std::vector<double> values);

// Runs `a` and `b` in turns, `rounds` times each, and gives the median of the rounds' a/b and each one's median.
struct Paired {
  double ratio, a, b;
};
Paired Compare(int rounds, const std::function<double()>& a, const std::function<double()>& b);

double WallSeconds(const std::function<void()>& work);
double CpuSeconds(const std::function<void()>& work);  // of all threads of this process

void PrintTable(const std::vector<Row>& rows);
bool WriteJson(const std::vector<Row>& rows, const std::string& path);

}  // namespace holdfast::bench
