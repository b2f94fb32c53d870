#include "vrrp/core/address_plan.h"

#include <algorithm>

namespace vip::vrrp {

std::vector<AddressStep> plan_addresses(const std::vector<IpPrefix>& desired,
                                        const std::vector<IpPrefix>& known,
                                        const std::vector<ObservedAddress>& observed,
                                        std::uint32_t group_mark) {
  const auto contains = [](const std::vector<IpPrefix>& list, const IpPrefix& prefix) {
    return std::ranges::find(list, prefix) != list.end();
  };
  std::vector<AddressStep> steps;
  for (const auto& prefix : desired) {
    const bool there = std::ranges::find(observed, prefix, &ObservedAddress::prefix) != observed.end();
    steps.push_back({.kind = there ? AddressStep::Kind::renew : AddressStep::Kind::add, .prefix = prefix});
  }
  for (const auto& address : observed) {
    const bool marked = address.protocol == kAddressProtocol && address.group_mark == group_mark;
    if ((marked || contains(known, address.prefix)) && !contains(desired, address.prefix)) {
      steps.push_back({.kind = AddressStep::Kind::remove, .prefix = address.prefix});
    }
  }
  return steps;
}

std::chrono::seconds automatic_lease(Duration active_down) {
  using std::chrono::seconds;
  return std::max(seconds(3), std::chrono::floor<seconds>(active_down)) + seconds(1);
}

}  // namespace vip::vrrp
