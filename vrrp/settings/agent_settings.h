// The agent's own variables, whatever else its environment is of, with a line on each.
#pragma once

#include <span>
#include <string_view>

namespace vip::vrrp {

struct AgentSetting {
  std::string_view name;
  std::string_view what;
};

[[nodiscard]] std::span<const AgentSetting> agent_settings();

}  // namespace vip::vrrp
