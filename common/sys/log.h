// The log: one line per event on standard output, key=value by default, JSON on request. Only loops, mains
// and reconcilers write to it, from any thread; libraries return errors. A secret is never a field.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace vip::log {

enum class Level : std::uint8_t { trace, debug, info, warning, error };
enum class Format : std::uint8_t { text, json };

struct Field {
  std::string_view key;
  std::string value;
};
using Fields = std::initializer_list<Field>;

std::optional<Level> parse_level(std::string_view name);
std::optional<Format> parse_format(std::string_view name);

// To be called once, before the first line. Without it: text at level info.
// In a forked process: the lines that the parent has not got rid of yet are its own.
void forget_pending();
void setup(Level level, Format format);

// `event` is the line's stable id, e.g. "state"; see the README's table.
void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields) {
  write(Level::info, event, fields);
}
inline void warning(std::string_view event, Fields fields) {
  write(Level::warning, event, fields);
}
inline void error(std::string_view event, Fields fields) {
  write(Level::error, event, fields);
}

}  // namespace vip::log
