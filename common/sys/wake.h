// How one thread wakes another that waits in poll(). Any number of calls before it looks are one.
#pragma once

#include "common/base/error.h"
#include "common/base/time.h"
#include "common/sys/unique_fd.h"

namespace vip::sys {

class Wake {
 public:
  static Result<Wake> create();

  // From any thread; never waits.
  void call() const noexcept;
  // Whether there was a call since the last look; forgets it.
  [[nodiscard]] bool take() const noexcept;
  [[nodiscard]] bool is_called() const noexcept;
  // Readable while there is a call.
  [[nodiscard]] int fd() const { return fd_.get(); }
  // Until there is a call, which stays, or the time is over.
  void wait(Duration time_max) const;

 private:
  UniqueFd fd_;
};

}  // namespace vip::sys
