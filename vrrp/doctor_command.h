// `swarm-vip-agent doctor`: what is wrong with this host, what that means and what to do. It reads, listens
// and judges (vrrp/doctor/diagnosis.h), changes nothing, and leaves agents that run here to their work.
#pragma once

#include <functional>
#include <string>

#include "common/base/error.h"
#include "common/cli/command_line.h"
#include "common/settings/settings.h"
#include "vrrp/settings/agent_config.h"

namespace vip::vrrp {

// The settings as a start would read them: from a plan (empty: as the environment says) or from a dialect.
using ConfigReader =
    std::function<Result<AgentConfig>(const std::string& plan_file, const std::string& node,
                                      const settings::Environment& env, settings::Findings& findings)>;

// Gives the program's exit status.
[[nodiscard]] int run_doctor(const cli::Words& words, const ConfigReader& read_config);

}  // namespace vip::vrrp
