#include "vrrp/chronicle.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

const IpAddress kPeer = IpAddress::parse("192.0.2.12").value();

class ChronicleTest : public testing::Test {
 protected:
  // What has been said since the last call: the counts, divided by blanks.
  std::string counts(const auto& happens) {
    testing::internal::CaptureStdout();
    happens();
    const auto said = testing::internal::GetCapturedStdout();
    std::string found;
    for (auto at = said.find("count="); at != std::string::npos; at = said.find("count=", at + 1)) {
      if (!found.empty()) found += ' ';
      found += said.substr(at + 6, said.find('\n', at) - at - 6);
    }
    return found;
  }
  std::string discard(int times) {
    return counts([&] {
      for (int i = 0; i < times; ++i) chronicle_.advert_discarded(now_, Discard::authentication, kPeer);
    });
  }
  std::string wait(Duration span) {
    now_ += span;
    return counts([&] { chronicle_.say_the_rest(now_); });
  }

  Chronicle chronicle_{"web"};
  TimePoint now_{1h};
};

TEST_F(ChronicleTest, TheFirstIsSaidAtOnceAndTheOthersTogether) {
  EXPECT_EQ(discard(5), "1");
  EXPECT_EQ(wait(9s), "");
  EXPECT_EQ(discard(3), "");
  EXPECT_EQ(wait(1s), "7");
  EXPECT_EQ(wait(1h), "");
}

TEST_F(ChronicleTest, WhatGoesOnIsSaidEverMoreRarely) {
  const auto said = counts([this] {
    for (int second = 0; second < 24 * 3600; ++second) {
      chronicle_.advert_discarded(now_, Discard::authentication, kPeer);
      now_ += 1s;
    }
  });
  EXPECT_EQ(said.substr(0, 16), "1 10 20 40 80 16");
  EXPECT_NEAR(static_cast<double>(std::ranges::count(said, ' ')), 24 * 6 + 6, 2);
}

TEST_F(ChronicleTest, AfterAWhileWithoutItIsNewAgain) {
  for (int minute = 0; minute < 60; ++minute) {
    (void)discard(1);
    now_ += 1min;
  }
  (void)wait(10min);  // the rest
  (void)wait(10min);
  EXPECT_EQ(discard(2), "1");
  EXPECT_EQ(wait(10s), "1");
}

TEST_F(ChronicleTest, EachKindHasItsOwnPause) {
  EXPECT_EQ(discard(1), "1");
  EXPECT_EQ(counts([&] { chronicle_.advert_discarded(now_, Discard::ttl, kPeer); }), "1");
  EXPECT_EQ(counts([&] { chronicle_.hello_discarded(now_, Discard::ttl, kPeer); }), "1");
  EXPECT_EQ(counts([&] { chronicle_.advert_discarded(now_, Discard::vrid, kPeer); }), "") << "ordinary";
}

TEST_F(ChronicleTest, WordsSayWhatTheReasonMeans) {
  testing::internal::CaptureStdout();
  chronicle_.advert_discarded(now_, Discard::version, kPeer);
  chronicle_.advert_discarded(now_, Discard::interval, kPeer);
  const auto said = testing::internal::GetCapturedStdout();
  EXPECT_NE(said.find("reason=version from=192.0.2.12 why=\"it speaks another version of VRRP\""),
            std::string::npos)
      << said;
  EXPECT_NE(said.find("why=\"its sender has another advertisement interval\""), std::string::npos) << said;
}

}  // namespace
}  // namespace vip::vrrp
