// What the operator knows of itself: for the page, its health and its metrics. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/time.h"
#include "operator/core/model.h"

namespace vip::swarm {

struct OperatorFacts {
  std::string version;
  std::string service;  // that of the Swarm which runs it; empty outside one
  std::string node;     // its host's name
  Duration resync{};
  TimePoint began;
  std::optional<TimePoint> looked;  // when a look last saw all of the Swarm
  WallTime looked_at;               // the same by the world's clock
  std::string failure;              // why the last look failed, in words; empty: it did not
  std::uint64_t looks = 0;
  std::uint64_t look_failures = 0;
  std::uint64_t changes = 0;  // made in the Swarm
};

// Since the last look that saw all, or the start.
[[nodiscard]] Duration blindness(const OperatorFacts& facts, TimePoint now);

// Why the operator is not well, in words; empty when it is.
[[nodiscard]] std::string health_words(const OperatorFacts& facts, TimePoint now);

}  // namespace vip::swarm
