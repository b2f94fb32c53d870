// `swarm-vip status`: who holds which address. On a manager of the whole Swarm, elsewhere of this host.
#pragma once

#include <chrono>

#include "common/cli/form.h"
#include "common/settings/settings.h"

namespace vip::swarm {

[[nodiscard]] int run_status(const settings::Environment& env, cli::Form form);
// Again and again until somebody ends it; managers that do not answer for a while do not.
[[nodiscard]] int watch_status(const settings::Environment& env, cli::Form form,
                               std::chrono::milliseconds interval);

}  // namespace vip::swarm
