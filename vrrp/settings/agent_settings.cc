#include "vrrp/settings/agent_settings.h"

#include <array>

namespace vip::vrrp {
namespace {

constexpr auto kSettings = std::to_array<AgentSetting>({
    {.name = "SWARM_VIP_PLAN", .what = "the plan document, as the operator gives it"},
    {.name = "SWARM_VIP_NODE_ID", .what = "our node's id in it"},
    {.name = "SWARM_VIP_TASK_ID", .what = "our task in the Swarm, as the operator gives it; not used"},
    {.name = "SWARM_VIP_CONFIG", .what = "a settings file: packaging/doc/agent-file.md, with a schema"},
    {.name = "SWARM_VIP_DIALECT",
     .what = "whose environment it is: auto (default), osixia, arcts, neoassist, shawly, none"},
    {.name = "SWARM_VIP_LEASE",
     .what = "how long an address outlives a dead agent: auto (default), off, 2s to 86400s"},
    {.name = "SWARM_VIP_REALTIME",
     .what = "auto (default): before other programs, where that is allowed; off"},
    {.name = "SWARM_VIP_LOG_LEVEL", .what = "trace, debug, info (default), warning, error"},
    {.name = "SWARM_VIP_LOG_FORMAT", .what = "text (default) or json"},
});

}  // namespace

std::span<const AgentSetting> agent_settings() {
  return kSettings;
}

}  // namespace vip::vrrp
