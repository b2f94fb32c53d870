// That the router comes before other programs: a low real-time priority, and memory that is not swapped out.
// Both help on a busy machine, neither is needed, and few containers may have them.
#pragma once

namespace vip::vrrp {

struct Urgency {
  bool realtime = false;
  bool memory_locked = false;
};

// Takes what it is allowed to, and says what that was. No child inherits it.
[[nodiscard]] Urgency take_urgency();

}  // namespace vip::vrrp
