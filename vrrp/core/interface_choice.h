// Which interface carries a router's addresses, from the rule of the settings and what the kernel has: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/ip_address.h"
#include "vrrp/core/announcement.h"
#include "vrrp/core/trouble.h"

namespace vip::vrrp {

struct ObservedLink {
  IfIndex index;
  std::string name;
  bool up = false;  // administratively up, with a carrier
  bool loopback = false;
  MacAddress mac{};
  std::string alias;  // what its maker wrote on it
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

// What a router wants of its host.
struct PlacementRule {
  std::string interface;  // as for choose_interface
  Family family = Family::ipv4;
  // Our address in the packets; without one it is the interface's own: over IPv6 the link-local one where
  // asked for (multicast), else the first that is not.
  std::optional<IpAddress> source;
  bool link_local = false;
  std::vector<IpPrefix> own;  // the router's addresses, which are nobody's source
};

struct Placement {
  std::optional<ObservedLink> link;
  std::optional<IpAddress> source;
  IfIndex home;                     // the interface that has the source; 0: none has
  std::string fault;                // why the router cannot work here, with what there is; empty when it can
  Trouble trouble = Trouble::none;  // the same for programs
};

[[nodiscard]] Placement place_router(const PlacementRule& rule, const std::vector<ObservedLink>& links);

}  // namespace vip::vrrp
