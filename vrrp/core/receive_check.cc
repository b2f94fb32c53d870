#include "vrrp/core/receive_check.h"

#include <algorithm>

namespace vip::vrrp {

std::optional<Discard> check(const Advertisement& advertisement, const Envelope& envelope,
                             const RouterConfig& config, const ReceiveRules& rules,
                             Authenticity authenticity) {
  if (advertisement.vrid != config.vrid) return Discard::vrid;
  if (envelope.source == config.source) return Discard::own_address;
  const bool listed = std::ranges::find(rules.peers, envelope.source) != rules.peers.end();
  if (rules.listed_sources_only && !listed && authenticity != Authenticity::authentic) {
    return Discard::unknown_source;
  }
  const bool elsewhere = rules.interface != IfIndex(0) && envelope.interface != rules.interface;
  if (!rules.listed_sources_only && elsewhere) return Discard::other_interface;
  if (rules.full_ttl_only && envelope.ttl != 255) return Discard::ttl;
  if (advertisement.version != config.version) return Discard::version;
  if (config.version == Version::v2) {
    if (advertisement.auth_type != config.auth_type) return Discard::authentication;
    if (config.auth_type == AuthType::password && advertisement.auth != config.auth)
      return Discard::authentication;
    if (advertisement.interval != config.advert_interval) return Discard::interval;
  }
  return std::nullopt;
}

}  // namespace vip::vrrp
