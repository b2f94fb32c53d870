// The settings of one group, whatever they were written in.
#pragma once

#include <functional>
#include <string>

#include "common/settings/settings.h"
#include "operator/core/plan.h"

namespace vip::swarm {

struct ConfiguredGroup {
  GroupSettings settings;
  std::string password;  // version 2 only, at most 8 bytes; a secret
  std::string key;       // version 3 only, one that the operator did not make; a secret
  friend bool operator==(const ConfiguredGroup&, const ConfiguredGroup&) = default;
};

// Reads the file a *_FILE setting names.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

// What is returned may be used only if no error was added.
[[nodiscard]] ConfiguredGroup read_group(const settings::Environment& env, const FileReader& read_file,
                                         settings::Findings& findings);

}  // namespace vip::swarm
