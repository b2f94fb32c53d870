// The addresses under which a node's agent speaks and listens.
#pragma once

#include <optional>
#include <string>

#include "common/base/error.h"
#include "common/base/ip_address.h"
#include "operator/core/model.h"

namespace vip::swarm {

struct NodeAddresses {
  std::optional<IpAddress> v4;
  std::optional<IpAddress> v6;

  [[nodiscard]] const std::optional<IpAddress>& of(Family family) const {
    return family == Family::ipv4 ? v4 : v6;
  }
};

// Of each family what label KEEPALIVED_IP says (one address, or one of each, separated by a comma or blanks),
// else what the node advertises as a manager, else the source of its connection. The manager's own address
// comes before the latter, because that one reads 0.0.0.0 on a leader and flips with it. The Swarm itself
// knows one family only. Errors: invalid, when there is none at all or the label is wrong, in words that name
// it.
[[nodiscard]] Result<NodeAddresses> node_addresses(const Node& node);

// The command that gives a node its address.
[[nodiscard]] std::string address_advice(const Node& node);

}  // namespace vip::swarm
