// IP addresses and prefixes as values: 4 or 16 bytes in network order, ordered within a family as the RFCs
// compare them (unsigned, most significant byte first).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vip {

enum class Family : std::uint8_t { ipv4, ipv6 };
[[nodiscard]] std::string_view name(Family family);

class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0
  static IpAddress v4(std::array<std::uint8_t, 4> bytes);
  static IpAddress v6(std::array<std::uint8_t, 16> bytes);
  // 4 or 16 bytes, else nothing.
  static std::optional<IpAddress> from_bytes(std::span<const std::uint8_t> bytes);
  // Canonical or compressed text; no prefix, no zone, no blanks.
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] Family family() const { return family_; }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_unspecified() const;
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] bool is_multicast() const;
  [[nodiscard]] bool is_link_local() const;  // fe80::/10
  [[nodiscard]] bool is_broadcast() const;   // 255.255.255.255
  // Whether a host can own it: none of the above.
  [[nodiscard]] bool is_host() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Family family_ = Family::ipv4;
  std::array<std::uint8_t, 16> bytes_{};  // an IPv4 address uses the first four
};

// An address with the length of its network, "192.0.2.10/24".
struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;

  // "ADDRESS" (a host: /32 or /128) or "ADDRESS/LENGTH".
  static std::optional<IpPrefix> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  // Whether the other address lies in this network.
  [[nodiscard]] bool covers(const IpAddress& other) const;
  friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;
};

}  // namespace vip
