// The label that tells on which nodes a group's addresses are, so that services can be where they are. Only
// operators set it, and nothing of ours reads it: it never makes or changes a plan. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "operator/core/diff.h"
#include "operator/core/model.h"

namespace vip::swarm {

inline constexpr std::string_view kHolderLabelPrefix = "swarm-vip.holder.";
inline constexpr std::string_view kHolderLabelValue = "true";

// Such as "swarm-vip.holder.web". Constraints take fewer characters in a key than a group's name may have;
// what does not fit is replaced, and a short hash tells it apart.
[[nodiscard]] std::string holder_label_key(std::string_view group);

// The ids of the nodes that have a group's addresses, by its name; of a group that is not there nothing is
// known for certain.
using KnownHolders = std::map<std::string, std::set<std::string>, std::less<>>;

// What an operator knows of one of its groups.
struct LabelledGroup {
  std::string name;
  bool wanted = false;              // the settings ask for the label
  const Service* agents = nullptr;  // by which this operator serves the group; null: it does not
};

// What is to be done about the label, removals first: who has it should never be two nodes because of us.
// Nothing while an update of agents is under way: the Swarm answers a change of a node in the middle of one
// by stopping that node's old agent before the new one is healthy.
[[nodiscard]] std::vector<Step> label_steps(const std::vector<LabelledGroup>& groups,
                                            const Identity& identity, const Observed& observed,
                                            const KnownHolders& holders);

}  // namespace vip::swarm
