// When to look at the Swarm: a moment after the first hint in a long while, later while hints keep coming (a
// script that labels ten nodes should cause two plans at most, not ten), regularly without any, and with
// growing pauses after failures. Time is an argument.
#pragma once

#include <chrono>
#include <optional>

#include "common/base/backoff.h"
#include "common/base/time.h"

namespace vip::swarm {

class LookSchedule {
 public:
  // Due at once.
  LookSchedule(TimePoint now, Duration resync) : regular_(now), resync_(resync) {}

  // Something changed: due after a quarter of a second without another hint, or after a whole one where the
  // last look is not long ago; at most five after the first hint. A pause after a failure is not shortened.
  void hint(TimePoint now);
  // Something is under way that sends no hints: due before long.
  void watch(TimePoint now);
  // A person asked: due at once.
  void demand(TimePoint now);
  void succeeded(TimePoint now);
  // From the next success on.
  void set_resync(Duration resync) { resync_ = resync; }
  // `scatter` of [0, 1) keeps two operators that met in a conflict from meeting again.
  void failed(TimePoint now, double scatter);

  [[nodiscard]] TimePoint next() const;
  [[nodiscard]] bool is_due(TimePoint now) const { return now >= next(); }

 private:
  void looked();

  std::optional<TimePoint> succeeded_;  // the last time
  TimePoint regular_;
  Duration resync_;
  std::optional<TimePoint> first_hint_;
  Duration quiet_{};  // how long after the last of the hints
  std::optional<TimePoint> hinted_;
  bool failing_ = false;
  Backoff backoff_{std::chrono::milliseconds(500), std::chrono::seconds(15)};
};

}  // namespace vip::swarm
