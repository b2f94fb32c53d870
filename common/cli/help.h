// What --help says, of a program and of each of its words. Pure.
#pragma once

#include <string>

#include "common/cli/description.h"

namespace vip::cli {

[[nodiscard]] std::string program_help(const Program& program);
[[nodiscard]] std::string word_help(const Program& program, const Word& word);

// "swarm-vip drain NODE [--no-wait] [--timeout TIME]"
[[nodiscard]] std::string usage(const Program& program, const Word& word);
// "--timeout TIME", "--watch [INTERVAL]"
[[nodiscard]] std::string shown(const Option& option);

}  // namespace vip::cli
