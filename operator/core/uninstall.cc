#include "operator/core/uninstall.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "common/base/text.h"
#include "operator/core/plan.h"

namespace vip::swarm {
namespace {

constexpr std::array<std::string_view, 2> kOperatorSettings{"KEEPALIVED_GROUP=", "SWARM_VIP_CONFIG="};
constexpr std::string_view kConstraintOfLabel = "node.labels.";

bool is_agent(const Service& service) {
  return label(service.labels, kRoleLabel) == kRoleAgent;
}

bool is_object(const Labels& labels) {
  const auto role = label(labels, kRoleLabel);
  return role == kRolePlan || role == kRoleKey || role == kRolePassword;
}

// The names of the services that our objects name as their operator's.
std::set<std::string> operators_of(const Observed& observed) {
  std::set<std::string> names;
  const auto add = [&names](const Labels& labels) {
    if (const auto name = label(labels, kOperatorLabel); !name.empty()) names.emplace(name);
  };
  for (const auto& service : observed.services)
    if (is_agent(service)) add(service.labels);
  for (const auto& config : observed.configs)
    if (is_object(config.labels)) add(config.labels);
  for (const auto& secret : observed.secrets)
    if (is_object(secret.labels)) add(secret.labels);
  return names;
}

// Somebody else's service may have the name by now.
bool looks_like_operator(const Service& service) {
  return !is_agent(service) && std::ranges::any_of(service.spec.environment, [](const std::string& entry) {
    return std::ranges::any_of(kOperatorSettings,
                               [&](std::string_view name) { return entry.starts_with(name); });
  });
}

// Of the constraint "node.labels.KEY==GROUP" the first half.
std::string member_label(const Service& agents) {
  for (const auto& constraint : agents.spec.constraints) {
    const auto end = constraint.find("==");
    if (constraint.starts_with(kConstraintOfLabel) && end != std::string::npos)
      return constraint.substr(kConstraintOfLabel.size(), end - kConstraintOfLabel.size());
  }
  return {};
}

std::string shown_as(const Node& node) {
  return node.hostname.empty() ? node.id : node.hostname;
}

void add_operators(const Observed& observed, Uninstall& plan) {
  for (const auto& name : operators_of(observed)) {
    const auto found = std::ranges::find(observed.services, name, &Service::name);
    if (found == observed.services.end()) continue;
    if (looks_like_operator(*found)) {
      plan.operators.push_back({RemoveService{found->id}, "remove service " + name + ": the operator"});
    } else {
      plan.remarks.push_back(
          "service " + name +
          " has the name of an operator and does not look like one (no KEEPALIVED_GROUP or "
          "SWARM_VIP_CONFIG in its environment); it stays");
    }
  }
}

void add_labels(const Observed& observed, Uninstall& plan) {
  for (const auto& node : observed.nodes) {
    for (const auto key : {kDrainNodeLabel, kPreferNodeLabel, kKeepalivedNodeLabel}) {
      if (!node.labels.contains(key)) continue;
      plan.labels.push_back({.node = node.id,
                             .key = std::string(key),
                             .words = "remove label " + std::string(key) + " of node " + shown_as(node)});
    }
  }
}

void remark_members(const Observed& observed, Uninstall& plan) {
  std::set<std::string> keys;
  for (const auto& service : observed.services)
    if (is_agent(service)) keys.insert(member_label(service));
  for (const auto& key : keys) {
    std::vector<std::string> nodes;
    for (const auto& node : observed.nodes)
      if (!key.empty() && node.labels.contains(key)) nodes.push_back(shown_as(node));
    std::ranges::sort(nodes);
    if (nodes.empty()) continue;
    plan.remarks.push_back(std::string("label ")
                               .append(key)
                               .append(" stays on ")
                               .append(join(nodes, ", "))
                               .append("; docker node update --label-rm ")
                               .append(key)
                               .append(" NODE takes it away"));
  }
}

}  // namespace

Uninstall plan_uninstall(const Observed& observed) {
  Uninstall plan;
  add_operators(observed, plan);
  for (const auto& service : observed.services) {
    if (!is_agent(service)) continue;
    plan.agents.push_back({RemoveService{service.id}, "remove service " + service.name +
                                                          ": the agents of group " +
                                                          std::string(label(service.labels, kGroupLabel))});
  }
  for (const auto& config : observed.configs) {
    if (!is_object(config.labels)) continue;
    plan.objects.push_back({RemoveConfig{config.id}, "remove config " + config.name});
  }
  for (const auto& secret : observed.secrets) {
    if (!is_object(secret.labels)) continue;
    plan.objects.push_back({RemoveSecret{secret.id}, "remove secret " + secret.name});
  }
  add_labels(observed, plan);
  remark_members(observed, plan);
  return plan;
}

}  // namespace vip::swarm
