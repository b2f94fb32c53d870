#include "vrrp/settings/agent_settings.h"

#include <array>

#include "common/base/text.h"

namespace vip::vrrp {
namespace {

constexpr std::string_view kListen = "SWARM_VIP_LISTEN";

constexpr auto kSettings = std::to_array<AgentSetting>({
    {.name = "SWARM_VIP_PLAN", .what = "the plan document, as the operator gives it"},
    {.name = "SWARM_VIP_NODE_ID", .what = "our node's id in it"},
    {.name = "SWARM_VIP_TASK_ID", .what = "our task in the Swarm, as the operator gives it; not used"},
    {.name = "SWARM_VIP_CONFIG", .what = "a settings file: packaging/doc/agent-file.md, with a schema"},
    {.name = "SWARM_VIP_DIALECT",
     .what = "whose environment it is: auto (default), osixia, arcts, neoassist, shawly, none"},
    {.name = "SWARM_VIP_LEASE",
     .what = "how long an address outlives a dead agent: auto (default), off, 2s to 86400s"},
    {.name = kListen,
     .what = "ADDRESS:PORT at which /status, /metrics and /healthz are served; off (default): locally only"},
    {.name = "SWARM_VIP_REALTIME",
     .what = "auto (default): before other programs, where that is allowed; off"},
    {.name = "SWARM_VIP_LOG_LEVEL", .what = "trace, debug, info (default), warning, error"},
    {.name = "SWARM_VIP_LOG_FORMAT", .what = "text (default) or json"},
});

}  // namespace

std::span<const AgentSetting> agent_settings() {
  return kSettings;
}

void read_listen(const settings::Environment& env, std::optional<settings::ListenPlace>& place,
                 settings::Findings& findings) {
  if (!env.has(kListen)) return;
  const auto said = env.text(kListen);
  place = settings::parse_listen_place(said);
  if (!place && !equal_fold(said, "off"))
    findings.refuse(kListen, said, "ADDRESS:PORT, such as 192.0.2.11:9112 or [2001:db8::11]:9112, or off");
}

}  // namespace vip::vrrp
