#include "common/report/explanation.h"

#include <gtest/gtest.h>

namespace vip::report {
namespace {

using namespace std::chrono_literals;

RouterWord router(std::string state, int priority) {
  return {.vrid = "51",
          .family = "ipv4",
          .interface = "eth0",
          .state = std::move(state),
          .since = "T",
          .addresses = {"192.0.2.100/32"},
          .priority = priority,
          .preempt = true,
          .preempt_delay = 5s,
          .interval = 250ms};
}

NodeWord node(std::string name, const std::string& address, RouterWord word) {
  word.source = address;
  return {.name = std::move(name), .addresses = {address}, .routers = {std::move(word)}};
}

GroupWord three() {
  GroupWord group{.group = "web",
                  .nodes = {node("n1", "192.0.2.11", router("active", 200)),
                            node("n2", "192.0.2.12", router("backup", 108)),
                            node("n3", "192.0.2.13", router("backup", 100))}};
  group.nodes[0].routers[0].cause = "active_left";
  for (auto& word : group.nodes) word.routers[0].active = "192.0.2.11";
  return group;
}

using Sentences = std::vector<std::string>;

TEST(Explanation, TheHolderAndWhoWouldFollow) {
  EXPECT_EQ(
      explain(three(), "n1"),
      (Sentences{
          "n1 (priority 200) is active for router 51 (ipv4): it has 192.0.2.100/32 on eth0 since T, because "
          "the one before it left in order.",
          "If n1 dies, n2 (priority 108) follows after about 0.89 s, then n3 (priority 100); if it is "
          "stopped "
          "or drained, at once."}));
}

TEST(Explanation, ABackupAndWhyItIsOne) {
  EXPECT_EQ(
      explain(three(), "n2"),
      (Sentences{
          "n2 (priority 108) is backup for router 51 (ipv4) since T: n1 (priority 200) is active, whose "
          "priority is higher.",
          "If it hears nothing more, n2 takes over after about 0.89 s."}));
}

TEST(Explanation, ABetterNodeThatWaits) {
  auto group = three();
  group.nodes[1].routers[0].priority = 220;
  EXPECT_EQ(explain(group, "n2").back(),
            "n2 is better and does not have the address: it takes the address 5 s after it has heard the "
            "other one.");
  const auto of_holder = explain(group, "n1");
  EXPECT_EQ(of_holder.at(1),
            "n2 (priority 220) is better and does not have it: it takes the address 5 s after it has heard "
            "the other one.");
}

TEST(Explanation, WithoutPreemptionTheBetterNodeWaitsUntilItIsFree) {
  auto group = three();
  group.nodes[1].routers[0].priority = 220;
  group.nodes[1].routers[0].preempt = false;
  EXPECT_EQ(explain(group, "n2").back(),
            "n2 is better and does not have the address: preemption is off, so it waits until the address is "
            "free.");
}

TEST(Explanation, AFaultWithItsRemedy) {
  auto group = three();
  auto& faulty = group.nodes[2].routers[0];
  faulty.state = "fault";
  faulty.reason = "interface eth0 is down";
  faulty.remedy = "ip link set eth0 up";
  EXPECT_EQ(
      explain(group, "n3"),
      (Sentences{
          "n3 cannot have 192.0.2.100/32, router 51 (ipv4) is in a fault since T: interface eth0 is down; ip "
          "link set eth0 up."}));
  EXPECT_NE(explain(group, "n1").back().find("n2 (priority 108) follows"), std::string::npos);
  EXPECT_EQ(explain(group, "n1").back().find("n3"), std::string::npos) << "it cannot follow";
}

TEST(Explanation, NobodyFollows) {
  GroupWord group{.group = "web", .nodes = {node("n1", "192.0.2.11", router("active", 200))}};
  EXPECT_EQ(explain(group).back(), "If n1 dies, nobody is known to follow: no other node is a backup.");
}

TEST(Explanation, OfPeersThatWereNotAskedThePlanKnowsThePriority) {
  auto group = three();
  group.nodes[0].routers[0].peers = {"192.0.2.12", "192.0.2.13"};
  for (std::size_t i : {1U, 2U}) {
    group.nodes[i].priority = group.nodes[i].routers[0].priority;
    group.nodes[i].routers.clear();
  }
  EXPECT_EQ(
      explain(group, "n1").back(),
      "If n1 dies, n2 (priority 108) follows after about 0.89 s, then n3 (priority 100); if it is stopped or "
      "drained, at once.");
  group.nodes[1].standby = true;
  EXPECT_NE(explain(group, "n1").back().find("n3 (priority 100) follows"), std::string::npos);
}

TEST(Explanation, WhoSaysNothingAndWhoIsDrained) {
  auto group = three();
  group.nodes[1].routers.clear();
  group.nodes[1].silence = "does not answer";
  group.nodes[2].note = "drained by its label";
  group.nodes[2].standby = true;
  EXPECT_EQ(explain(group, "n2"), Sentences{"n2 says nothing of its routers: does not answer."});
  EXPECT_EQ(explain(group, "n3").front(), "n3: drained by its label.");
  EXPECT_EQ(explain(group, "n3").at(1), "n3 stands by: it says nothing until all others speak to it.");
}

TEST(Explanation, NobodyAndTwo) {
  auto group = three();
  group.nodes[1].routers[0].state = "active";
  EXPECT_EQ(explain(group).back(),
            "n1 and n2 are active for router 51 (ipv4) at once: they do not hear each other; "
            "`doctor` on each of them says why.");
  group.nodes[0].routers[0].state = "fault";
  group.nodes[1].routers[0].state = "initialize";
  EXPECT_EQ(explain(group).back(),
            "Nobody who answers is active for router 51 (ipv4): nobody has 192.0.2.100/32.");
}

TEST(Explanation, AnActiveRouterThatNobodyKnows) {
  auto group = three();
  group.nodes[1].routers[0].active = "192.0.2.99";
  EXPECT_NE(explain(group, "n2").front().find(": 192.0.2.99 is active."), std::string::npos);
  group.nodes[1].routers[0].active.clear();
  EXPECT_NE(explain(group, "n2").front().find("has heard no active router yet"), std::string::npos);
}

TEST(Explanation, WhatIsWrongThoughItIsActive) {
  auto group = three();
  group.nodes[0].routers[0].reason = "192.0.2.100 is announced by 02:00:00:00:00:01, too";
  EXPECT_EQ(explain(group, "n1").at(1),
            "Something is wrong there: 192.0.2.100 is announced by 02:00:00:00:00:01, too.");
}

TEST(Explanation, TheWaitIsThatOfTheProtocol) {
  EXPECT_EQ(active_down(3, 108, 250ms), 894ms);
  EXPECT_EQ(active_down(2, 100, 1000ms), 3609ms);
  EXPECT_EQ(active_down(3, 254, 1000ms), 3007ms);
}

TEST(Explanation, AGroupWithoutNodes) {
  EXPECT_EQ(explain({.group = "web"}), Sentences{"group web has no node"});
}

}  // namespace
}  // namespace vip::report
