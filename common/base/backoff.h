// Growing pauses between tries: the first, then doubled up to the longest; reset after a success.
#pragma once

#include <algorithm>

#include "common/base/time.h"

namespace vip {

class Backoff {
 public:
  Backoff(Duration first, Duration longest) : first_(first), longest_(longest), next_(first) {}
  Duration next() {
    const Duration pause = next_;
    next_ = std::min(next_ * 2, longest_);
    return pause;
  }
  void reset() { next_ = first_; }

 private:
  Duration first_;
  Duration longest_;
  Duration next_;
};

}  // namespace vip
