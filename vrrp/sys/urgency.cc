#include "vrrp/sys/urgency.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "vrrp/sys/capabilities.h"

namespace vip::vrrp {
namespace {

// Within a limit, the lock of what is still to come would make an allocation fail one day.
bool has_no_limit() {
  rlimit limit{};
  const bool unlimited = ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
  return unlimited || may_lock_memory_without_limit();
}

}  // namespace

Urgency take_urgency() {
  const sched_param lowest{.sched_priority = ::sched_get_priority_min(SCHED_RR)};
  return {
      .realtime = ::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) == 0,
      // What is used stays, what is not costs nothing.
      .memory_locked = has_no_limit() && ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0,
  };
}

}  // namespace vip::vrrp
