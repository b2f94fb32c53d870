// `swarm-vip drain`, `undrain` and `failover`: a label on a node, which the operator turns into a new plan,
// and the wait until the agents say that it has come true.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "common/settings/settings.h"

namespace vip::swarm {

struct Patience {
  std::chrono::milliseconds timeout{60000};
  bool waits = true;
};

// Exit statuses all: 2 for a node or group that there is not, 1 for what did not come true in time.
[[nodiscard]] int run_drain(const settings::Environment& env, const std::string& node,
                            const Patience& patience);
[[nodiscard]] int run_undrain(const settings::Environment& env, const std::string& node,
                              const Patience& patience);
// Without a node: to the next in line.
[[nodiscard]] int run_failover(const settings::Environment& env, const std::string& group,
                               const std::optional<std::string>& node, const Patience& patience);
// By its own rules again.
[[nodiscard]] int run_failover_undo(const settings::Environment& env, const std::string& group,
                                    const Patience& patience);

}  // namespace vip::swarm
