#include "common/report/finding.h"

#include <algorithm>
#include <array>

#include "common/base/text.h"

namespace vip::report {
namespace {

constexpr std::size_t kVerdictWidth = 9;  // the longest word and two blanks

std::string line_of(const Finding& finding) {
  const std::string verdict(name(finding.verdict));
  const std::string indent(2 + kVerdictWidth, ' ');
  auto text = "  " + verdict + std::string(kVerdictWidth - verdict.size(), ' ') + printable(finding.what) +
              ": " + printable(finding.meaning) + "\n";
  if (!finding.remedy.empty()) text += indent + "-> " + printable(finding.remedy) + "\n";
  return text;
}

std::size_t count(const std::vector<Section>& sections, Verdict verdict) {
  std::size_t number = 0;
  for (const auto& section : sections) {
    number += static_cast<std::size_t>(std::ranges::count(section.findings, verdict, &Finding::verdict));
  }
  return number;
}

std::string counted(std::size_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

}  // namespace

std::string_view name(Verdict verdict) {
  constexpr std::array<std::string_view, 4> kNames{"ok", "unknown", "warning", "error"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

bool any_error(const std::vector<Section>& sections) {
  return count(sections, Verdict::error) > 0;
}

std::string findings_table(std::vector<Section> sections) {
  std::string text;
  for (auto& section : sections) {
    std::ranges::stable_sort(section.findings, std::ranges::greater{}, &Finding::verdict);
    text += section.title + "\n";
    for (const auto& finding : section.findings) text += line_of(finding);
  }
  return text + counted(count(sections, Verdict::error), "error") + ", " +
         counted(count(sections, Verdict::warning), "warning") + ", " +
         std::to_string(count(sections, Verdict::unknown)) + " unknown, " +
         std::to_string(count(sections, Verdict::ok)) + " ok\n";
}

}  // namespace vip::report
