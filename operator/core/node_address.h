// The address under which a node's agent speaks and listens.
#pragma once

#include <string>

#include "common/base/error.h"
#include "common/base/ip_address.h"
#include "operator/core/model.h"

namespace vip::swarm {

// Label KEEPALIVED_IP, else what the node advertises as a manager, else the source of its connection. The
// manager's own address comes first, because the other one reads 0.0.0.0 on a leader and flips with it.
// Errors: invalid, in words that name the label to set.
[[nodiscard]] Result<IpAddress> node_address(const Node& node);

// The command that gives a node its address.
[[nodiscard]] std::string address_advice(const Node& node);

}  // namespace vip::swarm
