// Which interface carries a router's addresses, from the rule of the settings and what the kernel has: pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/ip_address.h"

namespace vip::vrrp {

using MacAddress = std::array<std::uint8_t, 6>;

struct ObservedLink {
  IfIndex index;
  std::string name;
  bool up = false;  // administratively up, with a carrier
  bool loopback = false;
  MacAddress mac{};
  std::vector<IpPrefix> addresses;
};

inline constexpr std::string_view kInterfaceAuto = "auto";

// The rule is an interface's name, or "auto" (or empty): the interface whose network covers the first
// address; else the one that has our own address; of several, the one with both, then the lowest index.
// Addresses among `own` are the router's and prove nothing. Errors: not_found, listing what there is.
[[nodiscard]] Result<const ObservedLink*> choose_interface(std::string_view rule,
                                                           const std::vector<IpPrefix>& own,
                                                           const std::optional<IpAddress>& source,
                                                           const std::vector<ObservedLink>& links);

// The interface's primary address: the first that is not among the router's own. Errors: not_found.
[[nodiscard]] Result<IpAddress> primary_address(const ObservedLink& link, const std::vector<IpPrefix>& own);

}  // namespace vip::vrrp
