// usage: holdfast-bench [--json FILE] [SECTION...]     sections: verify, check, client, activation, agent, issue
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

#include "tests/bench/sections.h"

int main(int argc, char** argv) {
  using namespace holdfast::bench;
  const std::vector<std::pair<std::string, std::function<void(std::vector<Row>&)>>> sections{
      {"verify", VerifySection},         {"check", CheckSection}, {"client", ClientSection},
      {"activation", ActivationSection}, {"agent", AgentSection}, {"issue", IssueSection}};
  std::string json;
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; i++) {
    if (std::strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
      json = argv[++i];
    } else {
      wanted.emplace_back(argv[i]);
    }
  }
  std::vector<Row> rows;
  for (const auto& [name, run] : sections) {
    bool selected = wanted.empty();
    for (const std::string& w : wanted) selected = selected || w == name;
    if (!selected) continue;
    std::fprintf(stderr, "measuring: %s\n", name.c_str());
    run(rows);
  }
  PrintTable(rows);
  return json.empty() || WriteJson(rows, json) ? 0 : 1;
}
