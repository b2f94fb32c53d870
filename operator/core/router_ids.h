// Virtual router ids of a group: given by its settings, or such that nobody else on the LAN has them.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "operator/core/plan.h"

namespace vip::swarm {

// One id for each of `keys`, the first address of each router. Those that are allocated stay what they are as
// long as no group before us in the alphabet has them. Nothing when all 255 are taken on these members'
// nodes.
[[nodiscard]] std::optional<std::vector<Vrid>> router_ids(const GroupSettings& settings,
                                                          const std::vector<IpAddress>& keys,
                                                          const KnownPlans& known,
                                                          const std::set<std::string>& member_ids);

}  // namespace vip::swarm
