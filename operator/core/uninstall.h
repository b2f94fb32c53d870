// What operators made in a Swarm and how it goes away again, in order: whoever would put the rest back first,
// then the agents, which leave in order, then what nobody reads any more, then what people asked for by hand.
// Pure; what is not ours by label is never among it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "operator/core/diff.h"
#include "operator/core/model.h"

namespace vip::swarm {

struct NodeLabel {
  std::string node;  // its id
  std::string key;
  std::string words;
};

struct Uninstall {
  std::vector<Step> operators;
  std::vector<Step> agents;
  std::vector<Step> objects;  // plans, keys and passwords
  std::vector<NodeLabel> labels;
  std::vector<std::string> remarks;  // what stays, and how to remove it

  [[nodiscard]] bool empty() const {
    return operators.empty() && agents.empty() && objects.empty() && labels.empty();
  }
};

[[nodiscard]] Uninstall plan_uninstall(const Observed& observed);

}  // namespace vip::swarm
