#include "vrrp/core/duplicate_check.h"

namespace vip::vrrp {

void DuplicateCheck::begin(TimePoint now, std::optional<Duration> patience) {
  running_ = true;
  patience_ = patience;
  left_ = kTimes;
  next_ = now;
}

void DuplicateCheck::end() {
  running_ = false;
  next_.reset();
}

bool DuplicateCheck::turn(TimePoint now) {
  if (!next_ || *next_ > now) return false;
  if (left_ == 0) {
    end();
    return false;
  }
  --left_;
  next_.reset();
  if (left_ > 0) {
    next_ = now + kSpacing;
  } else if (patience_) {
    next_ = now + *patience_;
  }
  return true;
}

}  // namespace vip::vrrp
