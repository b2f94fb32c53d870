#include "common/sys/wake.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>

#include "common/sys/posix.h"

namespace vip::sys {

Result<Wake> Wake::create() {
  Wake wake;
  wake.fd_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.fd_.valid()) return errno_failure("eventfd");
  return wake;
}

void Wake::call() const noexcept {
  (void)::eventfd_write(fd_.get(), 1);  // fails only where billions of calls wait already
}

bool Wake::take() const noexcept {
  eventfd_t calls = 0;
  return ::eventfd_read(fd_.get(), &calls) == 0;
}

bool Wake::is_called() const noexcept {
  pollfd descriptor{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&descriptor, 1, 0) > 0;
}

void Wake::wait(Duration time_max) const {
  using std::chrono::milliseconds;
  constexpr Duration kLongest = std::chrono::hours(1);
  // Rounded up: a wake-up before the deadline would only spin.
  const auto timeout = std::chrono::ceil<milliseconds>(std::clamp(time_max, Duration::zero(), kLongest));
  pollfd descriptor{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  (void)::poll(&descriptor, 1, static_cast<int>(timeout.count()));  // a hint only
}

}  // namespace vip::sys
