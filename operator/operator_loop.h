// The operator as a program: starts, looks at the Swarm whenever there is a reason to, and ends on a signal.
// SIGTERM and SIGINT end it, SIGHUP reads the settings again and looks at once, SIGUSR1 writes the state to
// the log.
#pragma once

#include "common/settings/settings.h"

namespace vip::swarm {

// Runs until told to stop. The exit status: 0 stopped, 1 failed, 2 wrong settings.
[[nodiscard]] int run_operator(const settings::Environment& env);

}  // namespace vip::swarm
