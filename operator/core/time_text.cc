#include "operator/core/time_text.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "common/base/text.h"

namespace vip::swarm {
namespace {

constexpr std::string_view kForm = "0000-00-00T00:00:00";

// Digits stand where the form has a 0, and everything else is as in the form.
bool has_form(std::string_view text) {
  return text.size() > kForm.size() &&
         std::ranges::equal(text.substr(0, kForm.size()), kForm,
                            [](char c, char f) { return f == '0' ? c >= '0' && c <= '9' : c == f; });
}

int field(std::string_view text, std::size_t at, std::size_t length) {
  return parse_number<int>(text.substr(at, length)).value_or(0);
}

std::chrono::nanoseconds fraction(std::string_view digits) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
  }
  return std::chrono::nanoseconds(value);
}

}  // namespace

WallTime parse_wall_time(std::string_view text) {
  using std::chrono::day, std::chrono::month, std::chrono::year;
  if (!has_form(text) || !text.ends_with('Z')) return {};
  const int years = field(text, 0, 4);
  const std::chrono::year_month_day date(year(years), month(static_cast<unsigned>(field(text, 5, 2))),
                                         day(static_cast<unsigned>(field(text, 8, 2))));
  // Beyond these years nanoseconds do not fit.
  if (!date.ok() || years < 1970 || years > 2200) return {};
  auto rest = text.substr(kForm.size(), text.size() - kForm.size() - 1);
  if (rest.starts_with('.')) rest.remove_prefix(1);
  if (rest.find_first_not_of("0123456789") != std::string_view::npos) return {};
  return std::chrono::sys_days(date) + std::chrono::hours(field(text, 11, 2)) +
         std::chrono::minutes(field(text, 14, 2)) + std::chrono::seconds(field(text, 17, 2)) + fraction(rest);
}

}  // namespace vip::swarm
