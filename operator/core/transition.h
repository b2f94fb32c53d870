// The way from the plan that is out there to the wanted one. While a plan rolls through a group, agents with
// the plan before and agents with the plan after live side by side, and where they did not understand each
// other, each side would have an owner. So whatever would part them goes in steps, each of which is
// understood by everybody that may still be alive (P6):
//
//    router id, version, version 2's     both are spoken and understood; then the new one
//    interval and password
//    key                                 the new one is understood; then used; then the old one goes
//    no key, or some of them             one step of none, receive-only, permissive, hmac at a time, either
//    way a member, where there is no key     all speak to it; then it speaks (and the same backwards)
//
// Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/plan/plan.h"
#include "operator/core/plan.h"

namespace vip::swarm {

// Whether agents with the two plans understand each other, in both directions.
[[nodiscard]] bool understand_each_other(const plan::Plan& a, const plan::Plan& b);

struct Transition {
  plan::Plan plan;  // what is to be deployed now; the wanted one, or a step towards it
  // Nodes whose agents have an older plan, and keep the next step waiting.
  std::set<std::string> waits_for;
};

// `current`: what the service has. `alive`: the plans of agents that may be alive.
[[nodiscard]] Transition next_plan(const plan::Plan& wanted, const plan::Plan& current,
                                   const std::vector<LivingPlan>& alive);

}  // namespace vip::swarm
