// What operators made in a Swarm and how it goes away again, in order: whoever would put the rest back first,
// then the agents, which leave in order, then what nobody reads any more, then the nodes' labels: what people
// asked for by hand, and who had the addresses. Pure; what is not ours by label is never among it.
#pragma once

#include <string>
#include <vector>

#include "operator/core/diff.h"
#include "operator/core/model.h"

namespace vip::swarm {

struct Uninstall {
  std::vector<Step> operators;
  std::vector<Step> agents;
  std::vector<Step> objects;  // plans, keys and passwords
  std::vector<Step> labels;
  std::vector<std::string> remarks;  // what stays, and how to remove it

  [[nodiscard]] bool empty() const {
    return operators.empty() && agents.empty() && objects.empty() && labels.empty();
  }
};

[[nodiscard]] Uninstall plan_uninstall(const Observed& observed);

}  // namespace vip::swarm
