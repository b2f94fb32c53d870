#include "vrrp/core/health.h"

#include <algorithm>
#include <utility>

namespace vip::vrrp {

bool any_must_pass(const std::vector<CheckSettings>& checks) {
  return std::ranges::any_of(checks, [](const CheckSettings& check) { return check.weight == 0; });
}

Health::Health(std::vector<CheckSettings> checks, Beginning beginning, TimePoint now)
    : beginning_(beginning) {
  checks_.reserve(checks.size());
  for (auto& settings : checks) {
    const auto due = now + settings.timeout + kLateMost;  // the first one is asked at once
    checks_.push_back({.settings = std::move(settings), .passes = {}, .why = {}, .due = due});
  }
}

void Health::result(TimePoint now, std::size_t check, bool good, std::string why) {
  auto& state = checks_.at(check);
  const auto& settings = state.settings;
  state.due = now + settings.interval + settings.timeout + kLateMost;
  ++state.results;
  if (!good) {
    ++state.bad;
    state.why = std::move(why);
  }
  const bool same_as_before = state.last_good == good;
  state.last_good = good;
  if (state.passes == good) {
    state.in_a_row = 0;
    return;
  }
  state.in_a_row = same_as_before ? state.in_a_row + 1 : 1;
  const bool decides_at_once = !state.passes && beginning_ == Beginning::fresh;
  if (!decides_at_once && state.in_a_row < (good ? settings.rise : settings.fall)) return;
  if (state.passes) ++state.changes;
  state.passes = good;
  state.in_a_row = 0;
}

void Health::expire(TimePoint now) {
  for (std::size_t i = 0; i < checks_.size(); ++i)
    if (checks_[i].due <= now) result(now, i, false, "no result in time");
}

std::optional<TimePoint> Health::next_deadline() const {
  const auto soonest = std::ranges::min_element(checks_, {}, &Check::due);
  return soonest == checks_.end() ? std::nullopt : std::optional(soonest->due);
}

std::optional<Health::Verdict> Health::verdict() const {
  Verdict verdict;
  for (const auto& check : checks_) {
    if (!check.passes) return std::nullopt;
    const int weight = check.settings.weight;
    if (weight == 0) {
      verdict.well = verdict.well && *check.passes;
    } else if (*check.passes == (weight > 0)) {
      verdict.bonus += weight;
    }
  }
  return verdict;
}

std::string Health::why_unwell() const {
  std::string words;
  for (const auto& check : checks_) {
    if (check.settings.weight != 0 || check.passes.value_or(false)) continue;
    if (!words.empty()) words += "; ";
    words += check.settings.name + ": " + (check.passes ? check.why : "no result yet");
  }
  return words;
}

}  // namespace vip::vrrp
