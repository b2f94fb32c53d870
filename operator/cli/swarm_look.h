// One look at the whole Swarm, for the commands that tell people of it: what is deployed, what is wrong with
// it, and what each agent says now. Changes nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/settings/settings.h"
#include "operator/core/diagnosis.h"
#include "operator/core/model.h"
#include "operator/docker/swarm_api.h"
#include "operator/settings/operator_settings.h"

namespace vip::swarm {

struct SwarmLook {
  Observed observed;
  WallTime asked_at;                       // when the agents answered
  std::vector<GroupFacts> groups;          // as the Swarm and the settings have them, by name
  std::vector<OperatorService> operators;  // where they were asked for
  std::vector<std::string> forbidden;
};

// In the operator's own container the settings say what the groups should be, so labels can be judged. Empty
// elsewhere, and where they are wrong.
[[nodiscard]] OperatorSettings own_settings(const settings::Environment& env);
// Whether the environment is an operator's.
[[nodiscard]] bool has_operator_settings(const settings::Environment& env);

enum class Extent : std::uint8_t { groups, operators_too };

// While `stop_fd` (or -1) is readable, the Swarm is not asked any more. Errors: as of connect_to_manager(),
// and whatever kept us from seeing everything.
[[nodiscard]] Result<SwarmLook> look_at_swarm(const settings::Environment& env, OperatorSettings settings,
                                              Extent extent = Extent::groups, int stop_fd = -1);

}  // namespace vip::swarm
