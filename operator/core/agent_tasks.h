// The tasks of a group's service on one node. Pure; what is returned points into what was observed.
#pragma once

#include <string_view>
#include <vector>

#include "operator/core/model.h"

namespace vip::swarm {

[[nodiscard]] std::vector<const Task*> tasks_newest_first(const Observed& observed,
                                                          std::string_view service_id,
                                                          std::string_view node_id);

// The newest failure that no later success has made history, or nothing.
[[nodiscard]] const Task* current_failure(const std::vector<const Task*>& newest_first);

}  // namespace vip::swarm
