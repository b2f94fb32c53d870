// Small words on text that settings of every kind share: trimming, splitting, whole numbers, durations.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "common/base/time.h"

namespace vip {

[[nodiscard]] std::string_view trim(std::string_view text);
// The non-empty, trimmed pieces between any of the separators.
[[nodiscard]] std::vector<std::string> split(std::string_view text, std::string_view separators);
[[nodiscard]] std::string join(const std::vector<std::string>& pieces, std::string_view separator);
[[nodiscard]] std::string lower(std::string_view text);
// Equality without regard to ASCII case, as Swarm compares label values in constraints.
[[nodiscard]] bool equal_fold(std::string_view a, std::string_view b);

// Without control characters, so that nothing in it moves a terminal's cursor or splits a line.
[[nodiscard]] std::string printable(std::string_view text);

// FNV-1a; tells names apart, guards nothing.
[[nodiscard]] std::uint32_t fnv1a(std::string_view text);

// The whole text as a decimal number, or nothing.
template <std::integral Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return number;
}

// Two digits a byte, lower case.
[[nodiscard]] std::string hexadecimal(std::span<const std::uint8_t> bytes);
// One or two hexadecimal digits.
[[nodiscard]] std::optional<std::uint8_t> parse_hexadecimal(std::string_view digits);

// "250ms", "5s", "2m"; whole, not negative, at most a year.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
// "250ms" below a second or between seconds, else "5s".
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);
// A time since the epoch as "2026-11-21T05:47:55.123Z".
[[nodiscard]] std::string time_text(Duration since_epoch);
// true/false, yes/no, on/off, 1/0 in any case.
[[nodiscard]] std::optional<bool> parse_flag(std::string_view text);

}  // namespace vip
