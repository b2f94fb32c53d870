// What may take long, hang or fail, and must never delay an advertisement: checks and scripts. A process of
// its own does it, forked from the router's; both speak over a socket that neither waits at:
//
//   router ----- a state changed ------> errand runner ---> /bin/sh -c SCRIPT
//          <---- a check's result ------               ---> connects, asks, looks into /proc
//
// The runner asks each check at its interval, the first time at once, and runs the scripts of one router one
// after the other. When it dies the router forks another; what it does not answer meanwhile is overdue
// (health.h). It ends with the router, and so do the checks; scripts that run have their time.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "common/sys/event_loop.h"
#include "common/sys/unique_fd.h"
#include "vrrp/core/health.h"
#include "vrrp/core/notification.h"

namespace vip::vrrp {

struct ErrandSettings {
  std::vector<CheckSettings> checks;
  NotifyScripts notify;
  std::string name;   // of the instance, for scripts
  std::string probe;  // the program that asks for URLs: PROBE probe --timeout DURATION --status LOW-HIGH URL

  [[nodiscard]] bool empty() const { return checks.empty() && notify.empty(); }
};

// What scripts are told of a router.
struct StateNotice {
  State state = State::initialize;
  Priority priority;
  Vrid vrid;
  std::vector<IpPrefix> addresses;
};

class Errands {
 public:
  // `why`: empty when the result is good.
  using OnResult = std::function<void(std::size_t check, const std::string& why)>;

  Errands(sys::EventLoop& loop, ErrandSettings settings, OnResult on_result);
  Errands(const Errands&) = delete;
  Errands& operator=(const Errands&) = delete;
  Errands(Errands&&) = delete;
  Errands& operator=(Errands&&) = delete;
  ~Errands();

  // Until then nothing runs; what was to be told is told then.
  void start();
  void notify(const StateNotice& notice);
  // Another agent goes on: no check is asked any more, and the scripts that run have their time.
  void stop();
  // The end of all: scripts that were asked for have a second. Waits for that.
  void finish();

 private:
  void fork_runner();
  void on_message();
  void lost(const std::string& why);

  sys::EventLoop& loop_;
  ErrandSettings settings_;
  OnResult on_result_;
  pid_t runner_ = 0;
  sys::UniqueFd socket_;
  std::deque<StateNotice> waiting_;  // for a runner
  std::optional<sys::Watch> watch_;
  sys::DeadlineTimer again_;
};

}  // namespace vip::vrrp
