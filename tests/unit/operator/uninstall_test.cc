#include "operator/core/uninstall.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "swarm_world.h"

namespace vip::swarm {
namespace {

using Texts = std::vector<std::string>;

// As an operator that is a service leaves it behind.
World installed() {
  World world;
  world.observed().nodes = {make_node(1), make_node(2)};
  world.service("vip_operator").spec.environment = {"KEEPALIVED_GROUP=production"};
  const auto group =
      make_plan(make_group(), world.observed().nodes, {}, {.key = "production-key-1", .password = {}});
  const auto desired =
      make_desired(make_group(), *group.plan, {.image = "img", .environment = {}}, kIdentity);
  world.apply(diff(desired, kIdentity, world.observed(), "production", Leave{}));
  return world;
}

Texts words(const std::vector<Step>& steps) {
  Texts words;
  for (const auto& step : steps) words.push_back(step.words);
  return words;
}

TEST(Uninstall, TakesTheOperatorFirstThenItsAgentsThenTheRest) {
  const auto plan = plan_uninstall(installed().observed());
  EXPECT_EQ(words(plan.operators), Texts{"remove service vip_operator: the operator"});
  EXPECT_EQ(words(plan.agents), Texts{"remove service vip_agent-production: the agents of group production"});
  ASSERT_EQ(plan.objects.size(), 2U);
  EXPECT_TRUE(plan.objects[0].words.starts_with("remove config production-plan-")) << plan.objects[0].words;
  EXPECT_EQ(plan.objects[1].words, "remove secret production-key-1");
  EXPECT_EQ(plan.remarks, Texts{"label keepalived_group stays on n1, n2; docker node update --label-rm "
                                "keepalived_group NODE takes it away"});
}

TEST(Uninstall, TakesTheLabelsThatPeopleSetByHand) {
  auto world = installed();
  world.observed().nodes[0].labels["swarm-vip.drain"] = "true";
  world.observed().nodes[1].labels["swarm-vip.prefer"] = "production";
  world.observed().nodes[1].labels["swarm-vip.weight"] = "3";
  world.observed().nodes[1].labels["swarm-vip.keepalived"] = "production";
  const auto plan = plan_uninstall(world.observed());
  ASSERT_EQ(plan.labels.size(), 3U);
  EXPECT_EQ(plan.labels[0].words, "remove label swarm-vip.drain of node n1");
  EXPECT_EQ(plan.labels[1].words, "remove label swarm-vip.keepalived of node n2");
  EXPECT_EQ(plan.labels[2].words, "remove label swarm-vip.prefer of node n2");
}

TEST(Uninstall, TakesTheLabelsOfHolders) {
  auto world = installed();
  world.observed().nodes[0].labels["swarm-vip.holder.production"] = "true";
  world.observed().nodes[1].labels["swarm-vip.holder.former"] = "true";
  EXPECT_EQ(words(plan_uninstall(world.observed()).labels),
            (Texts{"remove label swarm-vip.holder.production of node n1",
                   "remove label swarm-vip.holder.former of node n2"}));
}

TEST(Uninstall, TouchesNothingOfOtherPeople) {
  World world;
  world.observed().nodes = {make_node(1)};
  world.service("vip_operator").spec.environment = {"KEEPALIVED_GROUP=production"};  // made nothing yet
  world.add_service("shop", "shop", {{"swarm-vip.role", "shop"}});
  world.add_config("production-plan-1", {}, "{}");
  world.add_config("other", {{"swarm-vip.role", "other"}}, "{}");
  world.add_secret("production-key-1", {});
  const auto plan = plan_uninstall(world.observed());
  EXPECT_TRUE(plan.empty());
  EXPECT_TRUE(plan.remarks.empty());
}

TEST(Uninstall, SparesAServiceThatOnlyHasTheNameOfAnOperator) {
  auto world = installed();
  world.service("vip_operator").spec.environment = {"OTHER=1"};
  const auto plan = plan_uninstall(world.observed());
  EXPECT_TRUE(plan.operators.empty());
  EXPECT_FALSE(plan.agents.empty());
  EXPECT_TRUE(plan.remarks[0].starts_with("service vip_operator has the name of an operator"))
      << plan.remarks[0];
}

TEST(Uninstall, KnowsAnOperatorByWhatIsLeftOfItsAgents) {
  auto world = installed();
  std::erase_if(world.observed().services,
                [](const Service& service) { return service.name != "vip_operator"; });
  EXPECT_EQ(plan_uninstall(world.observed()).operators.size(), 1U);
}

TEST(Uninstall, OfNothingIsNothing) {
  EXPECT_TRUE(plan_uninstall({}).empty());
}

}  // namespace
}  // namespace vip::swarm
