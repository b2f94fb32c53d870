// The names of settings: a mistyped one must not pass in silence.
#pragma once

#include "common/settings/settings.h"

namespace vip::swarm {

// Adds a warning for each KEEPALIVED_* and SWARM_VIP_* name that is set and nobody reads, with the nearest
// one that is read.
void warn_of_unknown_names(const settings::Environment& env, settings::Findings& findings);

}  // namespace vip::swarm
