#include "operator/core/look_schedule.h"

#include <gtest/gtest.h>

namespace vip::swarm {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1000s};

TEST(LookSchedule, LooksAtOnceThenRegularly) {
  LookSchedule schedule(kStart, 30s);
  EXPECT_TRUE(schedule.is_due(kStart));
  schedule.succeeded(kStart);
  EXPECT_EQ(schedule.next(), kStart + 30s);
}

TEST(LookSchedule, WaitsAMomentAfterTheFirstHintInALongWhile) {
  LookSchedule schedule(kStart, 30s);
  schedule.succeeded(kStart);
  schedule.hint(kStart + 2s);
  EXPECT_EQ(schedule.next(), kStart + 2250ms);
  schedule.hint(kStart + 2200ms);
  EXPECT_EQ(schedule.next(), kStart + 2450ms);
}

TEST(LookSchedule, WaitsForAQuietSecondAfterAHintSoonAfterALook) {
  LookSchedule schedule(kStart, 30s);
  schedule.succeeded(kStart);
  schedule.hint(kStart + 1s);
  EXPECT_EQ(schedule.next(), kStart + 2s);
  schedule.hint(kStart + 1500ms);
  EXPECT_EQ(schedule.next(), kStart + 2500ms);
}

// Each label of a script that takes its time: the first is acted upon, and all the others together.
TEST(LookSchedule, TakesAStormOfLabelsInTwoLooks) {
  LookSchedule schedule(kStart, 30s);
  schedule.succeeded(kStart);
  int looks = 0;
  for (auto at = kStart + 10s; at < kStart + 18s; at += 10ms) {
    if (at < kStart + 14s && (at - kStart) % 400ms == Duration::zero()) schedule.hint(at);
    if (!schedule.is_due(at)) continue;
    schedule.succeeded(at);
    ++looks;
  }
  EXPECT_EQ(looks, 2);
}

TEST(LookSchedule, LooksFiveSecondsAfterTheFirstHintHoweverManyFollow) {
  LookSchedule schedule(kStart, 30s);
  schedule.succeeded(kStart);
  for (auto at = kStart; at < kStart + 20s && !schedule.is_due(at); at += 500ms) {
    schedule.hint(at);
    EXPECT_LE(schedule.next(), kStart + 5s);
  }
  EXPECT_EQ(schedule.next(), kStart + 5s);
}

TEST(LookSchedule, AHintNeverDelaysTheRegularLook) {
  LookSchedule schedule(kStart, 30s);
  schedule.succeeded(kStart);
  schedule.hint(kStart + 29900ms);
  EXPECT_EQ(schedule.next(), kStart + 30s);
}

TEST(LookSchedule, BacksOffAfterFailuresAndHintsDoNotHurryIt) {
  LookSchedule schedule(kStart, 30s);
  schedule.failed(kStart, 0);
  const auto first = schedule.next() - kStart;
  schedule.hint(kStart);
  EXPECT_EQ(schedule.next() - kStart, first);
  schedule.failed(kStart, 0);
  EXPECT_EQ(schedule.next() - kStart, first * 2);
  for (int i = 0; i < 20; ++i) schedule.failed(kStart, 0.5);
  EXPECT_EQ(schedule.next() - kStart, 22500ms);
  schedule.succeeded(kStart);
  schedule.failed(kStart, 0);
  EXPECT_EQ(schedule.next() - kStart, first);
}

TEST(LookSchedule, TwoThatMetInAConflictDoNotMeetAgain) {
  LookSchedule one(kStart, 30s);
  LookSchedule other(kStart, 30s);
  one.failed(kStart, 0.1);
  other.failed(kStart, 0.9);
  EXPECT_EQ(one.next(), kStart + 550ms);
  EXPECT_EQ(other.next(), kStart + 950ms);
}

TEST(LookSchedule, WatchesWhatSendsNoHints) {
  LookSchedule schedule(kStart, 30s);
  schedule.succeeded(kStart);
  schedule.watch(kStart);
  EXPECT_EQ(schedule.next(), kStart + 5s);
}

TEST(LookSchedule, APersonIsObeyedAtOnceAlsoAfterAFailure) {
  LookSchedule schedule(kStart, 30s);
  schedule.failed(kStart, 0);
  schedule.demand(kStart);
  EXPECT_TRUE(schedule.is_due(kStart));
}

}  // namespace
}  // namespace vip::swarm
