// The one loop of a program: readable descriptors, deadlines, signals. A small face on
// libevent. Single-threaded; callbacks never throw and never block. Of one turn, what is readable comes
// before the deadlines.
#pragma once

#include <functional>
#include <memory>

#include "common/base/error.h"
#include "common/base/time.h"

struct event_base;

namespace vip::sys {

using Callback = std::function<void()>;

// Something the loop waits for; gone with the object.
class Watch {
 public:
  Watch();
  Watch(Watch&&) noexcept;
  Watch& operator=(Watch&&) noexcept;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();
  // Calls back no more; also within its own callback, where it must not be destroyed.
  void stop();
  // Calls back again after stop(), or for a further time where it does so once.
  void resume();

 private:
  friend class EventLoop;
  friend class DeadlineTimer;
  struct Impl;
  explicit Watch(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Calls back once at or after the deadline last set. Within its own callback it must not be destroyed.
class DeadlineTimer {
 public:
  DeadlineTimer(DeadlineTimer&&) noexcept;
  DeadlineTimer& operator=(DeadlineTimer&&) noexcept;
  DeadlineTimer(const DeadlineTimer&) = delete;
  DeadlineTimer& operator=(const DeadlineTimer&) = delete;
  ~DeadlineTimer();
  void set(TimePoint when);
  void stop();

 private:
  friend class EventLoop;
  struct Impl;
  explicit DeadlineTimer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class EventLoop {
 public:
  // Errors: exhausted.
  static Result<EventLoop> create();
  EventLoop(EventLoop&&) noexcept;
  EventLoop& operator=(EventLoop&&) = delete;
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;
  ~EventLoop();

  [[nodiscard]] Watch on_readable(int fd, Callback callback);
  [[nodiscard]] Watch on_writable(int fd, Callback callback);  // once
  [[nodiscard]] Watch on_signal(int signal, Callback callback);
  [[nodiscard]] DeadlineTimer timer(Callback callback);

  void run();   // until stop()
  void stop();  // after the current callback
  [[nodiscard]] TimePoint now() const;
  [[nodiscard]] event_base* native() const { return base_.get(); }  // for libevent's HTTP server

 private:
  struct BaseDeleter {
    void operator()(event_base* base) const;
  };
  class Timers;
  friend class DeadlineTimer;
  explicit EventLoop(event_base* base);
  Watch watch(int fd, short what, Callback callback, bool start);
  std::unique_ptr<event_base, BaseDeleter> base_;
  std::unique_ptr<Timers> timers_;
};

}  // namespace vip::sys
