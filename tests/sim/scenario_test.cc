// Named histories, each the sentence that it proves.
#include "tests/sim/scenario.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

namespace vip::vrrp::sim {
namespace {

using namespace std::chrono_literals;

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
  bool gap = false;
  cluster.watch([&] { gap |= cluster.holders().empty(); });
  EXPECT_TRUE(cluster.run_until(alone_active(cluster, 1), skew_time(Version::v3, Priority(90), 250ms) + 5ms));
  EXPECT_TRUE(cluster.run_until(only_active(cluster, 1), Linger::kSettle + 10ms));
  EXPECT_FALSE(gap) << "make before break";
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

// What a plan makes of a drained member reaches the members one after the other, in any order.
TEST(Scenario, WhoIsDrainedHandsOverAtOnceInEitherMode) {
  for (const bool preempt : {true, false}) {
    for (const auto& order : {Hosts{0, 1, 2}, Hosts{2, 1, 0}, Hosts{1, 0, 2}}) {
      Cluster cluster{
          Seed{12},
          {.priorities = {108, 100, 92}, .preempt = preempt, .preempt_delay = 5s, .with_model = true}};
      start_all(cluster);
      ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 30s));
      cluster.run_for(60s);
      bool gap = false;
      bool wrong = false;
      cluster.watch([&] {
        gap |= cluster.holders().empty();
        wrong |= cluster.router(2).state() == State::active;
      });
      for (const auto host : order) {
        const int priority = std::vector{2, 100, 92}[host];
        cluster.reconfigure(
            host,
            {.priority = Priority(static_cast<std::uint8_t>(priority)), .interval = 250ms, .levels = {3}});
        cluster.run_for(300ms);
      }
      EXPECT_TRUE(cluster.run_until(only_active(cluster, 1), 500ms));
      EXPECT_FALSE(gap);
      EXPECT_FALSE(wrong) << "the best of the others has it";
      cluster.watch({});
      cluster.run_for(60s);
      EXPECT_EQ(cluster.actives(), Hosts{1});
      EXPECT_EQ(cluster.fault(), std::nullopt);
    }
  }
}

TEST(Scenario, WhoIsPreferredTakesOverAtOnceInEitherMode) {
  for (const bool preempt : {true, false}) {
    Cluster cluster{
        Seed{13},
        {.priorities = {108, 100, 92}, .preempt = preempt, .preempt_delay = 5s, .with_model = true}};
    start_all(cluster);
    ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 30s));
    cluster.run_for(60s);
    bool gap = false;
    cluster.watch([&] { gap |= cluster.holders().empty(); });
    for (const std::size_t host : {0U, 1U, 2U}) {
      const int priority = std::vector{108, 100, 254}[host];
      cluster.reconfigure(
          host,
          {.priority = Priority(static_cast<std::uint8_t>(priority)), .interval = 250ms, .levels = {254}});
    }
    EXPECT_TRUE(cluster.run_until(only_active(cluster, 2), 500ms));
    EXPECT_FALSE(gap);
    cluster.watch({});
    // It is gone and comes back: not sooner than any better one would.
    cluster.crash(2);
    ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
    cluster.start(2);
    cluster.run_for(4900ms);
    EXPECT_EQ(cluster.actives(), Hosts{0});
    EXPECT_TRUE(cluster.run_until(only_active(cluster, 2), 1s));
    EXPECT_EQ(cluster.fault(), std::nullopt);
  }
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
  EXPECT_TRUE(cluster.run_until(alone_active(cluster, 0), 252ms));
  EXPECT_TRUE(cluster.run_until(only_active(cluster, 0), lets_go(250ms)));
}

// keepalived takes the address back here, because it never noticed that it slept.
TEST(Scenario, P10APausedOwnerWithoutPreemptionWakesAsBackup) {
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

// --- by the numbers of the list of pitfalls: rules that other implementations taught us
// ---------------------

// A sender's sequence is its clock, and a clock can be wrong after a reboot: lower than what the others
// remember.
TEST(Scenario, P5AClockThatWentBackCostsAtMostADownInterval) {
  for (const auto error : {-24h, 24h}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Cluster cluster{Seed{seed}, {.priorities = {100, 90}, .packets = true}};
      cluster.set_wall_clock(0, -error);
      start_all(cluster);
      ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
      cluster.run_for(10s + seed * 17ms);
      cluster.crash(0);
      cluster.set_wall_clock(0, error);
      if (seed % 2 == 0) cluster.run_for(10s);
      cluster.start(0);
      Overlap two_owners(cluster, &Cluster::actives);
      cluster.run_for(20s);
      EXPECT_EQ(cluster.actives(), Hosts{0}) << seed;
      EXPECT_LE(two_owners.total(), down(90, 250ms)) << seed;
    }
  }
}

// P8, P24: the leaver keeps the address until the successor has it, in any case not for long.
TEST(Scenario, P8AHandOverLeavesTheAddressOnNobodyNever) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Cluster cluster{Seed{seed},
                    {.priorities = {100, 90}, .hold_delay_max = 50ms, .network = {.delay_max = 5ms}}};
    start_all(cluster);
    ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 10s));
    cluster.run_for(10s);
    bool gap = false;
    cluster.watch([&] { gap |= cluster.holders().empty(); });
    cluster.stop(0);
    ASSERT_TRUE(cluster.run_until(only_active(cluster, 1), 400ms)) << "polite stop, seed " << seed;
    cluster.start(0);
    ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 2s)) << "preemption, seed " << seed;
    EXPECT_FALSE(gap) << seed;
  }
}

TEST(Scenario, P8WhoMissesTheAnnouncementLetsGoASecondAfterTheAdvertisement) {
  Cluster cluster{Seed{21}, {.priorities = {100, 90}}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 10s));
  cluster.cut(1, 0, Traffic::announcement, true);
  cluster.stop(0);
  ASSERT_TRUE(cluster.run_until(alone_active(cluster, 1), 1s));
  const auto followed = cluster.now();
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 1), 2s));
  EXPECT_GE(cluster.now() - followed, Duration(1s));
  EXPECT_LE(cluster.now() - followed, Duration(1s + 2ms));
}

TEST(Scenario, P24ALeaverWhoseFirstWordIsLostSaysItAgain) {
  Cluster cluster{Seed{22}, {.priorities = {100, 90}}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 10s));
  bool gap = false;
  cluster.watch([&] { gap |= cluster.holders().empty(); });
  cluster.cut(0, 1, true);
  cluster.stop(0);
  cluster.run_for(1ms);
  cluster.cut(0, 1, false);
  // 270 ms later by its second word; by silence it would be 912 ms.
  EXPECT_TRUE(cluster.run_until(alone_active(cluster, 1), 270ms + 163ms + 2ms));
  EXPECT_TRUE(cluster.run_until(only_active(cluster, 1), Linger::kSettle + 5ms));
  EXPECT_FALSE(gap);
}

TEST(Scenario, P24TheLastOneDoesNotWaitForEver) {
  Cluster cluster{Seed{23}, {.priorities = {100, 90}}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 10s));
  cluster.crash(1);
  cluster.stop(0);
  EXPECT_TRUE(cluster.run_until([&] { return cluster.life(0) == Life::off; }, 1s));
  EXPECT_EQ(cluster.holders(), Hosts{});
}

// Two answers to one ARP request: each announcement of ours against a foreign one provokes the next, so the
// winner waits a while and the loser never does it.
TEST(Scenario, P9TheWinnerAnnouncesAgainAfterAPauseAndTheLoserStaysSilent) {
  for (const auto interval : {10ms, 250ms}) {
    Cluster cluster{Seed{13}, {.priorities = {100, 90}, .interval = interval}};
    start_all(cluster);
    split(cluster, true);
    cluster.run_for(20s);
    ASSERT_EQ(cluster.actives(), (Hosts{0, 1}));
    std::vector<TimePoint> announced;
    bool loser_announced = false;
    std::optional<TimePoint> loser_gone;
    cluster.observe([&](std::size_t host, const Action& action) {
      if (host == 1 && std::holds_alternative<ReleaseAddresses>(action)) loser_gone = cluster.now();
      if (!std::holds_alternative<AnnounceAddresses>(action)) return;
      if (host == 0) announced.push_back(cluster.now());
      loser_announced |= host == 1;
    });
    split(cluster, false);
    const auto healed = cluster.now();
    cluster.run_for(10s);
    ASSERT_TRUE(loser_gone.has_value());
    ASSERT_FALSE(announced.empty()) << "those who believed the loser are told";
    EXPECT_GE(announced.front() - healed, Duration(100ms));
    EXPECT_LE(announced.front() - healed, std::max<Duration>(interval, 100ms) + interval + 2ms);
    EXPECT_EQ(announced.size(), 1U) << "once, not a storm";
    EXPECT_FALSE(loser_announced);
  }
}

TEST(Scenario, P10ABackupThatSleptDoesNotTakeTheAddressFromALivingOwner) {
  Cluster cluster{Seed{14}, {.priorities = {100, 90}}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
  bool claimed = false;
  cluster.watch([&] { claimed |= cluster.router(1).state() == State::active; });
  for (const auto sleep : {300ms, 900ms, 2000ms, 3600000ms}) {
    cluster.pause(1);
    cluster.run_for(sleep);
    cluster.resume(1);
    cluster.run_for(5s);
    EXPECT_FALSE(claimed) << sleep.count() << "ms";
  }
}

TEST(Scenario, P10AfterEverybodySleptOneOwnerIsBackWithinADownInterval) {
  Cluster cluster{Seed{15}, {.priorities = {100, 90}}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
  for (std::size_t i = 0; i < 2; ++i) cluster.pause(i);
  cluster.run_for(1h);
  for (std::size_t i = 0; i < 2; ++i) cluster.resume(i);
  EXPECT_TRUE(cluster.run_until(only_active(cluster, 0), down(100, 250ms) + 1ms));
  EXPECT_FALSE(cluster.run_until([&] { return cluster.actives() != Hosts{0}; }, 60s));
}

// How often more than one router was active at once after the owner left or died.
int contests(const std::vector<int>& priorities) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Cluster cluster{Seed{seed}, {.priorities = priorities, .network = {.delay_max = 300us}}};
    start_all(cluster);
    cluster.run_for(10s);
    const auto before = cluster.actives();
    if (before.size() != 1) return -1;
    bool two = false;
    cluster.watch([&] { two |= cluster.actives().size() > 1; });
    seed % 2 == 0 ? cluster.stop(before.front()) : cluster.crash(before.front());
    cluster.run_for(2s);
    found += two ? 1 : 0;
    if (cluster.actives().size() != 1) return -1;
  }
  return found;
}

TEST(Scenario, P16DistinctPrioritiesNeverContestAndEqualOnesDo) {
  EXPECT_EQ(contests({102, 101, 100}), 0);
  EXPECT_GT(contests({100, 100, 100}), 0) << "or the spreading of priorities would be for nothing";
}

// Nobody hears the owner, which hears everybody: two owners for ever, unless the one who can notice yields.
TEST(Scenario, P22AnOwnerThatIsNotHeardYieldsAndTakesItBackWhenItIs) {
  for (const bool preempt : {true, false}) {
    Cluster cluster{Seed{18}, {.priorities = {100, 90}, .preempt = preempt}};
    start_all(cluster);
    ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
    cluster.cut(0, 1, true);
    ASSERT_TRUE(cluster.run_until([&] { return cluster.actives() == Hosts{0, 1}; }, 2s));
    EXPECT_TRUE(cluster.run_until(only_active(cluster, 1), 6 * 250ms))
        << "five intervals, and the next advert";
    EXPECT_FALSE(cluster.run_until([&] { return cluster.actives() != Hosts{1}; }, 59s)) << "it does not flap";
    cluster.cut(0, 1, false);
    cluster.run_for(5min);
    EXPECT_EQ(cluster.actives(), Hosts{preempt ? 0U : 1U});
  }
}

// A second with the other one silent is no silence where that one speaks once a second.
TEST(Scenario, P23ANewcomerWithAShorterIntervalListensLongEnough) {
  const auto claims = [](Duration start_wait) {
    int found = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      Cluster cluster{Seed{seed}, {.priorities = {100, 90}, .start_wait = start_wait}};
      cluster.reconfigure(0, {.priority = Priority(100), .interval = 1000ms});
      cluster.start(0);
      cluster.run_for(10s + seed * 20ms);
      cluster.start(1);
      bool claimed = false;
      cluster.watch([&] { claimed |= cluster.router(1).state() == State::active; });
      cluster.run_for(20s);
      found += claimed ? 1 : 0;
    }
    return found;
  };
  EXPECT_EQ(claims(3600ms), 0);
  EXPECT_GT(claims(Duration::zero()), 0) << "or the longer wait would be for nothing";
}

// Repeated priority 0 delayed keepalived's take-over from 163 to 1,089 ms.
TEST(Scenario, P24ALeaverThatRepeatsItselfDoesNotDelayItsSuccessor) {
  Cluster cluster{Seed{16}, {.priorities = {200, 100, 90}, .interval = 1000ms}};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 10s));
  cluster.run_for(10s);
  const auto leaver = cluster.router(0).config().source;
  cluster.stop(0);
  const auto left = cluster.now();
  while (cluster.now() - left < 600ms) {
    cluster.run_for(100ms);
    for (const std::size_t host : {1U, 2U})
      cluster.deliver(host, {.source = leaver, .priority = kPriorityLeaving, .interval = 1000ms});
  }
  EXPECT_TRUE(cluster.run_until(alone_active(cluster, 1), left + 612ms - cluster.now()));
}

// A frozen predecessor's kernel answers for the address until its lease ends, and teaches the LAN its MAC.
TEST(Scenario, P25AfterASilentPredecessorItAnnouncesUntilTheLeaseIsOver) {
  for (const bool silent : {true, false}) {
    Cluster cluster{Seed{19}, {.priorities = {100, 90}, .lease = 4s}};
    start_all(cluster);
    ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
    std::vector<TimePoint> announced;
    cluster.observe([&](std::size_t host, const Action& action) {
      if (host == 1 && std::holds_alternative<AnnounceAddresses>(action)) announced.push_back(cluster.now());
    });
    silent ? cluster.pause(0) : cluster.stop(0);
    cluster.run_for(20s);
    ASSERT_GE(announced.size(), 4U);
    if (!silent) {
      EXPECT_LE(announced.back() - announced.front(), Duration(1s)) << "who leaves politely answers no more";
      continue;
    }
    EXPECT_GE(announced.back() - announced.front(), Duration(4s + 1s));
    for (std::size_t i = 1; i < announced.size(); ++i)
      EXPECT_LE(announced[i] - announced[i - 1], Duration(500ms)) << i;
  }
}

// With strangers the RFC holds, also without preemption: of two owners that hear each other priority decides,
// at once.
TEST(Scenario, P27TwoOwnersThatMeetAreOneWithinAnInterval) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Cluster cluster{Seed{seed}, {.priorities = {100, 90}, .preempt = false}};
    cluster.start(1);
    ASSERT_TRUE(cluster.run_until(only_active(cluster, 1), 5s));
    split(cluster, true);
    cluster.start(0);
    cluster.run_for(10s + seed * 13ms);
    ASSERT_EQ(cluster.actives(), (Hosts{0, 1}));
    split(cluster, false);
    EXPECT_TRUE(cluster.run_until(alone_active(cluster, 0), 252ms)) << seed;
    EXPECT_TRUE(cluster.run_until(only_active(cluster, 0), lets_go(250ms))) << seed;
    EXPECT_FALSE(cluster.run_until([&] { return cluster.actives() != Hosts{0}; }, 10s)) << seed;
  }
}

// keepalived's backups take over when the interval is raised threefold or more; here also the first word of
// it gets lost.
TEST(Scenario, P15ALongerIntervalIsLearnedBeforeItCounts) {
  for (const auto interval : {750ms, 1000ms, 4000ms}) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      Cluster cluster{Seed{seed}, {.priorities = {100, 90, 80}}};
      start_all(cluster);
      ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
      cluster.run_for(seed * 29ms);
      bool moved = false;
      cluster.watch([&] { moved |= cluster.actives() != Hosts{0}; });
      for (std::size_t host = 0; host < cluster.size(); ++host) {
        for (std::size_t to = 1; to < cluster.size(); ++to) cluster.cut(0, to, true);
        cluster.reconfigure(host, {.priority = cluster.router(host).config().priority, .interval = interval});
        for (std::size_t to = 1; to < cluster.size(); ++to) cluster.cut(0, to, false);
        cluster.run_for(10s);
      }
      EXPECT_FALSE(moved) << interval.count() << "ms, seed " << seed;
      cluster.crash(0);
      EXPECT_TRUE(cluster.run_until(only_active(cluster, 1), down(90, interval) + 1ms))
          << "and it does count";
    }
  }
}

// What a worker remembers is up to a second old, but for its interval: by an older and shorter one a backup's
// next life would not wait for the word that is due, and an active router's take itself for late.
TEST(Scenario, P11ANextLifeKnowsTheIntervalOfItsLastMoment) {
  for (const std::size_t victim : {0U, 1U}) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      Cluster cluster{Seed{seed}, {.priorities = {100, 90}, .interval = 10ms, .remembers = true}};
      start_all(cluster);
      ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
      cluster.run_for(3s);
      bool moved = false;
      cluster.observe(
          [&](std::size_t, const Action& action) { moved |= std::holds_alternative<StateChanged>(action); });
      cluster.reconfigure(0, {.priority = Priority(100), .interval = 40ms});
      cluster.run_for(150ms + seed * 1ms);
      cluster.crash_worker(victim, 30ms);
      cluster.run_for(1s);
      EXPECT_FALSE(moved) << "worker of " << victim << ", seed " << seed;
    }
  }
}

// Two hosts with one address and one priority: each takes the other for the loser.
TEST(Scenario, P28EqualSourcesDoNotAnswerEachOtherWithoutEnd) {
  Cluster cluster{Seed{17}, {.priorities = {100, 100}, .interval = 1000ms, .one_source = true}};
  start_all(cluster);
  split(cluster, true);
  cluster.run_for(10s);
  split(cluster, false);
  int spoken = 0;
  cluster.observe([&](std::size_t, const Action& action) {
    spoken += std::holds_alternative<SendAdvertisement>(action) ? 1 : 0;
  });
  cluster.run_for(10s);
  EXPECT_LE(spoken, 2 * 2 * 10) << "two hosts, at most one forced word in each half interval";
}

// P6: members get another router id one after the other, each a second or more after the one before.
Duration two_owners_while_the_id_changes(std::uint64_t seed, bool in_steps) {
  Cluster cluster{
      Seed{seed},
      {.priorities = {100, 90, 80}, .network = {.delay_max = 5ms, .loss_percent = 5}, .packets = true}};
  start_all(cluster);
  EXPECT_TRUE(cluster.run_until(only_active(cluster, 0), 30s));
  cluster.run_for(5s);
  Overlap overlap(cluster, &Cluster::actives);
  const WireForm other{.version = Version::v3, .vrid = Vrid(52)};
  const auto roll = [&](const Vrid vrid, const std::optional<WireForm>& also) {
    for (std::size_t i = 0; i < cluster.size(); ++i) {
      const auto host = (i + seed) % cluster.size();
      const auto priority = static_cast<std::uint8_t>(cluster.options().priorities.at(host));
      cluster.reconfigure(host,
                          {.priority = Priority(priority), .interval = 250ms, .vrid = vrid, .also = also});
      cluster.run_for(std::chrono::milliseconds(1000 + 700 * seed % 3000));
    }
  };
  if (in_steps) roll(Vrid(51), other);
  roll(Vrid(52), std::nullopt);
  EXPECT_TRUE(cluster.run_until(only_active(cluster, 0), 30s));
  return overlap.total();
}

TEST(Scenario, P6AnotherRouterIdInStepsPartsNobody) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed)
    EXPECT_EQ(two_owners_while_the_id_changes(seed, /*in_steps=*/true), Duration::zero()) << seed;
  EXPECT_GT(two_owners_while_the_id_changes(1, /*in_steps=*/false), 500ms) << "at once it parts them";
}

}  // namespace
}  // namespace vip::vrrp::sim
