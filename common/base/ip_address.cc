#include "common/base/ip_address.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include <arpa/inet.h>

namespace vip {
namespace {

constexpr std::size_t size_of(Family family) {
  return family == Family::ipv4 ? 4 : 16;
}

}  // namespace

std::string_view name(Family family) {
  return family == Family::ipv4 ? "ipv4" : "ipv6";
}

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> bytes) {
  IpAddress address;
  std::ranges::copy(bytes, address.bytes_.begin());
  return address;
}

IpAddress IpAddress::v6(std::array<std::uint8_t, 16> bytes) {
  IpAddress address;
  address.family_ = Family::ipv6;
  address.bytes_ = bytes;
  return address;
}

std::optional<IpAddress> IpAddress::from_bytes(std::span<const std::uint8_t> bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  IpAddress address;
  address.family_ = bytes.size() == 4 ? Family::ipv4 : Family::ipv6;
  std::ranges::copy(bytes, address.bytes_.begin());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  IpAddress address;
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes_.data()) == 1) return address;
  address.family_ = Family::ipv6;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1) return address;
  return std::nullopt;
}

std::span<const std::uint8_t> IpAddress::bytes() const {
  return std::span(bytes_).first(size_of(family_));
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const int family = family_ == Family::ipv4 ? AF_INET : AF_INET6;
  return ::inet_ntop(family, bytes_.data(), buffer.data(), buffer.size());
}

bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(bytes(), [](std::uint8_t byte) { return byte == 0; });
}

bool IpAddress::is_loopback() const {
  if (family_ == Family::ipv4) return bytes_[0] == 127;
  return bytes_[15] == 1 && std::ranges::all_of(bytes().first(15), [](std::uint8_t b) { return b == 0; });
}

bool IpAddress::is_multicast() const {
  return family_ == Family::ipv4 ? (bytes_[0] & 0xF0) == 0xE0 : bytes_[0] == 0xFF;
}

bool IpAddress::is_link_local() const {
  return family_ == Family::ipv6 && bytes_[0] == 0xFE && (bytes_[1] & 0xC0) == 0x80;
}

bool IpAddress::is_broadcast() const {
  return family_ == Family::ipv4 && std::ranges::all_of(bytes(), [](std::uint8_t b) { return b == 0xFF; });
}

bool IpAddress::is_host() const {
  return !is_unspecified() && !is_loopback() && !is_multicast() && !is_broadcast();
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const auto host_length = static_cast<std::uint8_t>(size_of(address->family()) * 8);
  if (slash == std::string_view::npos) return IpPrefix{.address = *address, .length = host_length};
  const auto digits = text.substr(slash + 1);
  std::uint8_t length = 0;
  const auto* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, length);
  if (parsed.ec != std::errc{} || parsed.ptr != end || length > host_length) return std::nullopt;
  return IpPrefix{.address = *address, .length = length};
}

std::string IpPrefix::text() const {
  return address.text() + "/" + std::to_string(length);
}

bool IpPrefix::covers(const IpAddress& other) const {
  if (other.family() != address.family()) return false;
  const auto ours = address.bytes();
  const auto theirs = other.bytes();
  const std::size_t whole = length / 8U;
  if (!std::ranges::equal(ours.first(whole), theirs.first(whole))) return false;
  const unsigned rest = length % 8U;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFF00U >> rest);
  return (ours[whole] & mask) == (theirs[whole] & mask);
}

}  // namespace vip
