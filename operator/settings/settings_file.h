// The settings file: one JSON object, comments allowed, in which groups are objects of a list. It says the
// same as the environment does, by other names (setting_names.h), so it is read into environments.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/settings/settings.h"

namespace vip::swarm {

struct SettingsFile {
  settings::Environment program;
  settings::Environment defaults;             // of all groups
  std::vector<settings::Environment> groups;  // in the file's order, without the defaults
};

// `path` is for messages. What is returned may be used only if no error was added: a text that is no JSON, a
// key that does not exist or stands twice, a value of a wrong kind.
[[nodiscard]] SettingsFile read_settings_file(std::string_view text, const std::string& path,
                                              settings::Findings& findings);

}  // namespace vip::swarm
