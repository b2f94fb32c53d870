// The rhythm of asking the LAN whether somebody has a router's addresses, before it claims them without ever
// having heard an active router (RFC 5227, 2.1.1; for IPv6 as RFC 4862, 5.4.2). It runs beside the first
// listening, so it costs no time, and never during a failover: whoever has heard the active router needs not
// ask. And once after a claim, whether the router before us lives although nobody hears it (P22). Pure.
#pragma once

#include <optional>

#include "common/base/time.h"

namespace vip::vrrp {

class DuplicateCheck {
 public:
  // `patience`: how long after the last question it ends; without one somebody else ends it.
  void begin(TimePoint now, std::optional<Duration> patience = std::nullopt);
  // The addresses have an active router, or are ours.
  void end();
  [[nodiscard]] bool is_running() const { return running_; }
  // When to ask next; nothing when it was done often enough.
  [[nodiscard]] std::optional<TimePoint> next() const { return next_; }
  // Whether to ask now.
  [[nodiscard]] bool turn(TimePoint now);

  static constexpr int kTimes = 3;
  // The RFC's second is for hosts that wake up a switch; at three times in half of one, a lost packet or two
  // do not matter, and the shortest first listening of the default interval has room for all of them.
  static constexpr Duration kSpacing = std::chrono::milliseconds(250);

 private:
  bool running_ = false;
  int left_ = 0;
  std::optional<Duration> patience_;
  std::optional<TimePoint> next_;
};

}  // namespace vip::vrrp
