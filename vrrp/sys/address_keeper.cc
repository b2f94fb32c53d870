#include "vrrp/sys/address_keeper.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <ranges>
#include <thread>
#include <utility>

namespace vip::vrrp {
namespace {

// A lease is renewed this many times in its life.
constexpr int kRenewalsPerLease = 4;
// Then packets and timers have their turn.
constexpr std::ptrdiff_t kRenewalsPerTurn = 16;
constexpr Duration kRefusedAgain = std::chrono::milliseconds(100);
// The kernel may end a lease up to HZ/50 too early.
constexpr Duration kKernelEarly = std::chrono::milliseconds(20);
// The kernel receives on an IPv6 address within a millisecond; where nobody gives its worker the processor,
// 48 ms were seen.
constexpr Duration kReceptionMax = std::chrono::milliseconds(60);
constexpr Duration kReceptionAgain = std::chrono::microseconds(100);

}  // namespace

AddressKeeper::Outcome AddressKeeper::claim(TimePoint now, const std::vector<LocatedAddress>& addresses) {
  Outcome outcome;
  for (const auto& at : addresses) hold(now, at, outcome);
  wait_for_reception(outcome.added);
  return outcome;
}

// Who is told of an address too early sends packets that nobody takes.
void AddressKeeper::wait_for_reception(const std::set<IpPrefix>& added) {
  const auto end = std::chrono::steady_clock::now() + kReceptionMax;
  for (const auto& prefix : added) {
    if (prefix.address.family() == Family::ipv4) continue;
    while (!netlink_.is_received(prefix.address) && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(kReceptionAgain);
  }
}

// Wherever they are: the interface that a router wants is not always the one where it put them.
AddressKeeper::Outcome AddressKeeper::release(const std::vector<IpPrefix>& addresses) {
  std::vector<LocatedAddress> ours;
  for (const auto& [at, when] : held_) {
    if (std::ranges::find(addresses, at.prefix) != addresses.end()) ours.push_back(at);
  }
  Outcome outcome;
  for (const auto& at : ours) let_go(at, outcome);
  return outcome;
}

AddressKeeper::Outcome AddressKeeper::settle(TimePoint now, const Wanted& wanted) {
  Outcome outcome;
  settled_ = true;
  for (const auto& step : steps(wanted)) {
    if (step.kind == AddressStep::Kind::remove) {
      let_go(step.at, outcome);
    } else if (step.kind == AddressStep::Kind::add || !held_.contains(step.at)) {
      hold(now, step.at, outcome);
      if (step.kind == AddressStep::Kind::renew) outcome.added.erase(step.at.prefix);
    }
  }
  return outcome;
}

std::vector<AddressStep> AddressKeeper::steps(Wanted wanted) {
  auto& [desired, kept, known] = wanted;
  const auto keep_what_is_held = [&] {
    for (const auto& at : kept)
      if (held_.contains(at)) desired.push_back(at);
  };
  const auto observed = netlink_.addresses();
  if (!observed) {  // blind: as if all that we put is there and nothing else
    settled_ = false;
    keep_what_is_held();
    std::vector<LocatedAddress> ours;
    ours.reserve(held_.size() + leaving_.size());
    std::vector<ObservedAddress> believed;
    believed.reserve(held_.size() + leaving_.size());
    for (const auto& [at, when] : held_) ours.push_back(at);
    ours.insert(ours.end(), leaving_.begin(), leaving_.end());
    for (const auto& at : ours) believed.push_back({.at = at});
    return plan_addresses(desired, ours, believed, lifetime_.group_mark);
  }
  std::set<LocatedAddress> there;
  for (const auto& address : *observed) there.insert(address.at);
  std::erase_if(held_, [&](const auto& entry) { return !there.contains(entry.first); });
  oldest_.reset();
  std::erase_if(leaving_, [&](const auto& at) { return !there.contains(at); });
  keep_what_is_held();
  for (const auto& [at, when] : held_) known.push_back(at);
  known.insert(known.end(), leaving_.begin(), leaving_.end());
  return plan_addresses(desired, known, *observed, lifetime_.group_mark);
}

void AddressKeeper::hold(TimePoint now, const LocatedAddress& at, Outcome& outcome) {
  const auto held = at.interface == IfIndex(0) ? Status(fail(Errc::not_found, "its interface is not there"))
                                               : netlink_.hold(at.interface, at.prefix, lifetime_);
  if (!held) {
    settled_ = false;
    outcome.refused.emplace(at.prefix, held.error());
    return;
  }
  leaving_.erase(at);
  held_.insert_or_assign(at, now);
  oldest_.reset();
  outcome.added.insert(at.prefix);
}

void AddressKeeper::let_go(LocatedAddress at, Outcome& outcome) {
  held_.erase(at);
  oldest_.reset();
  const auto released = netlink_.release(at.interface, at.prefix);
  if (released) {
    leaving_.erase(at);
  } else {
    leaving_.insert(at);
    settled_ = false;
    outcome.not_released.emplace(at.prefix, released.error());
  }
}

AddressKeeper::Outcome AddressKeeper::renew(TimePoint now) {
  Outcome outcome;
  std::vector<std::pair<TimePoint, LocatedAddress>> due;
  if (const auto next = next_renewal(); next && *next <= now) {
    for (const auto& [at, when] : held_)
      if (when + renewal_period() <= now) due.emplace_back(when, at);
  }
  const auto end = due.begin() + std::min(std::ssize(due), kRenewalsPerTurn);
  std::ranges::partial_sort(due, end);
  for (const auto& [when, at] : std::ranges::subrange(due.begin(), end)) {
    hold(now, at, outcome);
    if (outcome.refused.contains(at.prefix)) {
      held_.at(at) = now - renewal_period() + kRefusedAgain;
      oldest_.reset();
    }
    ++renewals_;
  }
  outcome.renewed = std::exchange(outcome.added, {});
  return outcome;
}

std::optional<TimePoint> AddressKeeper::next_renewal() const {
  if (held_.empty() || lifetime_.lease.count() == 0) return std::nullopt;
  return oldest() + renewal_period();
}

// The kernel's clock stands still while the machine is suspended, ours does not: we never believe in a lease
// for longer than it does.
bool AddressKeeper::all_alive(TimePoint now) const {
  if (held_.empty() || lifetime_.lease.count() == 0) return true;
  return now < oldest() + lifetime_.lease - kKernelEarly;
}

bool AddressKeeper::are_there(const std::vector<LocatedAddress>& addresses) const {
  const auto observed = netlink_.addresses();
  return observed && std::ranges::all_of(addresses, [&](const LocatedAddress& at) {
           return std::ranges::find(*observed, at, &ObservedAddress::at) != observed->end();
         });
}

TimePoint AddressKeeper::oldest() const {
  if (!oldest_) oldest_ = std::ranges::min_element(held_, {}, &Held::value_type::second)->second;
  return *oldest_;
}

Duration AddressKeeper::renewal_period() const {
  return Duration(lifetime_.lease) / kRenewalsPerLease;
}

}  // namespace vip::vrrp
