#include "common/sys/event_loop.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <event2/event.h>
#include <sys/timerfd.h>

#include "common/base/assert.h"
#include "common/sys/posix.h"
#include "common/sys/unique_fd.h"

namespace vip::sys {

struct Watch::Impl {
  explicit Impl(Callback run) : callback(std::move(run)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;
  ~Impl() {
    if (handle != nullptr) event_free(handle);
  }
  static void fire(evutil_socket_t, short, void* self) noexcept { static_cast<Impl*>(self)->callback(); }

  event* handle = nullptr;
  Callback callback;
};

Watch::Watch() = default;
Watch::Watch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Watch::Watch(Watch&&) noexcept = default;
Watch& Watch::operator=(Watch&&) noexcept = default;
Watch::~Watch() = default;

void Watch::stop() {
  if (impl_) VIP_ASSERT(event_del(impl_->handle) == 0);
}

void Watch::resume() {
  if (impl_) VIP_ASSERT(event_add(impl_->handle, nullptr) == 0);
}

struct DeadlineTimer::Impl {
  Impl(EventLoop::Timers& owner, Callback run);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  Impl(Impl&&) = delete;
  Impl& operator=(Impl&&) = delete;
  ~Impl();

  EventLoop::Timers& timers;
  Callback callback;
  std::optional<TimePoint> when;
  std::uint64_t turn = 0;  // in which it was set
};

// All deadlines share one timer of the kernel, which is set only when the earliest of them changes.
// libevent's own timers are 2 ms late, or cost a call of the kernel in each turn.
class EventLoop::Timers {
 public:
  Timers(event_base* base, UniqueFd fd) : base_(base), fd_(std::move(fd)) {}
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;
  Timers(Timers&&) = delete;
  Timers& operator=(Timers&&) = delete;
  ~Timers() = default;

  // The timer's event comes among those of packets that arrived, in no order. What was heard in time counts,
  // so the deadlines wait behind them.
  void begin(EventLoop& loop) {
    run_ = loop.watch(-1, 0, [this] { run_due(); }, /*start=*/false);
    ticks_ = loop.watch(
        fd_.get(), EV_READ | EV_PERSIST | EV_ET, [this] { event_active(run_.impl_->handle, EV_TIMEOUT, 0); },
        /*start=*/true);
  }

  void add(DeadlineTimer::Impl* timer) { all_.push_back(timer); }
  void remove(DeadlineTimer::Impl* timer) { std::erase(all_, timer); }
  void set(DeadlineTimer::Impl& timer, TimePoint when) {
    timer.when = when;
    timer.turn = turn_;
    if (!is_running_) arm();
  }

 private:
  // Those that are set meanwhile have to wait for the next turn, or packets might wait for ever.
  void run_due() {
    armed_.reset();
    is_running_ = true;
    ++turn_;
    const auto now = monotonic_now();
    while (auto* const timer = earliest()) {
      if (*timer->when > now) break;
      timer->when.reset();
      timer->callback();
      if (event_base_got_break(base_) != 0) break;
    }
    is_running_ = false;
    arm();
  }

  // Of those that were set before this turn.
  [[nodiscard]] DeadlineTimer::Impl* earliest() const {
    DeadlineTimer::Impl* first = nullptr;
    for (auto* const timer : all_) {
      if (timer->when && timer->turn < turn_ && (first == nullptr || *timer->when < *first->when))
        first = timer;
    }
    return first;
  }

  void arm() {
    std::optional<TimePoint> first;
    for (const auto* timer : all_) {
      if (timer->when && (!first || *timer->when < *first)) first = timer->when;
    }
    if (!first || first == armed_) return;
    armed_ = first;
    // Zero would stop it.
    const auto wait = std::max(Duration(1), *first - monotonic_now());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(wait);
    const itimerspec span{.it_interval = {},
                          .it_value = {.tv_sec = seconds.count(), .tv_nsec = (wait - seconds).count()}};
    VIP_ASSERT(::timerfd_settime(fd_.get(), 0, &span, nullptr) == 0);
  }

  event_base* base_;
  UniqueFd fd_;
  Watch ticks_;
  Watch run_;
  std::vector<DeadlineTimer::Impl*> all_;
  std::optional<TimePoint> armed_;  // the kernel's timer
  bool is_running_ = false;
  std::uint64_t turn_ = 1;
};

DeadlineTimer::Impl::Impl(EventLoop::Timers& owner, Callback run) : timers(owner), callback(std::move(run)) {
  timers.add(this);
}
DeadlineTimer::Impl::~Impl() {
  timers.remove(this);
}

DeadlineTimer::DeadlineTimer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DeadlineTimer::DeadlineTimer(DeadlineTimer&&) noexcept = default;
DeadlineTimer& DeadlineTimer::operator=(DeadlineTimer&&) noexcept = default;
DeadlineTimer::~DeadlineTimer() = default;

void DeadlineTimer::set(TimePoint when) {
  impl_->timers.set(*impl_, when);
}

void DeadlineTimer::stop() {
  impl_->when.reset();
}

EventLoop::EventLoop(event_base* base) : base_(base) {}
EventLoop::EventLoop(EventLoop&&) noexcept = default;
EventLoop::~EventLoop() = default;

void EventLoop::BaseDeleter::operator()(event_base* base) const {
  event_base_free(base);
}

Result<EventLoop> EventLoop::create() {
  event_config* const config = event_config_new();
  if (config == nullptr) return fail(Errc::exhausted, "event loop: no memory");
  // Its own words would go to standard error, by a write that can block for ever.
  event_set_log_callback([](int, const char*) {});
  // The times of its HTTP client count from now, not from the begin of the turn.
  (void)event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
  event_base* const base = event_base_new_with_config(config);
  event_config_free(config);
  if (base == nullptr) return fail(Errc::exhausted, "event loop: no epoll instance");
  EventLoop loop(base);
  UniqueFd timer(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer.valid()) return errno_failure("event loop: timer");
  loop.timers_ = std::make_unique<Timers>(base, std::move(timer));
  loop.timers_->begin(loop);
  return loop;
}

Watch EventLoop::watch(int fd, short what, Callback callback, bool start) {
  auto impl = std::make_unique<Watch::Impl>(std::move(callback));
  impl->handle = event_new(base_.get(), fd, what, &Watch::Impl::fire, impl.get());
  VIP_ASSERT(impl->handle != nullptr);
  if (start) VIP_ASSERT(event_add(impl->handle, nullptr) == 0);
  return Watch(std::move(impl));
}

Watch EventLoop::on_readable(int fd, Callback callback) {
  return watch(fd, EV_READ | EV_PERSIST, std::move(callback), /*start=*/true);
}

Watch EventLoop::on_writable(int fd, Callback callback) {
  return watch(fd, EV_WRITE, std::move(callback), /*start=*/true);
}

Watch EventLoop::on_signal(int signal, Callback callback) {
  return watch(signal, EV_SIGNAL | EV_PERSIST, std::move(callback), /*start=*/true);
}

DeadlineTimer EventLoop::timer(Callback callback) {
  return DeadlineTimer(std::make_unique<DeadlineTimer::Impl>(*timers_, std::move(callback)));
}

void EventLoop::run() {
  (void)event_base_dispatch(base_.get());
}

void EventLoop::stop() {
  (void)event_base_loopbreak(base_.get());
}

TimePoint EventLoop::now() const {
  return monotonic_now();
}

}  // namespace vip::sys
