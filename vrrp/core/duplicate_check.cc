#include "vrrp/core/duplicate_check.h"

namespace vip::vrrp {

void DuplicateCheck::begin(TimePoint now) {
  running_ = true;
  left_ = kTimes;
  next_ = now;
}

void DuplicateCheck::end() {
  running_ = false;
  next_.reset();
}

bool DuplicateCheck::turn(TimePoint now) {
  if (!next_ || *next_ > now) return false;
  --left_;
  next_ = left_ > 0 ? std::optional(now + kSpacing) : std::nullopt;
  return true;
}

}  // namespace vip::vrrp
