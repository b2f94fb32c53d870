#include "vrrp/core/announcement.h"

#include <gtest/gtest.h>

#include "tests/unit/vrrp/wire_values.h"

namespace vip::vrrp {
namespace {

constexpr MacAddress kMac{0x02, 0x11, 0x22, 0x33, 0x44, 0x55};

TEST(Announcement, GratuitousArpIsAnArpRequestForOneself) {
  EXPECT_EQ(encode(Announcement{.address = ip("192.0.2.100"), .mac = kMac}),
            from_hex("ffffffffffff021122334455"
                     "0806"
                     "0001080006040001"
                     "021122334455c0000264"
                     "ffffffffffffc0000264"));
}

// The checksum was worked out by hand, over the pseudo header of RFC 8200.
TEST(Announcement, OverIpv6ItIsAnUnsolicitedOverridingAdvertisement) {
  EXPECT_EQ(encode(Announcement{.address = ip("2001:db8::100"), .mac = kMac, .from_router = true}),
            from_hex("333300000001021122334455"
                     "86dd"
                     "6000000000203aff"
                     "20010db8000000000000000000000100"
                     "ff020000000000000000000000000001"
                     "88001094a0000000"
                     "20010db8000000000000000000000100"
                     "0201021122334455"));
}

TEST(Announcement, IsReadAsItWasWritten) {
  for (const auto* const address : {"192.0.2.100", "2001:db8::100"}) {
    for (const bool router : {false, true}) {
      const Announcement said{
          .address = ip(address), .mac = kMac, .from_router = router && ip(address).family() == Family::ipv6};
      EXPECT_EQ(parse_announcement(encode(said)), said);
    }
  }
}

TEST(Announcement, NothingElseIsRead) {
  const auto arp = encode(Announcement{.address = ip("192.0.2.100"), .mac = kMac});
  auto question = arp;
  question.back() = 1;  // asks for another address than its own
  EXPECT_EQ(parse_announcement(question), std::nullopt);
  const auto advertisement = encode(Announcement{.address = ip("2001:db8::100"), .mac = kMac});
  auto solicited = advertisement;
  solicited[14 + 40 + 4] |= 0x40;
  EXPECT_EQ(parse_announcement(solicited), std::nullopt);
  auto far = advertisement;
  far[14 + 7] = 64;
  EXPECT_EQ(parse_announcement(far), std::nullopt) << "RFC 4861, 7.1.2: it came through a router";
  for (const auto& frame : {arp, advertisement}) {
    for (std::size_t size = 0; size < frame.size(); ++size) {
      const auto cut = parse_announcement(std::span(frame).first(size));
      const bool enough = frame == advertisement && size >= 14 + 40 + 24;  // its option is not needed
      EXPECT_EQ(cut.has_value(), enough) << size;
    }
  }
}

TEST(Question, IsAnArpRequestForAnothersAddress) {
  const auto frame = from_hex(
      "ffffffffffff0a0000000001"
      "0806"
      "0001080006040001"
      "0a0000000001c0000201"
      "000000000000c0000264");
  const auto question = parse_question(frame);
  ASSERT_TRUE(question);
  EXPECT_EQ(question->target, ip("192.0.2.100"));
  EXPECT_EQ(encode_answer(*question, {.address = ip("192.0.2.100"), .mac = kMac}),
            from_hex("0a0000000001021122334455"
                     "0806"
                     "0001080006040002"
                     "021122334455c0000264"
                     "0a0000000001c0000201"));
  EXPECT_FALSE(parse_announcement(frame));
  EXPECT_FALSE(parse_question(encode(Announcement{.address = ip("192.0.2.100"), .mac = kMac})));
}

TEST(Question, OverIpv6IsASolicitation) {
  const auto solicitation = [](std::string_view source) {
    return from_hex(std::string("3333ff0001000a0000000001"
                                "86dd"
                                "6000000000183aff") +
                    std::string(source) +
                    "ff0200000000000000000001ff000100"
                    "8700000000000000"
                    "20010db8000000000000000000000100");
  };
  const auto question = parse_question(solicitation("20010db8000000000000000000000001"));
  ASSERT_TRUE(question);
  EXPECT_EQ(question->target, ip("2001:db8::100"));
  EXPECT_EQ(question->asker, ip("2001:db8::1"));
  const auto answer = encode_answer(*question, {.address = ip("2001:db8::100"), .mac = kMac});
  EXPECT_EQ(answer[14 + 40 + 4], 0x60) << "solicited and overriding";
  EXPECT_FALSE(parse_announcement(answer)) << "an answer announces nothing to others";
  // RFC 4861, 7.2.4: whoever asks without an address yet is answered to all.
  const auto probe = parse_question(solicitation("00000000000000000000000000000000"));
  ASSERT_TRUE(probe);
  EXPECT_EQ(encode_answer(*probe, {.address = ip("2001:db8::100"), .mac = kMac}),
            encode(Announcement{.address = ip("2001:db8::100"), .mac = kMac}));
}

// RFC 5227, 2.1.1: from nobody, so that no neighbour learns anything.
TEST(Probe, IsAnArpRequestFromNobody) {
  const auto probe = encode_probe(ip("192.0.2.100"), kMac);
  EXPECT_EQ(probe, from_hex("ffffffffffff021122334455"
                            "0806"
                            "0001080006040001"
                            "02112233445500000000"
                            "000000000000c0000264"));
  EXPECT_FALSE(parse_owner(probe)) << "who asks does not have it";
  EXPECT_FALSE(parse_announcement(probe));
  const auto question = parse_question(probe);
  ASSERT_TRUE(question);
  const MacAddress theirs{0x0A, 0, 0, 0, 0, 1};
  const auto owner = parse_owner(encode_answer(*question, {.address = ip("192.0.2.100"), .mac = theirs}));
  EXPECT_EQ(owner, (Announcement{.address = ip("192.0.2.100"), .mac = theirs}));
}

// RFC 4862, 5.4.2; the checksum was worked out by hand.
TEST(Probe, OverIpv6IsASolicitationFromNobodyToTheGroupOfTheAddress) {
  const auto probe = encode_probe(ip("2001:db8::12:3456"), kMac);
  EXPECT_EQ(probe, from_hex("3333ff123456021122334455"
                            "86dd"
                            "6000000000183aff"
                            "00000000000000000000000000000000"
                            "ff0200000000000000000001ff123456"
                            "8700e41e00000000"
                            "20010db8000000000000000000123456"));
  EXPECT_FALSE(parse_owner(probe));
  const auto question = parse_question(probe);
  ASSERT_TRUE(question);
  EXPECT_TRUE(question->asker.is_unspecified());
  const auto answer = encode_answer(*question, {.address = ip("2001:db8::12:3456"), .mac = kMac});
  ASSERT_TRUE(parse_owner(answer));
  EXPECT_EQ(parse_owner(answer)->mac, kMac);
}

TEST(Owner, IsWhoeverSaysOrUsesAnAddress) {
  const Announcement said{.address = ip("192.0.2.100"), .mac = kMac};
  EXPECT_EQ(parse_owner(encode(said)), said);
  const auto asks = from_hex(
      "ffffffffffff0a0000000001"
      "0806"
      "0001080006040001"
      "0a0000000001c0000264"
      "000000000000c0000201");
  EXPECT_EQ(parse_owner(asks), (Announcement{.address = ip("192.0.2.100"), .mac = {0x0A, 0, 0, 0, 0, 1}}));
  EXPECT_FALSE(parse_owner(std::span(asks).first(20)));
}

TEST(VirtualMac, HasTheFamilyAndTheVrid) {
  EXPECT_EQ(virtual_mac(Family::ipv4, 51), (MacAddress{0x00, 0x00, 0x5E, 0x00, 0x01, 51}));
  EXPECT_EQ(virtual_mac(Family::ipv6, 255), (MacAddress{0x00, 0x00, 0x5E, 0x00, 0x02, 255}));
}

}  // namespace
}  // namespace vip::vrrp
