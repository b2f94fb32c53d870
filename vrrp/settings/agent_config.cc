#include "vrrp/settings/agent_config.h"

namespace vip::vrrp {
PlacementRule RouterSettings::placement() const {
  return {.interface = interface_rule,
          .family = family(),
          .source = source,
          .link_local = transport == Transport::multicast ||
                        (!rules.peers.empty() && rules.peers.front().is_link_local()),
          .own = protocol.addresses};
}

}  // namespace vip::vrrp
