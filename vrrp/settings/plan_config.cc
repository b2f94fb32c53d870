#include <algorithm>

#include "common/base/text.h"
#include "vrrp/settings/agent_config.h"

namespace vip::vrrp {
namespace {

constexpr std::uint8_t kFirstKey = 1;

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

// A key as hexadecimal digits.
Result<std::vector<std::uint8_t>> read_key(std::string_view text) {
  text = trim(text);
  const auto wrong = [] {
    return fail(Errc::invalid, "the key is not " + std::to_string(kSecretSizeMin) + " to " +
                                   std::to_string(kSecretSizeMax) + " bytes as hexadecimal digits");
  };
  std::vector<std::uint8_t> bytes;
  if (text.size() % 2 != 0) return wrong();
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto byte = parse_hexadecimal(text.substr(i, 2));
    if (!byte) return wrong();
    bytes.push_back(*byte);
  }
  if (bytes.size() < kSecretSizeMin || bytes.size() > kSecretSizeMax) return wrong();
  return bytes;
}

RouterSettings router_settings(const plan::Plan& plan, const plan::Member& self, const plan::Router& router) {
  RouterSettings settings;
  settings.protocol = {.version = static_cast<Version>(plan.version),
                       .vrid = router.vrid,
                       .priority = self.priority,
                       .advert_interval = plan.advert_interval,
                       .preempt = plan.preempt,
                       .preempt_delay = plan.preempt_delay,
                       .source = self.address,
                       .addresses = router.addresses};
  settings.rules = {.listed_sources_only = true, .full_ttl_only = true};
  for (const auto& member : plan.members) {
    if (member.id != self.id) settings.rules.peers.push_back(member.address);
  }
  settings.interface_rule = self.interface.empty() ? plan.interface : self.interface;
  for (const auto& prefix : router.addresses) settings.addresses.push_back({.prefix = prefix});
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
    VIP_TRY(auto key, read_key(secret));
    config.auth.keys.push_back({.id = kFirstKey, .secret = std::move(key)});
    config.auth.sending_key = kFirstKey;
  }
  const auto* const self = plan.member(node_id);
  if (self == nullptr) return config;
  config.source = self->address;
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
