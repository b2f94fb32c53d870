// The operator's settings. Each says what the first of these says about it: a variable of the environment,
// the group's object in the file that SWARM_VIP_CONFIG names, the file's defaults, the program's default.
// With KEEPALIVED_GROUP the variables of a group are about that group alone, in the file or not; without it
// they are about every group of the file. All faults are found at once.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/settings/settings.h"
#include "common/sys/log.h"
#include "operator/core/problems.h"
#include "operator/core/registry.h"
#include "operator/page/place.h"
#include "operator/settings/group_reader.h"
#include "operator/webhook/target.h"

namespace vip::swarm {

struct OperatorSettings {
  std::vector<ConfiguredGroup> groups;  // by name
  std::string image;                    // empty: the one we run from
  std::vector<RegistryLogin> logins;    // where images come from; secret
  WebhookTarget webhook;                // who is told of events; without a URL nobody
  PagePlace page;                       // where the page is, if it is on
  std::vector<std::string> agent_environment;
  Beside beside = Beside::refuse;
  bool dry_run = false;  // say what would be done, and do nothing
  std::chrono::milliseconds resync{30'000};
  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::text;
  friend bool operator==(const OperatorSettings&, const OperatorSettings&) = default;
};

// What is returned may be used only if the findings are ok.
[[nodiscard]] OperatorSettings read_operator_settings(const settings::Environment& env,
                                                      const FileReader& read_file,
                                                      settings::Findings& findings);

}  // namespace vip::swarm
