// A program's description as a man page of section 8, in roff with the macros of man(7). Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/cli/description.h"

namespace vip::cli {

// Without a date, so that the same source gives the same page.
[[nodiscard]] std::string man_page(const Program& program, std::string_view version);

// Text as roff shall print it, letter by letter. Lines that begin with a control character of roff do not
// command anything.
[[nodiscard]] std::string roff(std::string_view text);

}  // namespace vip::cli
