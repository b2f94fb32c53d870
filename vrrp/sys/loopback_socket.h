// What stands in for unix sockets with abstract names where those are denied: TCP on loopback. A name has an
// address of its own in 127.0.0.0/8, so that names are not in each other's way and no program is in theirs
// unless it takes a port at all addresses. Any process of the host may connect, and nobody says whose it is:
// who listens must ask for a proof, or tell no secrets.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/ip_address.h"
#include "common/sys/unique_fd.h"

namespace vip::vrrp {

struct LoopbackPlace {
  IpAddress address;
  std::uint16_t port = 0;
};

[[nodiscard]] IpAddress loopback_address(std::string_view name);

// A non-blocking listening socket. Errors: conflict when somebody has the place; denied, unavailable.
[[nodiscard]] Result<sys::UniqueFd> listen_loopback(const LoopbackPlace& place);

// A connection to whoever listens there, perhaps still under way: if nobody does, its first use may say so.
// Errors: not_found when nobody listens; unavailable.
[[nodiscard]] Result<sys::UniqueFd> connect_loopback(const LoopbackPlace& place);

// Who listens at the port, of loopback addresses in this network namespace. Errors: unavailable, denied.
[[nodiscard]] Result<std::vector<IpAddress>> loopback_listeners(std::uint16_t port);

}  // namespace vip::vrrp
