// The kernel's table of TCP sockets, /proc/net/tcp and tcp6, as values. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/ip_address.h"

namespace vip::vrrp {

struct TableLine {
  IpAddress address;  // of its own end
  std::uint16_t port = 0;
  bool listens = false;
};

// A line such as "   0: 0100007F:2383 00000000:0000 0A ...", the address as the machine reads its words of
// four bytes; an IPv4 address in IPv6's form is one of IPv4. Nothing for the heading, or what is no such
// line.
[[nodiscard]] std::optional<TableLine> read_table_line(std::string_view line);

// Whether a listener of the table is at the port, and at the address or at any address of its family; without
// an address: anywhere. The table has those that listen first.
[[nodiscard]] bool has_listener(std::string_view table, std::uint16_t port,
                                const std::optional<IpAddress>& address);

}  // namespace vip::vrrp
