#include "common/sys/socket_address.h"

namespace vip::sys {

SocketAddress socket_address(const IpAddress& address, std::uint16_t port) {
  SocketAddress where;
  const auto bytes = address.bytes();
  if (address.family() == Family::ipv6) {
    where.bytes.sin6_family = AF_INET6;
    where.bytes.sin6_port = htons(port);
    std::memcpy(&where.bytes.sin6_addr, bytes.data(), sizeof(where.bytes.sin6_addr));
    return where;
  }
  sockaddr_in ipv4{};
  ipv4.sin_family = AF_INET;
  ipv4.sin_port = htons(port);
  std::memcpy(&ipv4.sin_addr, bytes.data(), sizeof(ipv4.sin_addr));
  std::memcpy(&where.bytes, &ipv4, sizeof(ipv4));
  where.size = sizeof(ipv4);
  return where;
}

}  // namespace vip::sys
