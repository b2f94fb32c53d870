// Who is in charge on a host: named scenarios, and random histories of up to four siblings.
#include <algorithm>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "tests/sim/charge_host.h"

namespace vip::vrrp::sim {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSoon = 2500ms;  // a test of 2 s and the exchange

std::function<bool()> charge_is(const ChargeHost& host, ProcessId process) {
  return [&host, process] { return host.in_charge() == process; };
}

// An old agent in charge and a new one that took over.
struct Pair {
  explicit Pair(std::uint64_t seed, HostOptions options = {})
      : host(Seed{seed}, options), older(host.start()) {
    EXPECT_TRUE(host.run_until(charge_is(host, older), 1ms));
    host.run_for(5s);
    newer = host.start();
    EXPECT_FALSE(host.charge(newer).is_healthy());
    EXPECT_TRUE(host.run_until(charge_is(host, newer), kSoon));
  }
  ~Pair() { EXPECT_EQ(host.violation(), std::nullopt); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  Pair(Pair&&) = delete;
  Pair& operator=(Pair&&) = delete;
  ChargeHost host;
  ProcessId older;
  ProcessId newer = 0;
};

TEST(Charge, TheNewAgentTakesOverAndTheOldOneWaitsToBeStopped) {
  Pair pair(1);
  EXPECT_TRUE(pair.host.charge(pair.newer).is_healthy());
  EXPECT_EQ(pair.host.charge(pair.older).standing(), Standing::deposed);
  EXPECT_TRUE(pair.host.charge(pair.older).is_healthy());
  EXPECT_LE(pair.host.longest_silence(), 5ms);
  pair.host.run_for(1h);
  EXPECT_TRUE(pair.host.is_alive(pair.older));
  EXPECT_EQ(pair.host.in_charge(), pair.newer);
  pair.host.terminate(pair.older);
  EXPECT_TRUE(pair.host.run_until([&] { return !pair.host.is_alive(pair.older); }, 1ms));
  pair.host.run_for(1h);
  EXPECT_EQ(pair.host.in_charge(), pair.newer);
}

// P1: a rollback gives the old agents no signal.
TEST(Charge, ReturnsToTheOldAgentWhenTheNewOneDies) {
  Pair pair(2);
  pair.host.crash(pair.newer);
  EXPECT_TRUE(pair.host.run_until(charge_is(pair.host, pair.older), 10ms));
}

TEST(Charge, ReturnsToTheOldAgentWhenTheNewOneIsStopped) {
  Pair pair(3);
  pair.host.terminate(pair.newer);
  EXPECT_TRUE(pair.host.run_until(charge_is(pair.host, pair.older), 10ms));
  EXPECT_TRUE(pair.host.run_until([&] { return !pair.host.is_alive(pair.newer); }, 10ms));
  EXPECT_EQ(pair.host.handoffs(), 2);
}

// P4: over TCP the name cannot be passed on.
TEST(Charge, WhereTheNameIsFreeForAMomentTheSuccessorGetsIt) {
  Pair pair(9, {.names_travel = false});
  EXPECT_LE(pair.host.longest_silence() + pair.host.longest_vacancy(), 10ms);
  pair.host.run_for(1s);
  const auto third = pair.host.start();
  EXPECT_TRUE(pair.host.run_until(charge_is(pair.host, third), kSoon));
  pair.host.crash(third);
  EXPECT_TRUE(pair.host.run_until([&] { return pair.host.in_charge().has_value(); }, 50ms));
  EXPECT_LE(pair.host.longest_vacancy(), 50ms);
}

// P3: a frozen predecessor is not passed over, and speaks for nobody when it wakes.
TEST(Charge, AFrozenPredecessorKeepsItUntilItWakesOrDies) {
  ChargeHost host(Seed{4}, {});
  const auto older = host.start();
  host.run_for(5s);
  host.freeze(older);
  const auto newer = host.start();
  host.run_for(1min);
  EXPECT_FALSE(host.charge(newer).speaks());
  EXPECT_FALSE(host.charge(newer).is_healthy());
  host.thaw(older);
  EXPECT_TRUE(host.run_until(charge_is(host, newer), kSoon));
  EXPECT_EQ(host.charge(older).standing(), Standing::deposed);
  EXPECT_EQ(host.violation(), std::nullopt);
}

TEST(Charge, AFrozenSuccessorCostsOnePatience) {
  Pair pair(5);
  auto& host = pair.host;
  host.terminate(pair.older);
  const auto third = host.start();
  host.run_for(1s);
  host.freeze(third);
  host.terminate(pair.newer);
  host.run_for(99ms);
  EXPECT_EQ(host.charge(pair.newer).standing(), Standing::handing);
  host.run_for(2ms);
  EXPECT_EQ(host.charge(pair.newer).standing(), Standing::leaving);
  host.thaw(third);  // it finds the state, says commit and is told that it is too late
  host.run_for(100ms);
  EXPECT_EQ(host.charge(third).standing(), Standing::candidate);
}

// P4: a stranger with the name keeps us silent.
TEST(Charge, AStrangerWithTheNameIsNotPassedOver) {
  ChargeHost host(Seed{6}, {});
  host.squat(true);
  const auto only = host.start();
  host.run_for(1min);
  EXPECT_EQ(host.charge(only).standing(), Standing::seeking);
  EXPECT_FALSE(host.charge(only).is_healthy());
  host.squat(false);
  EXPECT_TRUE(host.run_until(charge_is(host, only), 1s));
}

TEST(Charge, SigtermWhileTheNewAgentStillTestsHandsOverAtOnce) {
  ChargeHost host(Seed{7}, {});
  const auto older = host.start();
  host.run_for(5s);
  const auto newer = host.start();
  host.run_for(100ms);
  host.terminate(older);
  EXPECT_TRUE(host.run_until(charge_is(host, newer), 10ms));
  EXPECT_TRUE(host.run_until([&] { return !host.is_alive(older); }, 10ms));
}

TEST(Charge, TheLastOneLeavesPolitely) {
  ChargeHost host(Seed{8}, {});
  const auto only = host.start();
  host.run_for(5s);
  host.terminate(only);
  host.run_for(1ms);
  EXPECT_EQ(host.charge(only).standing(), Standing::leaving);
}

// P20: what cannot read the state, or dies, gets charge nowhere for long.
TEST(Charge, ABadImageIsTriedThreeTimesThenNotForFiveMinutes) {
  ChargeHost host(Seed{9}, {});
  const auto older = host.start();
  host.run_for(5s);
  const auto bad = host.start(/*can_read_states=*/false);
  host.run_for(1min);
  EXPECT_EQ(host.in_charge(), older);
  EXPECT_TRUE(host.charge(older).refuses(host.now()));
  host.crash(bad);
  const auto good = host.start();
  host.run_for(1min);
  EXPECT_EQ(host.in_charge(), older);
  EXPECT_FALSE(host.charge(good).is_healthy());
  EXPECT_TRUE(host.run_until(charge_is(host, good), 5min));
  EXPECT_EQ(host.violation(), std::nullopt);
}

TEST(Charge, ACrashLoopOfSuccessorsIsRefusedInTheEnd) {
  ChargeHost host(Seed{10}, {});
  const auto older = host.start();
  host.run_for(5s);
  for (int i = 0; i < 3; ++i) {
    const auto bad = host.start();
    ASSERT_TRUE(host.run_until(charge_is(host, bad), kSoon));
    host.run_for(10s);
    host.crash(bad);
    ASSERT_TRUE(host.run_until(charge_is(host, older), 10ms));
  }
  const auto fourth = host.start();
  host.run_for(4min);
  EXPECT_EQ(host.in_charge(), older);
  EXPECT_FALSE(host.charge(fourth).is_healthy());
}

// swarm-facts 1e: a second update before the first was through; the others have their SIGTERM together.
TEST(Charge, OfThreeNewAgentsTheNewestEndsInCharge) {
  ChargeHost host(Seed{11}, {});
  const auto first = host.start();
  host.run_for(5s);
  const auto second = host.start();
  host.run_for(700ms);
  const auto third = host.start();
  host.run_for(300ms);
  const auto fourth = host.start();
  ASSERT_TRUE(host.run_until(charge_is(host, fourth), 2 * kSoon));
  for (const auto old : {third, first, second}) host.terminate(old);
  host.run_for(1s);
  EXPECT_EQ(host.living(), std::vector<ProcessId>{fourth});
  EXPECT_EQ(host.in_charge(), fourth);
  EXPECT_EQ(host.violation(), std::nullopt);
}

TEST(Charge, AllButTheOldestDieAndItGoesOn) {
  ChargeHost host(Seed{12}, {});
  std::vector<ProcessId> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(host.start());
    host.run_for(5s);
  }
  while (all.size() > 1) {
    host.crash(all.back());
    all.pop_back();
    EXPECT_TRUE(host.run_until(charge_is(host, all.back()), 10ms));
    host.run_for(1s);  // the others register with it
  }
  EXPECT_EQ(host.violation(), std::nullopt);
}

// --- random histories ---

// One of the living, if any.
std::optional<ProcessId> anybody(const ChargeHost& host, Rng& rng) {
  const auto living = host.living();
  if (living.empty()) return std::nullopt;
  return living.at(rng.below(living.size()));
}

void disturb(ChargeHost& host, Rng& rng) {
  const auto one = anybody(host, rng);
  const auto holder = host.in_charge();
  switch (rng.below(10)) {
    case 0:
    case 1:
    case 2:
      if (host.living().size() < 4) (void)host.start(!rng.one_in(10));
      return;
    case 3:
      if (one) host.terminate(*one);
      return;
    case 4:
      if (one) host.crash(*one);
      return;
    case 5:
      if (holder) host.crash(*holder);
      return;
    case 6:
      if (holder) host.terminate(*holder);
      return;
    case 7:
      if (one) host.freeze(*one);
      return;
    case 8:
      for (const auto living : host.living()) host.thaw(living);
      return;
    default:
      host.squat(rng.one_in(3));
  }
}

struct Verdict {
  std::string violation;
  std::uint64_t handoffs = 0;
};

// Several minutes of trouble, then quiet: in the end the newest of those that can is in charge.
Verdict run_history(std::uint64_t seed, Flaw flaw) {
  Rng rng(Seed{seed});
  const HostOptions options{.slow_one_in = rng.below(3) * 20,
                            .name_lost_one_in = rng.below(2) * 5,
                            .names_travel = !rng.one_in(3),
                            .flaw = flaw};
  ChargeHost host(Seed{rng.next()}, options);
  const auto result = [&](std::string what) { return Verdict{std::move(what), host.handoffs()}; };
  (void)host.start();
  for (int i = 0; i < 60; ++i) {
    host.run_for(rng.one_in(3) ? rng.between(0ns, 5ms) : rng.between(0ns, 6s));
    disturb(host, rng);
    if (host.violation()) return result(*host.violation());
  }
  if (host.longest_vacancy() > 1500ms) {
    return result("nobody in charge for " + std::to_string(host.longest_vacancy().count()) + " ns");
  }
  if (host.longest_silence() > 3 * ChargeConfig().patience)
    return result("silent for " + std::to_string(host.longest_silence().count()) + " ns of handoffs");
  for (const auto living : host.living()) host.thaw(living);
  host.squat(false);
  host.run_for(1ms);  // equal starts are decided by chance
  const auto newest = host.start();
  host.run_for(11min);
  if (host.violation()) return result(*host.violation());
  if (host.in_charge() != newest) return result("the newest is not in charge in the end");
  for (const auto living : host.living()) {
    if (!host.charge(living).is_healthy()) return result("somebody is unhealthy in the end");
  }
  return result("");
}

TEST(ChargeHistories, NeverTwoInChargeAndSoonSomebody) {
  std::uint64_t handoffs = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const auto verdict = run_history(seed, Flaw::none);
    ASSERT_EQ(verdict.violation, "") << "seed " << seed;
    handoffs += verdict.handoffs;
  }
  EXPECT_GT(handoffs, 400U);
}

// The judge must see what it is there for.
TEST(ChargeHistories, AFlawedHostIsFound) {
  for (const auto flaw : {Flaw::name_for_everybody, Flaw::speaks_when_ready, Flaw::speaks_when_deposed}) {
    std::uint64_t found = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed)
      found += run_history(seed, flaw).violation.empty() ? 0U : 1U;
    EXPECT_GT(found, 40U) << static_cast<int>(flaw);
  }
}

}  // namespace
}  // namespace vip::vrrp::sim
