// Named histories, each the sentence that it proves.
#include <gtest/gtest.h>

#include "tests/sim/cluster.h"

namespace vip::vrrp::sim {
namespace {

using namespace std::chrono_literals;

using Hosts = std::vector<std::size_t>;

void start_all(Cluster& cluster) {
  for (std::size_t i = 0; i < cluster.size(); ++i) cluster.start(i);
}

auto only_active(const Cluster& cluster, std::size_t host) {
  return [&cluster, host] { return cluster.actives() == Hosts{host} && cluster.holders() == Hosts{host}; };
}

Duration down(int priority, Duration interval) {
  return active_down_interval(Version::v3, Priority(static_cast<std::uint8_t>(priority)), interval);
}

TEST(Scenario, TheBestOfThreeTakesTheAddressAndKeepsIt) {
  Cluster cluster{Seed{1}, {.priorities = {100, 90, 80}}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), down(100, 250ms) + 5ms));
  bool moved = false;
  cluster.watch([&] { moved |= cluster.actives() != Hosts{0}; });
  cluster.run_for(1h);
  EXPECT_FALSE(moved);
}

// RFC 9568, 6.4.2: priority 0 means that the active router leaves; the next best waits only its skew.
TEST(Scenario, PoliteLeaveHandsOverWithinSkewTime) {
  Cluster cluster{Seed{7}, {.priorities = {100, 90, 80}, .network = {.delay_max = 5ms}}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 10s));
  cluster.stop(0);
  EXPECT_TRUE(cluster.run_until(only_active(cluster, 1), skew_time(Version::v3, Priority(90), 250ms) + 5ms));
}

TEST(Scenario, ACrashIsOverWithinTheDownInterval) {
  for (const auto interval : {10ms, 100ms, 250ms, 1000ms}) {
    Cluster cluster{Seed{3}, {.priorities = {100, 90}, .interval = interval}};
    start_all(cluster);
    ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 10s));
    cluster.run_for(10s);
    cluster.crash(0);
    EXPECT_TRUE(cluster.run_until(only_active(cluster, 1), down(90, interval) + 1ms));
  }
}

TEST(Scenario, EqualPrioritiesAreDecidedByTheHigherAddress) {
  Cluster cluster{Seed{4}, {.priorities = {100, 100, 100}}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 2), 5s));
}

TEST(Scenario, WithoutPreemptionTheReturningRouterStaysBackup) {
  Cluster cluster{Seed{5}, {.priorities = {100, 90}, .preempt = false}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
  cluster.crash(0);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 1), 5s));
  cluster.start(0);
  cluster.run_for(60s);
  EXPECT_EQ(cluster.actives(), Hosts{1});
}

TEST(Scenario, TheReturningRouterPreemptsAfterItsDelayAndNotBefore) {
  Cluster cluster{Seed{6}, {.priorities = {100, 90}, .preempt_delay = 5s}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 30s));
  cluster.crash(0);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 1), 5s));
  cluster.start(0);
  cluster.run_for(5s);
  EXPECT_EQ(cluster.actives(), Hosts{1});
  EXPECT_TRUE(cluster.run_until(only_active(cluster, 0), 1s));
}

// Two better routers return together: the best takes the address, the second best never does.
TEST(Scenario, OfTwoThatPreemptOnlyTheBestEverHoldsTheAddress) {
  Cluster cluster{Seed{11}, {.priorities = {110, 102, 90}, .preempt_delay = 5s}};
  cluster.start(2);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 2), 5s));
  cluster.start(0);
  cluster.start(1);
  bool second = false;
  cluster.watch([&] { second |= cluster.holds(1); });
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 10s));
  cluster.run_for(60s);
  EXPECT_FALSE(second);
}

TEST(Scenario, AfterASplitHealsOneOwnerIsLeftWithinAnInterval) {
  Cluster cluster{Seed{8}, {.priorities = {100, 90}}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
  cluster.cut(0, 1, true);
  cluster.cut(1, 0, true);
  cluster.run_for(10s);
  EXPECT_EQ(cluster.actives(), (Hosts{0, 1})) << "a split has an owner on each side";
  cluster.cut(0, 1, false);
  cluster.cut(1, 0, false);
  EXPECT_TRUE(cluster.run_until(only_active(cluster, 0), 252ms));
}

// P10: keepalived takes the address back here, because it never noticed that it slept.
TEST(Scenario, APausedOwnerWithoutPreemptionWakesAsBackup) {
  Cluster cluster{Seed{12}, {.priorities = {100, 90}, .preempt = false}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
  cluster.pause(0);
  cluster.run_for(10s);
  EXPECT_EQ(cluster.router(1).state(), State::active);
  cluster.resume(0);
  EXPECT_EQ(cluster.actives(), Hosts{1}) << "not even for a moment";
  cluster.run_for(60s);
  EXPECT_EQ(cluster.actives(), Hosts{1});
}

TEST(Scenario, AHostWithoutALinkIsNeverTheOwnerBesideAnother) {
  Cluster cluster{Seed{9}, {.priorities = {100, 90}}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
  cluster.link(0, false);
  EXPECT_EQ(cluster.holders(), Hosts{}) << "let go at once, not when the other one claims";
  EXPECT_TRUE(cluster.run_until(only_active(cluster, 1), 1s));
}

TEST(Scenario, AHostWhoseKernelRefusesTheAddressLeavesItToTheNext) {
  Cluster cluster{Seed{10}, {.priorities = {100, 90}}};
  cluster.refuse_addresses(0, true);
  start_all(cluster);
  EXPECT_TRUE(cluster.run_until(only_active(cluster, 1), 5s));
}

}  // namespace
}  // namespace vip::vrrp::sim
