// Which known name a mistyped one was meant to be.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace vip::settings {

// How many letters to insert, drop or change.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The one of the names, of which there is at least one, that looks most like the text.
template <typename Names>
[[nodiscard]] std::string_view nearest(std::string_view text, const Names& names) {
  return *std::ranges::min_element(names, {},
                                   [text](std::string_view known) { return edit_distance(text, known); });
}

}  // namespace vip::settings
