// The IPv4 header in front of a packet from a raw socket. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "vrrp/core/advertisement.h"

namespace vip::vrrp {

struct IpPacket {
  Envelope envelope;  // without its interface, which no header knows
  std::span<const std::uint8_t> payload;
};

// Nothing for what is shorter than its header says. Options are skipped (RFC 791).
[[nodiscard]] std::optional<IpPacket> parse_ipv4(std::span<const std::uint8_t> packet);

}  // namespace vip::vrrp
