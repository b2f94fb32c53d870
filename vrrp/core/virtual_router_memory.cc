// How a router goes on where another process of this host stopped.
#include <algorithm>

#include "common/base/assert.h"
#include "vrrp/core/virtual_router.h"

namespace vip::vrrp {
namespace {

// P11: who was gone for less has lost nothing, since the others wait for three.
constexpr int kResumeIntervals = 2;

}  // namespace

RouterMemory VirtualRouter::memory(TimePoint now) const {
  RouterMemory memory{.as_of = now,
                      .advert_interval = config_.advert_interval,
                      .addresses = config_.addresses,
                      .generation = config_.generation,
                      .state = state_,
                      .timers = timers_,
                      .active_interval = active_interval_,
                      .active_router = active_router_,
                      .active_left = active_left_,
                      .last_advert = last_advert_,
                      .active_since = active_since_,
                      .announced = announced_,
                      .announce_often_until = announce_often_until_,
                      .claim_cause = claim_cause_,
                      .adverts_at_old_pace = adverts_at_old_pace_,
                      .old_pace = old_pace_,
                      .preempt_again_at = preempt_again_at_,
                      .deaf = deaf_,
                      .listening = listening_,
                      .heard_anybody = heard_anybody_,
                      .taken = taken_,
                      .settled_at = settled_at_,
                      .kin = kin_,
                      .newer_plan = {},
                      .speaker = speaker_,
                      .well = well_,
                      .bonus = bonus_};
  if (newer_plan_) memory.newer_plan.emplace(newer_plan_->first, newer_plan_->last);
  return memory;
}

Actions VirtualRouter::resume(TimePoint now, const RouterMemory& memory, TimePoint as_of,
                              bool addresses_kept) {
  VIP_ASSERT(state_ == State::initialize);
  state_ = memory.state;
  timers_ = memory.timers;
  active_interval_ = memory.active_interval;
  active_router_ = memory.active_router;
  active_left_ = memory.active_left;
  last_advert_ = memory.last_advert;
  active_since_ = memory.active_since;
  announced_ = memory.announced;
  announce_often_until_ = memory.announce_often_until;
  claim_cause_ = memory.claim_cause;
  adverts_at_old_pace_ = memory.adverts_at_old_pace;
  old_pace_ = memory.old_pace;
  preempt_again_at_ = memory.preempt_again_at;
  deaf_ = memory.deaf;
  listening_ = memory.listening;
  heard_anybody_ = memory.heard_anybody;
  taken_ = memory.taken;
  settled_at_ = memory.settled_at;
  kin_ = memory.kin;
  speaker_ = memory.speaker;
  well_ = memory.well;
  bonus_ = memory.bonus;
  if (memory.newer_plan)
    newer_plan_ = NewerPlan{.first = memory.newer_plan->first, .last = memory.newer_plan->second};
  for (const auto timer : {Timer::farewell, Timer::linger})
    timers_.stop(timer);  // that ended with the process
  bring_timers_up_to_date(now, as_of, /*is_fresh=*/memory.as_of >= as_of);

  // The settings may have changed with the process.
  const auto wanted = config_;
  config_.advert_interval = memory.advert_interval;
  config_.addresses = memory.addresses;
  config_.generation = memory.generation;
  const bool changed = config_ != wanted;
  config_.priority = weighed_priority();
  const auto before = std::pair(state_, intervals());
  Actions out;
  const bool late = now - as_of >= kResumeIntervals * pace();
  if (state_ == State::active && late && config_.priority != kPriorityOwner) {
    on(now, Stalled{.addresses_kept = addresses_kept}, out);
  } else if (state_ == State::active && !timers_.armed(Timer::advert) && !timers_.armed(Timer::resume)) {
    out.emplace_back(HoldAddresses{});  // it died while it claimed
  } else if (state_ == State::backup && now - as_of > down_interval()) {
    on(now, Stalled{}, out);
  }
  if (changed) on(now, Reconfigured{.config = wanted}, out);
  if (state_ == before.first && intervals() != before.second) out.emplace_back(IntervalChanged{});
  return out;
}

// What was due while the other process lived has been done, or this memory is older than its last deed.
void VirtualRouter::bring_timers_up_to_date(TimePoint now, TimePoint as_of, bool is_fresh) {
  const auto is_old = [&](Timer timer) { return timers_.armed(timer) && *timers_.get(timer) < as_of; };
  if (!is_fresh) {  // the active router may have spoken until then, and a better one, too
    const auto down = timers_.get(Timer::down);
    if (down) timers_.set(Timer::down, std::max(*down, as_of + down_interval()));
    timers_.stop(Timer::preempt_delay);  // the next advertisement begins it
  }
  // It was ready to claim and waited for its group, which knows nothing of that any more.
  if (state_ == State::backup && !timers_.armed(Timer::down))
    timers_.set(Timer::down, is_fresh ? now : as_of + down_interval());
  if (is_old(Timer::advert)) {
    timers_.set(Timer::advert, now);
    last_advert_ = std::max(last_advert_, as_of);
  }
  for (const auto timer : {Timer::resume, Timer::defend, Timer::retry})
    if (is_old(timer)) timers_.set(timer, now);
  if (!is_old(Timer::announce)) return;
  const bool in_burst = announced_ < config_.announcements.at.size();
  timers_.set(Timer::announce, in_burst ? now : now + config_.announcements.refresh);
}

}  // namespace vip::vrrp
