#include <algorithm>

#include "common/base/text.h"
#include "vrrp/settings/agent_config.h"

namespace vip::vrrp {
namespace {

// The slowest interval that is common.
constexpr Duration kSlowInterval = std::chrono::seconds(1);

AuthMode auth_mode(plan::Auth::Mode mode) {
  switch (mode) {
    case plan::Auth::Mode::hmac_receive_only:
      return AuthMode::receive_only;
    case plan::Auth::Mode::hmac_permissive:
      return AuthMode::permissive;
    case plan::Auth::Mode::hmac:
      return AuthMode::enforce;
    case plan::Auth::Mode::none:
    case plan::Auth::Mode::password:
      break;
  }
  return AuthMode::off;
}

// Over IPv6 a member speaks from its IPv6 address, or, with multicast, from the interface's link-local one;
// over IPv4 multicast from the interface's primary one.
std::optional<IpAddress> source_of(const plan::Plan& plan, const plan::Member& member, Family family) {
  if (plan.transport == plan::Transport::multicast) return std::nullopt;
  return member.address_of(family);
}

// P23: who listens by its own short interval beside an active router with a longer one would take over. With
// a key it is the most: once all peers have answered a hello, three of our own intervals do.
Duration start_wait(const plan::Plan& plan, const RouterSettings& settings) {
  if (plan.start_wait) return *plan.start_wait;
  const bool alone = settings.transport == Transport::unicast && plan.members.size() < 2;
  if (alone || plan.version == 2) return Duration::zero();
  const auto& protocol = settings.protocol;
  // With its skew: of several that start together the best comes first.
  return active_down_interval(protocol.version, protocol.priority,
                              std::max(protocol.advert_interval, kSlowInterval));
}

RouterSettings router_settings(const plan::Plan& plan, const plan::Member& self, const plan::Router& router) {
  RouterSettings settings;
  const auto family = router.family();
  settings.protocol = {.version = static_cast<Version>(plan.version),
                       .vrid = router.vrid,
                       .priority = plan::priority_of(router, self),
                       .advert_interval = plan.advert_interval,
                       .preempt = plan.preempt,
                       .preempt_delay = plan.preempt_delay,
                       .addresses = router.addresses,
                       .generation = plan.generation};
  settings.protocol.announcements = {.at = {plan.announce.at.begin(), plan.announce.at.end()},
                                     .refresh = plan.announce.refresh};
  settings.source = source_of(plan, self, family);
  if (settings.source) settings.protocol.source = *settings.source;
  const bool multicast = plan.transport == plan::Transport::multicast;
  settings.transport = multicast ? Transport::multicast : Transport::unicast;
  settings.checksum = plan.checksum == plan::Checksum::message_only ? ChecksumForm::message_only
                                                                    : ChecksumForm::pseudo_header;
  settings.rules = {.listed_sources_only = !multicast && !plan.any_source, .ttl_min = plan.ttl_min};
  for (const auto& member : plan.members) {
    const auto address = multicast ? std::nullopt : source_of(plan, member, family);
    if (member.id != self.id && address) settings.rules.peers.push_back(*address);
  }
  settings.protocol.start_wait = start_wait(plan, settings);
  settings.protocol.start_grace = plan.start_grace;
  settings.checks_duplicates = plan.duplicate_check;
  settings.sync_group = router.sync;
  settings.interface_rule = self.interface.empty() ? plan.interface : self.interface;
  settings.interface_setting = "interface";
  for (const auto& prefix : router.addresses) settings.addresses.push_back({.prefix = prefix});
  settings.virtual_mac = plan.virtual_mac;
  settings.accept = plan.accept;
  return settings;
}

}  // namespace

Result<AgentConfig> config_from_plan(const plan::Plan& plan, const std::string& node_id,
                                     std::string_view secret) {
  AgentConfig config{.managed = true,
                     .group = plan.group,
                     .node = node_id,
                     .generation = plan.generation,
                     .mark_name = plan.group,
                     .lease = plan.lease,
                     .status_port = plan.status_port};
  config.auth.mode = auth_mode(plan.auth.mode);
  if (config.auth.mode != AuthMode::off) {
    VIP_TRY(config.auth.keys, read_keys(secret));
    config.auth.sending_key = config.auth.keys.front().id;
    config.auth.window = plan.auth.window;
  }
  const auto* const self = plan.member(node_id);
  if (self == nullptr) return config;
  config.status_address = self->address;
  for (const auto& router : plan.routers) {
    auto settings = router_settings(plan, *self, router);
    if (plan.auth.mode == plan::Auth::Mode::password) {
      settings.protocol.auth_type = AuthType::password;
      settings.protocol.auth = auth_data(secret);
    }
    config.routers.push_back(std::move(settings));
  }
  return config;
}

}  // namespace vip::vrrp
