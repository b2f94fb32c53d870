#include "operator/core/movement.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "swarm_world.h"

namespace vip::swarm {
namespace {

std::vector<Node> three_nodes() {
  return {make_node(1), make_node(2), make_node(3)};
}

// Of a group of three, one of which has a label.
plan::Plan plan_with(int number, const std::string& key, const std::string& value) {
  auto nodes = three_nodes();
  nodes[static_cast<std::size_t>(number - 1)].labels[key] = value;
  return *make_plan(make_group(), nodes, {}).plan;
}

plan::Plan usual_plan() {
  return *make_plan(make_group(), three_nodes(), {}).plan;
}

// What the agents say, by node; who says nothing is not known.
GroupReport saying(const plan::Plan& plan, const std::map<std::string, std::string>& states) {
  GroupReport report{.group = plan.group, .status_port = 9112, .nodes = {}};
  for (const auto& member : plan.members) {
    auto& node = report.nodes.emplace_back(NodeReport{.node = member.id,
                                                      .hostname = member.hostname,
                                                      .address = {},
                                                      .reason = "the node is down",
                                                      .routers = {}});
    const auto said = states.find(member.id);
    if (said == states.end()) continue;
    node.word = AgentWord::reports;
    node.routers.push_back({.vrid = "51",
                            .family = "ipv4",
                            .interface = "eth0",
                            .state = said->second,
                            .since = {},
                            .priority = std::to_string(member.priority.value),
                            .addresses = {"192.0.2.201/32"},
                            .reason = {},
                            .trouble = {},
                            .document = {}});
  }
  return report;
}

TEST(FindNode, ByIdOrByAUniqueName) {
  auto nodes = three_nodes();
  EXPECT_EQ(find_node(nodes, "n2").value()->id, "id2");
  EXPECT_EQ(find_node(nodes, "id3").value()->id, "id3");
  EXPECT_EQ(find_node(nodes, "N2").error().context,
            "NODE: 'N2' is no node of the Swarm; there are: n1, n2, n3");
  EXPECT_EQ(find_node(nodes, "id").error().code, Errc::not_found) << "no beginnings";
  nodes[2].hostname = "n2";
  EXPECT_EQ(find_node(nodes, "n2").error().context,
            "NODE: 'n2' is the name of several nodes; say which by its id: n2 (id2), n2 (id3)");
  nodes[2].hostname = "id2";
  EXPECT_EQ(find_node(nodes, "id2").value()->hostname, "n2") << "an id comes first";
}

TEST(MissingOfDrain, TellsHowFarItHasCome) {
  const auto drained = plan_with(1, "swarm-vip.drain", "true");
  const auto missing = [](const plan::Plan& plan, const GroupReport& report) {
    return missing_of_drain(plan, report, "id1");
  };
  EXPECT_EQ(missing(usual_plan(), saying(usual_plan(), {{"id1", "backup"}, {"id2", "active"}})),
            "the plan of group production does not have it yet")
      << "it may have been a backup all the time";
  EXPECT_EQ(missing(drained, saying(drained, {{"id1", "active"}, {"id2", "backup"}})),
            "n1 still has 192.0.2.201 of group production");
  EXPECT_EQ(missing(drained, saying(drained, {{"id1", "active"}, {"id2", "active"}})),
            "n1 still has 192.0.2.201 of group production");
  EXPECT_EQ(missing(drained, saying(drained, {{"id1", "backup"}, {"id2", "backup"}})),
            "nobody is known to have 192.0.2.201 of group production (n3: the node is down)");
  auto late = saying(drained, {{"id1", "backup"}, {"id2", "active"}});
  EXPECT_EQ(missing(drained, late), "");
  late.nodes[0].routers[0].priority = "108";
  EXPECT_EQ(missing(drained, late), "the agent of group production on n1 does not have the plan yet");
  EXPECT_EQ(missing(drained, saying(drained, {{"id2", "active"}})), "") << "who is down has nothing";
  EXPECT_EQ(missing_of_drain(drained, late, "stranger"), "");
}

TEST(MissingOfUndrain, IsThePlan) {
  EXPECT_EQ(missing_of_undrain(usual_plan(), "id1"), "");
  EXPECT_EQ(missing_of_undrain(plan_with(1, "swarm-vip.drain", "true"), "id1"),
            "the plan of group production does not have it yet");
}

TEST(MissingOfFailover, TellsHowFarItHasCome) {
  const auto preferred = plan_with(3, "swarm-vip.prefer", "production");
  const auto missing = [](const plan::Plan& plan, const std::map<std::string, std::string>& states) {
    return missing_of_failover(plan, saying(plan, states), "id3");
  };
  EXPECT_EQ(missing(usual_plan(), {{"id3", "active"}}), "the plan of group production does not have it yet");
  EXPECT_EQ(missing(preferred, {{"id1", "active"}, {"id3", "backup"}}),
            "n1 still has 192.0.2.201 of group production");
  EXPECT_EQ(missing(preferred, {{"id1", "active"}, {"id3", "active"}}),
            "n1 still has 192.0.2.201 of group production");
  EXPECT_EQ(
      missing(preferred, {{"id1", "backup"}}),
      "nobody is known to have 192.0.2.201 of group production (n2: the node is down; n3: the node is down)");
  EXPECT_EQ(missing(preferred, {{"id1", "backup"}, {"id3", "active"}}), "");
  EXPECT_EQ(missing_of_undo(preferred), "the plan of group production does not have it yet");
  EXPECT_EQ(missing_of_undo(usual_plan()), "");
}

TEST(NextInLine, IsTheBestThatCan) {
  const auto plan = usual_plan();
  EXPECT_EQ(next_in_line(plan, saying(plan, {{"id1", "active"}, {"id2", "backup"}, {"id3", "backup"}})),
            "id2");
  EXPECT_EQ(next_in_line(plan, saying(plan, {{"id1", "active"}, {"id2", "fault"}, {"id3", "backup"}})),
            "id3");
  EXPECT_EQ(next_in_line(plan, saying(plan, {{"id1", "active"}, {"id3", "backup"}})), "id3");
  const auto drained = plan_with(2, "swarm-vip.drain", "true");
  EXPECT_EQ(
      next_in_line(drained, saying(drained, {{"id1", "active"}, {"id2", "backup"}, {"id3", "fault"}}))
          .error()
          .context,
      "no other member of group production can take over: n1 has the addresses; n2 is drained; swarm-vip "
      "undrain n2; n3 is in state fault");
}

TEST(HoldersText, SaysWhereEachAddressIs) {
  const auto plan = usual_plan();
  EXPECT_EQ(holders_text(saying(plan, {{"id1", "backup"}, {"id2", "active"}})), "192.0.2.201 is on n2");
  EXPECT_EQ(holders_text(saying(plan, {})), "");
}

}  // namespace
}  // namespace vip::swarm
