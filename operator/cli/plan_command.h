// `swarm-vip plan`: what the operator would do with these settings and labels, and why. Changes nothing.
#pragma once

#include "common/settings/settings.h"

namespace vip::swarm {

[[nodiscard]] int run_plan(const settings::Environment& env);

}  // namespace vip::swarm
