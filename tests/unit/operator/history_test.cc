#include "operator/view/history.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "picture.h"

namespace vip::swarm {
namespace {

using namespace picture;
using Texts = std::vector<std::string>;

Texts texts(const std::vector<HistoryEntry>& entries) {
  Texts all(entries.size());
  std::ranges::transform(entries, all.begin(), &HistoryEntry::text);
  return all;
}

GroupReport report(std::vector<NodeReport> nodes) {
  return group(std::move(nodes)).agents;
}

TransitionReport transition(Duration after, const std::string& from, const std::string& to,
                            const std::string& cause, const std::string& peer = "",
                            const std::string& reason = "") {
  return {.at = kNoon + after, .from = from, .to = to, .cause = cause, .peer = peer, .reason = reason};
}

TEST(History, EachTransitionIsThereOnceHoweverOftenItIsTold) {
  History history;
  const auto told = report({node(1, {router("active", {took_over(1s)})}), node(2, {router("backup")})});
  EXPECT_EQ(history.add(told, "web", kNoon).size(), 1U);
  EXPECT_TRUE(history.add(told, "web", kNoon + 2s).empty());
  ASSERT_EQ(history.entries().size(), 1U);
  const auto& entry = history.entries().front();
  EXPECT_EQ(entry.at, kNoon + 1s);
  EXPECT_EQ(entry.node, "n1");
  EXPECT_EQ(entry.addresses, Texts{"192.0.2.201"});
  EXPECT_EQ(entry.text, "n1 took 192.0.2.201 over: its holder n2 was silent for 0.93 s");
}

TEST(History, IsInTheOrderOfTimeWhoeverToldFirst) {
  History history;
  (void)history.add(report({node(1, {router("active", {took_over(9s)})})}), "web", kNoon);
  (void)history.add(
      report({node(3, {router("backup", {transition(5s, "initialize", "backup", "started")})})}), "web",
      kNoon);
  EXPECT_EQ(texts(history.entries()),
            (Texts{"n3 follows for 192.0.2.201: its agent has started",
                   "n1 took 192.0.2.201 over: its holder 192.0.2.2 was silent for 0.93 s"}));
}

TEST(History, OfTooManyTheOldestGoAndDoNotComeAgain) {
  History history;
  std::vector<NodeReport> nodes;
  for (int number = 1; number <= 50; ++number) {
    std::vector<TransitionReport> transitions;
    for (int i = 0; i < 16; ++i) transitions.push_back(took_over(std::chrono::seconds(number * 16 + i)));
    nodes.push_back(node(number, {router("active", std::move(transitions))}));
  }
  const auto told = report(std::move(nodes));
  EXPECT_EQ(history.add(told, "web", kNoon).size(), 800U);
  EXPECT_EQ(history.entries().size(), History::kEntriesMax);
  EXPECT_EQ(history.entries().front().at, kNoon + std::chrono::seconds(16 + 300));
  EXPECT_TRUE(history.add(told, "web", kNoon).empty());
}

TEST(History, AClockThatIsFarOffIsSetRightAndOneThatIsNearIsLeft) {
  History history;
  auto off = node(1, {router("active", {took_over(-1h)})});
  off.now_at = kNoon - 1h + 2s;
  auto near = node(2, {router("active", {took_over(3s)})});
  near.now_at = kNoon + 8s;
  (void)history.add(report({off, near}), "web", kNoon + 10s);
  ASSERT_EQ(history.entries().size(), 2U);
  EXPECT_EQ(history.entries()[0].at, kNoon + 3s);
  EXPECT_EQ(history.entries()[1].at, kNoon + 8s);
}

TEST(History, AGroupThatIsGoneIsForgotten) {
  History history;
  const auto told = report({node(1, {router("active", {took_over(1s)})})});
  (void)history.add(told, "web", kNoon);
  history.keep_groups({"other"});
  EXPECT_TRUE(history.entries().empty());
  EXPECT_EQ(history.add(told, "web", kNoon).size(), 1U) << "and may come again";
}

TEST(History, WhatWasSeenFromHereStandsAmongIt) {
  History history;
  history.add({.kind = EventKind::no_holder,
               .group = "web",
               .addresses = {"192.0.2.201"},
               .holders = {},
               .previous = "n1",
               .problem = {},
               .at = kNoon});
  ASSERT_EQ(history.entries().size(), 1U);
  EXPECT_EQ(history.entries()[0].cause, "no_holder");
  EXPECT_EQ(history.entries()[0].to, "");
  EXPECT_EQ(history.entries()[0].text, "192.0.2.201 (group web) is on no node, before on n1");
}

TEST(History, SaysWhyInWords) {
  struct Row {
    TransitionReport told;
    std::string words;
  };
  auto slow = took_over(0s, 12'400ms);
  auto first = took_over(0s);
  first.silence.reset();
  first.peer.clear();
  const std::vector<Row> rows{
      {slow, "n1 took 192.0.2.201 over: its holder n2 was silent for 12 s"},
      {first, "n1 took 192.0.2.201 over: nobody was heard to have it"},
      {transition(0s, "backup", "active", "active_left", "192.0.2.2"),
       "n1 took 192.0.2.201 over: n2 left it in order"},
      {transition(0s, "backup", "active", "preemption", "192.0.2.77"),
       "n1 took 192.0.2.201 over: it comes before 192.0.2.77"},
      {transition(0s, "active", "backup", "higher_priority", "192.0.2.2"),
       "n1 gave 192.0.2.201 up: n2 comes before it"},
      {transition(0s, "active", "fault", "check_failed", "", "check http fails: 503"),
       "n1 gave 192.0.2.201 up: check http fails: 503"},
      {transition(0s, "backup", "fault", "link_down"), "n1 cannot have 192.0.2.201: its link is down"},
      {transition(0s, "active", "initialize", "stopped"), "n1 gave 192.0.2.201 up: its agent was stopped"},
      {transition(0s, "fault", "backup", "of_tomorrow"), "n1 follows for 192.0.2.201: of_tomorrow"},
  };
  for (const auto& [told, words] : rows) {
    History history;
    const auto added =
        history.add(report({node(1, {router("active", {told})}), node(2, {router("backup")})}), "web", kNoon);
    EXPECT_EQ(texts(added), Texts{words});
  }
}

}  // namespace
}  // namespace vip::swarm
