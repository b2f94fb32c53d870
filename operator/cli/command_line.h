// The words of the command line and what they start.
#pragma once

#include <span>

#include "common/settings/settings.h"

namespace vip::swarm {

// The exit status of the program.
[[nodiscard]] int run_command_line(std::span<char*> arguments, const settings::Environment& env);

}  // namespace vip::swarm
