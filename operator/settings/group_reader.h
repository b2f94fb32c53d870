// The settings of one group, whatever they were written in.
#pragma once

#include <string>

#include "common/settings/settings.h"
#include "operator/core/plan.h"
#include "operator/settings/secret_file.h"

namespace vip::swarm {

struct ConfiguredGroup {
  GroupSettings settings;
  std::string password;       // version 2 only, at most 8 bytes; a secret
  std::string key;            // version 3 only, one that the operator did not make; a secret
  bool holder_label = false;  // the nodes that have the addresses get a label
  friend bool operator==(const ConfiguredGroup&, const ConfiguredGroup&) = default;
};

// What is returned may be used only if no error was added.
[[nodiscard]] ConfiguredGroup read_group(const settings::Environment& env, const FileReader& read_file,
                                         settings::Findings& findings);

}  // namespace vip::swarm
