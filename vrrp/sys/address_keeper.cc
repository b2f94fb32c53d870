#include "vrrp/sys/address_keeper.h"

#include <algorithm>

namespace vip::vrrp {

AddressKeeper::Outcome AddressKeeper::keep(const std::vector<LocatedAddress>& desired,
                                           const std::vector<LocatedAddress>& known) {
  Outcome outcome;
  settled_ = true;
  for (const auto& step : steps(desired, known)) apply(step, outcome);
  return outcome;
}

std::vector<AddressStep> AddressKeeper::steps(const std::vector<LocatedAddress>& desired,
                                              std::vector<LocatedAddress> known) {
  const auto observed = netlink_.addresses();
  if (observed) {
    std::erase_if(put_, [&](const LocatedAddress& address) {
      return std::ranges::find(*observed, address, &ObservedAddress::at) == observed->end();
    });
    known.insert(known.end(), put_.begin(), put_.end());
    return plan_addresses(desired, known, *observed, lifetime_.group_mark);
  }
  // Blind, as if all that we put is there and nothing else.
  settled_ = false;
  std::vector<ObservedAddress> believed;
  believed.reserve(put_.size());
  for (const auto& address : put_) believed.push_back({.at = address});
  return plan_addresses(desired, {put_.begin(), put_.end()}, believed, lifetime_.group_mark);
}

void AddressKeeper::apply(const AddressStep& step, Outcome& outcome) {
  const auto& prefix = step.at.prefix;
  if (step.kind == AddressStep::Kind::remove) {
    const auto released = netlink_.release(step.at.interface, prefix);
    if (released) {
      put_.erase(step.at);
    } else {
      settled_ = false;
      outcome.not_released.emplace(prefix, released.error());
    }
    return;
  }
  const auto held = step.at.interface == IfIndex(0)
                        ? Status(fail(Errc::not_found, "its interface is not there"))
                        : netlink_.hold(step.at.interface, prefix, lifetime_);
  if (!held) {
    settled_ = false;
    outcome.refused.emplace(prefix, held.error());
    return;
  }
  put_.insert(step.at);
  if (step.kind == AddressStep::Kind::add) outcome.added.insert(prefix);
  if (step.kind == AddressStep::Kind::renew) ++renewals_;
}

}  // namespace vip::vrrp
