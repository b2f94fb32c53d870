// `swarm-vip doctor`: what is wrong, what that means and what to do, about the whole Swarm where this is a
// manager, and about this host by the agent's program. `swarm-vip explain`: why a node has the addresses of a
// group or has them not.
#pragma once

#include <string>
#include <vector>

#include "common/cli/form.h"
#include "common/settings/settings.h"

namespace vip::swarm {

// `words`: all that stood behind doctor, for the host's half.
[[nodiscard]] int run_doctor(const settings::Environment& env, cli::Form form,
                             const std::vector<std::string>& words);
// Of all groups where none is named, of all its nodes where none is.
[[nodiscard]] int run_explain(const settings::Environment& env, const std::string& group_name,
                              const std::string& node_name);

}  // namespace vip::swarm
