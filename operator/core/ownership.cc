#include "operator/core/ownership.h"

#include "operator/core/names.h"

namespace vip::swarm {

const Service* agent_service(const Observed& observed, const Identity& identity, std::string_view group) {
  const auto name = service_name(identity.stack, group);
  const auto found = std::ranges::find_if(observed.services, [&](const Service& service) {
    return service.name == name && is_ours(service.labels, kRoleAgent, group);
  });
  return found == observed.services.end() ? nullptr : &*found;
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

KnownPlans known_plans(const Observed& observed, const Service* service, std::string_view group) {
  KnownPlans known;
  if (service != nullptr) known.current = plan_of(observed, *service);
  for (const auto& config : observed.configs) {
    if (!is_ours(config.labels, kRolePlan, group)) continue;
    auto plan = plan::from_json(config.data);
    if (!plan) continue;
    if (!known.newest || plan->generation > known.newest->generation) known.newest = *std::move(plan);
  }
  for (const auto& other : observed.services) {
    const bool foreign =
        label(other.labels, kRoleLabel) == kRoleAgent && !is_ours(other.labels, kRoleAgent, group);
    if (auto plan = foreign ? plan_of(observed, other) : std::nullopt)
      known.others.push_back(*std::move(plan));
  }
  return known;
}

}  // namespace vip::swarm
