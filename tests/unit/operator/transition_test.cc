#include "operator/core/transition.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace vip::swarm {
namespace {

using plan::Auth;
using plan::Plan;

constexpr auto kOldKey = "/run/secrets/web-key-1";
constexpr auto kNewKey = "/run/secrets/web-key-2";
constexpr auto kOldPassword = "/run/secrets/web-password-1";
constexpr auto kNewPassword = "/run/secrets/web-password-2";

plan::Member member(int number) {
  return {.id = "id" + std::to_string(number),
          .hostname = "n" + std::to_string(number),
          .address = IpAddress::parse("192.0.2." + std::to_string(number)).value(),
          .priority = Priority(static_cast<std::uint8_t>(100 + number))};
}

Plan version3(int vrid, Auth::Mode mode = Auth::Mode::hmac, const std::string& key = kOldKey) {
  Plan plan{.group = "web",
            .routers = {{.vrid = Vrid(static_cast<std::uint8_t>(vrid)),
                         .addresses = {IpPrefix::parse("192.0.2.100").value()}}},
            .members = {member(1), member(2), member(3)}};
  if (mode != Auth::Mode::none) plan.auth = {.mode = mode, .file = key};
  return plan;
}

Plan version2(int vrid, int seconds = 1, const std::string& password = kOldPassword) {
  auto plan = version3(vrid, Auth::Mode::none);
  plan.version = 2;
  plan.advert_interval = std::chrono::seconds(seconds);
  if (!password.empty()) plan.auth = {.mode = Auth::Mode::password, .file = password};
  return plan;
}

// Every way to speak that matters.
std::vector<Plan> all_plans() {
  std::vector<Plan> plans;
  for (const int vrid : {51, 52}) {
    for (const auto* const key : {kOldKey, kNewKey}) {
      for (const auto mode : {Auth::Mode::hmac_receive_only, Auth::Mode::hmac_permissive, Auth::Mode::hmac})
        plans.push_back(version3(vrid, mode, key));
    }
    plans.push_back(version3(vrid, Auth::Mode::none));
    for (const int seconds : {1, 3}) {
      for (const auto* const password : {kOldPassword, kNewPassword, ""})
        plans.push_back(version2(vrid, seconds, password));
    }
  }
  return plans;
}

// The plans from the one to the other, each the step after that before, when all agents have it.
std::vector<Plan> way(const Plan& from, const Plan& to) {
  constexpr int kStepsMax = 6;
  std::vector<Plan> plans{from};
  for (int i = 0; i < kStepsMax && plans.back() != to; ++i) {
    const auto now = plans.back();
    plans.push_back(next_plan(to, now, {{.plan = now, .nodes = {"id1", "id2", "id3"}}}).plan);
  }
  return plans;
}

TEST(Transition, EveryWayEndsWhereItShouldAndNeighboursUnderstandEachOther) {
  for (const auto& from : all_plans()) {
    for (const auto& to : all_plans()) {
      const auto plans = way(from, to);
      const auto text = plan::to_json(from) + "\n" + plan::to_json(to);
      ASSERT_EQ(plans.back(), to) << text;
      for (std::size_t i = 0; i + 1 < plans.size(); ++i) {
        ASSERT_TRUE(understand_each_other(plans[i], plans[i + 1])) << text;
        ASSERT_EQ(plan::problems(plans[i + 1]), std::vector<std::string>{}) << text;
      }
    }
  }
}

// An agent that never gets another plan is understood at each step, so that it never has an owner of its own.
TEST(Transition, NobodyWhoStaysBehindIsLeftAlone) {
  for (const auto& from : all_plans()) {
    for (const auto& to : all_plans()) {
      auto now = from;
      for (int i = 0; i < 6; ++i) {
        const std::vector<LivingPlan> alive{{.plan = from, .nodes = {"id1"}},
                                            {.plan = now, .nodes = {"id2"}}};
        now = next_plan(to, now, alive).plan;
        ASSERT_TRUE(understand_each_other(from, now)) << plan::to_json(from) << "\n" << plan::to_json(now);
      }
    }
  }
}

// Whoever changes his mind on the way gets there all the same.
TEST(Transition, AWayMayTurnAtAnyStep) {
  const auto third = version3(53, Auth::Mode::hmac, "/run/secrets/web-key-3");
  for (const auto& from : all_plans()) {
    for (const auto& to : all_plans()) {
      for (const auto& step : way(from, to)) {
        for (const auto& target : {from, third}) {
          const auto plans = way(step, target);
          ASSERT_EQ(plans.back(), target);
          for (std::size_t i = 0; i + 1 < plans.size(); ++i)
            ASSERT_TRUE(understand_each_other(plans[i], plans[i + 1]));
        }
      }
    }
  }
}

TEST(Transition, WhatPartsNobodyIsDoneAtOnce) {
  auto wanted = version3(51);
  wanted.advert_interval = std::chrono::seconds(2);
  wanted.preempt = false;
  wanted.routers.front().addresses.push_back(IpPrefix::parse("192.0.2.101").value());
  wanted.members.push_back(member(4));
  EXPECT_EQ(next_plan(wanted, version3(51), {{.plan = version3(51), .nodes = {"id1"}}}).plan, wanted);
}

TEST(Transition, AStepKeepsWhatElseIsWanted) {
  auto wanted = version3(52);
  wanted.preempt = false;
  const auto step = next_plan(wanted, version3(51), {}).plan;
  EXPECT_FALSE(step.preempt);
  EXPECT_EQ(step.routers.front().vrid, Vrid(51));
  EXPECT_EQ(step.routers.front().also_vrid, Vrid(52));
}

TEST(Transition, TellsForWhomItWaits) {
  const auto step = next_plan(version3(52), version3(51), {}).plan;
  const auto held = next_plan(version3(52), step, {{.plan = version3(51), .nodes = {"id2"}}});
  EXPECT_EQ(held.plan, step);
  EXPECT_EQ(held.waits_for, std::set<std::string>{"id2"});
}

TEST(Transition, AddressesOfVersion3OnlyComeWithIt) {
  auto wanted = version3(51);
  wanted.routers.push_back({.vrid = Vrid(51), .addresses = {IpPrefix::parse("2001:db8::100").value()}});
  for (auto& member : wanted.members) member.address6 = IpAddress::parse("2001:db8::" + member.id.substr(2));
  const auto plans = way(version2(51), wanted);
  EXPECT_EQ(plans.at(1).routers.size(), 1U);
  EXPECT_EQ(plan::problems(plans.at(1)), std::vector<std::string>{});
  EXPECT_EQ(plans.back(), wanted);
}

// Ids that move along with their addresses never meet those of others.
TEST(Transition, RoutersOfASpreadGroupAreToldApartByTheirAddresses) {
  auto from = version3(51);
  from.routers.push_back({.vrid = Vrid(52), .addresses = {IpPrefix::parse("192.0.2.101").value()}});
  auto to = from;
  to.routers[0].vrid = Vrid(53);
  const auto plans = way(from, to);
  ASSERT_EQ(plans.size(), 3U);
  EXPECT_EQ(plans[1].routers[0].also_vrid, Vrid(53));
  EXPECT_EQ(plans[1].routers[1].also_vrid, std::nullopt);
}

// --- members ---

TEST(Transition, WithAKeyANewcomerTakesPartAtOnce) {
  auto current = version3(51);
  current.members.pop_back();
  const auto next = next_plan(version3(51), current, {{.plan = current, .nodes = {"id1", "id2"}}});
  EXPECT_EQ(next.plan, version3(51));
}

TEST(Transition, WithoutAKeyANewcomerStandsByUntilAllOthersSpeakToIt) {
  for (const auto& wanted :
       {version2(51), version3(51, Auth::Mode::none), version3(51, Auth::Mode::hmac_receive_only)}) {
    auto current = wanted;
    current.members.pop_back();
    const auto first = next_plan(wanted, current, {{.plan = current, .nodes = {"id1", "id2"}}});
    EXPECT_TRUE(first.plan.member("id3")->standby);
    EXPECT_FALSE(first.plan.member("id1")->standby);
    EXPECT_EQ(first.waits_for, (std::set<std::string>{"id1", "id2"}));
    const auto half = next_plan(
        wanted, first.plan, {{.plan = current, .nodes = {"id2"}}, {.plan = first.plan, .nodes = {"id1"}}});
    EXPECT_TRUE(half.plan.member("id3")->standby);
    EXPECT_EQ(next_plan(wanted, first.plan, {{.plan = first.plan, .nodes = {"id1", "id2"}}}).plan, wanted);
  }
}

TEST(Transition, WithoutAKeyALeaverIsSpokenToUntilItsAgentIsGone) {
  const auto current = version2(51);
  auto wanted = current;
  wanted.members.pop_back();
  const auto first = next_plan(wanted, current, {{.plan = current, .nodes = {"id1", "id2", "id3"}}}).plan;
  ASSERT_NE(first.member("id3"), nullptr);
  EXPECT_TRUE(first.member("id3")->standby);
  EXPECT_EQ(plan::problems(first), std::vector<std::string>{});
  EXPECT_EQ(next_plan(wanted, first, {{.plan = first, .nodes = {"id1", "id2"}}}).plan, wanted);
}

TEST(Transition, ALeaverWhosePriorityOrAddressIsTakenDisturbsNobody) {
  const auto current = version2(51);
  auto wanted = current;
  wanted.members.pop_back();
  wanted.members[0].priority = current.members[2].priority;
  const std::vector<LivingPlan> alive{{.plan = current, .nodes = {"id3"}}};
  EXPECT_EQ(plan::problems(next_plan(wanted, current, alive).plan), std::vector<std::string>{});
  wanted.members[0].address = current.members[2].address;
  EXPECT_EQ(next_plan(wanted, current, alive).plan.member("id3"), nullptr);
}

}  // namespace
}  // namespace vip::swarm
