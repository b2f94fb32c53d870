// A group's keys as people and secrets write them: who has one may sign advertisements and is believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace vip {

struct AuthKey {
  std::uint8_t id = 1;
  std::vector<std::uint8_t> secret;  // 32 to 64 bytes
  friend bool operator==(const AuthKey&, const AuthKey&) = default;
};
inline constexpr std::size_t kSecretSizeMin = 32;
inline constexpr std::size_t kSecretSizeMax = 64;

// The keys of a secret: one to a line as "ID:HEX", the first is the one to sign with; a line of hexadecimal
// digits alone has id 1. Errors: invalid; the text is not shown.
[[nodiscard]] Result<std::vector<AuthKey>> read_keys(std::string_view secret);

}  // namespace vip
