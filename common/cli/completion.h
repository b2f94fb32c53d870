// What shells complete of a program's words, options and choices, as a script for each shell. Names of nodes
// and groups are asked of the program itself, by its hidden word `names`. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "common/cli/description.h"

namespace vip::cli {

inline constexpr std::array<std::string_view, 3> kShells{"bash", "zsh", "fish"};

// The script for one of kShells; empty for any other.
[[nodiscard]] std::string completion(const Program& program, std::string_view shell);

}  // namespace vip::cli
