// The words of `swarm-vip`, as data: what help, completion and man page say, and what the command line takes.
#pragma once

#include "common/cli/description.h"

namespace vip::swarm {

[[nodiscard]] const cli::Program& program();

}  // namespace vip::swarm
