// Addresses that move because a person asked for it: whom the words name, and how far it has come, by the
// plan that is deployed and by what the agents say. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/plan/plan.h"
#include "operator/core/agent_report.h"
#include "operator/core/model.h"

namespace vip::swarm {

// The node of that id or host name. Errors: not_found, with the nodes that there are; invalid for a name that
// several have, with their ids.
[[nodiscard]] Result<const Node*> find_node(const std::vector<Node>& nodes, std::string_view word);

// What still has to happen, in words; empty when all is done. `node` is an id.
[[nodiscard]] std::string missing_of_drain(const plan::Plan& plan, const GroupReport& report,
                                           std::string_view node);
[[nodiscard]] std::string missing_of_undrain(const plan::Plan& plan, std::string_view node);
[[nodiscard]] std::string missing_of_failover(const plan::Plan& plan, const GroupReport& report,
                                              std::string_view node);
[[nodiscard]] std::string missing_of_undo(const plan::Plan& plan);

// Why the node cannot take over the group's addresses, in words; empty when it can, or has them.
[[nodiscard]] std::string why_not(const plan::Plan& plan, const GroupReport& report, std::string_view node);

// The best member that has none of the addresses and can take them over. Errors: not_found, with the reason
// for each.
[[nodiscard]] Result<std::string> next_in_line(const plan::Plan& plan, const GroupReport& report);

// Whether each address is a router of its own.
[[nodiscard]] bool is_spread(const plan::Plan& plan);

// "192.0.2.100 is on n2".
[[nodiscard]] std::string holders_text(const GroupReport& report);

}  // namespace vip::swarm
