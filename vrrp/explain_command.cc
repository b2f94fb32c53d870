#include "vrrp/explain_command.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "common/base/exit_status.h"
#include "common/plan/plan.h"
#include "common/report/explanation.h"
#include "common/settings/settings.h"
#include "common/sys/posix.h"
#include "vrrp/agent_word.h"
#include "vrrp/print.h"

namespace vip::vrrp {
namespace {

// All of the group as the plan has it, if there is one; only our own agent speaks.
report::GroupWord group_word(const StatusWord& status, const std::optional<plan::Plan>& plan) {
  const std::string self = status.node.empty() ? "this node" : status.node;
  report::GroupWord group{.group = status.agent.group, .nodes = {}};
  if (plan && plan->group == status.agent.group) {
    for (const auto& member : plan->members) {
      report::NodeWord node{.name = member.hostname.empty() ? member.id : member.hostname,
                            .addresses = {member.address.text()},
                            .priority = member.priority.value,
                            .standby = member.standby};
      if (member.address6) node.addresses.push_back(member.address6->text());
      if (member.id == status.node) node.routers = status.routers;
      group.nodes.push_back(std::move(node));
    }
  }
  const bool is_there =
      std::ranges::any_of(group.nodes, [](const auto& node) { return !node.routers.empty(); });
  if (!is_there) group.nodes.push_back({.name = self, .routers = status.routers});
  return group;
}

std::string own_name(const StatusWord& status, const report::GroupWord& group) {
  for (const auto& node : group.nodes)
    if (!node.routers.empty()) return node.name;
  return status.node.empty() ? "this node" : status.node;
}

// Without one the agent's word is all there is.
std::optional<plan::Plan> own_plan(const std::string& plan_file) {
  const auto env = settings::Environment::of_process();
  const auto path = plan_file.empty() ? env.text("SWARM_VIP_PLAN") : plan_file;
  if (path.empty()) return std::nullopt;
  const auto text = sys::read_file(path, settings::kFileSizeMax);
  if (!text) return std::nullopt;
  auto plan = plan::from_json(*text);
  if (!plan) return std::nullopt;
  return *std::move(plan);
}

}  // namespace

int run_explain(const std::string& plan_file) {
  const auto [agents, statuses] = ask_agents_here();
  if (agents.empty()) return print(stderr, "no agent runs on this host\n"), kFailed;
  const auto plan = own_plan(plan_file);
  int exit_status = kFine;
  std::string text;
  for (const auto& agent : agents) {
    if (agent.error.empty()) continue;
    print(stderr, agent.group + ": " + agent.error + "\n");
    exit_status = kFailed;
  }
  for (const auto& status : statuses) {
    text += "group " + status.agent.group + "\n";
    if (status.routers.empty()) {
      text += "  It stands by: " +
              (status.agent.waits.empty() ? std::string("its plan does not list this node")
                                          : status.agent.waits) +
              ".\n";
      continue;
    }
    auto group = group_word(status, plan);
    for (auto& node : group.nodes) {
      for (auto& router : node.routers)
        if (!router.reason.empty()) router.remedy = "`doctor` says what to do";
    }
    for (const auto& sentence : report::explain(group, own_name(status, group)))
      text += "  " + sentence + "\n";
  }
  print(stdout, text);
  return exit_status;
}

}  // namespace vip::vrrp
