// Time as a value. The clock below has no now(): code that only sees this header cannot ask what time it
// is, it must be told. The event loop (common/sys) is the one place that reads the kernel's clock.
#pragma once

#include <chrono>

namespace vip {

using Duration = std::chrono::nanoseconds;

// A clock that never jumps: nanoseconds of CLOCK_BOOTTIME, or of virtual time in a simulation.
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock, Duration>;
  static constexpr bool is_steady = true;  // NOLINT(readability-identifier-naming): the standard's name
};

using TimePoint = MonotonicClock::time_point;

}  // namespace vip
