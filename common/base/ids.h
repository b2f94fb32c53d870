// Small numbers with a meaning. A Vrid is not a Priority, and neither is an int.
#pragma once

#include <compare>
#include <cstdint>

namespace vip {

template <typename Tag, typename Rep>
struct Strong {
  Rep value{};
  constexpr Strong() = default;
  constexpr explicit Strong(Rep raw) : value(raw) {}
  friend constexpr auto operator<=>(Strong, Strong) = default;
};

// Virtual router identifier, 1 to 255 (RFC 9568, 5.2.3).
using Vrid = Strong<struct VridTag, std::uint8_t>;

// Priority as on the wire (RFC 9568, 5.2.4): 0 leaves, 255 owns the addresses, 1 to 254 backs up.
using Priority = Strong<struct PriorityTag, std::uint8_t>;
inline constexpr Priority kPriorityLeaving{0};
inline constexpr Priority kPriorityOwner{255};

// The kernel's interface index, 0 for "none".
using IfIndex = Strong<struct IfIndexTag, std::uint32_t>;

}  // namespace vip
