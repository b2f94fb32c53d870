// Base64 (RFC 4648, section 4): how Docker's API writes bytes, and registries their logins.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vip {

[[nodiscard]] std::string to_base64(std::string_view bytes);

// The bytes, or nothing where the text is no base64.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace vip
