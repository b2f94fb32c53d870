#include <algorithm>

#include "common/base/auth_key.h"
#include "vrrp/settings/agent_config.h"

namespace vip::vrrp {
namespace {

// Over IPv6 a member speaks from its IPv6 address, or, with multicast, from the interface's link-local one;
// over IPv4 multicast from the interface's primary one.
std::optional<IpAddress> source_of(const plan::Plan& plan, const plan::Member& member, Family family) {
  if (plan.transport == plan::Transport::multicast) return std::nullopt;
  return member.address_of(family);
}

Duration start_wait(const plan::Plan& plan, const RouterSettings& settings) {
  if (plan.start_wait) return *plan.start_wait;
  const bool alone = settings.transport == Transport::unicast && plan.members.size() < 2;
  return alone ? Duration::zero() : careful_start_wait(settings.protocol);
}

// A way to speak; only a text password goes into the message itself.
WireForm wire_form(int version, Vrid vrid, Duration interval, const plan::Auth& auth,
                   const Secrets& secrets) {
  WireForm form{.version = static_cast<Version>(version), .vrid = vrid, .interval = interval};
  if (auth.mode == plan::Auth::Mode::password) {
    form.auth_type = AuthType::password;
    form.auth = auth_data(secrets.at(auth.file));
  }
  return form;
}

RouterSettings router_settings(const plan::Plan& plan, const plan::Member& self, const plan::Router& router,
                               const Secrets& secrets) {
  RouterSettings settings;
  const auto family = router.family();
  const auto form = wire_form(plan.version, router.vrid, plan.advert_interval, plan.auth, secrets);
  settings.protocol = {.version = form.version,
                       .vrid = form.vrid,
                       .priority = plan::priority_of(router, self),
                       .advert_interval = form.interval,
                       .preempt = plan.preempt,
                       .preempt_delay = plan.preempt_delay,
                       .levels = plan::levels(plan, router),
                       .auth_type = form.auth_type,
                       .auth = form.auth,
                       .addresses = router.addresses,
                       .generation = plan.generation};
  if (plan.also) {
    settings.protocol.also = wire_form(plan.also->version, router.also_vrid.value_or(router.vrid),
                                       plan.also->advert_interval, plan.also->auth, secrets);
  }
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
  settings.interface_is_own = !self.interface.empty();
  for (const auto& prefix : router.addresses) settings.addresses.push_back({.prefix = prefix});
  settings.virtual_mac = plan.virtual_mac;
  settings.accept = plan.accept;
  return settings;
}

// The keys of a file, after those of others. Errors: as of read_keys, with the file.
Status add_keys(const std::string& file, const Secrets& secrets, std::vector<AuthKey>& keys) {
  auto more = read_keys(secrets.at(file));
  if (!more) return within(file, std::move(more).error());
  std::ranges::move(*more, std::back_inserter(keys));
  return {};
}

// There is one set of keys: of the plan's two ways to speak at most one is another version's.
const plan::Auth& signing_auth(const plan::Plan& plan) {
  const bool other_signs = plan.also && plan.version == 2;
  return other_signs ? plan.also->auth : plan.auth;
}

}  // namespace

Result<AgentConfig> config_from_plan(const plan::Plan& plan, const std::string& node_id,
                                     const Secrets& secrets) {
  AgentConfig config{.managed = true,
                     .group = plan.group,
                     .node = node_id,
                     .generation = plan.generation,
                     .mark_name = plan.group,
                     .lease = plan.lease,
                     .status_port = plan.status_port,
                     .origin = "plan"};
  const auto& auth = signing_auth(plan);
  config.auth.mode = auth_mode(auth.mode);
  if (config.auth.mode != AuthMode::off) {
    VIP_CHECK(add_keys(auth.file, secrets, config.auth.keys));
    for (const auto& file : auth.accepts) VIP_CHECK(add_keys(file, secrets, config.auth.keys));
    config.auth.sending_key = config.auth.keys.front().id;
    config.auth.window = auth.window;
    const bool all_sign = plan.version == 3 && (!plan.also || plan.also->version == 3);
    config.auth.insists = config.auth.mode == AuthMode::enforce && all_sign;
  }
  const auto* const self = plan.member(node_id);
  if (self != nullptr) config.hostname = self->hostname;
  if (self == nullptr || self->standby) return config;
  config.status_place = {.address = self->address, .port = plan.status_port};
  config.checks = plan.checks;
  config.notify = plan.notify;
  for (const auto& router : plan.routers)
    config.routers.push_back(router_settings(plan, *self, router, secrets));
  return config;
}

}  // namespace vip::vrrp
