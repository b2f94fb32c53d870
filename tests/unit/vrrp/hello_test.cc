#include "vrrp/core/hello.h"

#include <gtest/gtest.h>

#include "tests/unit/vrrp/wire_values.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMessageSize = 48;

Hello answer() {
  return {.kind = HelloKind::answer,
          .vrid = Vrid(51),
          .priority = Priority(200),
          .state = State::active,
          .contacts = 2,
          .generation = 0x0102'0304'0506'0708,
          .ticket = 0x1122'3344'5566'7788,
          .interval = 250ms,
          .active_for = 90061s,
          .active_router = ip("192.0.2.20")};
}

TEST(Hello, HasItsPlaceForEachField) {
  EXPECT_EQ(encode(answer()), from_hex("f133c802020200000102030405060708"
                                       "1122334455667788000000fa055e38c8"
                                       "c0000214000000000000000000000000"));
}

TEST(Hello, SurvivesTheWireOverBothFamilies) {
  auto hello = answer();
  EXPECT_EQ(decode_hello(encode(hello), Family::ipv4), hello);
  hello.active_router = ip("2001:db8::20");
  EXPECT_EQ(decode_hello(encode(hello), Family::ipv6), hello);
}

TEST(Hello, AnyStateAndKindAndNoActiveRouterAreSaid) {
  auto hello = answer();
  hello.active_router.reset();
  for (const auto kind : {HelloKind::question, HelloKind::answer}) {
    for (const auto state : {State::initialize, State::backup, State::active, State::fault}) {
      hello.kind = kind;
      hello.state = state;
      EXPECT_EQ(decode_hello(encode(hello), Family::ipv4), hello);
      EXPECT_EQ(decode_hello(encode(hello), Family::ipv6), hello);
    }
  }
}

TEST(Hello, DurationsAreCutToWhatTheFieldsHold) {
  auto hello = answer();
  hello.interval = 1999us;
  hello.active_for = 24h * 365;
  const auto decoded = decode_hello(encode(hello), Family::ipv4);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->interval, 1ms);
  EXPECT_EQ(decoded->active_for, std::chrono::milliseconds(0xFFFF'FFFF));
  hello.active_for = -1ms;
  EXPECT_EQ(decode_hello(encode(hello), Family::ipv4)->active_for, 0ms);
}

TEST(Hello, WhatALaterVersionSaysMoreIsIgnored) {
  auto message = encode(answer());
  message.insert(message.end(), {1, 2, 3});
  EXPECT_EQ(decode_hello(message, Family::ipv4), answer());
}

TEST(Hello, TooShortIsMalformed) {
  const auto message = encode(answer());
  for (std::size_t size = 0; size < kMessageSize; ++size)
    EXPECT_EQ(decode_hello(std::span(message).first(size), Family::ipv4),
              std::unexpected(Discard::malformed));
}

struct Odd {
  std::string_view what;
  std::size_t at;
  std::uint8_t byte;
  Discard why;
};

TEST(Hello, WhatIsOddIsRefusedForItsReason) {
  for (const auto& odd :
       {Odd{"version 3 of VRRP", 0, 0x31, Discard::version},
        Odd{"version 2 of VRRP", 0, 0x21, Discard::version}, Odd{"a later format", 0, 0xF2, Discard::version},
        Odd{"priority 0", 2, 0, Discard::malformed}, Odd{"kind 0", 3, 0, Discard::type},
        Odd{"kind 3", 3, 3, Discard::type}, Odd{"state 4", 4, 4, Discard::malformed},
        Odd{"bytes that nobody signs", 6, 1, Discard::malformed},
        Odd{"bytes that nobody signs", 7, 1, Discard::malformed}}) {
    auto message = encode(answer());
    message.at(odd.at) = odd.byte;
    EXPECT_EQ(decode_hello(message, Family::ipv4), std::unexpected(odd.why)) << odd.what;
  }
  auto hello = answer();
  hello.interval = 0ms;
  EXPECT_EQ(decode_hello(encode(hello), Family::ipv4), std::unexpected(Discard::malformed));
}

TEST(Hello, TheTrailerIsWhatComesLast) {
  auto datagram = encode(answer());
  datagram.insert(datagram.end(), 3, 0xEE);  // more of a later version
  const auto size = datagram.size();
  datagram.insert(datagram.end(), kTrailerSize, 0xAA);
  const auto parts = split_hello(datagram);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->message.size(), size);
  EXPECT_EQ(parts->trailer[0], 0xAA);
  for (std::size_t short_by = datagram.size() - kMessageSize - kTrailerSize + 1; short_by <= datagram.size();
       ++short_by)
    EXPECT_FALSE(split_hello(std::span(datagram).first(datagram.size() - short_by)));
}

// The same key signs both, so neither may be taken for the other.
TEST(Hello, ASignedAdvertisementIsNoHelloAndTheReverse) {
  const Envelope envelope{.source = ip("192.0.2.20"), .destination = ip("192.0.2.30")};
  const AuthKey key{.secret = Bytes(32, 1)};
  auto advert = encode({.vrid = Vrid(51),
                        .priority = Priority(200),
                        .interval = 250ms,
                        .addresses = std::vector(12, ip("192.0.2.100"))},
                       envelope);
  const auto advert_trailer = sign(advert, envelope.source, key, Sequence(1));
  advert.insert(advert.end(), advert_trailer.begin(), advert_trailer.end());
  const auto parts = split_hello(advert);
  ASSERT_TRUE(parts);
  EXPECT_FALSE(decode_hello(parts->message, Family::ipv4));
  advert[6] = advert[7] = 0;  // which the signature does not notice
  EXPECT_EQ(decode_hello(split_hello(advert)->message, Family::ipv4), std::unexpected(Discard::version));

  auto hello = encode(answer());
  const auto trailer = sign(hello, envelope.source, key, Sequence(1));
  hello.insert(hello.end(), trailer.begin(), trailer.end());
  EXPECT_EQ(decode(hello, envelope).error(), Discard::version);
  hello[0] = 0x31;  // the version is signed
  const auto offset = trailer_offset(hello, Family::ipv4);
  EXPECT_FALSE(offset && sign(std::span(hello).first(*offset), envelope.source, key, Sequence(1)) == trailer);
}

}  // namespace
}  // namespace vip::vrrp
