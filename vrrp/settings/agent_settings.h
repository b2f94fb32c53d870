// The agent's own variables, whatever else its environment is of, with a line on each.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "common/settings/listen_place.h"
#include "common/settings/settings.h"

namespace vip::vrrp {

struct AgentSetting {
  std::string_view name;
  std::string_view what;
};

[[nodiscard]] std::span<const AgentSetting> agent_settings();

// SWARM_VIP_LISTEN: where the status is served, beside the local socket. Unset: `place` stays as it is.
void read_listen(const settings::Environment& env, std::optional<settings::ListenPlace>& place,
                 settings::Findings& findings);

}  // namespace vip::vrrp
