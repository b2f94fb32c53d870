// The checks of what this host serves: their results in, a fault or another priority out.
#include <algorithm>

#include "common/sys/log.h"
#include "vrrp/agent.h"

namespace vip::vrrp {

void Agent::begin_checks(Beginning beginning) {
  health_.emplace(config_.checks, beginning, loop_.now());
  heeded_.reset();
  if (beginning == Beginning::fresh && any_must_pass(config_.checks))
    perform(routers_->health_changed(loop_.now(), /*well=*/false, /*bonus=*/0));
  on_overdue();
}

void Agent::end_checks() {
  errands_.stop();
  overdue_.stop();
  health_.reset();
}

// A check with a wrong port would fail on every node, and take the address from all of them. So who has it
// gives the charge only to one whose checks pass; where nobody serves there is nothing to lose.
Fitness Agent::try_checks(const SetMemory& serving) {
  const auto is_active = [](const SetMemory::Router& router) {
    return router.machine.state == State::active;
  };
  if (!any_must_pass(config_.checks) || std::ranges::none_of(serving.routers, is_active)) {
    end_checks();
    return {};
  }
  if (!health_) {
    health_.emplace(config_.checks, Beginning::fresh, loop_.now());
    errands_.start();
    on_overdue();
  }
  const auto verdict = health_->verdict();
  const auto why = health_->why_unwell();
  if (!verdict) return {.grade = Fitness::Grade::unknown, .why = "its checks are still asked: " + why};
  if (!verdict->well) {
    return {.grade = Fitness::Grade::unfit,
            .why = "it would be in a fault, whoever is in charge is not: check: " + why};
  }
  end_checks();
  return {};
}

void Agent::on_check(std::size_t check, const std::string& why) {
  if (!health_) return;
  const auto before = health_->checks().at(check).passes;
  health_->result(loop_.now(), check, why.empty(), why);
  const auto& state = health_->checks().at(check);
  if (state.passes != before) {
    const bool passes = *state.passes;
    log::write(passes ? log::Level::info : log::Level::warning, "check",
               {{"group", config_.group},
                {"check", state.settings.name},
                {"result", passes ? "passes" : "fails"},
                {"weight", std::to_string(state.settings.weight)},
                {"why", passes ? "-" : state.why}});
  }
  on_overdue();
}

void Agent::on_overdue() {
  health_->expire(loop_.now());
  if (const auto next = health_->next_deadline()) overdue_.set(*next);
  heed_checks();
}

void Agent::heed_checks() {
  const auto verdict = health_ ? health_->verdict() : std::nullopt;
  if (!acts_ || !verdict || verdict == heeded_) return;
  heeded_ = verdict;
  notice_stall();
  perform(routers_->health_changed(loop_.now(), verdict->well, verdict->bonus));
}

}  // namespace vip::vrrp
