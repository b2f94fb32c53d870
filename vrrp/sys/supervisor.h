// The parent of the router: a process that does next to nothing, so that nothing can go wrong in it. It forks
// the router, sleeps, and when the router crashes forks it once more from the pristine image, at once; what
// is to outlive the crash is in LastingMemory and in the descriptors that both have. It never writes where it
// could block, reads no setting and opens nothing.
//
//   exit status 0 or 2, or 1 before the first heartbeat   the end: the parent has the same status
//   exit status kNextLife                                 the next life goes on, and that was no crash
//   a signal, or status 1 later                           a crash: the next life goes on
//   no heartbeat for as long as the router allowed        SIGKILL, which is a crash
//   the fifth crash within a minute                       the next life is the last: it leaves; status 1
//   a crash after SIGTERM or SIGINT                       the same
//
// Signals go to the parent, and it relays them by others. So a signal to all processes of a terminal or of a
// unit reaches the router once. Without its parent the router is killed.
#pragma once

#include <cstdint>
#include <functional>

#include "vrrp/sys/lasting_memory.h"

namespace vip::vrrp {

inline constexpr int kNextLife = 3;

struct Life {
  std::uint32_t number = 0;  // 0: the first
  bool leaves = false;       // only to leave in order what the one before had
};

// Runs in the child; returns its exit status. What relayed() takes and what it gives is blocked there.
using Live = std::function<int(const Life&)>;

// What the parent's SIGTERM, SIGINT, SIGHUP and SIGUSR1 come as.
[[nodiscard]] int relayed(int signal);
// To be called when they are all handled; what came before was kept.
void take_relayed_signals();

// Returns in the parent, when all is over, and in each child, with the status to exit with.
[[nodiscard]] int supervise(LastingMemory& memory, const Live& live);

}  // namespace vip::vrrp
