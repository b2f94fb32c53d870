#include "operator/core/problems.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "swarm_world.h"

namespace vip::swarm {
namespace {

bool mentions(const std::vector<Problem>& problems, std::string_view part) {
  return std::ranges::any_of(problems,
                             [&](const Problem& p) { return p.text.find(part) != std::string::npos; });
}

class GroupProblemsTest : public testing::Test {
 protected:
  GroupProblemsTest() { world.observed().nodes = {make_node(1), make_node(2)}; }

  std::vector<Problem> problems(Beside beside = Beside::refuse) {
    const auto& observed = world.observed();
    const auto* const service = agent_service(observed, kIdentity, settings.name);
    const auto known = DeployedPlans(observed).known_to(service, settings.name);
    return group_problems(settings, make_plan(settings, observed.nodes, known), known, kIdentity, observed,
                          beside);
  }
  void add_legacy(const std::string& name, std::vector<std::string> environment) {
    auto& service = world.add_service("legacy-" + name, name, {});
    service.spec.image = "osixia/keepalived:2.0.20";
    service.spec.environment = std::move(environment);
    service.spec.constraints = {"node.hostname==n2"};
  }

  World world;
  GroupSettings settings = make_group();
};

TEST_F(GroupProblemsTest, NoneForASoundGroup) {
  EXPECT_TRUE(problems().empty());
}

// Obeyed, such a plan would take the node off its own network.
TEST_F(GroupProblemsTest, ANodesOwnAddressAmongTheVirtualOnesBlocks) {
  settings.addresses.push_back(IpPrefix::parse("192.0.2.2/24").value());
  const auto found = problems();
  EXPECT_TRUE(any_blocks(found));
  EXPECT_TRUE(mentions(found, "192.0.2.2 is a member's own address"));
}

TEST_F(GroupProblemsTest, ServicesOfTheOtherOperatorBlockWithTheExactRemedy) {
  add_legacy("keepalived-node-n2-2", {"KEEPALIVED_VIRTUAL_IPS=#PYTHON2BASH:['192.0.2.9','192.0.2.201']"});
  add_legacy("keepalived-node-n1-1", {"KEEPALIVED_VIRTUAL_IPS=192.0.2.201/24 dev eth0"});
  const auto found = problems();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].blocks);
  EXPECT_EQ(found[0].severity, Severity::error);
  EXPECT_TRUE(mentions(found, "docker service rm keepalived-node-n1-1 keepalived-node-n2-2 "));
}

TEST_F(GroupProblemsTest, AnotherKeepalivedWithOurRouterIdOnAMemberBlocks) {
  add_legacy("keepalived-node-n2-2", {"KEEPALIVED_VIRTUAL_IPS=198.51.100.1", "KEEPALIVED_ROUTER_ID=51"});
  EXPECT_TRUE(any_blocks(problems()));
}

TEST_F(GroupProblemsTest, UnrelatedServicesOfTheOtherOperatorDoNotMatter) {
  add_legacy("keepalived-node-n2-2", {"KEEPALIVED_VIRTUAL_IPS=192.0.2.20", "KEEPALIVED_ROUTER_ID=52"});
  add_legacy("web", {"KEEPALIVED_VIRTUAL_IPS=192.0.2.201"});
  EXPECT_TRUE(problems().empty());
}

TEST_F(GroupProblemsTest, GoesOnBesideThemWhenAsked) {
  add_legacy("keepalived-node-n1-1", {"KEEPALIVED_VIRTUAL_IPS=192.0.2.201"});
  const auto found = problems(Beside::tolerate);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FALSE(any_blocks(found));
}

TEST_F(GroupProblemsTest, ServicesWithoutTasksAndThoseThatANodesLabelTellsOfDoNotBlock) {
  add_legacy("keepalived-node-n2-2", {"KEEPALIVED_VIRTUAL_IPS=192.0.2.201"});
  EXPECT_TRUE(mentions(problems(), "docker node update --label-add swarm-vip.keepalived=production NODE"));
  world.service("keepalived-node-n2-2").idle = true;
  EXPECT_TRUE(problems().empty());
  world.service("keepalived-node-n2-2").idle = false;
  world.observed().nodes[0].labels["swarm-vip.keepalived"] = "production";
  EXPECT_TRUE(any_blocks(problems())) << "it is the other node";
  world.observed().nodes[1].labels["swarm-vip.keepalived"] = "production";
  EXPECT_FALSE(any_blocks(problems()));
}

TEST_F(GroupProblemsTest, AServiceOfOurNameThatIsNotOursBlocks) {
  world.add_service("x", "vip_agent-production", {});
  EXPECT_TRUE(any_blocks(problems()));
}

TEST_F(GroupProblemsTest, AnotherOperatorsServiceForTheGroupBlocks) {
  world.add_service("x", "old_agent-production",
                    {{std::string(kRoleLabel), "agent"}, {std::string(kGroupLabel), "Production"}});
  const auto found = problems();
  EXPECT_TRUE(any_blocks(found));
  EXPECT_TRUE(mentions(found, "docker service rm old_agent-production"));
}

TEST_F(GroupProblemsTest, AGroupWithoutMembersSaysWhichLabelMakesOne) {
  world.observed().nodes.clear();
  EXPECT_TRUE(mentions(problems(), "docker node update --label-add keepalived_group=production NODE"));
  EXPECT_FALSE(any_blocks(problems()));
}

class OtherGroups : public GroupProblemsTest {
 protected:
  // Another group's service with a plan of its own.
  void add_group(const plan::Plan& plan) {
    world.add_config("other-plan", {{std::string(kRoleLabel), "plan"}}, plan::to_json(plan));
    auto& service =
        world.add_service("other", "other_agent-staging",
                          {{std::string(kRoleLabel), "agent"}, {std::string(kGroupLabel), "staging"}});
    service.spec.configs = {{.id = "config-other-plan", .name = "other-plan"}};
  }
  plan::Plan plan_with(int vrid, const char* address, const std::vector<Node>& nodes) {
    auto group = settings;
    group.name = "staging";
    group.label_key = "keepalived_group";
    group.router_id = Vrid(static_cast<std::uint8_t>(vrid));
    group.addresses = {IpPrefix::parse(address).value()};
    auto labelled = nodes;
    for (auto& node : labelled) node.labels["keepalived_group"] = "staging";
    return make_plan(group, labelled, {}).plan.value();
  }
};

TEST_F(OtherGroups, MayShareNodesWithAnotherRouterId) {
  add_group(plan_with(52, "192.0.2.202", {make_node(1)}));
  EXPECT_TRUE(problems().empty());
}

TEST_F(OtherGroups, MayShareTheRouterIdOnOtherNodes) {
  add_group(plan_with(51, "192.0.2.202", {make_node(9)}));
  EXPECT_TRUE(problems().empty());
}

TEST_F(OtherGroups, MayNotShareTheRouterIdOnOneNode) {
  add_group(plan_with(51, "192.0.2.202", {make_node(1)}));
  EXPECT_TRUE(any_blocks(problems()));
  EXPECT_TRUE(mentions(problems(), "KEEPALIVED_ROUTER_ID"));
}

TEST_F(OtherGroups, MayNotShareAnAddress) {
  add_group(plan_with(52, "192.0.2.201", {make_node(9)}));
  EXPECT_TRUE(any_blocks(problems()));
  EXPECT_TRUE(mentions(problems(), "192.0.2.201"));
}

TEST_F(OtherGroups, WhoeverWasThereFirstIsOnlyWarned) {
  world.add_service("ours", "vip_agent-production",
                    {{std::string(kRoleLabel), "agent"}, {std::string(kGroupLabel), "production"}});
  add_group(plan_with(52, "192.0.2.201", {make_node(9)}));
  EXPECT_EQ(problems().size(), 1U);
  EXPECT_FALSE(any_blocks(problems()));
}

class ServiceProblemsTest : public testing::Test {
 protected:
  ServiceProblemsTest() {
    observed.at = at_second(1000);
    observed.nodes = {make_node(1), make_node(2)};
    service.id = "s";
    service.name = "agents";
  }

  std::vector<Problem> problems() {
    return service_problems(service, make_plan(make_group(), observed.nodes, {}).plan.value(), observed);
  }
  void add_task(int node, TaskState state, int second, const std::string& error = "") {
    Task task;
    task.id = "t" + std::to_string(observed.tasks.size());
    task.service_id = "s";
    task.node_id = "id" + std::to_string(node);
    task.created_at = at_second(second);
    task.state = state;
    task.error = error;
    observed.tasks.push_back(std::move(task));
  }

  Observed observed;
  Service service;
};

TEST_F(ServiceProblemsTest, NoneWhileAgentsRun) {
  add_task(1, TaskState::running, 10);
  add_task(2, TaskState::running, 10);
  EXPECT_TRUE(problems().empty());
}

TEST_F(ServiceProblemsTest, NamesTheNewestFailureOfEachNode) {
  add_task(1, TaskState::failed, 10, "an older one");
  add_task(1, TaskState::failed, 20, "No such image: nosuch:1");
  add_task(1, TaskState::coming, 30);
  add_task(2, TaskState::running, 10);
  const auto found = problems();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].text, "node n1: the agent does not run: No such image: nosuch:1");
}

TEST_F(ServiceProblemsTest, AFailureThatALaterSuccessCuredIsHistory) {
  add_task(1, TaskState::failed, 10, "No such image: nosuch:1");
  add_task(1, TaskState::running, 20);
  EXPECT_TRUE(problems().empty());
  add_task(1, TaskState::coming, 995);
  EXPECT_TRUE(problems().empty());
}

TEST_F(ServiceProblemsTest, AnAgentThatNeverBecomesHealthyIsNamed) {
  add_task(1, TaskState::coming, 990);
  EXPECT_TRUE(problems().empty());
  observed.at = at_second(2000);
  EXPECT_TRUE(mentions(problems(), "node n1: the agent does not become healthy"));
}

TEST_F(ServiceProblemsTest, FailuresOnNodesThatAreNoMembersDoNotMatter) {
  add_task(7, TaskState::failed, 10, "assigned node no longer meets constraints");
  EXPECT_TRUE(problems().empty());
}

TEST_F(ServiceProblemsTest, WhereAKeepalivedSpeaksNoAgentIsMissed) {
  add_task(1, TaskState::failed, 10, "assigned node no longer meets constraints");
  observed.nodes[0].labels["swarm-vip.keepalived"] = "production";
  EXPECT_TRUE(problems().empty());
}

TEST_F(ServiceProblemsTest, ADownNodeIsNamedAndADrainedOneIsNot) {
  observed.nodes[0].state = NodeState::down;
  observed.nodes[1].availability = Availability::drain;
  add_task(2, TaskState::failed, 10, "task: non-zero exit (137)");
  const auto found = problems();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].text, "node n1 is down");
}

TEST_F(ServiceProblemsTest, PausedRolledBackAndEndlessUpdatesAreNamed) {
  service.update_message = "because";
  service.update = UpdateState::paused;
  EXPECT_TRUE(mentions(problems(), "update of service agents is paused: because"));
  service.update = UpdateState::rollback_completed;
  EXPECT_TRUE(mentions(problems(), "update of service agents was rolled back: because"));
  service.update = UpdateState::updating;
  service.update_started_at = at_second(990);
  EXPECT_TRUE(problems().empty());
  service.update_started_at = at_second(100);
  EXPECT_TRUE(mentions(problems(), "does not end"));
}

}  // namespace
}  // namespace vip::swarm
