#include "operator/view/view.h"

#include <algorithm>

#include "operator/core/time_text.h"
#include "operator/watch/sighting.h"

namespace vip::swarm {
namespace {

Hold hold_of(const GroupRound& group, const std::vector<Holder>& holders) {
  if (holders.size() > 1) return Hold::several;
  if (holders.size() == 1) return Hold::held;
  const bool all_answer = std::ranges::none_of(
      group.agents.nodes, [](const auto& node) { return node.word == AgentWord::unknown; });
  return all_answer ? Hold::none : Hold::unknown;
}

std::optional<WallTime> since_of(const GroupRound& group, const Holder& holder, const plan::Router& router) {
  const auto node = std::ranges::find(group.agents.nodes, holder.node, &NodeReport::node);
  if (node == group.agents.nodes.end()) return std::nullopt;
  for (const auto& report : node->routers) {
    if (report.vrid != std::to_string(router.vrid.value) || report.family != name(router.family())) continue;
    const auto since = parse_wall_time(report.since);
    return since == WallTime{} ? std::nullopt : std::optional(since);
  }
  return std::nullopt;
}

}  // namespace

std::string_view name(Hold hold) {
  switch (hold) {
    case Hold::held:
      return "held";
    case Hold::none:
      return "none";
    case Hold::several:
      return "several";
    case Hold::unknown:
      break;
  }
  return "unknown";
}

std::vector<AddressView> addresses_of(const GroupRound& group) {
  std::vector<AddressView> addresses;
  if (!group.plan) return addresses;
  for (const auto& router : group.plan->routers) {
    for (const auto& prefix : router.addresses) {
      auto holders = holders_of(group.agents, prefix.address);
      const auto hold = hold_of(group, holders);
      const auto since = hold == Hold::held ? since_of(group, holders.front(), router) : std::nullopt;
      addresses.push_back({.address = prefix.address,
                           .vrid = router.vrid,
                           .holders = std::move(holders),
                           .hold = hold,
                           .since = since});
    }
  }
  return addresses;
}

}  // namespace vip::swarm
