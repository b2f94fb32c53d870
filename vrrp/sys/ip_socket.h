// What the sockets of advertisements and of hellos have in common: packets with their source, destination and
// interface, of either family. Private to vrrp/sys.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>

#include <sys/socket.h>

#include "common/base/error.h"
#include "common/base/ip_address.h"
#include "vrrp/core/router_set.h"

namespace vip::vrrp {

using PacketReceiver = std::function<void(const Envelope&, std::span<const std::uint8_t> payload)>;
// Of a packet by its place among those that were to be sent.
using SendReport = std::function<void(std::size_t place, const Status& sent)>;

// errno says why, when it is false.
template <typename Value>
[[nodiscard]] bool set_option(int fd, int level, int option, const Value& value) {
  return ::setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

template <typename Raw>
[[nodiscard]] Raw raw_address(const IpAddress& address) {
  Raw raw{};
  std::memcpy(&raw, address.bytes().data(), std::min(sizeof(raw), address.bytes().size()));
  return raw;
}

// A group of 255 routers may speak at once, and again before this loop has its turn.
void widen_receive_buffer(int fd);

// One after the other, each from its envelope's source to its destination, and says what became of each; all
// are of one family. The port is 0 for a raw socket. Errors: unavailable, not_found; worth a count, never
// fatal.
void send_packets(int fd, std::span<const Packet> packets, std::uint16_t port, const SendReport& report);
[[nodiscard]] Status send_packet(int fd, const Packet& packet, std::uint16_t port);

// Hands over what has arrived, at most as much as fits one turn of the loop. The socket has IP_PKTINFO, or
// IPV6_RECVPKTINFO; over IPv6 the hop limit is 0 unless it has IPV6_RECVHOPLIMIT, too.
void receive_packets(int fd, Family family, const PacketReceiver& receiver);

}  // namespace vip::vrrp
