#include "operator/core/ownership.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/text.h"
#include "operator/core/names.h"

namespace vip::swarm {

const Service* agent_service(const Observed& observed, const Identity& identity, std::string_view group) {
  const auto name = service_name(identity.stack, group);
  const auto found = std::ranges::find_if(observed.services, [&](const Service& service) {
    return service.name == name && is_ours(service.labels, kRoleAgent, group);
  });
  return found == observed.services.end() ? nullptr : &*found;
}

const Service* earlier_agent_service(const Observed& observed, const Identity& identity,
                                     std::string_view group) {
  const auto age = [](const Service& service) {
    return std::pair(service.created_at, std::string_view(service.id));
  };
  const auto* const own = agent_service(observed, identity, group);
  const Service* first = own;
  for (const auto& service : observed.services) {
    if (!is_ours(service.labels, kRoleAgent, group)) continue;
    if (first == nullptr || age(service) < age(*first)) first = &service;
  }
  return first != own ? first : nullptr;
}

std::string own_image(const Identity& identity, const Service* agents) {
  const auto& same = identity.images;
  const bool keeps = agents != nullptr && std::ranges::find(same, agents->spec.image) != same.end();
  return keeps ? agents->spec.image : identity.image;
}

bool own_service_exists(const Observed& observed, const Identity& identity) {
  return identity.service_id.empty() ||
         std::ranges::find(observed.services, identity.service_id, &Service::id) != observed.services.end();
}

std::optional<plan::Plan> plan_of(const Observed& observed, const Service& service) {
  for (const auto& config : observed.configs) {
    if (std::ranges::find(service.spec.configs, config.id, &ObjectRef::id) == service.spec.configs.end())
      continue;
    if (auto plan = plan::from_json(config.data)) return *std::move(plan);
  }
  return std::nullopt;
}

std::vector<DeployedGroup> deployed_groups(const Observed& observed) {
  std::vector<DeployedGroup> groups;
  for (const auto& service : observed.services) {
    if (label(service.labels, kRoleLabel) != kRoleAgent) continue;
    groups.push_back({.name = std::string(label(service.labels, kGroupLabel)),
                      .service = &service,
                      .plan = plan_of(observed, service)});
  }
  std::ranges::sort(groups, {}, &DeployedGroup::name);
  return groups;
}

void expect(const std::shared_ptr<const plan::Plan>& planned, KnownPlans& known) {
  const auto found = std::ranges::find_if(
      known.others, [&](const OtherGroup& other) { return equal_fold(other.plan->group, planned->group); });
  if (found != known.others.end()) {
    found->plan = planned;
  } else {
    known.others.push_back({.plan = planned, .since = std::nullopt});
  }
}

DeployedPlans::DeployedPlans(const Observed& observed) : observed_(observed) {
  for (const auto& config : observed.configs) {
    if (label(config.labels, kRoleLabel) != kRolePlan) continue;
    if (auto plan = plan::from_json(config.data))
      by_config_.emplace(config.id, std::make_shared<const plan::Plan>(*std::move(plan)));
  }
}

std::shared_ptr<const plan::Plan> DeployedPlans::of(const TaskTemplate& spec) const {
  for (const auto& config : spec.configs) {
    if (const auto found = by_config_.find(config.id); found != by_config_.end()) return found->second;
  }
  return nullptr;
}

// By what its tasks were given, wanted or not: what is not known to have ended may still speak.
std::vector<LivingPlan> DeployedPlans::alive(const Service& service) const {
  std::map<const plan::Plan*, std::set<std::string>> nodes;
  for (const auto& task : observed_.tasks) {
    if (task.service_id != service.id || !may_act(task, observed_.at)) continue;
    const auto plan = of(task.spec);
    const auto* const member = plan != nullptr ? plan->member(task.node_id) : nullptr;
    if (member != nullptr && !member->standby) nodes[plan.get()].insert(task.node_id);
  }
  std::vector<LivingPlan> alive;
  alive.reserve(nodes.size());
  for (const auto& [plan, ids] : nodes) alive.push_back({.plan = *plan, .nodes = {ids.begin(), ids.end()}});
  std::ranges::sort(alive, {}, [](const LivingPlan& living) { return living.plan.generation; });
  return alive;
}

KnownPlans DeployedPlans::known_to(const Service* service, std::string_view group) const {
  KnownPlans known;
  if (service != nullptr) {
    known.since = service->created_at;
    known.alive = alive(*service);
    if (const auto plan = of(service->spec)) known.current = *plan;
  }
  for (const auto& config : observed_.configs) {
    if (!is_ours(config.labels, kRolePlan, group)) continue;
    const auto found = by_config_.find(config.id);
    if (found == by_config_.end()) continue;
    if (!known.newest || found->second->generation > known.newest->generation) known.newest = *found->second;
  }
  for (const auto& other : observed_.services) {
    if (label(other.labels, kRoleLabel) != kRoleAgent || is_ours(other.labels, kRoleAgent, group)) continue;
    if (auto plan = of(other.spec))
      known.others.push_back({.plan = std::move(plan), .since = other.created_at});
  }
  return known;
}

}  // namespace vip::swarm
