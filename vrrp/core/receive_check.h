// Which advertisements are believed: the checks on receipt (RFC 9568, 7.1; RFC 3768, 7.1) that need to know
// the router and the way the packet came, after decode() has looked at the bytes alone.
#pragma once

#include <bitset>
#include <optional>
#include <vector>

#include "vrrp/core/advertisement.h"
#include "vrrp/core/authentication.h"
#include "vrrp/core/virtual_router.h"

namespace vip::vrrp {

struct ReceiveRules {
  std::vector<IpAddress> peers;
  bool listed_sources_only =
      true;                    // else any source, as keepalived does by default; authentic ones always count
  IfIndex interface;           // of our own address; where any source counts, only what comes in there
  std::uint8_t ttl_min = 255;  // RFC 9568, 7.1; keepalived asks for none of unicast
};

using Notices = std::bitset<kNoticeCount>;

// Nothing when the advertisement is for this router and to be believed. The VRID is compared first: other
// routers' packets reach the same socket and are no error of theirs. The owner's own right comes last: all
// else would be believed.
[[nodiscard]] std::optional<Discard> check(const Advertisement& advertisement, const Envelope& envelope,
                                           const RouterConfig& config, const ReceiveRules& rules,
                                           Authenticity authenticity);

// What is odd about an advertisement that passed check().
[[nodiscard]] Notices notices(const Decoded& decoded, const Envelope& envelope, const RouterConfig& config);

}  // namespace vip::vrrp
