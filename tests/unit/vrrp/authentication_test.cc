#include "vrrp/core/authentication.h"

#include <numeric>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/vrrp/wire_values.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

AuthKey key(std::uint8_t id = 1, std::uint8_t first = 0) {
  AuthKey made{.id = id, .secret = Bytes(32)};
  std::iota(made.secret.begin(), made.secret.end(), first);
  return made;
}

// keepalived's own vectors: key 00..1f, sequence 0x68000000 s and a half.
const Sequence kSequence(0x6800'0000'8000'0000ULL);
constexpr std::string_view kMessage4 = "3133c80100644402c0000264";
constexpr std::string_view kTrailer4 = "0101000068000000800000001b84bc4e8e43892dc6d98448f8ee2265";
constexpr std::string_view kMessage6 = "3133c8010064a2e9fe800000000000000000000000000100";
constexpr std::string_view kTrailer6 = "010100006800000080000000c8c56146ebfd66ee10ec4d8186461b78";

Bytes packet4(Sequence sequence, const AuthKey& with = key(), const IpAddress& source = ip("198.51.100.10")) {
  auto packet = from_hex(kMessage4);
  const auto trailer = sign(packet, source, with, sequence);
  packet.insert(packet.end(), trailer.begin(), trailer.end());
  return packet;
}

Authenticator judge_of(AuthMode mode) {
  return {mode, {key(1), key(2, 100)}, 1};
}

TEST(Authentication, SignsAsKeepalivedDoes) {
  const auto message4 = from_hex(kMessage4);
  const auto trailer4 = sign(message4, ip("198.51.100.10"), key(), kSequence);
  EXPECT_EQ(Bytes(trailer4.begin(), trailer4.end()), from_hex(kTrailer4));
  const auto message6 = from_hex(kMessage6);
  const auto trailer6 = sign(message6, ip("fe80::10"), key(), kSequence);
  EXPECT_EQ(Bytes(trailer6.begin(), trailer6.end()), from_hex(kTrailer6));
}

TEST(Authentication, TheChecksumIsNotSignedAndTheSourceIs) {
  auto judge = judge_of(AuthMode::enforce);
  auto packet = packet4(kSequence);
  packet[6] ^= 0xFFU;
  EXPECT_TRUE(judge.judge(packet, ip("198.51.100.10")));
  EXPECT_EQ(judge.judge(packet4(kSequence.next()), ip("198.51.100.11")).error(), Discard::authentication);
}

TEST(Authentication, EveryOtherBitIsSigned) {
  const auto packet = packet4(kSequence);
  for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
    const auto byte = bit / 8;
    if (byte == 6 || byte == 7 || byte == 3) continue;  // the checksum; the count says where the trailer is
    auto judge = judge_of(AuthMode::enforce);
    auto forged = packet;
    forged[byte] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(judge.judge(forged, ip("198.51.100.10"))) << "bit " << bit;
  }
}

TEST(Authentication, TheModesTakeAndRefuse) {
  const auto unsigned_packet = from_hex(kMessage4);
  const auto forged = packet4(kSequence, key(1, 7));
  const auto source = ip("198.51.100.10");
  for (const auto mode : {AuthMode::receive_only, AuthMode::permissive, AuthMode::enforce}) {
    auto judge = judge_of(mode);
    EXPECT_EQ(judge.judge(unsigned_packet, source).has_value(), mode != AuthMode::enforce);
    EXPECT_FALSE(judge.judge(forged, source)) << "a wrong signature is never taken";
    EXPECT_TRUE(judge.judge(packet4(kSequence), source));
    EXPECT_EQ(judge.signs(), mode != AuthMode::receive_only);
  }
}

// While a group moves from one key to another.
TEST(Authentication, OfTwoKeysWithOneIdEachIsBelievedAndTheFirstSigns) {
  Authenticator judge(AuthMode::enforce, {key(1), key(1, 100)}, 1);
  const auto source = ip("198.51.100.10");
  EXPECT_TRUE(judge.judge(packet4(kSequence), source));
  EXPECT_TRUE(judge.judge(packet4(kSequence.next(), key(1, 100)), source));
  EXPECT_EQ(judge.judge(packet4(kSequence.next().next(), key(1, 7)), source).error(),
            Discard::authentication);
  const auto message = from_hex(kMessage4);
  EXPECT_TRUE(
      judge_of(AuthMode::enforce).judge_signed(message, judge.sign_next(message, source, 1s), source));
}

TEST(Authentication, AKeyIsFoundByItsId) {
  auto judge = judge_of(AuthMode::enforce);
  const auto source = ip("198.51.100.10");
  EXPECT_TRUE(judge.judge(packet4(kSequence, key(2, 100)), source));
  EXPECT_EQ(judge.judge(packet4(kSequence.next(), key(3, 100)), source).error(), Discard::authentication);
}

TEST(Authentication, AReplayIsRefusedForItsSourceOnly) {
  auto judge = judge_of(AuthMode::enforce);
  const auto one = ip("198.51.100.10");
  const auto other = ip("198.51.100.11");
  EXPECT_TRUE(judge.judge(packet4(kSequence.next()), one));
  EXPECT_EQ(judge.judge(packet4(kSequence.next()), one).error(), Discard::replay);
  EXPECT_EQ(judge.judge(packet4(kSequence), one).error(), Discard::replay);
  EXPECT_TRUE(judge.judge(packet4(kSequence, key(), other), other));
}

// They take different ways, and one may overtake the other.
TEST(Authentication, AHelloAndAnAdvertisementHaveMarksOfTheirOwn) {
  auto judge = judge_of(AuthMode::enforce);
  const auto source = ip("198.51.100.10");
  auto hello = from_hex(kMessage4);
  hello[0] = 0xF1;
  const auto judge_hello = [&](Sequence sequence) {
    return judge.judge_signed(hello, sign(hello, source, key(), sequence), source);
  };
  EXPECT_TRUE(judge_hello(kSequence.next()));
  EXPECT_TRUE(judge.judge(packet4(kSequence), source)) << "older than the hello";
  EXPECT_EQ(judge_hello(kSequence.next()).error(), Discard::replay);
  EXPECT_EQ(judge.judge(packet4(kSequence), source).error(), Discard::replay);
  EXPECT_TRUE(judge.judge(packet4(kSequence.next().next()), source));
  EXPECT_EQ(judge_hello(kSequence).error(), Discard::replay);
  EXPECT_TRUE(judge_hello(kSequence.next().next())) << "older than the advertisement";
  hello[1] = 52;
  EXPECT_TRUE(judge_hello(kSequence)) << "another router's";
}

TEST(Authentication, AForgedSequenceDoesNotMoveTheMark) {
  auto judge = judge_of(AuthMode::enforce);
  const auto source = ip("198.51.100.10");
  EXPECT_FALSE(judge.judge(packet4(Sequence(kSequence.value() + (1ULL << 60U)), key(1, 9)), source));
  EXPECT_TRUE(judge.judge(packet4(kSequence), source));
}

TEST(Sequence, FollowsTheWallClock) {
  EXPECT_EQ(Sequence::of_wall_clock(0x6800'0000 * 1s + 500ms), kSequence);
}

TEST(Sequence, GrowsWhenTheClockStandsOrGoesBack) {
  auto authenticator = judge_of(AuthMode::enforce);
  auto last = authenticator.take_sequence(1000s);
  for (const auto clock : {1000s, 999s, 0s, 1000s}) {
    const auto next = authenticator.take_sequence(clock);
    EXPECT_TRUE(next.newer_than(last));
    last = next;
  }
}

// P5: after a reboot with a wrong clock our packets would be refused; what we hear tells how far the group
// is.
TEST(Sequence, StartsAboveWhatTheGroupSays) {
  auto authenticator = judge_of(AuthMode::enforce);
  EXPECT_TRUE(authenticator.judge(packet4(kSequence), ip("198.51.100.10")));
  EXPECT_TRUE(authenticator.take_sequence(5s).newer_than(kSequence));
}

// P5: what it used after that was written down may have followed a peer that is ahead of the clock.
TEST(Authenticator, GoesOnAboveAllThatItMayHaveUsed) {
  constexpr std::uint64_t kSecond = std::uint64_t{1} << 32U;
  Authenticator authenticator(AuthMode::enforce, {key()}, 1);
  EXPECT_FALSE(authenticator.has_outgrown(std::nullopt)) << "it has used none";
  authenticator.resume(
      {.last = Sequence(10 * kSecond), .highest_heard = Sequence(13 * kSecond), .marks = {}});
  const auto known = authenticator.highest();
  EXPECT_EQ(known, Sequence(15 * kSecond));
  EXPECT_FALSE(authenticator.has_outgrown(Sequence(14 * kSecond)));
  EXPECT_TRUE(authenticator.has_outgrown(Sequence(14 * kSecond - 1)));
  EXPECT_TRUE(authenticator.has_outgrown(std::nullopt));
}

TEST(Sequence, IsOrderedAcrossItsWrap) {
  EXPECT_TRUE(Sequence(5).newer_than(Sequence(~0ULL - 5)));
  EXPECT_FALSE(Sequence(~0ULL - 5).newer_than(Sequence(5)));
}

// Serial numbers have no zero to begin with: seconds of the wall clock pass 2^31 in 2038.
TEST(Authenticator, StartsWithTheWallClockAlsoAfter2038) {
  Authenticator authenticator(AuthMode::enforce, {{.id = 1, .secret = Bytes(32, 1)}}, 1);
  const Duration year_2050 = std::chrono::seconds(2'524'608'000);
  EXPECT_EQ(authenticator.take_sequence(year_2050), Sequence::of_wall_clock(year_2050));
}

// keepalived's time mode: what is too old or of the future is refused, and no mark is made of it.
TEST(Authenticator, WithAWindowThePacketMustBeOfThisTime) {
  const std::vector<AuthKey> keys{{.id = 1, .secret = Bytes(32, 1)}};
  const auto source = ip("198.51.100.10");
  const auto message = from_hex("3133c80100644402c0000264");
  const Duration noon = std::chrono::seconds(1'800'000'000);
  Authenticator sender(AuthMode::enforce, keys, 1);
  const auto verdict = [&](std::chrono::seconds apart, std::chrono::seconds window) {
    Authenticator receiver(AuthMode::enforce, keys, 1, window);
    auto packet = message;
    const auto trailer = sender.sign_next(message, source, noon);
    packet.insert(packet.end(), trailer.begin(), trailer.end());
    return receiver.judge(packet, source, noon + apart);
  };
  using std::chrono::seconds;
  EXPECT_EQ(verdict(seconds(5), seconds(5)), Authenticity::authentic);
  EXPECT_EQ(verdict(seconds(-5), seconds(5)), Authenticity::authentic);
  EXPECT_EQ(verdict(seconds(6), seconds(5)).error(), Discard::stale);
  EXPECT_EQ(verdict(seconds(-6), seconds(5)).error(), Discard::stale);
  EXPECT_EQ(verdict(seconds(86400), seconds(0)), Authenticity::authentic) << "by default no clock decides";
}

}  // namespace
}  // namespace vip::vrrp
