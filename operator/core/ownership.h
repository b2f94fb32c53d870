// Which of the Swarm's objects are ours: by label, never by name alone.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/text.h"
#include "operator/core/model.h"
#include "operator/core/plan.h"

namespace vip::swarm {

[[nodiscard]] inline bool is_ours(const Labels& labels, std::string_view role, std::string_view group) {
  return label(labels, kRoleLabel) == role && equal_fold(label(labels, kGroupLabel), group);
}

// The group's agent service under the name it has with this identity, or nothing.
[[nodiscard]] const Service* agent_service(const Observed& observed, const Identity& identity,
                                           std::string_view group);

// Whether the service that runs us is still there; true when we do not run as one.
[[nodiscard]] bool own_service_exists(const Observed& observed, const Identity& identity);

// What is deployed already, for this group and for others; a plan that cannot be read is as if it were not
// there.
[[nodiscard]] KnownPlans known_plans(const Observed& observed, const Service* service,
                                     std::string_view group);

// The plan an agent service refers to.
[[nodiscard]] std::optional<plan::Plan> plan_of(const Observed& observed, const Service& service);

}  // namespace vip::swarm
