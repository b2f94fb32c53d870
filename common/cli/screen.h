// How a text is drawn over the one before it on a terminal, without a flicker: nothing is cleared that is
// written anew. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vip::cli {

struct Screen {
  std::size_t rows = 24;
  std::size_t columns = 80;
};

// The text's lines from the screen's upper left corner on, long ones in several rows; what does not fit is
// counted in the last row. The cursor is left below. `text`: UTF-8, without control characters but newlines.
[[nodiscard]] std::string redrawn(std::string_view text, const Screen& screen);

inline constexpr std::string_view kClearScreen = "\x1b[2J";

}  // namespace vip::cli
