// `swarm-vip names WHAT`: what a shell may complete, a name in each line. Says nothing of what goes wrong,
// because nobody has asked for it.
#pragma once

#include <string>

#include "common/settings/settings.h"

namespace vip::swarm {

// `what`: "nodes" or "groups", which are those that are deployed.
[[nodiscard]] int run_names(const settings::Environment& env, const std::string& what);

}  // namespace vip::swarm
