#include "common/base/auth_key.h"

#include <algorithm>
#include <optional>
#include <string>

#include "common/base/text.h"

namespace vip {
namespace {

constexpr std::uint8_t kOnlyKey = 1;

std::unexpected<Error> wrong_key(const std::string& what) {
  return fail(Errc::invalid, what + "; needed is a line ID:KEY for each key, ID from 0 to 255, KEY " +
                                 std::to_string(kSecretSizeMin) + " to " + std::to_string(kSecretSizeMax) +
                                 " bytes as hexadecimal digits, or one such KEY alone");
}

std::optional<std::vector<std::uint8_t>> read_bytes(std::string_view digits) {
  std::vector<std::uint8_t> bytes;
  if (digits.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto byte = parse_hexadecimal(digits.substr(i, 2));
    if (!byte) return std::nullopt;
    bytes.push_back(*byte);
  }
  if (bytes.size() < kSecretSizeMin || bytes.size() > kSecretSizeMax) return std::nullopt;
  return bytes;
}

}  // namespace

Result<std::vector<AuthKey>> read_keys(std::string_view secret) {
  std::vector<AuthKey> keys;
  std::size_t number = 0;
  for (const auto& line : split(secret, "\r\n")) {
    const std::string_view text = trim(line);
    if (text.empty()) continue;
    ++number;
    const auto which = "key " + std::to_string(number);
    const auto colon = text.find(':');
    const bool named = colon != std::string_view::npos;
    const auto id = named ? parse_number<std::uint8_t>(trim(text.substr(0, colon))) : std::optional(kOnlyKey);
    if (!id) return wrong_key(which + ": its id is not a number from 0 to 255");
    auto bytes = read_bytes(trim(named ? text.substr(colon + 1) : text));
    if (!bytes) return wrong_key(which + ": not a key");
    if (std::ranges::find(keys, *id, &AuthKey::id) != keys.end())
      return wrong_key(which + ": the id " + std::to_string(*id) + " stands twice");
    keys.push_back({.id = *id, .secret = *std::move(bytes)});
  }
  if (keys.empty()) return wrong_key("no key");
  return keys;
}

}  // namespace vip
