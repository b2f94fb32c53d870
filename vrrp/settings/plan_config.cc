#include <algorithm>

#include "vrrp/settings/agent_config.h"

namespace vip::vrrp {

AgentConfig config_from_plan(const plan::Plan& plan, const std::string& node_id,
                             const std::string& password) {
  AgentConfig config{.managed = true,
                     .group = plan.group,
                     .node = node_id,
                     .generation = plan.generation,
                     .mark_name = plan.group,
                     .lease = plan.lease,
                     .source = std::nullopt,
                     .status_port = plan.status_port,
                     .routers = {}};
  const auto* const self = plan.member(node_id);
  if (self == nullptr) return config;
  config.source = self->address;
  std::vector<IpAddress> peers;
  for (const auto& member : plan.members) {
    if (member.id != node_id) peers.push_back(member.address);
  }
  for (const auto& router : plan.routers) {
    RouterSettings settings;
    settings.protocol = {
        .version = static_cast<Version>(plan.version),
        .vrid = router.vrid,
        .priority = self->priority,
        .advert_interval = plan.advert_interval,
        .preempt = plan.preempt,
        .preempt_delay = plan.preempt_delay,
        .start_wait = {},
        .auth_type = plan.auth.mode == plan::Auth::Mode::password ? AuthType::password : AuthType::none,
        .auth = auth_data(password),
        .source = self->address,
        .addresses = router.addresses};
    settings.rules = {.peers = peers, .listed_sources_only = true, .full_ttl_only = true};
    settings.interface_rule = self->interface.empty() ? plan.interface : self->interface;
    for (const auto& prefix : router.addresses)
      settings.addresses.push_back({.prefix = prefix, .interface = {}});
    config.routers.push_back(std::move(settings));
  }
  return config;
}

}  // namespace vip::vrrp
