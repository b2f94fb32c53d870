// A group of three nodes with one address, for tests of what is shown of it.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "operator/view/view.h"

namespace vip::swarm::picture {

using namespace std::chrono_literals;

inline const WallTime kNoon = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 28) + 12h);

inline RouterReport router(const std::string& state, std::vector<TransitionReport> transitions = {}) {
  return {.vrid = "51",
          .family = "ipv4",
          .interface = "eth0",
          .state = state,
          .since = "2026-11-28T11:00:00.000Z",
          .priority = "120",
          .addresses = {"192.0.2.201/32"},
          .document = "{}",
          .cause = "silence",
          .transitions = std::move(transitions)};
}

// Of the moment, at 192.0.2.NUMBER. Without routers nobody answers there.
inline NodeReport node(int number, std::vector<RouterReport> routers) {
  const auto digits = std::to_string(number);
  const bool answers = !routers.empty();
  return {.node = "id" + digits,
          .hostname = "n" + digits,
          .address = IpAddress::parse("192.0.2." + digits).value(),
          .word = answers ? AgentWord::reports : AgentWord::unknown,
          .reason = answers ? "" : "does not answer: Timeout was reached",
          .routers = std::move(routers),
          .generation = answers ? 7U : 0U};
}

inline NodeReport silent(int number) {
  return node(number, {});
}

inline plan::Plan plan(int members = 3) {
  plan::Plan plan{.group = "web", .generation = 7};
  plan.auth.mode = plan::Auth::Mode::hmac;
  plan.routers = {{.vrid = Vrid(51), .addresses = {IpPrefix::parse("192.0.2.201").value()}}};
  for (int i = 1; i <= members; ++i) {
    const auto digits = std::to_string(i);
    plan.members.push_back({.id = "id" + digits,
                            .hostname = "n" + digits,
                            .address = IpAddress::parse("192.0.2." + digits).value(),
                            .priority = Priority(static_cast<std::uint8_t>(100 + i))});
  }
  return plan;
}

inline GroupRound group(std::vector<NodeReport> nodes) {
  return {.name = "web",
          .plan = plan(),
          .agents = {.group = "web", .status_port = 9112, .nodes = std::move(nodes)},
          .problems = {},
          .rollout = {}};
}

// The three nodes, by their states; "" is silent.
inline GroupRound group(const std::vector<std::string>& states) {
  std::vector<NodeReport> nodes;
  for (const auto& state : states) {
    const int number = static_cast<int>(nodes.size()) + 1;
    nodes.push_back(state.empty() ? silent(number) : node(number, {router(state)}));
  }
  return group(std::move(nodes));
}

// So long after noon.
inline Round round(Duration after, GroupRound group) {
  return {.seen_at = TimePoint(after), .at = kNoon + after, .groups = {std::move(group)}};
}

// So long after noon, by the clock of the agent.
inline TransitionReport took_over(Duration after, std::chrono::milliseconds silence = 930ms) {
  return {.at = kNoon + after,
          .from = "backup",
          .to = "active",
          .cause = "silence",
          .peer = "192.0.2.2",
          .reason = "",
          .after = 60s,
          .silence = silence};
}

}  // namespace vip::swarm::picture
