#include "common/cli/screen.h"

#include <algorithm>
#include <vector>

namespace vip::cli {
namespace {

constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kClearLine = "\x1b[K";
constexpr std::string_view kClearBelow = "\x1b[J";

bool begins_letter(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
}

// How many bytes the first `columns` letters have.
std::size_t length_of(std::string_view line, std::size_t columns) {
  std::size_t letters = 0;
  std::size_t i = 0;
  for (; i < line.size(); ++i) {
    if (begins_letter(line[i]) && ++letters > columns) break;
  }
  return i;
}

std::vector<std::string_view> rows_of(std::string_view line, std::size_t columns) {
  std::vector<std::string_view> rows;
  do {
    const auto length = length_of(line, columns);
    rows.push_back(line.substr(0, length));
    line.remove_prefix(length);
  } while (!line.empty());
  return rows;
}

}  // namespace

std::string redrawn(std::string_view text, const Screen& screen) {
  const auto columns = std::max<std::size_t>(screen.columns, 1);
  const auto rows_max = std::max<std::size_t>(screen.rows, 3) - 1;  // the cursor has the last one
  std::vector<std::string_view> rows;
  std::size_t lines_left_out = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto of_line = rows_of(text.substr(0, end), columns);
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool is_last = text.empty();
    const bool fits = lines_left_out == 0 && rows.size() + of_line.size() <= rows_max - (is_last ? 0 : 1);
    if (fits) {
      rows.insert(rows.end(), of_line.begin(), of_line.end());
    } else {
      ++lines_left_out;
    }
  }
  std::string drawn(kHome);
  for (const auto row : rows) drawn.append(kClearLine).append(row).append("\n");
  if (lines_left_out > 0) {
    const auto more = "... " + std::to_string(lines_left_out) + " more lines";
    drawn.append(kClearLine).append(more.substr(0, columns)).append("\n");
  }
  return drawn.append(kClearBelow);
}

}  // namespace vip::cli
