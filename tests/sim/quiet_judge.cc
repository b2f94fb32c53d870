#include "tests/sim/quiet_judge.h"

#include <algorithm>

namespace vip::vrrp::sim {
namespace {

// Every duration is somebody's own, and clocks run up to so much slower or faster.
Duration at_least(Duration span) {
  return span - span / 1000;
}

Duration at_most(Duration span) {
  return span + span / 1000;
}

}  // namespace

QuietJudge::QuietJudge(const Cluster& cluster) : cluster_(cluster), seen_(cluster.size()) {}

void QuietJudge::begin() {
  quiet_ = true;
  served_ = true;
  contenders_.clear();
}

void QuietJudge::about_to_start(std::size_t host) {
  seen_.at(host) = Seen{};
}

void QuietJudge::about_to_vanish(std::size_t host, bool politely) {
  if (!politely && cluster_.holds(host)) served_ = false;
  seen_.at(host) = Seen{};
  contenders_.erase(host);
}

std::optional<std::string> QuietJudge::look() {
  std::optional<std::string> violation;
  for (std::size_t host = 0; host < seen_.size(); ++host) {
    auto& seen = seen_[host];
    const bool active =
        cluster_.life(host) == Life::running && cluster_.router(host).state() == State::active;
    if (quiet_ && active && !seen.active) {
      if (auto found = judge_claim(host)) violation = std::move(found);
    }
    seen.active = active;
    if (!active || !cluster_.holds(host)) {
      seen.serving_since.reset();
    } else if (!seen.serving_since) {
      seen.serving_since = cluster_.now();
    }
  }
  for (std::size_t host = 0; host < seen_.size(); ++host) look_whom_it_tolerates(host);
  // Of a frozen host the kernel may still have the address.
  const auto holders = cluster_.holders();
  const bool none =
      std::ranges::none_of(holders, [this](std::size_t host) { return cluster_.life(host) != Life::paused; });
  if (quiet_ && served_ && none) violation = "nobody has the address, though its owner did not die";
  if (!none) served_ = true;
  if (quiet_ && !violation) violation = judge_contest();
  return violation;
}

std::optional<std::string> QuietJudge::judge_claim(std::size_t host) const {
  const auto& options = cluster_.options();
  const bool owner = priority(host) == kPriorityOwner.value;
  for (std::size_t other = 0; other < seen_.size(); ++other) {
    const auto& serving = seen_[other].serving_since;
    if (other == host || !serving || cluster_.now() - *serving <= options.network.delay_max) continue;
    const auto who = std::to_string(host) + " takes over from " + std::to_string(other);
    if (!owner && !(options.preempt && priority(host) > priority(other)))
      return who + ", which is alive and heard";
    const auto wait = at_least(options.preempt_delay);
    const auto& since = seen_[host].tolerates_since;
    if (!owner && (!since || cluster_.now() - *since < wait)) return who + " before its preempt delay";
  }
  return std::nullopt;
}

// The delay does not begin anew when one of a lower priority preempts another: both are worse than we.
void QuietJudge::look_whom_it_tolerates(std::size_t host) {
  auto& since = seen_.at(host).tolerates_since;
  bool any = false;
  for (std::size_t other = 0; other < seen_.size(); ++other)
    any |= other != host && seen_[other].serving_since && priority(other) < priority(host);
  if (!any || cluster_.life(host) == Life::off) {
    since.reset();
  } else if (!since) {
    since = cluster_.now();
  }
}

std::optional<std::string> QuietJudge::judge_contest() {
  const auto& options = cluster_.options();
  const auto actives = cluster_.actives();
  if (actives.size() > 1) {
    if (contenders_.empty()) contest_began_ = cluster_.now();
    contenders_.insert(actives.begin(), actives.end());
    const auto limit = at_most(options.interval) + options.network.delay_max + 2 * options.hold_delay_max;
    if (cluster_.now() - contest_began_ > limit) return "two owners for more than an interval";
    return std::nullopt;
  }
  if (contenders_.empty()) return std::nullopt;
  const auto best = *std::ranges::max_element(contenders_, {}, [this](std::size_t host) {
    return std::pair(priority(host), cluster_.router(host).config().source);
  });
  contenders_.clear();
  if (actives.empty()) return "everybody yields";
  if (actives.front() != best)
    return std::to_string(actives.front()) + " stays where " + std::to_string(best) + " is better";
  return std::nullopt;
}

int QuietJudge::priority(std::size_t host) const {
  return cluster_.router(host).config().priority.value;
}

}  // namespace vip::vrrp::sim
