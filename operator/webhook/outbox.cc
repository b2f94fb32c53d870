#include "operator/webhook/outbox.h"

#include <iterator>
#include <utility>

#include "common/base/assert.h"

namespace vip::swarm {

Verdict verdict_on(long status) {
  constexpr long kRequestTimeout = 408;
  constexpr long kTooManyRequests = 429;
  if (status >= 200 && status < 300) return Verdict::delivered;
  if (status >= 500 || status == kRequestTimeout || status == kTooManyRequests) return Verdict::later;
  return Verdict::refused;
}

void Outbox::add(std::vector<Event> events) {
  for (auto& event : events) {
    if (events_.size() >= kEventsMax) {
      events_.erase(is_under_way_ ? std::next(events_.begin()) : events_.begin());
      ++untold_;
      ++lost_;
    }
    events_.push_back(std::move(event));
  }
}

std::optional<TimePoint> Outbox::due() const {
  if (events_.empty() || is_under_way_) return std::nullopt;
  return next_try_;
}

Outbox::Letter Outbox::begin() {
  VIP_ASSERT(!events_.empty() && !is_under_way_);
  is_under_way_ = true;
  told_ = untold_;
  return {.event = events_.front(), .lost = told_};
}

void Outbox::finish(Verdict verdict, TimePoint now, double scatter) {
  VIP_ASSERT(is_under_way_);
  is_under_way_ = false;
  if (verdict == Verdict::later) {
    const auto pause = backoff_.next();
    next_try_ = now + pause + std::chrono::duration_cast<Duration>(pause * scatter);
    return;
  }
  events_.pop_front();
  if (verdict == Verdict::delivered) {
    untold_ -= told_;
  } else {
    ++untold_;
    ++lost_;
  }
  hurry();
}

std::uint64_t Outbox::take_lost() {
  return std::exchange(lost_, 0);
}

void Outbox::hurry() {
  backoff_.reset();
  next_try_ = TimePoint{};
}

}  // namespace vip::swarm
