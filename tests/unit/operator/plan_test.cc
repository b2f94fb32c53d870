#include "operator/core/plan.h"

#include <algorithm>
#include <ostream>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "swarm_world.h"

namespace vip::swarm {
namespace {

std::vector<Node> three_nodes() {
  return {make_node(1), make_node(2), make_node(3)};
}

GroupPlan plan_of_nodes(const std::vector<Node>& nodes) {
  return make_plan(make_group(), nodes, {});
}

int priority_of(const GroupPlan& group, std::string_view id) {
  return group.plan->member(id)->priority.value;
}

bool any_contains(const std::vector<std::string>& texts, std::string_view part) {
  return std::ranges::any_of(texts,
                             [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

TEST(Plan, ListsLabelledNodesSortedById) {
  auto nodes = three_nodes();
  nodes[1].labels["keepalived_group"] = "staging";
  const auto group = plan_of_nodes(nodes);
  ASSERT_TRUE(group.plan);
  ASSERT_EQ(group.plan->members.size(), 2U);
  EXPECT_EQ(group.plan->members[0].id, "id1");
  EXPECT_EQ(group.plan->members[0].address.text(), "192.0.2.1");
  EXPECT_EQ(group.plan->members[1].id, "id3");
  EXPECT_TRUE(plan::problems(*group.plan).empty());
}

TEST(Plan, ComparesTheGroupWithoutRegardToCaseAsSwarmDoes) {
  auto nodes = three_nodes();
  nodes[0].labels["keepalived_group"] = "Production";
  EXPECT_EQ(plan_of_nodes(nodes).plan->members.size(), 3U);
}

TEST(Plan, OrderOfNodesNeverMatters) {
  auto nodes = three_nodes();
  for (int i = 4; i < 12; ++i)
    nodes.push_back(make_node(i, {{"KEEPALIVED_PRIORITY", std::to_string(98 + i % 4)}}));
  nodes.push_back(make_node(12, {{"KEEPALIVED_IP", "192.0.2.4"}}));
  nodes.push_back(make_node(13, {{"KEEPALIVED_PRIORITY", "abc"}}));
  for (auto& node : nodes) node.created_at = at_second(static_cast<int>(node.id.size()));  // many of one age
  const auto expected = plan_of_nodes(nodes);
  std::minstd_rand random(1);
  for (int round = 0; round < 50; ++round) {
    std::ranges::shuffle(nodes, random);
    const auto shuffled = plan_of_nodes(nodes);
    EXPECT_EQ(shuffled.plan, expected.plan);
    EXPECT_EQ(shuffled.warnings, expected.warnings);
  }
}

TEST(Plan, DoesNotDependOnWhatComesAndGoes) {
  auto nodes = three_nodes();
  const auto expected = plan_of_nodes(nodes).plan;
  nodes[0].state = NodeState::down;
  nodes[1].availability = Availability::drain;
  nodes[2].availability = Availability::pause;
  EXPECT_EQ(plan_of_nodes(nodes).plan, expected);
  nodes[0].status_address = "0.0.0.0";  // became the leader
  nodes[0].manager_address = "192.0.2.1:2377";
  EXPECT_EQ(plan_of_nodes(nodes).plan, expected);
}

TEST(Plan, WithoutMembersIsNoPlan) {
  EXPECT_FALSE(plan_of_nodes({}).plan);
  auto node = make_node(1);
  node.labels.erase("keepalived_group");
  EXPECT_FALSE(plan_of_nodes({node}).plan);
}

TEST(Plan, GivesEqualWishesDistinctPrioritiesEldestFirst) {
  auto nodes = three_nodes();
  nodes[2].created_at = at_second(0);
  const auto group = plan_of_nodes(nodes);
  EXPECT_EQ(priority_of(group, "id3"), 108);
  EXPECT_EQ(priority_of(group, "id1"), 100);
  EXPECT_EQ(priority_of(group, "id2"), 92);
  EXPECT_EQ(group.members[0].words,
            "default 100, 108 on the wire: 3 members share 100, and each must differ");
  EXPECT_EQ(group.members[1].words, "default 100");
}

TEST(Plan, TakesPrioritiesFromLabels) {
  const auto group = plan_of_nodes({make_node(1, {{"KEEPALIVED_PRIORITY", "100"}}),
                                    make_node(2, {{"KEEPALIVED_PRIORITY", " 101 "}}),
                                    make_node(3, {{"KEEPALIVED_PRIORITY", "102"}})});
  EXPECT_EQ(priority_of(group, "id1"), 100);
  EXPECT_EQ(priority_of(group, "id2"), 101);
  EXPECT_EQ(priority_of(group, "id3"), 102);
  EXPECT_TRUE(group.warnings.empty());
}

TEST(Plan, WarnsOfAWrongPriorityLabelAndUsesTheDefault) {
  for (const auto* const wrong : {"abc", "0", "1", "255", "256", "-5", "100x", "1e2"}) {
    const auto group = plan_of_nodes({make_node(1, {{"KEEPALIVED_PRIORITY", wrong}})});
    EXPECT_EQ(priority_of(group, "id1"), 100) << wrong;
    ASSERT_EQ(group.warnings.size(), 1U) << wrong;
    EXPECT_EQ(group.warnings[0], "node n1: label KEEPALIVED_PRIORITY: '" + std::string(wrong) +
                                     "' is not allowed; a whole number from 2 to 254; 100 is used");
  }
}

struct AddressRow {
  std::string label;
  std::string manager;
  std::string status;
  std::string expected;  // empty: left out
};

void PrintTo(const AddressRow& row, std::ostream* out) {
  *out << "label '" << row.label << "' manager '" << row.manager << "' status '" << row.status << "'";
}

class NodeAddress : public testing::TestWithParam<AddressRow> {};

TEST_P(NodeAddress, ComesFromLabelThenManagerThenConnection) {
  const auto& row = GetParam();
  auto node = make_node(1);
  if (!row.label.empty()) node.labels["KEEPALIVED_IP"] = row.label;
  node.manager_address = row.manager;
  node.status_address = row.status;
  const auto group = plan_of_nodes({node});
  if (row.expected.empty()) {
    EXPECT_FALSE(group.plan);
    ASSERT_EQ(group.warnings.size(), 1U);
    EXPECT_TRUE(any_contains(group.warnings, "docker node update --label-add KEEPALIVED_IP="));
  } else {
    ASSERT_TRUE(group.plan);
    EXPECT_EQ(group.plan->members[0].address.text(), row.expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, NodeAddress,
    testing::Values(AddressRow{"", "", "192.0.2.9", "192.0.2.9"},
                    AddressRow{"", "192.0.2.8:2377", "192.0.2.9", "192.0.2.8"},
                    AddressRow{"", "192.0.2.8:2377", "0.0.0.0", "192.0.2.8"},
                    AddressRow{"192.0.2.7", "192.0.2.8:2377", "192.0.2.9", "192.0.2.7"},
                    AddressRow{"192.0.2.7", "", "", "192.0.2.7"},
                    AddressRow{"192.0.2.7/24", "192.0.2.8:2377", "192.0.2.9", ""},
                    AddressRow{"0.0.0.0", "", "192.0.2.9", ""},
                    AddressRow{"", "0.0.0.0:2377", "192.0.2.9", "192.0.2.9"},
                    AddressRow{"", "", "0.0.0.0", ""}, AddressRow{"", "", "127.0.0.1", ""},
                    AddressRow{"", "", "", ""}, AddressRow{"", "", "here", ""},
                    // Known, but of the other family.
                    AddressRow{"", "[2001:db8::8]:2377", "2001:db8::8", ""},
                    AddressRow{"192.0.2.7", "[2001:db8::8]:2377", "2001:db8::8", "192.0.2.7"}));

TEST(Plan, NamesTheIpv6AddressThatItCannotUse) {
  auto node = make_node(1);
  node.manager_address = "[2001:db8::8]:2377";
  EXPECT_TRUE(any_contains(plan_of_nodes({node}).warnings, "of the node is known 2001:db8::8 only"));
}

TEST(Plan, OfTwoNodesWithOneAddressTheNewerWins) {
  auto nodes = three_nodes();
  nodes[0].status_address = nodes[2].status_address;  // n1 left and joined again as n3
  nodes[0].state = NodeState::down;
  const auto group = plan_of_nodes(nodes);
  EXPECT_EQ(group.plan->member("id1"), nullptr);
  EXPECT_NE(group.plan->member("id3"), nullptr);
  ASSERT_EQ(group.warnings.size(), 1U);
  EXPECT_TRUE(any_contains(group.warnings, "node n1: left out: node n3 (id3)"));
  EXPECT_TRUE(any_contains(group.warnings, "docker node rm id1"));
}

TEST(Plan, OfTwoNodesWithOneAddressTheOneThatIsNotDownWins) {
  auto nodes = three_nodes();
  nodes[0].status_address = nodes[2].status_address;
  const auto member = [&](NodeState older, NodeState newer) {
    nodes[0].state = older;
    nodes[2].state = newer;
    return plan_of_nodes(nodes).plan->member("id1") != nullptr ? "older" : "newer";
  };
  EXPECT_STREQ(member(NodeState::ready, NodeState::down), "older");
  EXPECT_TRUE(
      any_contains(plan_of_nodes(nodes).warnings, "node n3: left out: node n1 (id1), which is not down"));
  EXPECT_STREQ(member(NodeState::ready, NodeState::ready), "newer");
  EXPECT_STREQ(member(NodeState::down, NodeState::down), "newer");
  EXPECT_STREQ(member(NodeState::unknown, NodeState::unknown), "newer") << "as after a change of the leader";
}

TEST(Plan, HostNamesDecideNothing) {
  auto nodes = three_nodes();
  const auto expected = plan_of_nodes(nodes).plan;
  for (auto& node : nodes) node.hostname = "same.example.com";
  const auto plan = plan_of_nodes(nodes).plan;
  ASSERT_EQ(plan->members.size(), expected->members.size());
  for (std::size_t i = 0; i < plan->members.size(); ++i) {
    EXPECT_EQ(plan->members[i].id, expected->members[i].id);
    EXPECT_EQ(plan->members[i].priority, expected->members[i].priority);
  }
}

TEST(Plan, TakesTheInterfaceFromTheLabelAndRefusesWhatIsNone) {
  const auto group = plan_of_nodes({make_node(1, {{"KEEPALIVED_INTERFACE", "ens3"}}),
                                    make_node(2, {{"KEEPALIVED_INTERFACE", "an interface"}}), make_node(3)});
  EXPECT_EQ(group.plan->member("id1")->interface, "ens3");
  EXPECT_EQ(group.plan->member("id2")->interface, "");
  EXPECT_EQ(group.plan->member("id3")->interface, "");
  ASSERT_EQ(group.warnings.size(), 1U);
  EXPECT_TRUE(any_contains(group.warnings, "node n2: label KEEPALIVED_INTERFACE"));
}

TEST(Plan, KeepsItsGenerationWhileNothingChanges) {
  const auto first = plan_of_nodes(three_nodes());
  EXPECT_EQ(first.plan->generation, 1U);
  auto current = *first.plan;
  current.generation = 7;
  EXPECT_EQ(
      make_plan(make_group(), three_nodes(), {.current = current, .newest = {}, .since = {}, .others = {}})
          .plan,
      current);
}

TEST(Plan, GrowsItsGenerationBeyondAllEarlierOnes) {
  auto current = *plan_of_nodes(three_nodes()).plan;
  auto newest = current;
  current.generation = 5;
  newest.generation = 6;  // was rolled back
  newest.members.pop_back();
  const std::vector<Node> one{make_node(1)};
  EXPECT_EQ(make_plan(make_group(), one, {.current = current, .newest = newest, .since = {}, .others = {}})
                .plan->generation,
            7U);
  EXPECT_EQ(make_plan(make_group(), three_nodes(),
                      {.current = current, .newest = newest, .since = {}, .others = {}})
                .plan->generation,
            5U);
}

TEST(Plan, NeverDeploysTwoPlansUnderOneNumber) {
  auto current = *plan_of_nodes({make_node(1)}).plan;
  auto newest =
      *plan_of_nodes(three_nodes()).plan;  // of another operator, which saw all nodes at the same time
  current.generation = newest.generation = 5;
  const KnownPlans known{.current = current, .newest = newest, .since = {}, .others = {}};
  EXPECT_EQ(make_plan(make_group(), three_nodes(), known).plan->generation, 6U);
  EXPECT_EQ(make_plan(make_group(), {make_node(1)}, known).plan->generation, 5U);
}

TEST(Plan, GivesEachGroupAStatusPortOfItsOwn) {
  const auto nodes = three_nodes();
  auto own = *plan_of_nodes(nodes).plan;
  EXPECT_EQ(own.status_port, 9112);
  auto other = own;
  other.group = "staging";
  EXPECT_EQ(
      make_plan(make_group(), nodes,
                {.current = {}, .newest = {}, .since = {}, .others = {{.plan = shared(other), .since = {}}}})
          .plan->status_port,
      9113);
  own.status_port = 9115;
  EXPECT_EQ(
      make_plan(make_group(), nodes,
                {.current = own, .newest = {}, .since = {}, .others = {{.plan = shared(other), .since = {}}}})
          .plan->status_port,
      9115);
}

TEST(Plan, TakesTheStatusPortOfTheSettingsWhateverOthersHave) {
  auto settings = make_group();
  settings.status_port = 9112;
  auto other = *plan_of_nodes(three_nodes()).plan;
  other.group = "staging";
  EXPECT_EQ(
      make_plan(settings, three_nodes(),
                {.current = {}, .newest = {}, .since = {}, .others = {{.plan = shared(other), .since = {}}}})
          .plan->status_port,
      9112);
}

TEST(Plan, OfTwoGroupsThatChoseOnePortTheLaterInTheAlphabetMoves) {
  const auto nodes = three_nodes();
  const auto own = *plan_of_nodes(nodes).plan;
  for (const auto& [name, expected] : {std::pair{"staging", 9112}, std::pair{"db", 9113}}) {
    auto other = own;
    other.group = name;
    const auto made = make_plan(
        make_group(), nodes,
        {.current = own, .newest = {}, .since = {}, .others = {{.plan = shared(other), .since = {}}}});
    EXPECT_EQ(made.plan->status_port, expected) << name;
  }
}

TEST(Plan, IsProtectedByTheGroupsKeyUnlessToldOtherwise) {
  auto settings = make_group();
  const auto mode_and_file = [&settings] {
    const auto made = make_plan(settings, {make_node(1)}, {}, {.key = "key-3", .password = "password-4"});
    return std::pair(made.plan->auth.mode, made.plan->auth.file);
  };
  EXPECT_EQ(mode_and_file(), std::pair(plan::Auth::Mode::hmac, std::string("/run/secrets/key-3")));
  settings.auth = plan::Auth::Mode::none;
  EXPECT_EQ(mode_and_file(), std::pair(plan::Auth::Mode::none, std::string()));
  settings.version = 2;
  settings.auth = plan::Auth::Mode::password;
  EXPECT_EQ(mode_and_file(), std::pair(plan::Auth::Mode::password, std::string("/run/secrets/password-4")));
}

// --- both families

std::vector<Node> dual_nodes() {
  return {make_node(1, {{"KEEPALIVED_IP", "2001:db8::1"}}),
          make_node(2, {{"KEEPALIVED_IP", "192.0.2.22, 2001:db8::2"}}), make_node(3)};
}

GroupSettings dual_group() {
  auto settings = make_group();
  settings.addresses.push_back(IpPrefix::parse("2001:db8::201").value());
  return settings;
}

TEST(DualPlan, HasARouterOfEachFamilyThatMoveTogether) {
  const auto group = make_plan(dual_group(), dual_nodes(), {});
  ASSERT_TRUE(group.plan);
  const auto& routers = group.plan->routers;
  ASSERT_EQ(routers.size(), 2U);
  EXPECT_EQ(routers[0].addresses[0].text(), "192.0.2.201/32");
  EXPECT_EQ(routers[1].addresses[0].text(), "2001:db8::201/128");
  EXPECT_EQ(routers[0].vrid, routers[1].vrid);
  EXPECT_EQ(routers[0].sync, "production");
  EXPECT_EQ(routers[1].sync, "production");
  EXPECT_TRUE(plan::problems(*group.plan).empty());
}

TEST(DualPlan, TakesTheSecondFamilyFromTheLabel) {
  const auto group = make_plan(dual_group(), dual_nodes(), {});
  const auto& members = group.plan->members;
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members[0].address.text(), "192.0.2.1") << "of the Swarm, since the label is of the other family";
  EXPECT_EQ(members[0].address6->text(), "2001:db8::1");
  EXPECT_EQ(members[1].address.text(), "192.0.2.22");
  EXPECT_EQ(members[1].address6->text(), "2001:db8::2");
}

TEST(DualPlan, LeavesOutWhoHasNoAddressOfAFamily) {
  const auto group = make_plan(dual_group(), dual_nodes(), {});
  ASSERT_EQ(group.warnings.size(), 1U);
  EXPECT_EQ(
      group.warnings[0],
      "node n3: left out: the group has addresses of ipv6, of the node is known 192.0.2.3 only; give it one "
      "of each family: docker node update --label-add KEEPALIVED_IP=IPV4,IPV6 id3");
}

TEST(DualPlan, OfASwarmOverIpv6NeedsNoLabel) {
  auto settings = make_group();
  settings.addresses = {IpPrefix::parse("2001:db8::201").value()};
  auto nodes = three_nodes();
  for (auto& node : nodes) node.status_address = "2001:db8::" + node.id.substr(2);
  const auto group = make_plan(settings, nodes, {});
  ASSERT_TRUE(group.plan);
  EXPECT_TRUE(plan::problems(*group.plan).empty());
  ASSERT_EQ(group.plan->members.size(), 3U);
  EXPECT_EQ(group.plan->members[0].address.text(), "2001:db8::1");
  EXPECT_FALSE(group.plan->members[0].address6);
  EXPECT_EQ(group.plan->routers.size(), 1U);
}

TEST(DualPlan, WithoutAnIpv6AddressKeepsSilentOfTheNodes) {
  const auto group = make_plan(make_group(), dual_nodes(), {});
  EXPECT_EQ(group.plan->members.size(), 3U);
  EXPECT_FALSE(group.plan->member("id1")->address6);
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

std::string best_of(const plan::Plan& plan, const plan::Router& router) {
  return std::ranges::max_element(
             plan.members, {}, [&](const plan::Member& member) { return plan::priority_of(router, member); })
      ->id;
}

TEST(SpreadPlan, GivesEachAddressARouterAndABestNodeOfItsOwn) {
  const auto group = make_plan(spread_group(), three_nodes(), {});
  ASSERT_TRUE(group.plan);
  EXPECT_TRUE(plan::problems(*group.plan).empty());
  ASSERT_EQ(group.plan->routers.size(), 3U);
  std::set<std::string> best;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& router = group.plan->routers[i];
    EXPECT_EQ(router.vrid.value, 51 + i);
    EXPECT_TRUE(router.sync.empty());
    EXPECT_EQ(router.priorities.size(), 3U);
    best.insert(best_of(*group.plan, router));
  }
  EXPECT_EQ(best.size(), 3U);
}

TEST(SpreadPlan, KnowsWeightsAndNotPriorities) {
  auto nodes = three_nodes();
  nodes[0].labels["swarm-vip.weight"] = "0";
  nodes[1].labels["swarm-vip.weight"] = "heavy";
  nodes[2].labels["KEEPALIVED_PRIORITY"] = "200";
  const auto group = make_plan(spread_group(), nodes, {});
  for (const auto& router : group.plan->routers) EXPECT_NE(best_of(*group.plan, router), "id1");
  EXPECT_TRUE(
      any_contains(group.warnings, "swarm-vip.weight: 'heavy' is not allowed; a whole number from 0 to 100"));
  EXPECT_EQ(group.warnings.size(), 1U) << "the priority may be there for another group";
  EXPECT_EQ(group.members[0].words, "weight 0, best for none");
}

TEST(SpreadPlan, PassesThroughItsDocument) {
  const auto plan = make_plan(spread_group(), three_nodes(), {}).plan.value();
  EXPECT_EQ(plan::from_json(plan::to_json(plan)).value(), plan);
}

}  // namespace
}  // namespace vip::swarm
