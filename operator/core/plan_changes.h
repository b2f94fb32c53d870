// What a new plan changes, in words.
#pragma once

#include <string>
#include <vector>

#include "common/plan/plan.h"

namespace vip::swarm {

// One sentence each: "member n3 joins with priority 92".
[[nodiscard]] std::vector<std::string> plan_changes(const plan::Plan& before, const plan::Plan& after);

}  // namespace vip::swarm
