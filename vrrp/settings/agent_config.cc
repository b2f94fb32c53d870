#include "vrrp/settings/agent_config.h"

#include <algorithm>

namespace vip::vrrp {
namespace {

// The slowest interval that is common.
constexpr Duration kSlowInterval = std::chrono::seconds(1);

}  // namespace

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

Duration careful_start_wait(const RouterConfig& protocol) {
  if (protocol.version == Version::v2) return Duration::zero();
  // With its skew: of several that start together the best comes first.
  return active_down_interval(protocol.version, protocol.priority,
                              std::max(protocol.advert_interval, kSlowInterval));
}

PlacementRule RouterSettings::placement() const {
  return {.interface = interface_rule,
          .family = family(),
          .source = source,
          .link_local = transport == Transport::multicast ||
                        (!rules.peers.empty() && rules.peers.front().is_link_local()),
          .own = protocol.addresses};
}

}  // namespace vip::vrrp
