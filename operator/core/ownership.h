// Which of the Swarm's objects are ours: by label, never by name alone.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
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

// The first service of another operator that acts for the group, if it was there before ours, or nothing. Two
// operators that look in the same instant both find none and both make one; the Swarm knows whose came first.
[[nodiscard]] const Service* earlier_agent_service(const Observed& observed, const Identity& identity,
                                                   std::string_view group);

// The image that agents run where the settings name none: ours. One that the service has under another name
// stays, or two operators on two managers would give it now one name and now the other.
[[nodiscard]] std::string own_image(const Identity& identity, const Service* agents);

// Whether the service that runs us is still there; true when we do not run as one.
[[nodiscard]] bool own_service_exists(const Observed& observed, const Identity& identity);

// The plan an agent service refers to.
[[nodiscard]] std::optional<plan::Plan> plan_of(const Observed& observed, const Service& service);

// A group as the Swarm has it.
struct DeployedGroup {
  std::string name;
  const Service* service = nullptr;  // of what was observed
  std::optional<plan::Plan> plan;    // nothing: none that can be read
};
// All that have an agent service, by name.
[[nodiscard]] std::vector<DeployedGroup> deployed_groups(const Observed& observed);

// Groups see each other as they will be after this round: what is planned for another group takes the place
// of what it has deployed.
void expect(const std::shared_ptr<const plan::Plan>& planned, KnownPlans& known);

// All plans of what was observed, each read once; one that cannot be read is as if it were not there.
class DeployedPlans {
 public:
  explicit DeployedPlans(const Observed& observed);

  // What a group's planner knows of itself and of the others.
  [[nodiscard]] KnownPlans known_to(const Service* service, std::string_view group) const;

 private:
  [[nodiscard]] std::shared_ptr<const plan::Plan> of(const TaskTemplate& spec) const;
  [[nodiscard]] std::vector<LivingPlan> alive(const Service& service) const;

  const Observed& observed_;
  std::map<std::string, std::shared_ptr<const plan::Plan>, std::less<>> by_config_;  // by the config's id
};

}  // namespace vip::swarm
