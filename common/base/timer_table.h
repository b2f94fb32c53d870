// Timers as data: one optional deadline for each enumerator of Timer, and the earliest of them. The same
// store answers "when must I be woken" and "what has expired", so the two cannot disagree.
// Timer is an enum class whose last enumerator is `count`.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "common/base/time.h"

namespace vip {

template <typename Timer>
struct Deadline {
  TimePoint when;
  Timer which;
  friend bool operator==(const Deadline&, const Deadline&) = default;
};

template <typename Timer>
class TimerTable {
 public:
  void set(Timer timer, TimePoint when) { slot(timer) = when; }
  void stop(Timer timer) { slot(timer).reset(); }
  void stop_all() { deadlines_.fill(std::nullopt); }
  [[nodiscard]] bool armed(Timer timer) const { return get(timer).has_value(); }
  [[nodiscard]] std::optional<TimePoint> get(Timer timer) const { return deadlines_[index(timer)]; }

  // The earliest deadline; of equal ones the first enumerator.
  [[nodiscard]] std::optional<Deadline<Timer>> next() const {
    std::optional<Deadline<Timer>> earliest;
    for (std::size_t i = 0; i < deadlines_.size(); ++i) {
      if (deadlines_[i] && (!earliest || *deadlines_[i] < earliest->when)) {
        earliest = Deadline<Timer>{*deadlines_[i], static_cast<Timer>(i)};
      }
    }
    return earliest;
  }

  // Takes the earliest timer that is due, stopping it; nothing when none is.
  std::optional<Timer> take_due(TimePoint now) {
    const auto earliest = next();
    if (!earliest || earliest->when > now) return std::nullopt;
    stop(earliest->which);
    return earliest->which;
  }

 private:
  static constexpr std::size_t index(Timer timer) { return static_cast<std::size_t>(timer); }
  std::optional<TimePoint>& slot(Timer timer) { return deadlines_[index(timer)]; }
  std::array<std::optional<TimePoint>, static_cast<std::size_t>(Timer::count)> deadlines_{};
};

}  // namespace vip
