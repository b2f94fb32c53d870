// A random history: a cluster with options and faults drawn from a seed. First the faults (safety: what must
// hold even then), then peace (liveness: it must converge to the one right owner). A violation is a text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/rng.h"
#include "common/base/time.h"

namespace vip::vrrp::sim {

struct HistoryLimits {
  Duration virtual_time = std::chrono::hours(1);
  std::uint64_t steps_max = 12'000;
  bool with_model = false;  // hold every router against the model (model.h)
};

struct HistoryResult {
  std::string options;                   // what the seed drew, for a person
  std::optional<std::string> violation;  // nothing: all held
  Duration virtual_time{};
  std::uint64_t steps = 0;
  std::uint64_t faults = 0;
};

// Deterministic in the seed and the limits.
[[nodiscard]] HistoryResult run_history(Seed seed, const HistoryLimits& limits);

}  // namespace vip::vrrp::sim
