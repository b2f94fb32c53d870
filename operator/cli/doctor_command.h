// `swarm-vip doctor`: what is wrong, what that means and what to do, about the whole Swarm where this is a
// manager, and about this host by the agent's program. `swarm-vip explain`: why a node has the addresses of a
// group or has them not.
#pragma once

#include <string>
#include <vector>

#include "common/settings/settings.h"

namespace vip::swarm {

// Both take the words after their own. What doctor does not know goes to the host's half.
[[nodiscard]] int run_doctor(const settings::Environment& env, const std::vector<std::string>& words);
[[nodiscard]] int run_explain(const settings::Environment& env, const std::vector<std::string>& words);

}  // namespace vip::swarm
