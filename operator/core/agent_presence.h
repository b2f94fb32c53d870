// Where a group's agents should be by what the Swarm has of it: whom to ask for its status, and of one that
// does not answer, why. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/plan/plan.h"
#include "operator/core/model.h"

namespace vip::swarm {

struct AgentPresence {
  std::string node;  // its id
  std::string hostname;
  std::optional<IpAddress> address;  // where it answers; nothing: the deployed plan does not list the node
  bool runs = false;                 // by the Swarm's word
  std::string absence;               // why it does not run, with the remedy; empty when it does
};

// `service` and `deployed` are the group's, null before its first deployment.
[[nodiscard]] AgentPresence agent_presence(const Service* service, const plan::Plan* deployed,
                                           const Observed& observed, std::string_view node_id);

// The nodes on which agents of the group are or should be: the members of the deployed plan, then those that
// it does not list and yet run one.
[[nodiscard]] std::vector<std::string> agent_nodes(const Service& service, const plan::Plan* deployed,
                                                   const Observed& observed);

}  // namespace vip::swarm
