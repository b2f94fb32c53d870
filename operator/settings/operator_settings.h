// The operator's settings, read from its environment. All faults are found at once.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "common/settings/settings.h"
#include "common/sys/log.h"
#include "operator/core/plan.h"
#include "operator/core/problems.h"

namespace vip::swarm {

struct OperatorSettings {
  GroupSettings group;
  std::string password;  // version 2 only, at most 8 bytes; a secret
  std::string image;     // empty: the one we run from
  std::vector<std::string> agent_environment;
  Beside beside = Beside::refuse;
  std::chrono::milliseconds resync{30'000};
  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::text;
};

// Reads the file a *_FILE setting names.
using FileReader = std::function<Result<std::string>(const std::string& path)>;

// What is returned may be used only if the findings are ok.
[[nodiscard]] OperatorSettings read_operator_settings(const settings::Environment& env,
                                                      const FileReader& read_file,
                                                      settings::Findings& findings);

}  // namespace vip::swarm
