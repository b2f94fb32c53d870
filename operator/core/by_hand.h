// What people ask for by hand, with labels on nodes: that one shall have addresses only when nobody else can,
// or whenever it can, or that a keepalived speaks for it. It stays until somebody takes it back, so whoever
// looks is told. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/plan/plan.h"
#include "operator/core/membership.h"
#include "operator/core/model.h"
#include "operator/core/priorities.h"

namespace vip::swarm {

// Whether the node is drained by its label; nothing when the value is not allowed.
[[nodiscard]] std::optional<bool> is_drained(const Node& node);

// Whether the node is preferred in the group by its label.
[[nodiscard]] bool is_preferred(const Node& node, std::string_view group);

// The label's value with the group, or without it; nothing when no group is left.
[[nodiscard]] std::optional<std::string> preferring(const Node& node, std::string_view group);
[[nodiscard]] std::optional<std::string> not_preferring(const Node& node, std::string_view group);

// What the labels come to: where all are drained nobody is, who is drained or spoken for is not preferred,
// and of several that are preferred the first of the candidates is.
[[nodiscard]] std::vector<Standing> standings(const std::vector<Candidate>& candidates);

// Labels by which nothing can be done, one sentence each. `others`: the names of the other groups.
[[nodiscard]] std::vector<std::string> label_warnings(const GroupSettings& settings,
                                                      const std::vector<Node>& nodes,
                                                      const std::vector<Candidate>& candidates,
                                                      const std::vector<std::string>& others);

// Whether all members' nodes are drained by their labels.
[[nodiscard]] bool all_drained(const plan::Plan& plan, const std::vector<Node>& nodes);

// Who is drained, preferred or spoken for in a group, and how to end it, one sentence each.
[[nodiscard]] std::vector<std::string> notes_by_hand(const plan::Plan& plan, const std::vector<Node>& nodes);

}  // namespace vip::swarm
