// The operator's settings by their two names, as a variable of the environment and as a key of the settings
// file, with a line on each: a mistyped one must not pass in silence, and none goes without a word in the
// help.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/settings/settings.h"

namespace vip::swarm {

// Whom a setting is about.
enum class Scope : std::uint8_t {
  program,  // the operator and all that it deploys
  group,
  none,  // not read by the operator, but no mistake either
};

struct SettingName {
  std::string_view variable;
  std::string_view key;  // empty: not in the file
  Scope scope = Scope::none;
  std::string_view what;  // in one line, for help and man page
};

[[nodiscard]] std::span<const SettingName> setting_names();

// The variable of a key, empty when there is none of that scope.
[[nodiscard]] std::string_view variable_of(std::string_view key, Scope scope);
// The key of that scope that looks most like the text.
[[nodiscard]] std::string_view nearest_key(std::string_view text, Scope scope);

// Adds a warning for each KEEPALIVED_* and SWARM_VIP_* name that is set and nobody reads, with the nearest
// one that is read.
void warn_of_unknown_names(const settings::Environment& env, settings::Findings& findings);

}  // namespace vip::swarm
