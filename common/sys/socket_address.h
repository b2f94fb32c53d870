// An address and a port as the socket calls take them.
#pragma once

#include <cstdint>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>

#include "common/base/ip_address.h"

namespace vip::sys {

// Of either family, and how much of it counts.
struct SocketAddress {
  sockaddr_in6 bytes{};
  socklen_t size = sizeof(sockaddr_in6);

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes); }  // NOLINT
  friend bool operator==(const SocketAddress& a, const SocketAddress& b) {
    return a.size == b.size && std::memcmp(&a.bytes, &b.bytes, a.size) == 0;
  }
};

[[nodiscard]] SocketAddress socket_address(const IpAddress& address, std::uint16_t port);

}  // namespace vip::sys
