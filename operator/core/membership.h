// Who belongs to a group, and what each wishes: from the nodes' labels, before priorities are given out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operator/core/model.h"
#include "operator/core/node_address.h"
#include "operator/core/plan.h"

namespace vip::swarm {

// A labelled node that can be a member.
struct Candidate {
  const Node* node = nullptr;
  NodeAddresses addresses;
  int wish = 0;           // the priority asked for
  bool labelled = false;  // by the node itself, else the default
  bool drained = false;   // by its label
  bool preferred = false;
  bool unserved = false;    // see follower.h
  bool spoken_for = false;  // by a keepalived
};

struct Membership {
  std::vector<Candidate> candidates;  // best first; they point into the nodes
  std::vector<std::string> warnings;  // who is left out or wishes what is not allowed, and the label to set
};

[[nodiscard]] Membership find_members(const GroupSettings& settings, const std::vector<Node>& nodes);

// Nothing: there is none. Quick where the nodes are in the order of their ids, as they are when Docker gave
// them.
[[nodiscard]] const Node* node_with_id(const std::vector<Node>& nodes, std::string_view id);

// 24 of "24.0.7". Nothing: it does not say.
[[nodiscard]] std::optional<int> engine_major(const Node& node);

// Whether the node's label says that it belongs to the group, whatever keeps it from being a member.
[[nodiscard]] bool is_labelled(const Node& node, const GroupSettings& settings);

// Whether its label says that a keepalived still speaks for it in the group.
[[nodiscard]] bool is_spoken_for(const Node& node, std::string_view group);

// Whether any address of the group is of the family.
[[nodiscard]] bool has(const GroupSettings& settings, Family family);

// "node n1: words", for a warning.
[[nodiscard]] std::string about(const Node& node, std::string_view words);

}  // namespace vip::swarm
