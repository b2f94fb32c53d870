#include "tests/golden/case_file.h"

#include <algorithm>
#include <fstream>
#include <string_view>

#include "common/base/text.h"

namespace vip::golden {
namespace {

std::vector<std::string> read_lines(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::filesystem::path> case_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> in_backquotes(const std::string& text) {
  std::vector<std::string> found;
  for (auto begin = text.find('`'); begin != std::string::npos;) {
    const auto end = text.find('`', begin + 1);
    if (end == std::string::npos) break;
    found.push_back(text.substr(begin + 1, end - begin - 1));
    begin = text.find('`', end + 1);
  }
  return found;
}

}  // namespace

Json Case::json() const {
  return Json::parse(line, nullptr, /*allow_exceptions=*/false);
}

// Without reading the whole line; a test holds that it is the same.
std::string Case::id() const {
  constexpr std::string_view kBegin = R"({"id":")";
  if (!line.starts_with(kBegin)) return "";
  return line.substr(kBegin.size(), line.find('"', kBegin.size()) - kBegin.size());
}

std::vector<Case> read_cases(const std::filesystem::path& folder) {
  std::vector<Case> cases;
  for (const auto& file : case_files(folder)) {
    for (const auto& line : read_lines(file)) cases.push_back({file.filename(), line});
  }
  return cases;
}

void rewrite_cases(const std::filesystem::path& folder) {
  for (const auto& file : case_files(folder)) {
    std::string content;
    for (const auto& line : read_lines(file)) {
      try {
        content += replay(Json::parse(line)).dump() + "\n";
      } catch (const std::exception&) {
        content += line + "\n";  // its test says what is wrong with it
      }
    }
    auto fresh = file;
    fresh += ".new";
    std::ofstream(fresh) << content;
    std::filesystem::rename(fresh, file);
  }
}

std::vector<LedgerRow> read_ledger(const std::filesystem::path& file) {
  std::vector<LedgerRow> rows;
  std::string document;
  for (const auto& line : read_lines(file)) {
    if (line.starts_with("## ")) document = line.substr(3);
    if (!line.starts_with("|") || line.starts_with("|---") || line.starts_with("| section ")) continue;
    const auto cells = split(line, "|");
    if (cells.size() != 3) {
      rows.push_back({document, "", line, "", {}});  // which no test lets pass
      continue;
    }
    rows.push_back({document, cells[0], cells[1], cells[2], in_backquotes(cells[2])});
  }
  return rows;
}

}  // namespace vip::golden
