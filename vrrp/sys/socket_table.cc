#include "vrrp/sys/socket_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <span>

#include "common/base/text.h"

namespace vip::vrrp {
namespace {

constexpr std::size_t kWordDigits = 8;
constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

template <typename Number>
std::optional<Number> hexadecimal_number(std::string_view digits) {
  Number number{};
  const auto* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, number, 16);
  return parsed.ptr == end && parsed.ec == std::errc{} ? std::optional(number) : std::nullopt;
}

std::optional<IpAddress> read_address(std::string_view digits) {
  if (digits.size() != kWordDigits && digits.size() != 4 * kWordDigits) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  const std::size_t size = digits.size() / 2;
  for (std::size_t at = 0; at < size; at += sizeof(std::uint32_t)) {
    const auto word = hexadecimal_number<std::uint32_t>(digits.substr(2 * at, kWordDigits));
    if (!word) return std::nullopt;
    std::memcpy(bytes.data() + at, &*word, sizeof(*word));
  }
  const std::span<const std::uint8_t> all(bytes.data(), size);
  const bool mapped = size == bytes.size() && std::ranges::equal(all.first(kMapped.size()), kMapped);
  return IpAddress::from_bytes(mapped ? all.last(4) : all);
}

}  // namespace

std::optional<TableLine> read_table_line(std::string_view line) {
  const auto fields = split(line, " ");
  const auto colon = fields.size() < 4 ? std::string::npos : fields[1].find(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::string_view local(fields[1]);
  const auto address = read_address(local.substr(0, colon));
  const auto port = hexadecimal_number<std::uint16_t>(local.substr(colon + 1));
  if (!address || !port) return std::nullopt;
  return TableLine{.address = *address, .port = *port, .listens = fields[3] == "0A"};
}

bool has_listener(std::string_view table, std::uint16_t port, const std::optional<IpAddress>& address) {
  for (const auto& line : split(table, "\n")) {
    const auto entry = read_table_line(line);
    if (!entry) continue;
    if (!entry->listens) return false;
    const bool at_any = entry->address.is_unspecified();
    if (entry->port == port && (!address || at_any || entry->address == *address)) return true;
  }
  return false;
}

}  // namespace vip::vrrp
