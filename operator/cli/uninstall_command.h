// `swarm-vip uninstall`: all that operators made, and the operators, go away.
#pragma once

#include <chrono>
#include <cstdint>

#include "common/settings/settings.h"

namespace vip::swarm {

// Whether it is done or only said.
enum class Uninstalling : std::uint8_t { say, act };

// Exit status 0 also when nothing was there. `timeout`: for the operators and the agents to end, each.
[[nodiscard]] int run_uninstall(const settings::Environment& env, Uninstalling what,
                                std::chrono::milliseconds timeout);

}  // namespace vip::swarm
