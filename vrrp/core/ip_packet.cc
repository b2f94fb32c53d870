#include "vrrp/core/ip_packet.h"

namespace vip::vrrp {
namespace {

constexpr std::size_t kHeaderSizeMin = 20;
constexpr std::size_t kTtlOffset = 8;
constexpr std::size_t kSourceOffset = 12;
constexpr std::size_t kDestinationOffset = 16;

}  // namespace

std::optional<IpPacket> parse_ipv4(std::span<const std::uint8_t> packet) {
  if (packet.size() < kHeaderSizeMin || packet[0] >> 4U != 4) return std::nullopt;
  const std::size_t header = std::size_t{packet[0] & 0x0FU} * 4;
  if (header < kHeaderSizeMin || header > packet.size()) return std::nullopt;
  const auto source = IpAddress::from_bytes(packet.subspan(kSourceOffset, 4));
  const auto destination = IpAddress::from_bytes(packet.subspan(kDestinationOffset, 4));
  return IpPacket{.envelope = {.source = source.value_or(IpAddress()),
                               .destination = destination.value_or(IpAddress()),
                               .ttl = packet[kTtlOffset]},
                  .payload = packet.subspan(header)};
}

}  // namespace vip::vrrp
