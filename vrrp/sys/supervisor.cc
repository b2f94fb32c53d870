#include "vrrp/sys/supervisor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <optional>
#include <string>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/assert.h"
#include "common/sys/patient_writer.h"
#include "common/sys/posix.h"
#include "vrrp/sys/resident.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

constexpr int kFailed = 1;
constexpr std::array kRelayed{SIGTERM, SIGINT, SIGHUP, SIGUSR1};
constexpr std::size_t kCrashesMax = 5;
constexpr Duration kCrashesWithin = 60s;
// Who leaves has that long; it is a matter of milliseconds.
constexpr Duration kLeavingMax = 5s;
// The parent's own turn: so often it looks at the heartbeat.
constexpr Duration kTurn = 1s;
constexpr int kTurnsPerPatience = 4;
constexpr Duration kForkAgain = 100ms;

sigset_t signals_of_parent() {
  sigset_t set{};
  (void)::sigemptyset(&set);
  for (const int signal : kRelayed) (void)::sigaddset(&set, signal);
  (void)::sigaddset(&set, SIGCHLD);
  return set;
}

sigset_t signals_of_child() {
  sigset_t set{};
  (void)::sigemptyset(&set);
  for (const int signal : kRelayed) (void)::sigaddset(&set, relayed(signal));
  return set;
}

// Adds up how long the child was silent while the parent was awake: a turn that lasted for longer than it
// should counts as one turn. So neither a suspended machine nor a paused container makes it look hung.
class SilenceMeter {
 public:
  explicit SilenceMeter(const LastingMemory& memory) : memory_(memory), beat_(memory.last_beat()) {}

  // How long the next turn shall last.
  [[nodiscard]] Duration turn() const {
    const auto patience = memory_.patience();
    return patience > Duration::zero() ? std::min(kTurn, patience / kTurnsPerPatience) : kTurn;
  }
  void turned(Duration lasted) {
    const auto beat = memory_.last_beat();
    silence_ = beat == beat_ ? silence_ + std::min(lasted, turn()) : Duration::zero();
    beat_ = beat;
  }
  [[nodiscard]] bool is_too_long() const {
    const auto patience = memory_.patience();
    return patience > Duration::zero() && silence_ >= patience;
  }

 private:
  const LastingMemory& memory_;
  std::optional<TimePoint> beat_;
  Duration silence_{};
};

class Supervisor {
 public:
  explicit Supervisor(LastingMemory& memory) : memory_(memory) {}

  int run(const Live& live) {
    const auto waited_for = signals_of_parent();
    (void)::sigprocmask(SIG_BLOCK, &waited_for, nullptr);
    const auto kept_for_child = signals_of_child();
    (void)::sigprocmask(SIG_BLOCK, &kept_for_child, nullptr);
    const pid_t parent = ::getpid();
    for (Life life;; ++life.number) {
      life.leaves = is_last_;
      child_ = ::fork();
      if (child_ == 0) return begin(parent) ? live(life) : kFailed;
      if (const auto status = outcome(child_ > 0 ? watch(life) : no_child())) return *status;
    }
  }

 private:
  struct End {
    int status = 0;  // as of waitpid
    bool hung = false;
  };

  // The child's first deed.
  static bool begin(pid_t parent) {
    sigset_t chld{};
    (void)::sigemptyset(&chld);
    (void)::sigaddset(&chld, SIGCHLD);
    (void)::sigprocmask(SIG_UNBLOCK, &chld, nullptr);
    // A parent that died before it could be heard of is not our parent any more.
    return ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent;
  }

  // The exit status, when this was the end.
  std::optional<int> outcome(const End& end) {
    const int exit_status = WIFEXITED(end.status) ? WEXITSTATUS(end.status) : kFailed;
    if (is_last_) {
      if (!WIFEXITED(end.status) || exit_status != 0) say("it could not leave in order either");
      return kFailed;
    }
    const bool lived = memory_.last_beat().has_value();
    if (WIFEXITED(end.status) && exit_status == kNextLife) {
      memory_.note_reload();
      is_last_ = is_leaving_;
      return std::nullopt;
    }
    if (WIFEXITED(end.status) && (exit_status != kFailed || !lived)) return exit_status;
    memory_.note_death(WIFSIGNALED(end.status) ? WTERMSIG(end.status) : 0, end.hung);
    is_last_ = is_leaving_ || crashed_too_often(sys::monotonic_now());
    return std::nullopt;
  }

  bool crashed_too_often(TimePoint now) {
    crashes_.push_back(now);
    while (now - crashes_.front() > kCrashesWithin) crashes_.pop_front();
    return crashes_.size() >= kCrashesMax;
  }

  // Until the child's end.
  End watch(const Life& life) {
    SilenceMeter silence(memory_);
    shed_unused_memory();  // all but its loop
    End end;
    Duration lived{};
    while (!reap(end)) {
      const auto lasted = wait_for_signal(silence.turn());
      silence.turned(lasted);
      lived += std::min(lasted, kTurn);
      if (end.hung || !(silence.is_too_long() || (life.leaves && lived > kLeavingMax))) continue;
      end.hung = true;
      (void)::kill(child_, SIGKILL);
    }
    return end;
  }

  // As process 1 of a container it is also the parent of whoever lost his.
  bool reap(End& end) const {
    int status = 0;
    for (pid_t gone = 0; (gone = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      if (gone != child_) continue;
      end.status = status;
      return true;
    }
    return false;
  }

  // There is no memory for a child, or too many processes: that counts as one that crashed.
  End no_child() {
    (void)wait_for_signal(kForkAgain);
    return {.status = SIGKILL};
  }

  Duration wait_for_signal(Duration limit) {
    const auto waited_for = signals_of_parent();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
    const timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (limit - seconds).count()};
    const auto begun = sys::monotonic_now();
    const int signal = ::sigtimedwait(&waited_for, nullptr, &timeout);
    if (signal > 0 && signal != SIGCHLD) relay(signal);
    return sys::monotonic_now() - begun;
  }

  void relay(int signal) {
    is_leaving_ |= signal == SIGTERM || signal == SIGINT;
    if (child_ > 0) (void)::kill(child_, relayed(signal));
  }

  static void say(std::string_view text) {
    constexpr std::size_t kLineMax = 256;
    sys::PatientWriter(STDERR_FILENO, kLineMax).write("swarm-vip-agent: " + std::string(text) + "\n");
  }

  LastingMemory& memory_;
  pid_t child_ = -1;
  bool is_leaving_ = false;  // it was told to
  bool is_last_ = false;     // the life that begins next, or is
  std::deque<TimePoint> crashes_;
};

}  // namespace

int relayed(int signal) {
  const auto* const found = std::ranges::find(kRelayed, signal);
  VIP_ASSERT(found != kRelayed.end());
  return SIGRTMIN + static_cast<int>(found - kRelayed.begin());
}

void take_relayed_signals() {
  const auto set = signals_of_child();
  (void)::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

int supervise(LastingMemory& memory, const Live& live) {
  return Supervisor(memory).run(live);
}

}  // namespace vip::vrrp
