#include "operator/core/diagnosis.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace vip::swarm {
namespace {

using namespace std::chrono_literals;
using report::Finding;
using report::Findings;
using report::Verdict;

constexpr WallTime kNow{1'764'000'000s};

Node node(const std::string& hostname, bool is_manager = true) {
  return {.id = "id-" + hostname,
          .hostname = hostname,
          .status_address = "192.168.1.10",
          .manager_address = is_manager ? "192.168.1.10:2377" : "",
          .state = NodeState::ready,
          .engine_version = "24.0.7"};
}

NodeReport agent(const std::string& hostname, const std::string& state, const std::string& network) {
  return {.node = "id-" + hostname,
          .hostname = hostname,
          .address = IpAddress::parse("192.168.1.10"),
          .word = AgentWord::reports,
          .routers = {{.vrid = "51",
                       .family = "ipv4",
                       .state = state,
                       .priority = "100",
                       .addresses = {"192.168.1.201/32"},
                       .network = network,
                       .interval = 250ms}},
          .now_at = kNow};
}

ClusterFacts healthy() {
  ClusterFacts facts;
  facts.asked_at = kNow;
  facts.observed.nodes = {node("n1"), node("n2"), node("n3")};
  plan::Plan plan{
      .group = "web",
      .routers = {{.vrid = Vrid(51), .addresses = {IpPrefix::parse("192.168.1.201/32").value()}}}};
  for (const auto* const name : {"n1", "n2", "n3"})
    plan.members.push_back({.id = std::string("id-") + name, .hostname = name, .priority = Priority(100)});
  GroupFacts group{.plan = plan, .operator_service = "vip_operator", .is_deployed = true};
  group.agents = {
      .group = "web",
      .status_port = 9112,
      .nodes = {agent("n1", "active", "192.168.1.11/24"), agent("n2", "backup", "192.168.1.12/24"),
                agent("n3", "backup", "192.168.1.13/24")}};
  facts.groups = {group};
  facts.operators = {{.service = "vip_operator", .exists = true, .runs = true}};
  return facts;
}

Finding worst(const Findings& findings) {
  return findings.empty() ? Finding{} : *std::ranges::max_element(findings, {}, &Finding::verdict);
}

void expect(const Findings& findings, Verdict verdict, std::string_view meaning,
            std::string_view remedy = "") {
  const auto found = worst(findings);
  EXPECT_EQ(found.verdict, verdict) << found.meaning;
  EXPECT_NE((found.what + ": " + found.meaning).find(meaning), std::string::npos)
      << found.what << ": " << found.meaning;
  EXPECT_NE(found.remedy.find(remedy), std::string::npos) << found.remedy;
}

TEST(ClusterDiagnosis, AllIsWell) {
  for (const auto& finding : diagnose(healthy()))
    EXPECT_EQ(finding.verdict, Verdict::ok) << finding.what << ": " << finding.meaning;
}

TEST(ClusterDiagnosis, NothingToAsk) {
  const Error error{.code = Errc::not_found, .context = "no socket"};
  expect({judge_api(error, true)}, Verdict::unknown, "no socket; so this is about the host only",
         "on a manager");
  expect({judge_api(error, false)}, Verdict::error, "no socket", "see to the engine");
}

TEST(ClusterDiagnosis, SettingsAndWhatAProxyForbids) {
  auto facts = healthy();
  facts.setting_faults = {"KEEPALIVED_ROUTER_ID: '999'"};
  facts.setting_warnings = {"KEEPALIVED_IMAGE: ignored"};
  EXPECT_EQ(judge_settings(facts).size(), 2U);
  expect(judge_settings(facts), Verdict::error, "'999'", "exit status 2");
  facts.forbidden = {"GET /info: HTTP 403"};
  expect(judge_access(facts), Verdict::warning, "GET /info");
}

TEST(ClusterDiagnosis, Managers) {
  auto facts = healthy();
  auto& nodes = facts.observed.nodes;
  expect(judge_managers(facts), Verdict::ok, "3 managers: all reached, 1 manager may die");
  nodes[2].manager_reached = false;
  expect(judge_managers(facts), Verdict::warning, "n3 cannot be reached: 2 are left, and 2 are needed",
         "demote");
  nodes = {node("n1"), node("n2", false)};
  expect(judge_managers(facts), Verdict::warning, "1 manager: when it dies", "promote");
  nodes = {node("n1"), node("n2")};
  expect(judge_managers(facts), Verdict::warning, "worse than one", "promote");
  nodes = {node("n1"), node("n2"), node("n3"), node("n4")};
  expect(judge_managers(facts), Verdict::warning, "as with 3", "demote one");
  nodes.clear();
  EXPECT_TRUE(judge_managers(facts).empty());
}

TEST(ClusterDiagnosis, Operators) {
  auto facts = healthy();
  facts.operators[0] = {.service = "vip_operator", .exists = true, .runs = false, .error = "No such image"};
  expect(judge_operators(facts), Verdict::error,
         "it does not run, so no label and no setting reaches the agents: No such image",
         "docker service ps --no-trunc vip_operator");
  facts.operators[0].exists = false;
  expect(judge_operators(facts), Verdict::warning, "the service is gone", "deploy the stack again");
  facts.operators.clear();
  facts.groups[0].operator_service.clear();
  expect(judge_operators(facts), Verdict::unknown, "outside the Swarm");
  facts.groups.clear();
  expect(judge_operators(facts), Verdict::warning, "no group is deployed", "docker stack deploy");
}

TEST(ClusterDiagnosis, Nodes) {
  auto facts = healthy();
  auto& one = facts.observed.nodes[0];
  one.state = NodeState::down;
  expect(judge_nodes(facts), Verdict::warning, "it is down", "docker node rm --force id-n1");
  one.state = NodeState::disconnected;
  expect(judge_nodes(facts), Verdict::warning, "no contact", "2377");
  one.state = NodeState::ready;
  one.availability = Availability::drain;
  expect(judge_nodes(facts), Verdict::warning, "drained", "--availability active id-n1");
  one.availability = Availability::pause;
  expect(judge_nodes(facts), Verdict::warning, "paused", "--availability active id-n1");
  one.availability = Availability::active;
  one.status_address = "0.0.0.0";
  expect(judge_nodes(facts), Verdict::warning, "does not know its address", "KEEPALIVED_IP=ADDRESS");
  one.labels.emplace("KEEPALIVED_IP", "192.168.1.11");
  expect(judge_nodes(facts), Verdict::ok, "Docker 24.0.7");
  one.engine_version = "19.03.12";
  expect(judge_nodes(facts), Verdict::warning, "Docker 19.03.12", "20.10");
  one.engine_version = "dev";
  expect(judge_nodes(facts), Verdict::ok, "ready");
}

TEST(ClusterDiagnosis, ProblemsAndTroublesWithTheirRemedies) {
  auto facts = healthy();
  facts.groups[0].problems = {{.severity = Severity::error, .text = "it is broken; mend it"}};
  expect(judge_groups(facts), Verdict::error, "group web: it is broken", "mend it");
  facts.groups[0].problems.clear();
  auto& router = facts.groups[0].agents.nodes[1].routers[0];
  router.state = "fault";
  router.reason = "interface eth0 is down";
  router.trouble = "link_down";
  expect(judge_groups(facts), Verdict::error, "node n2: router 51 (ipv4): interface eth0 is down",
         "see to its cable");
}

TEST(ClusterDiagnosis, Holders) {
  auto facts = healthy();
  auto& nodes = facts.groups[0].agents.nodes;
  nodes[0].routers[0].state = "backup";
  expect(judge_groups(facts), Verdict::error, "nobody has the addresses", "swarm-vip explain web");
  nodes[2] = {.node = "id-n3",
              .hostname = "n3",
              .word = AgentWord::unknown,
              .reason = "does not answer; open the port"};
  expect(judge_groups(facts), Verdict::warning, "agent of group web on n3: does not answer", "open the port");
  facts.observed.nodes[2].state = NodeState::down;
  expect(judge_groups(facts), Verdict::unknown, "");
}

TEST(ClusterDiagnosis, OneMember) {
  auto facts = healthy();
  facts.groups[0].plan->members.resize(1);
  facts.groups[0].agents.nodes.resize(1);
  expect(judge_groups(facts), Verdict::warning, "it has one member", "label another node");
}

TEST(ClusterDiagnosis, Networks) {
  auto facts = healthy();
  auto& nodes = facts.groups[0].agents.nodes;
  nodes[2].routers[0].network = "10.0.0.13/24";
  expect(judge_networks(facts), Verdict::error, "n1 is at 192.168.1.11/24 and n3 at 10.0.0.13/24", "one LAN");
  nodes[2].routers[0].network = "192.168.1.13/25";
  expect(judge_networks(facts), Verdict::error, "cannot move");
  for (auto& node : nodes) node.routers[0].network = "10.0.0.11/24";
  expect(judge_networks(facts), Verdict::warning,
         "192.168.1.201 is in no network of its members (10.0.0.11/24)", "choose an address");
  for (auto& node : nodes) node.routers[0].network = "";  // of agents that do not tell
  EXPECT_TRUE(judge_networks(facts).empty());
}

TEST(ClusterDiagnosis, Clocks) {
  auto facts = healthy();
  auto& nodes = facts.groups[0].agents.nodes;
  nodes[1].now_at = kNow - 90s;
  expect(judge_clocks(facts), Verdict::warning, "apart from this one: n2 by 90 s", "chrony");
  for (auto& node : nodes) node.now_at.reset();
  EXPECT_TRUE(judge_clocks(facts).empty());
}

TEST(ClusterDiagnosis, Leftovers) {
  auto facts = healthy();
  facts.observed.configs = {{.name = "old-plan-1", .labels = {{"swarm-vip.group", "old"}}},
                            {.name = "web-plan-1", .labels = {{"swarm-vip.group", "Web"}}}};
  facts.observed.secrets = {{.name = "old-key-1", .labels = {{"swarm-vip.group", "old"}}},
                            {.name = "stranger"}};
  const auto findings = judge_leftovers(facts);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].remedy, "docker config rm old-plan-1; docker secret rm old-key-1");
}

TEST(ClusterDiagnosis, ServicesOfTheOlderOperatorAreToldOnce) {
  auto facts = healthy();
  facts.observed.services = {{.name = "keepalived-node-n1"}};
  expect(judge_leftovers(facts), Verdict::warning, "keepalived-node-n1",
         "docker service rm keepalived-node-n1");
  facts.groups[0].problems = {{.text = "go away: docker service rm keepalived-node-n1"}};
  EXPECT_TRUE(judge_leftovers(facts).empty());
}

TEST(ClusterDiagnosis, AGroupInWords) {
  auto facts = healthy();
  facts.observed.nodes[2].availability = Availability::drain;
  auto& group = facts.groups[0];
  auto& router = group.agents.nodes[1].routers[0];
  router.state = "fault";
  router.trouble = "link_down";
  router.reason = "interface eth0 is down";
  group.agents.nodes[2] = {
      .node = "id-n3", .hostname = "n3", .word = AgentWord::unknown, .reason = "the node is drained"};
  const auto words = group_word(group.agents, &*group.plan, facts.observed);
  ASSERT_EQ(words.nodes.size(), 3U);
  EXPECT_EQ(words.nodes[0].priority, 100);
  EXPECT_EQ(words.nodes[1].routers[0].remedy,
            "see to its cable and its switch, or `ip link set NAME up` on the node");
  EXPECT_EQ(words.nodes[2].silence, "the node is drained");
  EXPECT_NE(words.nodes[2].note.find("--availability active id-n3"), std::string::npos);
}

TEST(ClusterDiagnosis, WhoWasAskedByHandSaysSoAndHowToEndIt) {
  auto facts = healthy();
  auto& group = facts.groups[0];
  group.plan->members[0].drained = true;
  group.plan->members[1].preferred = true;

  const auto words = group_word(group.agents, &*group.plan, facts.observed);

  EXPECT_EQ(words.nodes[0].note,
            "it is drained by hand: it has the addresses only when nobody else can; ends with: "
            "swarm-vip undrain " +
                group.plan->members[0].hostname);
  EXPECT_EQ(words.nodes[1].note,
            "it is preferred by hand: it has the addresses whenever it can; ends with: "
            "swarm-vip failover --undo " +
                group.plan->group);
  EXPECT_EQ(words.nodes[2].note, "");
}

}  // namespace
}  // namespace vip::swarm
