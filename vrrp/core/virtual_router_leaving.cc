// How a router lets go of its addresses: make before break (linger.h).
#include <algorithm>
#include <utility>

#include "vrrp/core/virtual_router.h"

namespace vip::vrrp {
namespace {

// P24: said again before everybody had the time to claim, it would put off who is about to.
constexpr Duration kFarewellSlack = std::chrono::milliseconds(20);

// Until the one with the lowest priority has claimed.
Duration farewell_round(const RouterConfig& config) {
  return skew_time(config.version, Priority(1), config.advert_interval) + kFarewellSlack;
}

}  // namespace

// RFC 9568, 6.4.1 and 6.4.2: leaving as active says so with priority 0.
void VirtualRouter::on(TimePoint now, const Stopped& event, Actions& out) {
  if (state_ == State::initialize) {
    release_all(now, out);
    return;
  }
  leave(now, State::initialize, Cause::stopped, event.farewells, out);
}

void VirtualRouter::leave(TimePoint now, State to, Cause cause, int farewells, Actions& out) {
  const bool active = state_ == State::active;
  const bool speaking = timers_.armed(Timer::advert);
  const bool asking = timers_.armed(Timer::resume);
  timers_.stop_all();
  ready_ = false;
  active_router_.reset();
  forget_speaker();
  change_state(to, cause, std::nullopt, out);
  if (speaking && farewells > 0) {
    farewells_left_ = farewells;
    keep_for_successor(now, now + farewells * farewell_round(config_), nullptr, out);
    say_farewell(now, out);
    return;
  }
  // Also who asks whether it was deposed: whoever follows another one does not heed it.
  if (speaking || asking) out.emplace_back(SendAdvertisement{kPriorityLeaving});
  if (active) out.emplace_back(ReleaseAddresses{});
  release_due(now, out);  // what a backup still keeps, it keeps
}

void VirtualRouter::say_farewell(TimePoint now, Actions& out) {
  out.emplace_back(SendAdvertisement{kPriorityLeaving});
  if (--farewells_left_ > 0) timers_.set(Timer::farewell, now + farewell_round(config_));
}

// P9: whoever is about to have it is not fought.
void VirtualRouter::on(TimePoint now, const ForeignOwner& event, Actions& out) {
  const auto ours = desired_addresses();
  if (std::ranges::find(ours, event.address, &IpPrefix::address) == ours.end()) return;
  linger_.announced(now, event.address);
  if (timers_.armed(Timer::advert)) defend(now);
  if (is_lingering()) release_due(now, out);
}

void VirtualRouter::keep_for_successor(TimePoint now, TimePoint nobody_by, const Received* successor,
                                       Actions& out) {
  linger_.begin(now, config_.addresses, nobody_by);
  if (successor != nullptr) linger_.advertised(now);
  release_due(now, out);
}

void VirtualRouter::successor_spoke(TimePoint now, Actions& out) {
  if (!is_lingering()) return;
  timers_.stop(Timer::farewell);
  linger_.advertised(now);
  release_due(now, out);
}

void VirtualRouter::release_due(TimePoint now, Actions& out) {
  if (!is_lingering()) return;
  for (const auto& due : linger_.take_due(now))
    out.emplace_back(ReleaseAddress{.prefix = due.prefix, .how = due.why});
  if (const auto next = linger_.next()) {
    timers_.set(Timer::linger, *next);
    return;
  }
  timers_.stop(Timer::linger);
  timers_.stop(Timer::farewell);
  out.emplace_back(HandedOver{.how = linger_.how(), .after = now - linger_.began()});
  out.emplace_back(ReleaseAddresses{});
  linger_.clear();
}

void VirtualRouter::release_all(TimePoint now, Actions& out) {
  if (!is_lingering()) return;
  timers_.stop(Timer::linger);
  timers_.stop(Timer::farewell);
  out.emplace_back(HandedOver{.how = LingerEnd::cut_short, .after = now - linger_.began()});
  out.emplace_back(ReleaseAddresses{});
  linger_.clear();
}

}  // namespace vip::vrrp
