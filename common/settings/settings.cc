#include "common/settings/settings.h"

#include <utility>

#include <unistd.h>

#include "common/base/text.h"

namespace vip::settings {

Environment Environment::of_process() {
  Environment env;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view pair(*entry);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    env.values_.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return env;
}

void Environment::set(std::string_view name, std::string value, std::string called) {
  values_.insert_or_assign(std::string(name), std::move(value));
  called_.insert_or_assign(std::string(name), std::move(called));
}

Environment Environment::over(const Environment& other) const {
  Environment both = other;
  for (const auto& [name, value] : values_) {
    if (trim(value).empty() && other.has(name)) continue;
    both.values_.insert_or_assign(name, value);
    both.called_.insert_or_assign(name, called(name));
  }
  return both;
}

std::string Environment::called(std::string_view name) const {
  const auto found = called_.find(name);
  return found == called_.end() ? std::string(name) : found->second;
}

std::optional<std::string> Environment::find(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::string Environment::text(std::string_view name, std::string_view fallback) const {
  const auto found = values_.find(name);
  if (found == values_.end() || trim(found->second).empty()) return std::string(fallback);
  return std::string(trim(found->second));
}

void Findings::refuse(std::string_view name, std::string_view value, std::string_view allowed) {
  std::string text(name);
  text += ": '";
  text += value;
  text += "' is not allowed; ";
  text += allowed;
  error(std::move(text));
}

std::int64_t number(const Environment& env, std::string_view name, std::int64_t low, std::int64_t high,
                    std::int64_t fallback, Findings& findings) {
  const auto value = env.text(name);
  if (value.empty()) return fallback;
  const auto parsed = parse_number<std::int64_t>(value);
  if (parsed && *parsed >= low && *parsed <= high) return *parsed;
  findings.refuse(env.called(name), value,
                  "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  return fallback;
}

bool flag(const Environment& env, std::string_view name, bool fallback, Findings& findings) {
  const auto value = env.text(name);
  if (value.empty()) return fallback;
  const auto parsed = parse_flag(value);
  if (!parsed) findings.refuse(env.called(name), value, "true or false");
  return parsed.value_or(fallback);
}

std::chrono::milliseconds duration(const Environment& env, std::string_view name, const DurationRange& range,
                                   std::chrono::milliseconds fallback, Findings& findings) {
  const auto text = env.text(name);
  if (text.empty()) return fallback;
  const auto parsed = parse_duration(text);
  if (parsed && *parsed >= range.low && *parsed <= range.high) return *parsed;
  findings.refuse(env.called(name), text,
                  "a duration from " + duration_text(range.low) + " to " + duration_text(range.high) +
                      ", such as 500ms, 5s or 2m");
  return fallback;
}

std::string wire_password(std::string_view name, std::string password, Findings& findings) {
  constexpr std::size_t kWireBytes = 8;
  if (password.size() <= kWireBytes) return password;
  findings.warning(
      std::string(name) + ": " + std::to_string(password.size()) +
      " bytes, of which VRRP version 2 carries the first 8; the rest is cut, as keepalived does");
  password.resize(kWireBytes);
  return password;
}

}  // namespace vip::settings
