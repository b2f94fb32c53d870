#include "operator/core/following.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "operator/core/plan_changes.h"
#include "operator/core/problems.h"
#include "swarm_world.h"

namespace vip::swarm {
namespace {

using Texts = std::vector<std::string>;

std::vector<Node> three_nodes() {
  return {make_node(1), make_node(2), make_node(3)};
}

GroupSettings following_group() {
  auto settings = make_group();
  settings.follow = "shop";
  return settings;
}

plan::Plan plan_with(const NodeIds& unserved, const std::vector<Node>& nodes = three_nodes()) {
  return *make_plan(following_group(), nodes, {}, {}, unserved).plan;
}

std::vector<int> priorities(const plan::Plan& plan) {
  std::vector<int> priorities;
  for (const auto& member : plan.members) priorities.push_back(member.priority.value);
  return priorities;
}

Texts unserved(const plan::Plan& plan) {
  Texts ids;
  for (const auto& member : plan.members)
    if (member.unserved) ids.push_back(member.id);
  return ids;
}

Task make_task(const std::string& service, const std::string& node, TaskState state, bool wanted = true) {
  return {.id = "task-" + service + node,
          .service_id = service,
          .node_id = node,
          .created_at = at_second(0),
          .changed_at = at_second(0),
          .state = state,
          .wanted = wanted,
          .error = {},
          .spec = {}};
}

TEST(Unserved, HasTheAddressesOnlyWhenNobodyElseCan) {
  const auto group = make_plan(following_group(), three_nodes(), {}, {}, {"id1"});
  EXPECT_EQ(priorities(*group.plan), (std::vector{2, 100, 92}));
  EXPECT_EQ(unserved(*group.plan), Texts{"id1"});
  EXPECT_EQ(plan::levels(*group.plan, group.plan->routers[0]), std::vector{Priority(3)});
  EXPECT_EQ(group.members.back().words,
            "default 100; no healthy task of service shop: only when nobody else can");
  EXPECT_EQ(group.plan->follow, "shop");
}

TEST(Unserved, ComesBeforeWhoIsDrained) {
  auto nodes = three_nodes();
  nodes[0].labels["swarm-vip.drain"] = "true";
  const auto plan = plan_with({"id2"}, nodes);
  EXPECT_EQ(priorities(plan), (std::vector{2, 3, 92}));
  EXPECT_EQ(plan::levels(plan, plan.routers[0]), (std::vector{Priority(3), Priority(4)}));
  EXPECT_TRUE(plan::problems(plan).empty());
}

TEST(Unserved, WhatAPersonSaysGoesFirst) {
  auto nodes = three_nodes();
  nodes[0].labels["swarm-vip.drain"] = "true";
  nodes[2].labels["swarm-vip.prefer"] = "production";
  const auto plan = plan_with({"id1", "id3"}, nodes);
  EXPECT_EQ(priorities(plan), (std::vector{2, 100, 254}));
  EXPECT_TRUE(unserved(plan).empty());
}

TEST(Unserved, HasNoShareOfAddressesThatAreSpread) {
  auto settings = following_group();
  settings.spread = true;
  settings.addresses.clear();
  for (const auto* const address : {"192.0.2.201", "192.0.2.202", "192.0.2.203"})
    settings.addresses.push_back(IpPrefix::parse(address).value());
  auto nodes = three_nodes();
  nodes[1].labels["swarm-vip.drain"] = "true";
  const auto plan = *make_plan(settings, nodes, {}, {}, {"id1"}).plan;
  EXPECT_TRUE(plan::problems(plan).empty());
  for (const auto& router : plan.routers) {
    EXPECT_EQ(router.priorities.at("id1"), Priority(3));
    EXPECT_EQ(router.priorities.at("id2"), Priority(2));
    EXPECT_EQ(plan::levels(plan, router), (std::vector{Priority(3), Priority(4)}));
  }
}

TEST(Unserved, AChangeIsSaidInWords) {
  EXPECT_EQ(plan_changes(plan_with({}), plan_with({"id1"})),
            (Texts{"priority of n1 108 -> 2", "level of n1 usual -> no healthy task of shop"}));
  auto before = plan_with({});
  before.follow.clear();
  EXPECT_EQ(plan_changes(before, plan_with({})), Texts{"follows nothing -> shop"});
}

TEST(FollowedService, IsFoundByIdAndByName) {
  World world;
  world.add_service("x1", "shop", {});
  world.add_service("shop", "other", {});
  const auto& services = world.observed().services;
  EXPECT_EQ(followed_service(services, "x1")->name, "shop");
  EXPECT_EQ(followed_service(services, "shop")->name, "other") << "as Docker has it: ids first";
  EXPECT_EQ(followed_service(services, "sho"), nullptr);
}

TEST(FollowedService, ServesWhereATaskRunsAndIsWanted) {
  const std::vector tasks{make_task("s", "running", TaskState::running),
                          make_task("s", "starting", TaskState::coming),
                          make_task("s", "failed", TaskState::failed),
                          make_task("s", "ended", TaskState::complete),
                          make_task("s", "leaving", TaskState::running, false),
                          make_task("other", "elsewhere", TaskState::running)};
  EXPECT_EQ(served_nodes(tasks, "s"), NodeIds{"running"});
}

TEST(FollowingMembers, AreAsTheDeployedPlanHasThem) {
  const auto deployed = plan_with({"id2"});
  auto nodes = three_nodes();
  nodes.push_back(make_node(4));
  nodes.push_back(make_node(5, {{"keepalived_group", "other"}}));
  const auto members = following_members(following_group(), nodes, &deployed);
  ASSERT_EQ(members.size(), 4U);
  EXPECT_EQ(members[0].unserved, false);
  EXPECT_EQ(members[1].unserved, true);
  EXPECT_EQ(members[3].unserved, std::nullopt);
  for (const auto& member : following_members(following_group(), nodes, nullptr))
    EXPECT_EQ(member.unserved, false) << "a group that begins gives everybody time";
}

TEST(FollowingMembers, DoNotCountWhileTheirNodeIsAway) {
  auto nodes = three_nodes();
  for (int number = 4; number <= 6; ++number) nodes.push_back(make_node(number));
  nodes[1].state = NodeState::down;
  nodes[2].state = NodeState::unknown;
  nodes[3].availability = Availability::drain;
  nodes[4].availability = Availability::pause;
  nodes[5].labels["swarm-vip.drain"] = "true";
  std::vector<bool> counts;
  for (const auto& member : following_members(following_group(), nodes, nullptr))
    counts.push_back(member.counts);
  EXPECT_EQ(counts, (std::vector{true, false, false, false, true, false}));
}

TEST(FollowingMembers, AllDrainedIsAsIfNoneWas) {
  auto nodes = three_nodes();
  for (auto& node : nodes) node.labels["swarm-vip.drain"] = "true";
  for (const auto& member : following_members(following_group(), nodes, nullptr)) EXPECT_TRUE(member.counts);
}

class FollowingProblems : public testing::Test {
 protected:
  Texts problems(const plan::Plan& plan) const {
    Texts texts;
    for (const auto& problem : problems_of_following(plan, world.observed()))
      texts.push_back(std::string(name(problem.severity)) + ": " + problem.text);
    return texts;
  }

  World world;
};

TEST_F(FollowingProblems, SayWhoIsPutBackAndWhereToLook) {
  world.add_service("s", "shop", {});
  world.observed().tasks = {make_task("s", "id2", TaskState::running)};
  EXPECT_EQ(
      problems(plan_with({"id1"})),
      Texts{"note: node n1 has no healthy task of service shop, so it has the addresses only when nobody "
            "else can; why: docker service ps shop"});
  EXPECT_TRUE(problems(plan_with({})).empty());
}

TEST_F(FollowingProblems, NameAServiceThatDoesNotExist) {
  EXPECT_EQ(problems(plan_with({})),
            Texts{"warning: the group follows service shop, which does not exist, so "
                  "it goes on as it is; docker service ls"});
  world.add_service("s", "stack_shop", {});
  EXPECT_EQ(problems(plan_with({})),
            Texts{"warning: the group follows service shop, which does not exist, so "
                  "it goes on as it is; is it stack_shop?"});
}

TEST_F(FollowingProblems, SayWhenNoMemberHasATask) {
  world.add_service("s", "shop", {});
  world.observed().tasks = {make_task("s", "elsewhere", TaskState::running),
                            make_task("s", "id1", TaskState::coming)};
  EXPECT_EQ(
      problems(plan_with({})),
      Texts{"warning: the group follows service shop, of which no member has a healthy task, so it goes on "
            "as it is; why: docker service ps shop"});
}

TEST_F(FollowingProblems, AreNoneWhereNothingIsFollowed) {
  EXPECT_TRUE(problems(*make_plan(make_group(), three_nodes(), {}).plan).empty());
}

}  // namespace
}  // namespace vip::swarm
