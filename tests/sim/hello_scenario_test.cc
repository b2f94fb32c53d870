// Named histories in which whole packets travel, and our own hello with them.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/sim/scenario.h"

namespace vip::vrrp::sim {
namespace {

using namespace std::chrono_literals;

ClusterOptions ours(std::vector<int> priorities, Duration interval = 250ms) {
  return {.priorities = std::move(priorities),
          .interval = interval,
          .start_wait = std::max<Duration>(3600ms, 4 * interval),
          .packets = true};
}

void isolate(Cluster& cluster, std::size_t host, bool is_cut) {
  for (std::size_t other = 0; other < cluster.size(); ++other) {
    if (other == host) continue;
    cluster.cut(host, other, is_cut);
    cluster.cut(other, host, is_cut);
  }
}

// Whatever a host does from now on.
class Diary {
 public:
  Diary(Cluster& cluster, std::size_t host) {
    cluster.observe([this, &cluster, host](std::size_t who, const Action& action) {
      if (who != host) return;
      if (std::holds_alternative<SendAdvertisement>(action)) spoken_.push_back(cluster.now());
      if (const auto* change = std::get_if<StateChanged>(&action)) changes_.push_back(*change);
    });
  }
  [[nodiscard]] const std::vector<TimePoint>& spoken() const { return spoken_; }
  [[nodiscard]] const std::vector<StateChanged>& changes() const { return changes_; }

 private:
  std::vector<TimePoint> spoken_;
  std::vector<StateChanged> changes_;
};

auto never_two(Cluster& cluster, bool& two) {
  return [&cluster, &two] { two |= cluster.actives().size() > 1; };
}

// A probe advertisement of priority 1 refreshed keepalived's backups, so that they took over too late.
TEST(HelloScenario, P7AJoinersQuestionIsAnsweredAndTouchesNobodysTimer) {
  for (const int joiner : {80, 200}) {
    for (const bool preempt : {true, false}) {
      auto options = ours({100, 90, joiner});
      options.preempt = preempt;
      options.preempt_delay = preempt ? Duration(5s) : Duration(0s);
      Cluster cluster{Seed{20}, options};
      cluster.start(0);
      cluster.start(1);
      ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 10s));
      cluster.run_for(60s);
      const auto before = cluster.router(0).next_deadline()->when;
      ASSERT_TRUE(cluster.run_until([&] { return cluster.router(0).next_deadline()->when != before; }, 1s));
      cluster.run_for(10ms);  // between two advertisements
      const auto active = cluster.router(0).next_deadline()->when;
      const auto backup = cluster.router(1).next_deadline()->when;
      std::vector<std::size_t> answered;
      cluster.observe([&](std::size_t host, const Action& action) {
        const auto* hello = std::get_if<SendHello>(&action);
        if (hello != nullptr && hello->kind == HelloKind::answer) answered.push_back(host);
      });
      cluster.start(2);
      const auto started = cluster.now();
      cluster.run_for(10ms);
      for (const std::size_t host : {0U, 1U}) EXPECT_EQ(std::ranges::count(answered, host), 1) << host;
      EXPECT_EQ(cluster.router(0).next_deadline()->when, active);
      EXPECT_EQ(cluster.router(1).next_deadline()->when, backup);
      EXPECT_EQ(cluster.router(0).state(), State::active);
      EXPECT_EQ(cluster.router(1).state(), State::backup);
      const bool claims = cluster.run_until([&] { return cluster.actives() != Hosts{0}; }, 60s);
      EXPECT_EQ(claims, preempt && joiner == 200);
      if (claims) {
        EXPECT_GE(cluster.now() - started, down(joiner, 250ms)) << "it listens first";
      }
    }
  }
}

// Nobody took over, so nobody needs to move; keepalived's owners all step down, and the addresses with them.
TEST(HelloScenario, P10AfterEverybodySleptTheOwnerGoesOnWithinAnInterval) {
  for (const bool preempt : {true, false}) {
    for (const auto sleep : {800ms, 2000ms, 60000ms, 3600000ms}) {
      auto options = ours({100, 90, 80});
      options.preempt = preempt;
      Cluster cluster{Seed{21}, options};
      start_all(cluster);
      ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
      cluster.run_for(20s);
      bool moved = false;
      cluster.watch([&] { moved |= !only_active(cluster, 0)(); });
      for (std::size_t i = 0; i < 3; ++i) cluster.pause(i);
      cluster.run_for(sleep);
      Diary diary(cluster, 0);
      const auto woken = cluster.now();
      for (std::size_t i = 3; i > 0; --i) cluster.resume(i - 1);
      cluster.run_for(60s);
      EXPECT_FALSE(moved) << sleep.count() << "ms";
      EXPECT_TRUE(diary.changes().empty()) << sleep.count() << "ms";
      ASSERT_FALSE(diary.spoken().empty());
      EXPECT_LE(diary.spoken().front() - woken, Duration(250ms)) << sleep.count() << "ms";
    }
  }
}

// It is not even heard: with what waits in the socket it knows at once, and else by the first answer.
TEST(HelloScenario, P10AnOwnerThatSleptYieldsToWhoeverTookOverBeforeItSpeaks) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const bool preempt = seed % 2 == 0;
    const bool deaf = seed % 4 < 2;
    auto options = ours({100, 90, 80});
    options.preempt = preempt;
    Cluster cluster{Seed{seed}, options};
    start_all(cluster);
    ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
    cluster.run_for(20s + seed / 4 * 101ms);
    cluster.pause(0);
    if (deaf) cluster.cut(1, 0, true);
    cluster.run_for(10s);
    ASSERT_EQ(cluster.router(1).state(), State::active);
    if (deaf) cluster.cut(1, 0, Traffic::hello, false);
    Diary diary(cluster, 0);
    cluster.resume(0);
    if (deaf) {
      EXPECT_TRUE(cluster.run_until([&] { return cluster.actives() == Hosts{1}; }, 4ms)) << "two ways";
    }
    EXPECT_EQ(cluster.actives(), Hosts{1}) << seed;
    EXPECT_EQ(cluster.holders(), Hosts{1}) << seed;
    EXPECT_TRUE(diary.spoken().empty()) << seed;
    cluster.cut(1, 0, false);
    cluster.run_for(60s);
    EXPECT_EQ(cluster.actives(), Hosts{preempt ? 0U : 1U}) << seed;
    EXPECT_EQ(diary.spoken().empty(), !preempt) << seed;
  }
}

TEST(HelloScenario, P10AnOwnerWhoseAddressesLapsedWhileAllSleptListensFirst) {
  auto options = ours({100, 90});
  options.lease = 4s;
  Cluster cluster{Seed{23}, options};
  start_all(cluster);
  ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 5s));
  cluster.run_for(20s);
  for (std::size_t i = 0; i < 2; ++i) cluster.pause(i);
  cluster.run_for(5s);
  EXPECT_EQ(cluster.holders(), Hosts{});
  Diary diary(cluster, 0);
  const auto woken = cluster.now();
  for (std::size_t i = 0; i < 2; ++i) cluster.resume(i);
  EXPECT_EQ(cluster.router(0).state(), State::backup);
  EXPECT_TRUE(cluster.run_until(only_active(cluster, 0), down(100, 250ms) + 1ms));
  cluster.run_for(1s);
  ASSERT_FALSE(diary.spoken().empty());
  EXPECT_GE(diary.spoken().front() - woken, down(100, 250ms));
}

// Dead peers cannot object, and of a stranger that took over advertisements wait in the socket.
TEST(HelloScenario, P10AnOwnerThatSleptAndIsNotAnsweredGoesOnWithinAnInterval) {
  for (const bool foreign : {false, true}) {
    auto options = ours({100, 90, 80});
    if (foreign) options.foreign = {1, 2};
    Cluster cluster{Seed{24}, options};
    start_all(cluster);
    ASSERT_TRUE(cluster.run_until(only_active(cluster, 0), 10s));
    cluster.run_for(20s);
    for (std::size_t i = 0; i < 3; ++i) cluster.pause(i);
    cluster.run_for(5s);
    Diary diary(cluster, 0);
    const auto woken = cluster.now();
    for (std::size_t i = 3; i > 0; --i) {
      if (!foreign && i > 1) cluster.crash(i - 1);
      cluster.resume(i - 1);
    }
    cluster.run_for(60s);
    EXPECT_TRUE(diary.changes().empty());
    ASSERT_FALSE(diary.spoken().empty());
    EXPECT_GE(diary.spoken().front() - woken, Duration(125ms));
    EXPECT_LE(diary.spoken().front() - woken, Duration(250ms));
    EXPECT_EQ(cluster.actives(), Hosts{0});
  }
}

// Whoever does not list it says nothing to it that it could learn from, but answers.
TEST(HelloScenario, P5AnOwnerOfTheAddressesWhoseClockWentBackIsHelpedUpByWhoDoesNotListIt) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    auto options = ours({255, 90});
    options.lists = {{1, {}}};
    Cluster cluster{Seed{seed}, options};
    start_all(cluster);
    cluster.run_for(10s + seed * 17ms);
    cluster.crash(0);
    cluster.set_wall_clock(0, -24h);
    cluster.run_for(10min);  // no transient peer any more
    ASSERT_EQ(cluster.actives(), Hosts{1});
    cluster.start(0);
    Overlap two_owners(cluster, &Cluster::actives);
    cluster.run_for(20s);
    EXPECT_EQ(cluster.actives(), Hosts{0}) << seed;
    EXPECT_LE(two_owners.total(), 250ms + 5ms) << seed;
  }
}

// Only its own questions keep it in the book of an owner whose plan does not list it.
TEST(HelloScenario, P19AMemberThatTheOwnerDoesNotListIsNeverStarved) {
  const auto claims = [](unsigned loss_percent, bool mute) {
    auto options = ours({100, 90, 80});
    options.network.loss_percent = loss_percent;
    options.lists = {{0, {1}}, {1, {0}}};
    Cluster cluster{Seed{25}, options};
    start_all(cluster);
    cluster.run_for(20s);
    bool claimed = false;
    cluster.watch([&] { claimed |= cluster.actives() != Hosts{0}; });
    if (mute) cluster.cut(2, 0, Traffic::hello, true);
    cluster.run_for(1h);
    return claimed;
  };
  EXPECT_FALSE(claims(0, false));
  EXPECT_FALSE(claims(1, false));
  EXPECT_TRUE(claims(0, true)) << "or the questions would be for nothing";
}

// While a plan rolls through the group, whoever joins is in nobody's list but its own.
TEST(HelloScenario, P19AJoinerThatNobodyListsIsNoSecondOwner) {
  for (const int priority : {80, 200}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      auto options = ours({100, 90, priority});
      options.lists = {{0, {1}}, {1, {0}}};
      Cluster cluster{Seed{seed}, options};
      cluster.start(0);
      cluster.start(1);
      cluster.run_for(20s + seed * 37ms);
      ASSERT_EQ(cluster.actives(), Hosts{0});
      cluster.start(2);
      Overlap two_owners(cluster, &Cluster::holders);
      cluster.run_for(5min);
      EXPECT_EQ(cluster.actives(), Hosts{priority == 200 ? 2U : 0U}) << seed;
      EXPECT_LE(two_owners.total(), Linger::kSettle + 2ms) << "make before break, seed " << seed;
    }
  }
}

// The hold of a minute and more is for a fault that stays; a way that is whole again ends it.
TEST(HelloScenario, P22AnOwnerThatWasNotHeardIsBackSoonAfterTheWayIsWhole) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Duration broken = seed % 2 == 0 ? 21s : 2s;
    Cluster cluster{Seed{seed}, ours({100, 90})};
    start_all(cluster);
    cluster.run_for(60s + seed * 503ms);
    ASSERT_EQ(cluster.actives(), Hosts{0});
    cluster.cut(0, 1, true);
    ASSERT_TRUE(cluster.run_until([&] { return cluster.actives() == Hosts{0, 1}; }, 2s));
    ASSERT_TRUE(cluster.run_until(only_active(cluster, 1), 6 * 250ms + 2ms)) << seed;
    EXPECT_FALSE(cluster.run_until([&] { return cluster.actives() != Hosts{1}; }, broken)) << seed;
    cluster.cut(0, 1, false);
    EXPECT_TRUE(cluster.run_until(only_active(cluster, 0), 12s)) << seed;
    EXPECT_FALSE(cluster.run_until([&] { return cluster.actives() != Hosts{0}; }, 5min)) << seed;
  }
}

// Protocol 112 is filtered one way, UDP is not.
TEST(HelloScenario, P22WhereOnlyHellosPassOneWayNothingMoves) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Cluster cluster{Seed{seed}, ours({100, 90})};
    start_all(cluster);
    cluster.run_for(60s + seed * 503ms);
    cluster.cut(seed % 2, 1 - seed % 2, Traffic::advertisement, true);
    EXPECT_FALSE(cluster.run_until([&] { return cluster.holders() != Hosts{0}; }, 5min)) << seed;
  }
}

TEST(HelloScenario, P23AColdStartOfOursNeedsOneDownIntervalAndWithADeadPeerTheLongWait) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const bool dead : {false, true}) {
      auto options = ours({100, 90, 80, 70});
      options.network.delay_max = 2ms;
      Cluster cluster{Seed{seed}, options};
      const std::size_t count = dead ? 3 : 4;
      for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) cluster.run_for(seed * 5ms);
        cluster.start((i + 1) % count);  // the best comes last
      }
      const auto began = cluster.now();
      ASSERT_TRUE(cluster.run_until([&] { return !cluster.holders().empty(); }, 5s));
      const auto took = cluster.now() - began;
      const auto spread = static_cast<std::int64_t>(count) * (seed * 5ms);
      if (dead) {
        EXPECT_GE(took, 3600ms - spread) << seed;
        EXPECT_LE(took, 3600ms) << seed;
      } else {
        EXPECT_GE(took, down(100, 250ms)) << seed;
        EXPECT_LE(took, down(100, 250ms) + 250ms + 8ms) << seed;
      }
      EXPECT_TRUE(cluster.run_until(only_active(cluster, 0), down(100, 250ms) + 10ms)) << seed;
    }
  }
}

TEST(HelloScenario, P23ANewcomerWithAShorterIntervalListensLongEnoughAlsoWhenItIsAnswered) {
  for (const bool foreign : {false, true}) {
    for (const int newcomer : {90, 200}) {
      for (std::uint64_t seed = 0; seed < 50; ++seed) {
        auto options = ours({100, newcomer, 80});
        options.preempt = newcomer != 200;
        if (foreign) options.foreign = {0};
        Cluster cluster{Seed{seed}, options};
        for (const std::size_t host : {0U, 2U}) {
          const auto priority = cluster.router(host).config().priority;
          cluster.reconfigure(host, {.priority = priority, .interval = 1000ms});
          cluster.start(host);
        }
        cluster.run_for(20s + seed * 20ms);
        ASSERT_EQ(cluster.actives(), Hosts{0});
        bool two = false;
        cluster.watch(never_two(cluster, two));
        cluster.start(1);
        cluster.run_for(60s);
        EXPECT_FALSE(two) << seed;
        EXPECT_EQ(cluster.actives(), Hosts{0}) << seed;
      }
    }
  }
}

void give_plan(Cluster& cluster, std::size_t host, std::uint64_t generation) {
  const auto& config = cluster.router(host).config();
  cluster.reconfigure(
      host, {.priority = config.priority, .interval = config.advert_interval, .generation = generation});
}

// An owner that cannot get the new plan would keep new addresses from everybody.
TEST(HelloScenario, P26AnOwnerWithAnOldPlanHandsOverAfterItsPatienceAndNotBefore) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Cluster cluster{Seed{seed}, ours({100, 90, 80})};
    start_all(cluster);
    cluster.run_for(60s + seed * 503ms);
    ASSERT_EQ(cluster.actives(), Hosts{0});
    for (const std::size_t host : {1U, 2U}) give_plan(cluster, host, 1);
    EXPECT_FALSE(cluster.run_until([&] { return cluster.actives() != Hosts{0}; }, 60s)) << seed;
    EXPECT_TRUE(cluster.run_until([&] { return cluster.actives() != Hosts{0}; }, 21s)) << "two rounds";
    EXPECT_TRUE(cluster.run_until(only_active(cluster, 1), 250ms + 2ms)) << "politely, seed " << seed;
    EXPECT_FALSE(cluster.run_until([&] { return cluster.actives() != Hosts{1}; }, 10min))
        << "an outdated router does not preempt, seed " << seed;
    cluster.crash(0);
    cluster.run_for(10s);
    cluster.start(0);
    EXPECT_FALSE(cluster.run_until([&] { return cluster.actives() != Hosts{1}; }, 10min)) << seed;
    give_plan(cluster, 0, 1);
    EXPECT_TRUE(cluster.run_until(only_active(cluster, 0), 2s)) << "and then it does, seed " << seed;
  }
}

TEST(HelloScenario, P26ARollInTimeMovesNothing) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Cluster cluster{Seed{seed}, ours({100, 90, 80})};
    start_all(cluster);
    cluster.run_for(60s + seed * 503ms);
    bool moved = false;
    cluster.watch([&] { moved |= !only_active(cluster, 0)(); });
    for (std::uint64_t plan = 1; plan <= 3; ++plan) {
      for (std::size_t i = 0; i < 3; ++i) {
        give_plan(cluster, (i + seed + plan) % 3, plan);
        cluster.run_for(29s);
      }
    }
    cluster.run_for(10min);
    EXPECT_FALSE(moved) << seed;
  }
}

// Nobody else could serve: the newer ones are dead, or in a fault of their own.
TEST(HelloScenario, P26AnOwnerWithAnOldPlanKeepsItWhereNoNewerOneCanServe) {
  for (const bool dead : {true, false}) {
    Cluster cluster{Seed{26}, ours({100, 90, 80})};
    start_all(cluster);
    cluster.run_for(60s);
    bool moved = false;
    cluster.watch([&] { moved |= !only_active(cluster, 0)(); });
    give_plan(cluster, 1, 1);
    cluster.run_for(30s);
    dead ? cluster.crash(1) : cluster.fail_group(1);
    cluster.run_for(30min);
    EXPECT_FALSE(moved) << (dead ? "dead" : "in a fault");
  }
}

// After a split: which of two owners is left, once one is.
std::optional<std::size_t> keeper(Cluster& cluster, Duration within) {
  if (!cluster.run_until([&] { return cluster.actives().size() == 1; }, within)) return std::nullopt;
  const auto left = cluster.actives();
  const bool stays = !cluster.run_until([&] { return cluster.actives() != left; }, 1min);
  return stays && cluster.holders() == left ? std::optional(left.front()) : std::nullopt;
}

TEST(HelloScenario, P27WithoutPreemptionTheOneThatLostContactYields) {
  for (const auto interval : {10ms, 250ms, 1000ms}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      auto options = ours({100, 90, 10}, interval);  // apart by more than the network's delay
      options.preempt = false;
      Cluster cluster{Seed{seed}, options};
      cluster.start(0);
      cluster.run_for(10s);
      start_all(cluster);
      cluster.run_for(60s + seed * 503ms);
      ASSERT_EQ(cluster.actives(), Hosts{0});
      isolate(cluster, 0, true);
      cluster.run_for(30s);
      ASSERT_EQ(cluster.actives(), (Hosts{0, 1}));
      isolate(cluster, 0, false);
      EXPECT_EQ(keeper(cluster, 2 * interval + 5ms), 1U) << interval.count() << "ms, seed " << seed;
    }
  }
}

TEST(HelloScenario, P27OfTwoAloneTheOneThatHadItLongerKeepsIt) {
  for (const std::size_t first : {0U, 1U}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      auto options = ours({100, 90});
      options.preempt = false;
      Cluster cluster{Seed{seed}, options};
      cluster.start(first);
      cluster.run_for(10s);
      cluster.start(1 - first);
      cluster.run_for(60s + seed * 503ms);
      ASSERT_EQ(cluster.actives(), Hosts{first});
      split(cluster, true);
      cluster.run_for(30s);
      ASSERT_EQ(cluster.actives(), (Hosts{0, 1}));
      split(cluster, false);
      EXPECT_EQ(keeper(cluster, 2 * 250ms + 5ms), first) << seed;
    }
  }
}

// P22: advertisements are lost in both directions, hellos arrive.
TEST(HelloScenario, P22WhoAnswersButIsNotHeardKeepsTheAddresses) {
  for (const auto interval : {10ms, 250ms, 1000ms}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const std::size_t first = seed % 2;
      Cluster cluster{Seed{seed}, ours({100, 90}, interval)};
      cluster.start(first);
      cluster.run_for(10s + seed * 503ms);
      const auto filter = [&](bool is_cut) {
        cluster.cut(0, 1, Traffic::advertisement, is_cut);
        cluster.cut(1, 0, Traffic::advertisement, is_cut);
      };
      if (first == 1) filter(true);  // the other one would preempt
      cluster.start(1 - first);
      cluster.run_for(10s);
      filter(true);
      EXPECT_FALSE(cluster.run_until([&] { return cluster.holders() != Hosts{first}; }, 1min)) << seed;
      filter(false);
      EXPECT_TRUE(cluster.run_until([&] { return cluster.actives() == Hosts{0}; }, 5 * interval)) << seed;
      filter(true);
      cluster.run_for(1min + seed * 503ms);
      cluster.crash(0);
      EXPECT_TRUE(cluster.run_until([&] { return cluster.actives() == Hosts{1}; }, 4 * interval + 5ms))
          << seed;
    }
  }
}

TEST(HelloScenario, P27WithPreemptionOrWithAStrangerPriorityWinsAtOnce) {
  for (const bool preempt : {true, false}) {
    for (const std::size_t foreign : {0U, 1U}) {
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        auto options = ours({100, 90});
        options.preempt = preempt;
        if (!preempt) options.foreign = {foreign};
        Cluster cluster{Seed{seed}, options};
        split(cluster, true);
        cluster.start(1);
        cluster.run_for(10s);
        cluster.start(0);
        cluster.run_for(60s + seed * 503ms);
        ASSERT_EQ(cluster.actives(), (Hosts{0, 1}));
        split(cluster, false);
        EXPECT_EQ(keeper(cluster, 252ms), 0U) << seed;
      }
    }
  }
}

}  // namespace
}  // namespace vip::vrrp::sim
