#include "common/settings/dialect.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/text.h"

namespace vip::settings {
namespace {

constexpr auto kAll =
    std::to_array({Dialect::none, Dialect::osixia, Dialect::arcts, Dialect::neoassist, Dialect::shawly});

// Names that are one dialect's alone, and those that are typical of it.
constexpr auto kShawly = std::to_array<std::string_view>({"KEEPALIVED_VIRTUAL_IP", "KEEPALIVED_VRID"});
constexpr auto kLikeArcts = std::to_array<std::string_view>(
    {"KEEPALIVED_VIRTUAL_ROUTER_ID", "KEEPALIVED_UNICAST_SRC_IP", "KEEPALIVED_TRACK_INTERFACE"});
constexpr auto kLikeOsixia =
    std::to_array<std::string_view>({"KEEPALIVED_UNICAST_PEERS", "KEEPALIVED_ROUTER_ID",
                                     "KEEPALIVED_PASSWORD", "KEEPALIVED_NOTIFY", "KEEPALIVED_NOTIFY_SCRIPT"});

// Of osixia's start program, its first and its second writing: alone, and with a value.
constexpr auto kImageFlags = std::to_array<std::string_view>(
    {"-e", "--skip-env-files", "-s", "--skip-startup-files", "-p", "--skip-process-files", "-f",
     "--skip-finish-files", "-k", "--no-kill-all-on-exit", "--keep-startup-env", "--copy-service",
     "--dont-touch-etc-hosts", "--keepalive", "--keepalive-force"});
constexpr auto kImageOptions = std::to_array<std::string_view>(
    {"-l", "--loglevel", "-o", "--run-only", "--wait-state", "--wait-first-startup"});

bool has_any(const Environment& env, const auto& names) {
  return std::ranges::any_of(names, [&](std::string_view name) { return env.has(name); });
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::string_view name(Dialect dialect) {
  switch (dialect) {
    case Dialect::osixia:
      return "osixia";
    case Dialect::arcts:
      return "arcts";
    case Dialect::neoassist:
      return "neoassist";
    case Dialect::shawly:
      return "shawly";
    case Dialect::none:
      break;
  }
  return "none";
}

Dialect detect_dialect(const Environment& env) {
  const auto numbered = [&env](std::string_view name) { return !numbered_names(env, name).empty(); };
  if (env.has("KEEPALIVED_AUTOCONF") || numbered("KEEPALIVED_VIRTUAL_IPADDRESS") ||
      numbered("KEEPALIVED_VIRTUAL_IPADDRESS_EXCLUDED")) {
    return Dialect::arcts;
  }
  if (has_any(env, kShawly)) return Dialect::shawly;
  if (env.has("KEEPALIVED_VIRTUAL_IPS")) return Dialect::osixia;
  if (env.has("VIRTUAL_IP") && env.has("VRID")) return Dialect::neoassist;
  if (has_any(env, kLikeArcts) || numbered("KEEPALIVED_UNICAST_PEER") ||
      numbered("KEEPALIVED_TRACK_INTERFACE")) {
    return Dialect::arcts;
  }
  if (has_any(env, kLikeOsixia)) return Dialect::osixia;
  return env.has("VIRTUAL_IP") || env.has("VRID") ? Dialect::neoassist : Dialect::none;
}

Dialect dialect_of(const Environment& env, Findings& findings) {
  const auto text = env.text(kDialectVariable, "auto");
  if (equal_fold(text, "auto")) return detect_dialect(env);
  const auto* const named =
      std::ranges::find_if(kAll, [&](Dialect dialect) { return equal_fold(text, name(dialect)); });
  if (named != kAll.end()) return *named;
  findings.refuse(kDialectVariable, text, kDialectsAllowed);
  return Dialect::none;
}

std::vector<std::string> numbered_names(const Environment& env, std::string_view name) {
  std::vector<std::string> names;
  for (const auto& entry : env.all()) {
    const std::string_view text = entry.first;
    const bool numbered = text.size() > name.size() && text.starts_with(name) && text[name.size()] == '_' &&
                          is_number(text.substr(name.size() + 1));
    if (numbered && env.has(text)) names.emplace_back(text);
  }
  // Of two with the same number ("_1" and "_01") the shorter one first.
  const auto number = [&](const std::string& text) {
    const auto digits = std::string_view(text).substr(name.size() + 1);
    const auto significant = digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
    return std::pair(significant.size(), significant);
  };
  std::ranges::stable_sort(names, [&](const auto& a, const auto& b) {
    return std::pair(number(a), a.size()) < std::pair(number(b), b.size());
  });
  return names;
}

std::size_t image_option_length(const std::vector<std::string>& words, std::size_t first) {
  const std::string_view word = words.at(first);
  if (std::ranges::find(kImageFlags, word) != kImageFlags.end()) return 1;
  const auto option = word.substr(0, word.find('='));
  if (std::ranges::find(kImageOptions, option) == kImageOptions.end()) return 0;
  return option.size() == word.size() && first + 1 < words.size() ? 2 : 1;
}

}  // namespace vip::settings
