#include "vrrp/core/advertisement.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/unit/vrrp/wire_values.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

const Envelope kUnicast{.source = ip("198.51.100.10"), .destination = ip("198.51.100.20")};
const Envelope kMulticast{.source = ip("198.51.100.10"), .destination = ip("224.0.0.18")};

Advertisement v2() {
  return {.version = Version::v2,
          .vrid = Vrid(51),
          .priority = Priority(200),
          .interval = 1s,
          .addresses = {ip("192.0.2.100")}};
}

Advertisement v3() {
  auto advertisement = v2();
  advertisement.version = Version::v3;
  return advertisement;
}

// Bytes worked out by hand from the RFCs: VRID 51, priority 200, one address, 1 s.
constexpr std::string_view kV2Plain = "2133c80100015465c00002640000000000000000";
constexpr std::string_view kV2Password = "2133c8010101f102c00002643131313100000000";
constexpr std::string_view kV3MessageOnly = "3133c80100644402c0000264";
constexpr std::string_view kV3MulticastPseudo = "3133c80100643935c0000264";
constexpr std::string_view kV3UnicastPseudo = "3133c8010064eeffc0000264";

TEST(Advertisement, EncodesVersion2WithoutPassword) {
  EXPECT_EQ(encode(v2(), kUnicast), from_hex(kV2Plain));
}

TEST(Advertisement, EncodesVersion2WithPasswordInItsChecksum) {
  auto advertisement = v2();
  advertisement.auth_type = AuthType::password;
  advertisement.auth = auth_data("1111");
  EXPECT_EQ(encode(advertisement, kUnicast), from_hex(kV2Password));
}

TEST(Advertisement, EncodesVersion3OverThePseudoHeaderWithTheRealDestination) {
  EXPECT_EQ(encode(v3(), kUnicast), from_hex(kV3UnicastPseudo));
  EXPECT_EQ(encode(v3(), kMulticast), from_hex(kV3MulticastPseudo));
}

TEST(Advertisement, EncodesVersion3OverIpv6) {
  auto advertisement = v3();
  advertisement.addresses = {ip("fe80::100")};
  const Envelope multicast{.source = ip("fe80::10"), .destination = ip("ff02::12")};
  const Envelope unicast{.source = ip("fe80::10"), .destination = ip("fe80::20")};
  EXPECT_EQ(encode(advertisement, multicast), from_hex("3133c801006408b8fe800000000000000000000000000100"));
  EXPECT_EQ(encode(advertisement, unicast), from_hex("3133c8010064092cfe800000000000000000000000000100"));
  EXPECT_EQ(decode(encode(advertisement, unicast), unicast)->advertisement, advertisement);
  EXPECT_EQ(decode(encode(advertisement, unicast), multicast).error(), Discard::checksum);
}

// With a trailer the checksum of IPv6 covers both (keepalived's own example).
TEST(Advertisement, TheIpv6ChecksumCoversATrailer) {
  const Envelope unicast{.source = ip("fe80::10"), .destination = ip("fe80::20")};
  const auto packet = from_hex(
      "3133c8010064a2e9fe800000000000000000000000000100010100006800000080000000c8c56146ebfd66ee10ec4d8186461b"
      "78");
  const auto decoded = decode(packet, unicast);
  ASSERT_TRUE(decoded) << name(decoded.error());
  EXPECT_EQ(decoded->advertisement.addresses, std::vector{ip("fe80::100")});
}

TEST(Advertisement, Version2IsNotSpokenOverIpv6) {
  EXPECT_EQ(decode(from_hex(kV2Plain), {.source = ip("fe80::10"), .destination = ip("ff02::12")}).error(),
            Discard::version);
}

TEST(Advertisement, DecodesWhatItEncodes) {
  auto advertisement = v2();
  advertisement.auth_type = AuthType::password;
  advertisement.auth = auth_data("secret");
  advertisement.addresses.push_back(ip("192.0.2.101"));
  EXPECT_EQ(decode(encode(advertisement, kUnicast), kUnicast)->advertisement, advertisement);
  auto sub_second = v3();
  sub_second.interval = 250ms;
  EXPECT_EQ(decode(encode(sub_second, kUnicast), kUnicast)->advertisement, sub_second);
}

TEST(Advertisement, TakesAllThreeChecksumFormsOfVersion3) {
  EXPECT_EQ(decode(from_hex(kV3UnicastPseudo), kUnicast)->checksum, ChecksumForm::pseudo_header);
  EXPECT_EQ(decode(from_hex(kV3MessageOnly), kUnicast)->checksum, ChecksumForm::message_only);
  EXPECT_EQ(decode(from_hex(kV3MulticastPseudo), kUnicast)->checksum, ChecksumForm::multicast_pseudo_header);
}

TEST(Advertisement, TheReservedBitsOfVersion3AreIgnored) {
  const auto decoded = decode(from_hex("3133c801f0645401c0000264"), kUnicast);
  ASSERT_TRUE(decoded) << name(decoded.error());
  EXPECT_EQ(decoded->advertisement.interval, Duration(1s));
}

TEST(Advertisement, EverySingleBitFlipOfTheChecksumIsSeen) {
  for (unsigned bit = 0; bit < 16; ++bit) {
    auto packet = from_hex(kV2Plain);
    packet[6 + bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_EQ(decode(packet, kUnicast).error(), Discard::checksum) << bit;
  }
}

TEST(Advertisement, EveryTruncationIsMalformed) {
  for (const auto hex : {kV2Password, kV3UnicastPseudo}) {
    const auto packet = from_hex(hex);
    for (std::size_t size = 0; size < packet.size(); ++size) {
      EXPECT_EQ(decode(std::span(packet).first(size), kUnicast).error(), Discard::malformed) << size;
    }
  }
}

TEST(Advertisement, BytesBehindTheMessageDoNotMatter) {
  auto packet = from_hex(kV3UnicastPseudo);
  packet.insert(packet.end(), {0xDE, 0xAD, 0xBE, 0xEF});
  EXPECT_EQ(decode(packet, kUnicast)->advertisement, v3());
}

struct BadPacket {
  std::string_view what;
  std::string_view hex;
  Discard why;
};

TEST(Advertisement, RefusesWithAReason) {
  const std::vector<BadPacket> table{
      {"version 1", "1133c80100644402c0000264", Discard::version},
      {"version 4", "4133c80100644402c0000264", Discard::version},
      {"type 2", "3233c80100644402c0000264", Discard::type},
      {"type 0", "3033c80100644402c0000264", Discard::type},
      {"no addresses, version 3", "3133c80000640668", Discard::no_addresses},
      {"interval 0, version 3", "3133c80100004466c0000264", Discard::zero_interval},
      {"interval 0, version 2", "2133c80100005466c00002640000000000000000", Discard::zero_interval},
      {"garbage", "ffffffffffffffff", Discard::version},
  };
  for (const auto& row : table) {
    const auto decoded = decode(from_hex(row.hex), kUnicast);
    ASSERT_FALSE(decoded) << row.what;
    EXPECT_EQ(name(decoded.error()), name(row.why)) << row.what;
  }
}

TEST(Advertisement, LongPasswordsAreCutAndShortOnesPadded) {
  EXPECT_EQ(auth_data("123456789"), auth_data("12345678"));
  EXPECT_EQ(auth_data("a"), (AuthData{'a', 0, 0, 0, 0, 0, 0, 0}));
}

}  // namespace
}  // namespace vip::vrrp
