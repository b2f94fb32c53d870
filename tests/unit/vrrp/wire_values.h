// Bytes and addresses as people write them, for tests of the wire.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/text.h"

namespace vip::vrrp {

using Bytes = std::vector<std::uint8_t>;

inline Bytes from_hex(std::string_view digits) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(parse_hexadecimal(digits.substr(i, 2)).value());
  return bytes;
}

inline IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}

}  // namespace vip::vrrp
