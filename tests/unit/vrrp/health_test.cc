#include "vrrp/core/health.h"

#include <chrono>

#include <gtest/gtest.h>

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

TimePoint at(int milliseconds) {
  return TimePoint(std::chrono::hours(1)) + std::chrono::milliseconds(milliseconds);
}

CheckSettings check(std::string name, int weight = 0) {
  return {.name = std::move(name), .interval = 1s, .timeout = 500ms, .rise = 2, .fall = 3, .weight = weight};
}

struct Asked {
  explicit Asked(std::vector<CheckSettings> checks, Beginning beginning = Beginning::fresh)
      : health(std::move(checks), beginning, at(0)) {}
  void good(std::size_t i = 0) { health.result(now += 1s, i, true, ""); }
  void bad(std::size_t i = 0, std::string why = "refused") {
    health.result(now += 1s, i, false, std::move(why));
  }
  [[nodiscard]] Health::Verdict verdict() const { return health.verdict().value(); }
  [[nodiscard]] bool well() const { return verdict().well; }

  Health health;
  TimePoint now = at(0);
};

TEST(Health, WithoutChecksAllIsWell) {
  const Health health({}, Beginning::fresh, at(0));
  EXPECT_EQ(health.verdict(), Health::Verdict{});
  EXPECT_EQ(health.why_unwell(), "");
  EXPECT_FALSE(health.next_deadline());
}

TEST(Health, TheFirstResultDecidesAtOnce) {
  Asked first({check("web")});
  EXPECT_FALSE(first.health.verdict());
  EXPECT_EQ(first.health.why_unwell(), "web: no result yet");
  first.good();
  EXPECT_TRUE(first.well());

  Asked second({check("web")});
  second.bad();
  EXPECT_FALSE(second.well());
  EXPECT_EQ(second.health.why_unwell(), "web: refused");
}

TEST(Health, AFewBadResultsMoveNothing) {
  Asked asked({check("web")});
  asked.good();
  for (int i = 0; i < 5; ++i) {
    asked.bad();
    asked.bad();
    asked.good();
    EXPECT_TRUE(asked.well()) << i;
  }
  asked.bad();
  asked.bad();
  asked.bad();
  EXPECT_FALSE(asked.well());
  asked.good();
  asked.bad();
  asked.good();
  EXPECT_FALSE(asked.well()) << "they must come in a row";
  asked.good();
  EXPECT_TRUE(asked.well());
  EXPECT_EQ(asked.health.checks()[0].changes, 2U);
}

TEST(Health, WhoGoesOnWaitsForResultsInARow) {
  Asked asked({check("web")}, Beginning::goes_on);
  asked.bad();
  asked.good();
  asked.bad();
  asked.bad();
  EXPECT_FALSE(asked.health.verdict());
  asked.bad();
  EXPECT_FALSE(asked.well());

  Asked other({check("web")}, Beginning::goes_on);
  other.good();
  EXPECT_FALSE(other.health.verdict());
  other.good();
  EXPECT_TRUE(other.well());
}

TEST(Health, AllThatMustPassMustPass) {
  Asked asked({check("web"), check("db"), check("load", -50)});
  asked.good(0);
  asked.good(1);
  EXPECT_FALSE(asked.health.verdict()) << "one is not known yet";
  asked.bad(2);
  EXPECT_EQ(asked.verdict(), (Health::Verdict{.well = true, .bonus = -50}));
  for (int i = 0; i < 3; ++i) asked.bad(0, "no answer");
  for (int i = 0; i < 3; ++i) asked.bad(1, "status 503");
  EXPECT_FALSE(asked.well());
  EXPECT_EQ(asked.health.why_unwell(), "web: no answer; db: status 503");
}

TEST(Health, AWeightCountsWhileItsCheckPassesOrFails) {
  Asked asked({check("good", 20), check("bad", -30)});
  asked.good(0);
  asked.good(1);
  EXPECT_EQ(asked.verdict(), (Health::Verdict{.well = true, .bonus = 20}));
  for (int i = 0; i < 3; ++i) asked.bad(0);
  for (int i = 0; i < 3; ++i) asked.bad(1);
  EXPECT_EQ(asked.verdict(), (Health::Verdict{.well = true, .bonus = -30}));
}

TEST(Health, TheFirstResultIsWaitedForFromTheBeginning) {
  Asked asked({check("web")});
  EXPECT_EQ(*asked.health.next_deadline(), asked.now + 500ms + Health::kLateMost);
}

TEST(Health, NoResultInTimeIsABadOne) {
  Asked asked({check("web")});
  asked.good();
  auto due = *asked.health.next_deadline();
  EXPECT_EQ(due, asked.now + 1s + 500ms + Health::kLateMost);
  asked.health.expire(due - 1ns);
  EXPECT_EQ(asked.health.checks()[0].bad, 0U);
  for (int i = 0; i < 3; ++i) {
    asked.health.expire(due);
    EXPECT_GT(*asked.health.next_deadline(), due);
    due = *asked.health.next_deadline();
  }
  EXPECT_FALSE(asked.well());
  EXPECT_EQ(asked.health.why_unwell(), "web: no result in time");
}

}  // namespace
}  // namespace vip::vrrp
