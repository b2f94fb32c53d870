#include "operator/watch/chronicle.h"

#include <gtest/gtest.h>

namespace vip::swarm {
namespace {

using Texts = std::vector<std::string>;

const Holder kFirst{.node = "id1", .hostname = "n1"};
const Holder kSecond{.node = "id2", .hostname = "n2"};

struct Seen {
  std::vector<Holder> holders;
  std::set<std::string> silent;
  std::vector<Complaint> complaints;
};

Sighting sighting_of(const Seen& seen, const std::vector<std::string>& addresses = {"192.0.2.201"}) {
  GroupSighting group{.group = "web", .addresses = {}, .silent = seen.silent, .complaints = seen.complaints};
  for (const auto& address : addresses)
    group.addresses.push_back({.address = address, .holders = seen.holders});
  return {.at = {}, .groups = {group}};
}

// What is told after each of the sightings.
Texts told(Chronicle& chronicle, const std::vector<Seen>& sightings) {
  Texts texts;
  for (const auto& seen : sightings) {
    std::string words;
    for (const auto& event : chronicle.next(sighting_of(seen)))
      words += (words.empty() ? "" : " + ") + std::string(name(event.kind)) + ": " + text(event);
    texts.push_back(words);
  }
  return texts;
}

TEST(Chronicle, TellsTheFirstHolderAndThenOnlyChanges) {
  Chronicle chronicle;
  EXPECT_EQ(told(chronicle, {{.holders = {kFirst}}, {.holders = {kFirst}}, {.holders = {kSecond}}}),
            (Texts{"holder: 192.0.2.201 (group web) is on n1", "",
                   "holder: 192.0.2.201 (group web) is on n2, before on n1"}));
}

TEST(Chronicle, ALostAnswerIsNoTransition) {
  Chronicle chronicle;
  const Seen lost{.holders = {}, .silent = {"id1"}};
  EXPECT_EQ(told(chronicle, {{.holders = {kFirst}}, lost, lost, lost, {.holders = {kFirst}}}),
            (Texts{"holder: 192.0.2.201 (group web) is on n1", "", "", "", ""}));
}

TEST(Chronicle, ANewHolderCountsWhileTheOldOneIsSilent) {
  Chronicle chronicle;
  EXPECT_EQ(told(chronicle, {{.holders = {kFirst}}, {.holders = {kSecond}, .silent = {"id1"}}}).back(),
            "holder: 192.0.2.201 (group web) is on n2, before on n1");
}

TEST(Chronicle, NobodyHasItOnlyWhenAllSaySoTwice) {
  Chronicle chronicle;
  const Seen nobody{};
  const Seen lost{.holders = {}, .silent = {"id3"}};
  EXPECT_EQ(
      told(chronicle, {{.holders = {kFirst}}, nobody, lost, nobody, nobody, nobody, {.holders = {kFirst}}}),
      (Texts{"holder: 192.0.2.201 (group web) is on n1", "", "", "",
             "no_holder: 192.0.2.201 (group web) is on no node, before on n1", "",
             "holder: 192.0.2.201 (group web) is on n1 again"}));
}

TEST(Chronicle, AGroupThatStartsIsGivenTime) {
  Chronicle chronicle;
  const auto texts = told(chronicle, std::vector<Seen>(12));
  EXPECT_EQ(texts[8], "");
  EXPECT_EQ(texts[9], "no_holder: 192.0.2.201 (group web) is on no node");
  EXPECT_EQ(texts[10], "");
}

TEST(Chronicle, AHandOverIsNotTwoHolders) {
  Chronicle chronicle;
  const Seen both{.holders = {kFirst, kSecond}};
  EXPECT_EQ(told(chronicle, {{.holders = {kFirst}}, both, {.holders = {kSecond}}, both, both, both}),
            (Texts{"holder: 192.0.2.201 (group web) is on n1", "",
                   "holder: 192.0.2.201 (group web) is on n2, before on n1", "",
                   "several_holders: 192.0.2.201 (group web) is on n1 and n2", ""}));
}

TEST(Chronicle, AddressesThatMoveTogetherAreOneEvent) {
  Chronicle chronicle;
  const auto events = chronicle.next(sighting_of({.holders = {kFirst}}, {"192.0.2.201", "2001:db8::1"}));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].addresses, (Texts{"192.0.2.201", "2001:db8::1"}));
  EXPECT_EQ(text(events[0]), "192.0.2.201, 2001:db8::1 (group web) are on n1");

  Sighting apart = sighting_of({.holders = {kFirst}}, {"192.0.2.201", "2001:db8::1"});
  apart.groups[0].addresses[1].holders = {kSecond};
  EXPECT_EQ(chronicle.next(apart).size(), 1U);
}

TEST(Chronicle, AProblemIsToldWhenItStaysAndWhenItHasGone) {
  Chronicle chronicle;
  const Seen well{.holders = {kFirst}};
  const Seen ill{.holders = {kFirst}, .silent = {}, .complaints = {{.node = "id2", .words = "it is so"}}};
  EXPECT_EQ(told(chronicle, {well, ill, well, ill, ill, ill, well, ill, well, well, well}),
            (Texts{"holder: 192.0.2.201 (group web) is on n1", "", "", "", "problem: group web: it is so", "",
                   "", "", "", "problem_over: group web: over: it is so", ""}));
}

TEST(Chronicle, TheProblemOfANodeThatFallsSilentIsNotOver) {
  Chronicle chronicle;
  const Seen ill{.holders = {kFirst}, .silent = {}, .complaints = {{.node = "id2", .words = "it is so"}}};
  const Seen silent{.holders = {kFirst}, .silent = {"id2"}};
  EXPECT_EQ(
      told(chronicle, {ill, ill, silent, silent, silent, ill}),
      (Texts{"holder: 192.0.2.201 (group web) is on n1", "problem: group web: it is so", "", "", "", ""}));
}

TEST(Chronicle, ForgetsGroupsThatAreNotThereAnyMore) {
  Chronicle chronicle;
  EXPECT_EQ(chronicle.next(sighting_of({.holders = {kFirst}})).size(), 1U);
  EXPECT_TRUE(chronicle.next({.at = {}, .groups = {}}).empty());
  EXPECT_TRUE(chronicle.holders().empty());
  EXPECT_EQ(chronicle.next(sighting_of({.holders = {kFirst}}))[0].previous, "");
}

TEST(Chronicle, HoldersAreKnownWhenSeenTwiceInARow) {
  Chronicle chronicle;
  const KnownHolders first{{"web", {"id1"}}};
  (void)chronicle.next(sighting_of({.holders = {kFirst}}));
  EXPECT_TRUE(chronicle.holders().empty());
  (void)chronicle.next(sighting_of({.holders = {kFirst}}));
  EXPECT_EQ(chronicle.holders(), first);
  (void)chronicle.next(sighting_of({.holders = {}, .silent = {"id1"}}));
  EXPECT_TRUE(chronicle.holders().empty()) << "unknown is not nobody";
  (void)chronicle.next(sighting_of({.holders = {kFirst, kSecond}}));
  (void)chronicle.next(sighting_of({.holders = {kFirst, kSecond}}));
  EXPECT_TRUE(chronicle.holders().empty()) << "two are none that can be told";
}

TEST(Chronicle, OfSpreadAddressesAllHoldersAreKnownOrNone) {
  Chronicle chronicle;
  Sighting spread = sighting_of({.holders = {kFirst}}, {"192.0.2.201", "192.0.2.202"});
  spread.groups[0].addresses[1].holders = {kSecond};
  (void)chronicle.next(spread);
  (void)chronicle.next(spread);
  EXPECT_EQ(chronicle.holders(), (KnownHolders{{"web", {"id1", "id2"}}}));
  spread.groups[0].addresses[1].holders = {};
  (void)chronicle.next(spread);
  EXPECT_TRUE(chronicle.holders().empty());
}

// Sightings out of reports.

RouterReport router(const std::string& state, const std::string& trouble = "",
                    const std::string& reason = "") {
  RouterReport report;
  report.vrid = "51";
  report.family = "ipv4";
  report.state = state;
  report.addresses = {"192.0.2.201/24"};
  report.trouble = trouble;
  report.reason = reason;
  return report;
}

NodeReport node(int number, std::vector<RouterReport> routers, AgentWord word = AgentWord::reports) {
  NodeReport report;
  report.node = "id" + std::to_string(number);
  report.hostname = "n" + std::to_string(number);
  report.word = word;
  report.routers = std::move(routers);
  return report;
}

plan::Plan plan_of_one() {
  plan::Plan plan;
  plan.group = "web";
  plan.routers.push_back({.vrid = Vrid(51),
                          .also_vrid = {},
                          .addresses = {IpPrefix::parse("192.0.2.201").value()},
                          .sync = {},
                          .priorities = {}});
  return plan;
}

GroupReport report_of(std::vector<NodeReport> nodes) {
  GroupReport report{.group = "web", .status_port = 9112, .nodes = std::move(nodes)};
  find_rivals(report);
  return report;
}

TEST(Sighting, IsWhatAgentsSayAndWhoIsSilent) {
  const auto seen = sight(report_of({node(1, {router("active")}), node(2, {router("backup")}),
                                     node(3, {}, AgentWord::unknown), node(4, {}, AgentWord::stands_by)}),
                          plan_of_one(), {});
  ASSERT_EQ(seen.addresses.size(), 1U);
  EXPECT_EQ(seen.addresses[0].address, "192.0.2.201");
  EXPECT_EQ(seen.addresses[0].holders, std::vector{kFirst});
  EXPECT_EQ(seen.silent, std::set<std::string>{"id3"});
  EXPECT_TRUE(seen.complaints.empty());
}

TEST(Sighting, TwoHoldersAreInOrderAndNoComplaintBesides) {
  const auto seen =
      sight(report_of({node(2, {router("active")}), node(1, {router("active")})}), plan_of_one(), {});
  EXPECT_EQ(seen.addresses[0].holders, (std::vector{kFirst, kSecond}));
  EXPECT_TRUE(seen.complaints.empty());
}

TEST(Sighting, AForeignOwnerIsAComplaint) {
  const auto seen =
      sight(report_of({node(1, {router("active", "duplicate_owner", "00:00:5e:00:53:01 has it, too")}),
                       node(2, {router("backup")})}),
            plan_of_one(), {});
  ASSERT_EQ(seen.complaints.size(), 1U);
  EXPECT_EQ(seen.complaints[0].node, "id1");
}

TEST(Sighting, HasTheProblemsButNoNotes) {
  const auto seen =
      sight(report_of({node(1, {router("fault", "link_down", "interface eth0 is down")})}), plan_of_one(),
            {{.severity = Severity::note, .text = "as asked for"},
             {.severity = Severity::warning, .text = "node n2 is down"}});
  ASSERT_EQ(seen.complaints.size(), 2U);
  EXPECT_EQ(seen.complaints[0].words, "node n2 is down");
  EXPECT_TRUE(seen.complaints[1].words.starts_with("node n1: router 51 (ipv4): interface eth0 is down; "));
}

}  // namespace
}  // namespace vip::swarm
