// `swarm-vip status`: who holds which address. On a manager of the whole Swarm, elsewhere of this host.
#pragma once

#include <cstdint>

#include "common/settings/settings.h"

namespace vip::swarm {

enum class StatusForm : std::uint8_t { table, json };

[[nodiscard]] int run_status(const settings::Environment& env, StatusForm form);

}  // namespace vip::swarm
