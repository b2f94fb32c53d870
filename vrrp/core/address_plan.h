// From what the kernel's addresses are to what they should be: a pure difference over all interfaces. Desired
// addresses are added or renewed; addresses of ours that are not desired go, wherever they are; everybody
// else's are never touched.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <vector>

#include "common/base/ids.h"
#include "common/base/ip_address.h"
#include "common/base/time.h"

namespace vip::vrrp {

// How we mark an address: IFA_PROTO, "who put it there" (Linux 5.18 and later; no other program is known to
// use the number), and IFA_RT_PRIORITY, which tells our groups apart on one host.
inline constexpr std::uint8_t kAddressProtocol = 0x70;  // VRRP's own number, 112

// An address and where it is.
struct LocatedAddress {
  IfIndex interface;
  IpPrefix prefix;
  friend auto operator<=>(const LocatedAddress&, const LocatedAddress&) = default;
};

struct ObservedAddress {
  LocatedAddress at;
  std::uint8_t protocol = 0;     // 0: unmarked, or an older kernel
  std::uint32_t group_mark = 0;  // of IFA_RT_PRIORITY
  bool deprecated = false;       // IPv6: not to be chosen as a source
  bool unusable = false;         // IPv6: still checked for duplicates, or found to be one
  friend bool operator==(const ObservedAddress&, const ObservedAddress&) = default;
};

struct AddressStep {
  enum class Kind : std::uint8_t { add, renew, remove };
  Kind kind = Kind::add;
  LocatedAddress at;
  friend bool operator==(const AddressStep&, const AddressStep&) = default;
};

// `known` are all addresses that this agent may have put there: an unmarked one of them, left behind by a
// kernel without marks, counts as ours. Additions come first: what is desired never waits for what goes.
[[nodiscard]] std::vector<AddressStep> plan_addresses(const std::vector<LocatedAddress>& desired,
                                                      const std::vector<LocatedAddress>& known,
                                                      const std::vector<ObservedAddress>& observed,
                                                      std::uint32_t group_mark);

// How long the kernel keeps an address that nobody renews: the smallest whole number of seconds above both
// 3 s and the active-down interval.
[[nodiscard]] std::chrono::seconds automatic_lease(Duration active_down);

}  // namespace vip::vrrp
