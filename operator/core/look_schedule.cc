#include "operator/core/look_schedule.h"

#include <algorithm>

namespace vip::swarm {
namespace {

constexpr Duration kSoon = std::chrono::milliseconds(250);
constexpr Duration kQuiet = std::chrono::seconds(1);
// So long after a look the next hint may belong to what it was about: to more labels, or to what we changed.
constexpr Duration kSameMatter = std::chrono::seconds(2);
constexpr Duration kLongest = std::chrono::seconds(5);

}  // namespace

void LookSchedule::hint(TimePoint now) {
  if (failing_) return;
  if (!first_hint_) {
    first_hint_ = now;
    const bool is_same_matter = succeeded_ && now - *succeeded_ < kSameMatter;
    quiet_ = is_same_matter ? kQuiet : kSoon;
  }
  hinted_ = std::min(now + quiet_, *first_hint_ + kLongest);
}

void LookSchedule::watch(TimePoint now) {
  hinted_ = now + kLongest;
}

void LookSchedule::demand(TimePoint now) {
  hinted_ = now;
}

void LookSchedule::succeeded(TimePoint now) {
  looked();
  failing_ = false;
  backoff_.reset();
  succeeded_ = now;
  regular_ = now + resync_;
}

void LookSchedule::failed(TimePoint now, double scatter) {
  looked();
  failing_ = true;
  const auto pause = backoff_.next();
  regular_ = now + pause + std::chrono::duration_cast<Duration>(pause * scatter);
}

TimePoint LookSchedule::next() const {
  return hinted_ ? std::min(*hinted_, regular_) : regular_;
}

void LookSchedule::looked() {
  first_hint_.reset();
  hinted_.reset();
}

}  // namespace vip::swarm
