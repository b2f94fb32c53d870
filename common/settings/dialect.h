// Whose environment this is: which keepalived image it was written for. All of them have variables of the
// same names with other defaults, so the dialect is decided first, by names that only one of them knows.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/settings/settings.h"

namespace vip::settings {

enum class Dialect : std::uint8_t {
  none,       // of nobody
  osixia,     // osixia/keepalived, 1.x to 2.1.5 and its rewrite 2.3.4
  arcts,      // arcts/keepalived
  neoassist,  // NeoAssist/docker-keepalived
  shawly,     // shawly/docker-keepalived: NeoAssist's with a prefix
};
[[nodiscard]] std::string_view name(Dialect dialect);

// The variable that says it, and what it may be.
inline constexpr std::string_view kDialectVariable = "SWARM_VIP_DIALECT";
inline constexpr std::string_view kDialectsAllowed = "auto, osixia, arcts, neoassist, shawly or none";

// By the names that are set, the first that fits: a name that only arcts has; shawly; osixia; NeoAssist; and
// then by what says less.
[[nodiscard]] Dialect detect_dialect(const Environment& env);

// As SWARM_VIP_DIALECT says, else as detected. A wrong value is a fault.
[[nodiscard]] Dialect dialect_of(const Environment& env, Findings& findings);

// NAME_0, NAME_1, ... that are set and not empty, in the order of their numbers.
[[nodiscard]] std::vector<std::string> numbered_names(const Environment& env, std::string_view name);

// What people write behind an image's name for osixia's start program, which has no counterpart here: how
// many of the words from the first on are such an option with its value. 0: it is none.
[[nodiscard]] std::size_t image_option_length(const std::vector<std::string>& words, std::size_t first);

}  // namespace vip::settings
