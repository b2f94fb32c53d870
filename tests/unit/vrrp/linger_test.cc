#include "vrrp/core/linger.h"

#include <gtest/gtest.h>

#include "tests/unit/vrrp/wire_values.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

const IpPrefix kFirst = IpPrefix::parse("192.0.2.100").value();
const IpPrefix kSecond = IpPrefix::parse("2001:db8::100").value();

TimePoint at(Duration when) {
  return TimePoint(when);
}

Linger begun() {
  Linger linger;
  linger.begin(at(10s), {kFirst, kSecond}, at(13s));
  return linger;
}

TEST(Linger, KeepsNothingUntilItBegins) {
  Linger linger;
  linger.announced(at(1s), kFirst.address);
  linger.advertised(at(1s));
  EXPECT_TRUE(linger.empty());
  EXPECT_FALSE(linger.next());
}

TEST(Linger, WhereNobodyComesItEndsWhenItShould) {
  auto linger = begun();
  EXPECT_EQ(linger.next(), at(13s));
  EXPECT_TRUE(linger.take_due(at(13s - 1ns)).empty());
  EXPECT_EQ(linger.take_due(at(13s)).size(), 2U);
  EXPECT_TRUE(linger.empty());
  EXPECT_EQ(linger.how(), LingerEnd::nobody);
}

TEST(Linger, NeedsTheAdvertisementAndTheAnnouncement) {
  auto linger = begun();
  linger.announced(at(11s), kFirst.address);
  EXPECT_EQ(linger.next(), at(13s)) << "who announced may be anybody";
  linger.advertised(at(11500ms));
  EXPECT_EQ(linger.next(), at(11500ms + Linger::kSettle));
  const auto taken = linger.take_due(*linger.next());
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken.front().prefix, kFirst);
  EXPECT_EQ(taken.front().why, LingerEnd::announced);
  EXPECT_EQ(linger.addresses(), std::vector{kSecond});
  EXPECT_EQ(linger.next(), at(11500ms + Linger::kAfterAdvertisement));
}

TEST(Linger, NeitherIsPutOffByMoreOfIt) {
  auto linger = begun();
  linger.advertised(at(11s));
  linger.advertised(at(12s));
  EXPECT_EQ(linger.next(), at(12s));
  linger.announced(at(11100ms), kFirst.address);
  linger.announced(at(11110ms), kFirst.address);
  EXPECT_EQ(linger.next(), at(11100ms + Linger::kSettle));
}

TEST(Linger, AnAnnouncementJustBeforeCountsAndAnOlderOneDoesNot) {
  for (const auto age : {Linger::kRecent, Linger::kRecent + Duration(1)}) {
    Linger linger;
    linger.announced(at(10s - age), kFirst.address);
    linger.begin(at(10s), {kFirst}, at(13s));
    linger.advertised(at(10s));
    const auto settles = age == Linger::kRecent;
    EXPECT_EQ(linger.next(), at(10s + (settles ? Linger::kSettle : Linger::kAfterAdvertisement)));
  }
}

TEST(Linger, NeverLastsLongerThanTheLongest) {
  Linger linger;
  linger.begin(at(10s), {kFirst}, TimePoint::max());
  EXPECT_EQ(linger.next(), at(10s + Linger::kLongest));
  linger.advertised(at(10s + Linger::kLongest - 100ms));
  EXPECT_EQ(linger.next(), at(10s + Linger::kLongest));
  linger.announced(at(10s + Linger::kLongest - 1ms), kFirst.address);
  EXPECT_EQ(linger.next(), at(10s + Linger::kLongest));
}

TEST(Linger, SaysTheWorstOfSeveralEnds) {
  auto linger = begun();
  linger.advertised(at(11s));
  linger.announced(at(11s), kSecond.address);
  EXPECT_EQ(linger.take_due(at(11100ms)).size(), 1U);
  EXPECT_EQ(linger.how(), LingerEnd::announced);
  EXPECT_EQ(linger.take_due(at(12s)).size(), 1U);
  EXPECT_EQ(linger.how(), LingerEnd::advertised);
}

TEST(Linger, ForgetsWhatWasSaidBefore) {
  auto linger = begun();
  linger.advertised(at(11s));
  linger.announced(at(11s), kFirst.address);
  linger.clear();
  EXPECT_FALSE(linger.next());
  linger.begin(at(11500ms), {kFirst}, at(12s));
  EXPECT_EQ(linger.next(), at(12s));
}

}  // namespace
}  // namespace vip::vrrp
