#include "operator/core/by_hand.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "swarm_world.h"

namespace vip::swarm {
namespace {

using Texts = std::vector<std::string>;

std::vector<Node> three_nodes() {
  return {make_node(1), make_node(2), make_node(3)};
}

// The label of a node, which is one of three.
std::vector<Node> nodes_with(std::size_t index, const std::string& key, const std::string& value) {
  auto nodes = three_nodes();
  nodes[index].labels[key] = value;
  return nodes;
}

std::vector<int> priorities(const plan::Plan& plan) {
  std::vector<int> priorities;
  for (const auto& member : plan.members) priorities.push_back(member.priority.value);
  return priorities;
}

std::vector<std::string> drained(const plan::Plan& plan) {
  std::vector<std::string> ids;
  for (const auto& member : plan.members)
    if (member.drained) ids.push_back(member.id);
  return ids;
}

TEST(Drained, IsTheLastResortAndTheOthersStayAsTheyAre) {
  const auto group = make_plan(make_group(), nodes_with(0, "swarm-vip.drain", "true"), {});
  EXPECT_EQ(priorities(*group.plan), (std::vector{2, 100, 92}));
  EXPECT_EQ(drained(*group.plan), Texts{"id1"});
  EXPECT_TRUE(group.warnings.empty());
  EXPECT_EQ(group.members.back().hostname, "n1") << "best first";
  EXPECT_EQ(group.members.back().words,
            "default 100; drained by label swarm-vip.drain: only when nobody else can");
  EXPECT_EQ(plan::levels(*group.plan, group.plan->routers[0]), std::vector{Priority(3)});
}

TEST(Drained, ByAnyFlagAndNotByOneThatIsOff) {
  for (const auto* const on : {"true", "True", " yes ", "1", "on"})
    EXPECT_EQ(drained(*make_plan(make_group(), nodes_with(0, "swarm-vip.drain", on), {}).plan).size(), 1U)
        << on;
  for (const auto* const off : {"false", "0", "no"}) {
    const auto group = make_plan(make_group(), nodes_with(0, "swarm-vip.drain", off), {});
    EXPECT_TRUE(drained(*group.plan).empty()) << off;
    EXPECT_TRUE(group.warnings.empty()) << off;
  }
}

TEST(Drained, AWrongValueIsAWarningThatNamesNodeLabelAndValue) {
  for (const std::string wrong : {"", "maybe", "2"}) {
    const auto group = make_plan(make_group(), nodes_with(0, "swarm-vip.drain", wrong), {});
    EXPECT_EQ(group.warnings, Texts{"node n1: label swarm-vip.drain: '" + wrong +
                                    "' is not allowed; true or false; it is not drained"});
    EXPECT_TRUE(drained(*group.plan).empty());
  }
}

TEST(Drained, AllOfThemIsAsIfNoneWas) {
  auto nodes = three_nodes();
  for (auto& node : nodes) node.labels["swarm-vip.drain"] = "true";
  const auto plan = *make_plan(make_group(), nodes, {}).plan;
  EXPECT_EQ(plan, *make_plan(make_group(), three_nodes(), {}).plan);
  EXPECT_EQ(
      notes_by_hand(plan, nodes),
      Texts{"all members are drained by hand, so it is as if none was; ends with: swarm-vip undrain n1"});
}

TEST(Drained, IsAMemberAsBefore) {
  auto drained = nodes_with(1, "swarm-vip.drain", "true");
  const auto before = *make_plan(make_group(), three_nodes(), {}).plan;
  auto after = *make_plan(make_group(), drained, {}).plan;
  ASSERT_EQ(after.members.size(), 3U);
  after.members[1].drained = false;
  after.members[1].priority = before.members[1].priority;
  EXPECT_EQ(after, before);
}

TEST(Preferred, ComesBeforeAllOthersOfThatGroup) {
  const auto group = make_plan(make_group(), nodes_with(2, "swarm-vip.prefer", "Production"), {});
  EXPECT_EQ(priorities(*group.plan), (std::vector{108, 100, 254}));
  EXPECT_TRUE(group.plan->members[2].preferred);
  EXPECT_TRUE(group.warnings.empty());
  EXPECT_EQ(plan::levels(*group.plan, group.plan->routers[0]), std::vector{Priority(254)});
}

TEST(Preferred, InAnotherGroupChangesNothingInThisOne) {
  KnownPlans known;
  known.others.push_back({.plan = shared({.group = "web"}), .since = at_second(0)});
  const auto group = make_plan(make_group(), nodes_with(2, "swarm-vip.prefer", "web"), known);
  EXPECT_EQ(priorities(*group.plan), (std::vector{108, 100, 92}));
  EXPECT_TRUE(group.warnings.empty());
}

TEST(Preferred, AWrongValueIsAWarningThatNamesNodeLabelAndValue) {
  KnownPlans known;
  known.others.push_back({.plan = shared({.group = "web"}), .since = at_second(0)});
  const auto warnings = [&](const std::string& value) {
    return make_plan(make_group(), nodes_with(2, "swarm-vip.prefer", value), known).warnings;
  };
  EXPECT_EQ(warnings("production, wbe"),
            Texts{"node n3: label swarm-vip.prefer: 'wbe' is not allowed; names of "
                  "groups, between commas; there are production, web"});
  EXPECT_EQ(warnings(" , "), Texts{"node n3: label swarm-vip.prefer: ' , ' is not allowed; names of groups, "
                                   "between commas; there are production, web"});
  auto nodes = nodes_with(2, "swarm-vip.prefer", "production");
  nodes[2].labels.erase("keepalived_group");
  EXPECT_EQ(make_plan(make_group(), nodes, known).warnings,
            Texts{"node n3: label swarm-vip.prefer names group production, of which it is no member; label "
                  "keepalived_group=production makes it one"});
}

TEST(Preferred, DrainedBeatsIt) {
  auto nodes = nodes_with(2, "swarm-vip.prefer", "production");
  nodes[2].labels["swarm-vip.drain"] = "true";
  const auto group = make_plan(make_group(), nodes, {});
  EXPECT_EQ(priorities(*group.plan), (std::vector{108, 100, 2}));
  EXPECT_EQ(group.warnings, Texts{"node n3: label swarm-vip.prefer does nothing: it is drained"});
}

TEST(Preferred, OfSeveralTheFirstIs) {
  auto nodes = nodes_with(2, "swarm-vip.prefer", "production");
  nodes[1].labels["swarm-vip.prefer"] = "production";
  const auto group = make_plan(make_group(), nodes, {});
  EXPECT_EQ(priorities(*group.plan), (std::vector{108, 254, 92}));
  EXPECT_EQ(group.warnings,
            Texts{"node n3: label swarm-vip.prefer does nothing: n2 is preferred, too, and goes first"});
}

TEST(Preferred, TheLabelTellsSeveralGroups) {
  auto node = make_node(1);
  EXPECT_EQ(preferring(node, "web"), "web");
  EXPECT_EQ(not_preferring(node, "web"), std::nullopt);
  node.labels["swarm-vip.prefer"] = "db, Web";
  EXPECT_EQ(preferring(node, "web"), "db,Web");
  EXPECT_EQ(preferring(node, "mail"), "db,Web,mail");
  EXPECT_EQ(not_preferring(node, "web"), "db");
}

TEST(NotesByHand, SayWhatIsOnAndHowItEnds) {
  auto nodes = nodes_with(0, "swarm-vip.drain", "true");
  nodes[2].labels["swarm-vip.prefer"] = "production";
  const auto plan = *make_plan(make_group(), nodes, {}).plan;
  EXPECT_EQ(notes_by_hand(plan, nodes),
            (Texts{"node n1 is drained by hand: it has the addresses only when nobody else can; ends with: "
                   "swarm-vip undrain n1",
                   "node n3 is preferred by hand: it has the addresses whenever it can; ends with: swarm-vip "
                   "failover --undo production"}));
  EXPECT_TRUE(notes_by_hand(*make_plan(make_group(), three_nodes(), {}).plan, three_nodes()).empty());
}

TEST(NotesByHand, SayWhenNobodyObeys) {
  const auto plan = *make_plan(make_group(), three_nodes(), {}).plan;
  EXPECT_EQ(notes_by_hand(plan, nodes_with(0, "swarm-vip.drain", "true")),
            Texts{"label swarm-vip.drain of n1 is not in the plan yet; an operator of the group has to run"});
}

// --- addresses spread over the nodes

GroupSettings spread_group() {
  auto settings = make_group();
  settings.spread = true;
  settings.addresses.clear();
  for (const auto* const address : {"192.0.2.201", "192.0.2.202", "192.0.2.203"})
    settings.addresses.push_back(IpPrefix::parse(address).value());
  return settings;
}

std::vector<std::string> best(const plan::Plan& plan) {
  std::vector<std::string> ids;
  for (const auto& router : plan.routers) {
    const auto best = std::ranges::max_element(
        plan.members, {}, [&](const plan::Member& member) { return plan::priority_of(router, member); });
    ids.push_back(best->id);
  }
  return ids;
}

TEST(SpreadByHand, ADrainedNodeHasNoShare) {
  const auto settings = spread_group();
  const auto group = make_plan(settings, nodes_with(0, "swarm-vip.drain", "true"), {});
  ASSERT_TRUE(group.plan);
  EXPECT_TRUE(plan::problems(*group.plan).empty());
  auto without = three_nodes();
  without.erase(without.begin());
  EXPECT_EQ(best(*group.plan), best(*make_plan(settings, without, {}).plan)) << "as if it was not there";
  for (const auto& router : group.plan->routers) {
    EXPECT_EQ(router.priorities.at("id1"), Priority(2));
    EXPECT_EQ(plan::levels(*group.plan, router), std::vector{Priority(3)});
  }
  EXPECT_EQ(group.members[0].words,
            "weight 1, best for none; drained by label swarm-vip.drain: only when nobody else can");
}

TEST(SpreadByHand, APreferredNodeHasAll) {
  const auto group = make_plan(spread_group(), nodes_with(1, "swarm-vip.prefer", "production"), {});
  EXPECT_EQ(best(*group.plan), (Texts{"id2", "id2", "id2"}));
  for (const auto& router : group.plan->routers) EXPECT_EQ(router.priorities.at("id2"), Priority(254));
}

TEST(SpokenFor, StandsByInThePlanSoThatTheOthersHearTheKeepalived) {
  const auto nodes = nodes_with(1, "swarm-vip.keepalived", "Production");
  const auto group = make_plan(make_group(), nodes, {});
  EXPECT_EQ(priorities(*group.plan), (std::vector{108, 100, 92}));
  EXPECT_TRUE(group.plan->members[1].standby);
  EXPECT_FALSE(group.plan->members[0].standby);
  EXPECT_TRUE(group.warnings.empty());
  EXPECT_EQ(group.members[1].words, "default 100; a keepalived speaks for it, by label swarm-vip.keepalived");
  EXPECT_EQ(notes_by_hand(*group.plan, nodes),
            Texts{"node n2 has a keepalived that speaks for it, so no agent runs there; when that is gone: "
                  "docker node update --label-rm swarm-vip.keepalived n2"});
}

// The others know it already.
TEST(SpokenFor, TakesPartAtOnceWhenTheLabelGoes) {
  auto settings = make_group();
  settings.version = 2;
  settings.auth = plan::Auth::Mode::none;
  KnownPlans known;
  known.current = make_plan(settings, nodes_with(1, "swarm-vip.keepalived", "production"), {}).plan;
  known.alive = {{.plan = *known.current, .nodes = {"id1", "id3"}}};
  const auto group = make_plan(settings, three_nodes(), known);
  EXPECT_FALSE(group.plan->members[1].standby);
  EXPECT_TRUE(group.later.empty());
}

TEST(SpokenFor, IsNotPreferredAndAnotherGroupsNameSaysNothingOfThisOne) {
  auto nodes = nodes_with(1, "swarm-vip.keepalived", "production");
  nodes[1].labels["swarm-vip.prefer"] = "production";
  const auto group = make_plan(make_group(), nodes, {});
  EXPECT_FALSE(group.plan->members[1].preferred);
  EXPECT_EQ(group.warnings,
            Texts{"node n2: label swarm-vip.prefer does nothing: a keepalived speaks for it"});
  KnownPlans known;
  known.others.push_back({.plan = shared({.group = "web"}), .since = at_second(0)});
  EXPECT_FALSE(
      make_plan(make_group(), nodes_with(1, "swarm-vip.keepalived", "web"), known).plan->members[1].standby);
  EXPECT_EQ(
      make_plan(make_group(), nodes_with(1, "swarm-vip.keepalived", "true"), known).warnings,
      Texts{"node n2: label swarm-vip.keepalived: 'true' is not allowed; the name of a group; there are "
            "production, web"});
}

}  // namespace
}  // namespace vip::swarm
