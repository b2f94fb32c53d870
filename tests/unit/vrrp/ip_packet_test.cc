#include "vrrp/core/ip_packet.h"

#include <gtest/gtest.h>

#include "tests/unit/vrrp/wire_values.h"

namespace vip::vrrp {
namespace {

constexpr std::string_view kHeader = "450000200000000070700000c000020ac6336414";

Bytes packet(std::string_view header, std::string_view payload) {
  auto bytes = from_hex(header);
  const auto rest = from_hex(payload);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

TEST(IpPacket, SaysFromWhereToWhereAndWhat) {
  auto bytes = packet(kHeader, "31020304");
  bytes[8] = 255;
  const auto parsed = parse_ipv4(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->envelope.source, ip("192.0.2.10"));
  EXPECT_EQ(parsed->envelope.destination, ip("198.51.100.20"));
  EXPECT_EQ(parsed->envelope.ttl, 255);
  EXPECT_EQ(Bytes(parsed->payload.begin(), parsed->payload.end()), from_hex("31020304"));
}

// RFC 791: options make the header longer; a fixed 20 bytes would read them as a message.
TEST(IpPacket, SkipsOptions) {
  auto bytes = packet(kHeader,
                      "01010100"
                      "31020304");
  bytes[0] = 0x46;
  EXPECT_EQ(parse_ipv4(bytes)->payload.size(), 4U);
}

TEST(IpPacket, IsNoneWhenShorterThanItSays) {
  const auto bytes = packet(kHeader, "");
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(parse_ipv4(std::span(bytes).first(size))) << size;
  auto longer = bytes;
  longer[0] = 0x4F;
  EXPECT_FALSE(parse_ipv4(longer));
  auto tiny = bytes;
  tiny[0] = 0x44;
  EXPECT_FALSE(parse_ipv4(tiny)) << "a header is at least 20 bytes";
  auto six = bytes;
  six[0] = 0x65;
  EXPECT_FALSE(parse_ipv4(six));
}

}  // namespace
}  // namespace vip::vrrp
