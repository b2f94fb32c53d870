// Settings as text from the process environment, and the faults found in them. Reading never stops at the
// first fault: a user sees all of them at once, each with the setting's name, its value and what is allowed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vip::settings {

// A snapshot of name=value pairs, each with the place where its user wrote it.
class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string, std::less<>> values) : values_(std::move(values)) {}
  static Environment of_process();

  // `called`: what its user knows it by.
  void set(std::string_view name, std::string value, std::string called);
  // All of this one, and of the other what this one does not say: "" says nothing but what to call it.
  [[nodiscard]] Environment over(const Environment& other) const;

  // Nothing when unset; "" when set but empty.
  [[nodiscard]] std::optional<std::string> find(std::string_view name) const;
  // The value, or the fallback when unset or empty.
  [[nodiscard]] std::string text(std::string_view name, std::string_view fallback = "") const;
  [[nodiscard]] bool has(std::string_view name) const { return !text(name).empty(); }
  // The name by which to speak of it: where it was written, else the variable that sets it.
  [[nodiscard]] std::string called(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& all() const { return values_; }

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::map<std::string, std::string, std::less<>> called_;  // of those whose name is not the variable's
};

// What was wrong (the program must not start: exit status 2) and what was merely odd (logged, and on we go).
class Findings {
 public:
  void error(std::string text) { errors_.push_back(std::move(text)); }
  void warning(std::string text) { warnings_.push_back(std::move(text)); }
  // "NAME: 'VALUE' is not allowed; ALLOWED"
  void refuse(std::string_view name, std::string_view value, std::string_view allowed);
  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
  [[nodiscard]] bool ok() const { return errors_.empty(); }

 private:
  std::vector<std::string> errors_;
  std::vector<std::string> warnings_;
};

// A whole number of [low, high]; the fallback when unset or empty, and after a fault.
[[nodiscard]] std::int64_t number(const Environment& env, std::string_view name, std::int64_t low,
                                  std::int64_t high, std::int64_t fallback, Findings& findings);
[[nodiscard]] bool flag(const Environment& env, std::string_view name, bool fallback, Findings& findings);
struct DurationRange {
  std::chrono::milliseconds low;
  std::chrono::milliseconds high;
};
// Such as 500ms, 5s or 2m.
[[nodiscard]] std::chrono::milliseconds duration(const Environment& env, std::string_view name,
                                                 const DurationRange& range,
                                                 std::chrono::milliseconds fallback, Findings& findings);

// VRRPv2's password is at most 8 bytes on the wire: what is longer is cut with a warning, as keepalived does.
[[nodiscard]] std::string wire_password(std::string_view name, std::string password, Findings& findings);

// The largest secret or plan that is read from a file.
inline constexpr std::size_t kFileSizeMax = 1U << 20U;

}  // namespace vip::settings
