// Findings as JSON, and back.
#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

#include "common/report/finding.h"

namespace vip::report {
namespace {

using nlohmann::json;

std::optional<Verdict> parse_verdict(std::string_view text) {
  for (const auto verdict : {Verdict::ok, Verdict::unknown, Verdict::warning, Verdict::error})
    if (name(verdict) == text) return verdict;
  return std::nullopt;
}

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string findings_json(const std::vector<Section>& sections) {
  json document{{"errors", 0}, {"warnings", 0}, {"findings", json::array()}};
  int errors = 0;
  int warnings = 0;
  for (const auto& section : sections) {
    for (const auto& finding : section.findings) {
      errors += finding.verdict == Verdict::error ? 1 : 0;
      warnings += finding.verdict == Verdict::warning ? 1 : 0;
      document["findings"].push_back({{"part", section.part},
                                      {"check", finding.check},
                                      {"what", finding.what},
                                      {"verdict", name(finding.verdict)},
                                      {"meaning", finding.meaning},
                                      {"remedy", finding.remedy}});
    }
  }
  document["errors"] = errors;
  document["warnings"] = warnings;
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<std::vector<Section>> parse_findings(std::string_view document) {
  const json parsed = json::parse(document, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object() || !parsed.contains("findings") || !parsed["findings"].is_array())
    return fail(Errc::invalid, "this is no list of findings");
  std::vector<Section> sections;
  for (const auto& object : parsed["findings"]) {
    const auto verdict = object.is_object() ? parse_verdict(text_of(object, "verdict")) : std::nullopt;
    if (!verdict) return fail(Errc::invalid, "one of the findings has no verdict");
    const auto part = text_of(object, "part");
    if (sections.empty() || sections.back().part != part) sections.push_back({.part = part});
    sections.back().findings.push_back({.check = text_of(object, "check"),
                                        .what = text_of(object, "what"),
                                        .verdict = *verdict,
                                        .meaning = text_of(object, "meaning"),
                                        .remedy = text_of(object, "remedy")});
  }
  return sections;
}

}  // namespace vip::report
