// The checks of a group or an agent as settings say them: SWARM_VIP_CHECKS, and SWARM_VIP_CHECK_INTERVAL,
// _TIMEOUT, _RISE, _FALL and _WEIGHT for those that do not say their own.
#pragma once

#include <vector>

#include "common/base/check_settings.h"
#include "common/settings/settings.h"

namespace vip::settings {

[[nodiscard]] std::vector<CheckSettings> read_checks(const Environment& env, Findings& findings);

}  // namespace vip::settings
