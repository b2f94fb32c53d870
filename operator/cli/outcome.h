// What the words of the command line say at their end.
#pragma once

#include <string>

#include "common/base/error.h"

namespace vip::swarm {

// A line, at once.
void say(const std::string& text);

// Says what failed; the exit status for it.
[[nodiscard]] int complain(const Error& error);

}  // namespace vip::swarm
