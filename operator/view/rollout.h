// How far a change of a group has come on its way to the agents, by the Swarm's word. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "operator/core/model.h"
#include "operator/core/plan.h"

namespace vip::swarm {

struct Rollout {
  enum class State : std::uint8_t {
    idle,
    updating,
    rolled_back,  // or on its way back
    paused,
    waiting,  // the next step comes when something else has happened
  };
  State state = State::idle;
  std::string text;  // in words; empty when idle
  friend bool operator==(const Rollout&, const Rollout&) = default;
};

[[nodiscard]] std::string_view name(Rollout::State state);

// `service`: of the group's agents; null before there are any.
[[nodiscard]] Rollout rollout_of(const Service* service, const GroupPlan& group);

}  // namespace vip::swarm
