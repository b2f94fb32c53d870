// Moments as Docker and the agents write them, "2026-11-21T05:47:55.123456789Z".
#pragma once

#include <string_view>

#include "operator/core/model.h"

namespace vip::swarm {

// The epoch for what is no such text, among it Docker's "0001-01-01T00:00:00Z" for never.
[[nodiscard]] WallTime parse_wall_time(std::string_view text);

}  // namespace vip::swarm
