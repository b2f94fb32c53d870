// `swarm-vip-agent status` and `healthcheck`: what the agents of this host say of themselves.
#pragma once

#include <chrono>

#include "common/cli/form.h"

namespace vip::vrrp {

// All give the program's exit status.
[[nodiscard]] int run_status(cli::Form form);
// Again and again until somebody ends it; agents may come and go.
[[nodiscard]] int watch_status(cli::Form form, std::chrono::milliseconds interval);
// Of this container's agents.
[[nodiscard]] int run_healthcheck();

}  // namespace vip::vrrp
