#include "vrrp/core/address_plan.h"

#include <algorithm>

namespace vip::vrrp {

std::vector<AddressStep> plan_addresses(const std::vector<LocatedAddress>& desired,
                                        const std::vector<LocatedAddress>& known,
                                        const std::vector<ObservedAddress>& observed,
                                        std::uint32_t group_mark) {
  const auto contains = [](const std::vector<LocatedAddress>& list, const LocatedAddress& address) {
    return std::ranges::find(list, address) != list.end();
  };
  std::vector<AddressStep> steps;
  for (const auto& address : desired) {
    const bool there = std::ranges::find(observed, address, &ObservedAddress::at) != observed.end();
    steps.push_back({.kind = there ? AddressStep::Kind::renew : AddressStep::Kind::add, .at = address});
  }
  for (const auto& address : observed) {
    const bool marked = address.protocol == kAddressProtocol && address.group_mark == group_mark;
    if ((marked || contains(known, address.at)) && !contains(desired, address.at)) {
      steps.push_back({.kind = AddressStep::Kind::remove, .at = address.at});
    }
  }
  return steps;
}

std::chrono::seconds automatic_lease(Duration active_down) {
  using std::chrono::seconds;
  return std::max(seconds(3), std::chrono::floor<seconds>(active_down)) + seconds(1);
}

}  // namespace vip::vrrp
