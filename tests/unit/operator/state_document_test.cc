#include "operator/view/state_document.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "operator/view/spectator.h"
#include "picture.h"

namespace vip::swarm {
namespace {

using namespace picture;
using nlohmann::json;

OperatorFacts facts() {
  return {.version = "0.1.0",
          .service = "vip_operator",
          .node = "n1",
          .resync = 30s,
          .began = TimePoint(0s),
          .looked = TimePoint(7s),
          .looked_at = kNoon + 7s};
}

View view_of(GroupRound of) {
  Spectator spectator(kNoon);
  return spectator.see(round(2s, std::move(of)), {});
}

json state_of(GroupRound of) {
  return json::parse(view_of(std::move(of)).state);
}

TEST(StateDocument, IsAsThePageReadsIt) {
  auto first = node(1, {router("active", {took_over(1s)})});
  first.checks = {{.name = "http", .result = "fails", .why = "503"}};
  auto told = group({first, node(2, {router("backup")}), silent(3)});
  told.problems = {{.severity = Severity::note, .text = "as you wish"},
                   {.severity = Severity::error, .text = "bad"}};
  const auto expected = json::parse(R"({
    "groups": [{
      "name": "web", "generation": 7, "version": 3, "interval_ms": 250, "auth": "hmac", "preempt": true,
      "rollout": {"state": "idle", "text": ""},
      "addresses": [{"vip": "192.0.2.201", "vrid": 51, "family": "ipv4", "holders": ["n1"],
                     "since_ms": 1795863600000, "state": "held"}],
      "nodes": [
        {"id": "id1", "name": "n1", "address": "192.0.2.1", "word": "reports", "reason": "",
         "routers": [{"vrid": 51, "family": "ipv4", "interface": "eth0", "state": "active", "priority": 120,
                      "addresses": ["192.0.2.201"], "since_ms": 1795863600000, "cause": "silence", "trouble": "",
                      "words": ""}],
         "checks": [{"name": "http", "result": "fails", "why": "503"}]},
        {"id": "id2", "name": "n2", "address": "192.0.2.2", "word": "reports", "reason": "",
         "routers": [{"vrid": 51, "family": "ipv4", "interface": "eth0", "state": "backup", "priority": 120,
                      "addresses": ["192.0.2.201"], "since_ms": 1795863600000, "cause": "silence", "trouble": "",
                      "words": ""}],
         "checks": []},
        {"id": "id3", "name": "n3", "address": "192.0.2.3", "word": "unknown",
         "reason": "does not answer: Timeout was reached", "routers": [], "checks": []}],
      "problems": [{"severity": "error", "text": "bad"}, {"severity": "note", "text": "as you wish"}]}],
    "history": [{"at_ms": 1795867201000, "group": "web", "node": "n1", "vrid": 51, "family": "ipv4",
                 "vip": ["192.0.2.201"], "from": "backup", "to": "active", "cause": "silence", "peer": "192.0.2.2",
                 "after_ms": 60000, "silence_ms": 930,
                 "text": "n1 took 192.0.2.201 over: its holder n2 was silent for 0.93 s"}]})");
  EXPECT_EQ(state_of(std::move(told)), expected);
}

TEST(StateDocument, AnAgentsTroubleIsAProblemWithTheRemedy) {
  auto down = router("fault");
  down.trouble = "link_down";
  down.reason = "interface eth0 is down";
  const auto state = state_of(group({node(1, {down})}));
  EXPECT_EQ(state["groups"][0]["problems"][0]["severity"], "error");
  EXPECT_NE(state["groups"][0]["problems"][0]["text"].get<std::string>().find(
                "node n1: router 51 (ipv4): interface"),
            std::string::npos);
  EXPECT_NE(state["groups"][0]["nodes"][0]["routers"][0]["words"].get<std::string>().find("ip link set"),
            std::string::npos);
}

TEST(StateDocument, AGroupThatIsNotDeployedHasNoGeneration) {
  GroupRound bare{
      .name = "web", .plan = {}, .agents = {.group = "web", .nodes = {}}, .problems = {}, .rollout = {}};
  const auto state = state_of(std::move(bare));
  EXPECT_EQ(state["groups"][0]["generation"], 0);
  EXPECT_TRUE(state["groups"][0]["addresses"].empty());
}

TEST(StateDocument, SaysHowFarAnUpdateIs) {
  auto told = group({"active", "backup", "backup"});
  told.agents.nodes[2].generation = 6;
  told.rollout = {.state = Rollout::State::updating, .text = "the Swarm gives the agents what is new"};
  EXPECT_EQ(state_of(std::move(told))["groups"][0]["rollout"],
            json({{"state", "updating"},
                  {"text", "the Swarm gives the agents what is new: 2 of 3 agents have plan 7"}}));
}

TEST(StateDocument, WhatIsNoTextOrNumberIsShownAllTheSame) {
  auto odd = router("act\xff");
  odd.vrid = "";
  odd.priority = "<b>";
  odd.since = "yesterday";
  const auto state = state_of(group({node(1, {odd})}));
  const auto& shown = state["groups"][0]["nodes"][0]["routers"][0];
  EXPECT_TRUE(shown["vrid"].is_null());
  EXPECT_TRUE(shown["priority"].is_null());
  EXPECT_FALSE(shown.contains("since_ms"));
}

TEST(StateAnswer, TellsItsAgeAndTheStateOnlyWhenItIsNew) {
  const auto view = view_of(group({"active", "backup", "backup"}));
  const Moment moment{.now = TimePoint(10s), .at = kNoon + 10s};
  const auto full = json::parse(state_answer(view, facts(), std::nullopt, moment));
  EXPECT_EQ(full["serial"], view.serial);
  EXPECT_EQ(full["age_ms"], 8000);
  EXPECT_EQ(full["looked_ms"], 3000);
  EXPECT_EQ(full["now_ms"], 1795867210000);
  EXPECT_EQ(full["operator"],
            json({{"version", "0.1.0"}, {"service", "vip_operator"}, {"node", "n1"}, {"failure", ""}}));
  EXPECT_EQ(full["state"], json::parse(view.state));
  const auto old = json::parse(state_answer(view, facts(), view.serial - 1, moment));
  EXPECT_TRUE(old.contains("state"));
  const auto same = json::parse(state_answer(view, facts(), view.serial, moment));
  EXPECT_FALSE(same.contains("state"));
  EXPECT_EQ(same["age_ms"], 8000);
}

TEST(OperatorFacts, ItIsWellWhileItLooks) {
  auto known = facts();
  EXPECT_EQ(health_words(known, TimePoint(127s)), "");
  EXPECT_EQ(health_words(known, TimePoint(128s)), "no look at the Swarm has succeeded for 121s");
  known.failure = "no leader";
  EXPECT_EQ(health_words(known, TimePoint(128s)), "no look at the Swarm has succeeded for 121s: no leader");
  known.looked.reset();
  EXPECT_EQ(health_words(known, TimePoint(120s)), "") << "one that has just begun";
  EXPECT_NE(health_words(known, TimePoint(121s)), "");
}

TEST(Rollout, IsWhatTheSwarmSays) {
  Service service{.id = "s"};
  GroupPlan plan;
  EXPECT_EQ(rollout_of(nullptr, plan), Rollout{});
  EXPECT_EQ(rollout_of(&service, plan), Rollout{});
  service.update = UpdateState::updating;
  EXPECT_EQ(rollout_of(&service, plan).state, Rollout::State::updating);
  service.update = UpdateState::rollback_completed;
  service.update_message = "task x failed";
  EXPECT_EQ(rollout_of(&service, plan).text, "the Swarm took the last change back: task x failed");
  service.update = UpdateState::rollback_paused;
  EXPECT_EQ(rollout_of(&service, plan).state, Rollout::State::paused);
  service.update = UpdateState::completed;
  plan.later = {"the new key is used", "the old one goes"};
  EXPECT_EQ(rollout_of(&service, plan), (Rollout{.state = Rollout::State::waiting,
                                                 .text = "then: the new key is used; the old one goes"}));
}

}  // namespace
}  // namespace vip::swarm
