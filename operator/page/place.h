// Where the page is, and who may see it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/ip_address.h"

namespace vip::swarm {

inline constexpr std::uint16_t kPagePortDefault = 9109;

struct PagePlace {
  std::optional<IpAddress> address;  // nothing: all of both families
  std::uint16_t port = 0;            // 0: there is no page
  std::string token;  // without it nobody sees more than what is in the source; empty: none; a secret

  [[nodiscard]] bool is_on() const { return port != 0; }
  friend bool operator==(const PagePlace&, const PagePlace&) = default;
};

}  // namespace vip::swarm
