// P22: an active router whose advertisements do not arrive, since a firewall drops VRRP or a switch its
// group, still answers a hello. Before a backup takes silence for death it asks. Who answers that it is
// active is left in charge: to claim would make two owners, for as long as the obstacle lasts. Where hellos
// do not get through, either, the LAN is asked after the claim who has the addresses: of ours nobody can have
// them then who does not serve.
#include <algorithm>
#include <utility>

#include "vrrp/core/virtual_router.h"

namespace vip::vrrp {
namespace {

// Of three intervals and the skew that the claim waits for; an answer has time to come, and to be asked for
// again.
constexpr int kDoubtIntervals = 2;

}  // namespace

void VirtualRouter::heard_speaker(TimePoint now, const IpAddress& source, Duration interval) {
  if (!config_.asks_peers || config_.priority == kPriorityOwner) return;
  speaker_ = Speaker{.source = source, .interval = interval, .heard = now};
  timers_.set(Timer::doubt, now + kDoubtIntervals * interval);
}

void VirtualRouter::forget_speaker() {
  speaker_.reset();
  timers_.stop(Timer::doubt);
}

// A backup: only one of ours can answer, and only while there is a claim to prevent.
void VirtualRouter::resolve_doubt(TimePoint now, Actions& out) {
  if (state_ == State::active) {
    out.emplace_back(ProbeAddresses{});
    return;
  }
  if (!speaker_ || !kin_.contains(speaker_->source) || !timers_.armed(Timer::down)) return;
  out.emplace_back(AskPeers{.only = speaker_->source});
  timers_.set(Timer::doubt, now + speaker_->interval / 2);
}

void VirtualRouter::doubt_predecessor(TimePoint now) {
  if (kin_.empty() || config_.priority == kPriorityOwner || config_.lease == Duration::zero()) return;
  timers_.set(Timer::doubt, now + std::max(config_.lease, Linger::kLongest) + Linger::kLate);
}

bool VirtualRouter::is_silent_speaker(TimePoint now, const Answered& answer) const {
  const bool serves = answer.state == State::active && answer.active_for > Duration::zero();
  return serves && speaker_ && speaker_->source == answer.source &&
         now - speaker_->heard >= kDoubtIntervals * speaker_->interval;
}

void VirtualRouter::leave_it_to_unheard(TimePoint now, const Answered& answer, Actions& out) {
  if (!std::exchange(speaker_->unheard, true)) out.emplace_back(Unheard{answer.source});
  ready_ = false;
  listening_ = false;
  learn_interval(answer.interval);
  active_router_ = answer.source;
  timers_.stop(Timer::preempt_delay);
  timers_.set(Timer::down, now + down_interval());
  timers_.set(Timer::doubt, now + kDoubtIntervals * answer.interval);
}

}  // namespace vip::vrrp
