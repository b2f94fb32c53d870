// What `doctor` found: each thing that was looked at, with a verdict, what it means and what to do. Both
// programs find some, people read them as a table and other programs as JSON. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace vip::report {

enum class Verdict : std::uint8_t {
  ok,
  unknown,  // it could not be looked at, or the look proved nothing
  warning,  // the address works, and yet something should be known or done
  error,    // it keeps the address from working
};
[[nodiscard]] std::string_view name(Verdict verdict);

struct Finding {
  std::string check;  // one word that programs can tell apart: "capabilities", "firewall"
  std::string what;   // what was looked at, for people: "interface eth0"
  Verdict verdict = Verdict::ok;
  std::string meaning;
  std::string remedy;  // what to do; empty where there is nothing to do
  friend bool operator==(const Finding&, const Finding&) = default;
};
using Findings = std::vector<Finding>;

// What was looked at from one place: "host", "cluster".
struct Section {
  std::string part;
  std::string title;  // for people
  Findings findings;
  friend bool operator==(const Section&, const Section&) = default;
};

[[nodiscard]] bool any_error(const std::vector<Section>& sections);

// A line for each finding and one for its remedy, errors first in each section; ends with how many there are.
[[nodiscard]] std::string findings_table(std::vector<Section> sections);

// {"errors": 1, "warnings": 0, "findings": [{"part", "check", "what", "verdict", "meaning", "remedy"}, ...]}
[[nodiscard]] std::string findings_json(const std::vector<Section>& sections);
// The sections of such a document, without titles. Errors: invalid.
[[nodiscard]] Result<std::vector<Section>> parse_findings(std::string_view document);

}  // namespace vip::report
