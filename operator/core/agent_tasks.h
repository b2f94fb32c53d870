// The tasks of a group's service on one node. Pure; what is returned points into what was observed.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "operator/core/model.h"

namespace vip::swarm {

[[nodiscard]] std::vector<const Task*> tasks_newest_first(const Observed& observed,
                                                          std::string_view service_id,
                                                          std::string_view node_id);

// The same for all nodes, by the node's id: where many nodes are asked for.
[[nodiscard]] std::map<std::string_view, std::vector<const Task*>> tasks_by_node(const Observed& observed,
                                                                                 std::string_view service_id);

// The newest failure that no later success has made history, or nothing.
[[nodiscard]] const Task* current_failure(const std::vector<const Task*>& newest_first);

}  // namespace vip::swarm
