// The checks of what this host serves: their results in, a fault or another priority out.
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
                {"why", passes ? "" : state.why}});
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
