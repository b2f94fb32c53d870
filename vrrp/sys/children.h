// The child processes of a program that has no others: started, timed, and reaped, whatever they do. A child
// is its own process group, so that what it started goes with it when its time is up. Not for the router's
// own process, which starts nothing (errands.h).
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "common/base/time.h"
#include "common/sys/event_loop.h"
#include "common/sys/unique_fd.h"

namespace vip::vrrp {

struct Command {
  std::vector<std::string> words;        // the first is a path
  std::vector<std::string> environment;  // "NAME=value", beside our own
  bool is_heard = false;                 // its output is kept, else it goes where ours goes
};

// /bin/sh with a command, to which the arguments are added, or with the text of a whole script, which has
// them as "$@": it has several lines, or begins with #!.
[[nodiscard]] Command shell_command(const std::string& script, const std::vector<std::string>& arguments);

struct Ending {
  bool good = false;  // it ended with status 0
  std::string why;    // else, in words, with the last line that it said
};

class Children {
 public:
  using OnEnd = std::function<void(const Ending&)>;

  explicit Children(sys::EventLoop& loop);

  // Calls back once, never before it returns. What cannot be started ends at once.
  void run(const Command& command, Duration timeout, OnEnd on_end);
  [[nodiscard]] bool empty() const { return running_.empty(); }
  void kill_all();

 private:
  struct Child {
    OnEnd on_end;
    bool timed_out = false;
    std::optional<sys::UniqueFd> output;
    std::string heard;
    std::optional<sys::Watch> watch;
    std::optional<sys::DeadlineTimer> timer;
    Duration timeout{};
  };
  void hear(pid_t pid);
  void later();
  void time_is_up(pid_t pid);
  void reap();
  void end_later(OnEnd on_end, Ending ending);

  sys::EventLoop& loop_;
  std::map<pid_t, Child> running_;
  std::vector<std::pair<OnEnd, Ending>> ended_;
  sys::DeadlineTimer soon_;
  sys::Watch on_child_;
};

}  // namespace vip::vrrp
