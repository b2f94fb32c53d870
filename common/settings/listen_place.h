// Where a program listens, as people write it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/ip_address.h"

namespace vip::settings {

struct ListenPlace {
  IpAddress address;
  std::uint16_t port = 0;
  friend bool operator==(const ListenPlace&, const ListenPlace&) = default;
};

// "192.0.2.11:9112" or "[2001:db8::11]:9112"; an address of this host, 0.0.0.0 (all of IPv4) or [::] (all).
[[nodiscard]] std::optional<ListenPlace> parse_listen_place(std::string_view text);

}  // namespace vip::settings
