// The files of the golden cases, one case a line, and the ledger that says which sentence has which case.
#pragma once

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "tests/golden/replay.h"

namespace vip::golden {

struct Case {
  std::string file;
  std::string line;  // as it is written
  // Discarded where the line is no JSON. Read when it is asked for: each test is a process that wants one of
  // all.
  [[nodiscard]] Json json() const;
  [[nodiscard]] std::string id() const;
  friend std::ostream& operator<<(std::ostream& out, const Case& golden) { return out << golden.id(); }
};

// All cases of all *.jsonl files of the folder, by file name and line.
[[nodiscard]] std::vector<Case> read_cases(const std::filesystem::path& folder);
// Writes what happens into the expectations of all files; a case that cannot be played stays as it is.
void rewrite_cases(const std::filesystem::path& folder);

// A row of a table of ledger.md: | section | sentence, in our words | cases, or why there is none |, under a
// heading that names the document.
struct LedgerRow {
  std::string document;
  std::string section;
  std::string sentence;
  std::string shown_by;
  std::vector<std::string> ids;  // what stands in backquotes in shown_by
};
[[nodiscard]] std::vector<LedgerRow> read_ledger(const std::filesystem::path& file);

}  // namespace vip::golden
