#include "vrrp/core/receive_check.h"

#include <algorithm>

namespace vip::vrrp {
namespace {

bool names_same(const std::vector<IpAddress>& addresses, const RouterConfig& config) {
  const bool all = config.unadvertised.empty();
  if (all && std::ranges::equal(addresses, config.addresses, {}, {}, &IpPrefix::address)) return true;
  return std::ranges::is_permutation(addresses, advertised_addresses(config));
}

}  // namespace

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
  // P21: keepalived sends unicast over IPv6 with the kernel's own hop limit.
  const bool known_over_ipv6 = envelope.source.family() == Family::ipv6 &&
                               !envelope.destination.is_multicast() &&
                               (listed || authenticity == Authenticity::authentic);
  if (envelope.ttl < rules.ttl_min && !known_over_ipv6) return Discard::ttl;
  if (advertisement.version != config.version) return Discard::version;
  if (config.version == Version::v2) {
    if (advertisement.auth_type != config.auth_type) return Discard::authentication;
    if (config.auth_type == AuthType::password && advertisement.auth != config.auth)
      return Discard::authentication;
    if (advertisement.interval != config.advert_interval) return Discard::interval;
    if (config.priority == kPriorityOwner) return Discard::owner;
  }
  return std::nullopt;
}

Notices notices(const Decoded& decoded, const Envelope& envelope, const RouterConfig& config) {
  const auto& advertisement = decoded.advertisement;
  Notices found;
  const auto note = [&found](Notice notice, bool is_so) {
    found.set(static_cast<std::size_t>(notice), is_so);
  };
  const bool v3 = advertisement.version == Version::v3;
  const bool leaving = advertisement.priority == kPriorityLeaving;
  note(Notice::other_interval, v3 && !leaving && advertisement.interval != config.advert_interval);
  note(Notice::other_addresses, !names_same(advertisement.addresses, config));
  const bool v3_ipv4 = v3 && envelope.source.family() == Family::ipv4;
  note(Notice::checksum_message_only, v3_ipv4 && decoded.checksum == ChecksumForm::message_only);
  note(Notice::checksum_multicast, v3_ipv4 && decoded.checksum == ChecksumForm::multicast_pseudo_header);
  note(Notice::first_not_link_local, envelope.source.family() == Family::ipv6 &&
                                         !advertisement.addresses.empty() &&
                                         !advertisement.addresses.front().is_link_local());
  note(Notice::owner_conflict, config.priority == kPriorityOwner && !leaving);
  return found;
}

}  // namespace vip::vrrp
