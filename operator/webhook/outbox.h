// The events that wait for a receiver: a bounded queue, delivered in order, with growing pauses after
// failures. Pure; time is an argument.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "common/base/backoff.h"
#include "common/base/time.h"
#include "operator/watch/event.h"

namespace vip::swarm {

// What becomes of an event after a try.
enum class Verdict : std::uint8_t {
  delivered,
  later,    // nobody answered, or the receiver has a trouble that may pass
  refused,  // it will not be taken however often it is sent
};

// By the HTTP status of the answer. A redirection is not followed, so that nothing secret goes elsewhere.
[[nodiscard]] Verdict verdict_on(long status);

class Outbox {
 public:
  static constexpr std::size_t kEventsMax = 100;

  // Of more than fit the oldest are lost, but never the one that is under way.
  void add(std::vector<Event> events);
  [[nodiscard]] bool empty() const { return events_.empty(); }
  [[nodiscard]] std::size_t size() const { return events_.size(); }
  // When to try the first one; nothing when none waits, or one is under way.
  [[nodiscard]] std::optional<TimePoint> due() const;

  struct Letter {
    Event event;
    std::uint64_t lost = 0;  // events before it that the receiver will never hear of
  };
  // The first one, which is under way until finish(). Not while empty.
  [[nodiscard]] Letter begin();
  // `scatter` of [0, 1) keeps several senders from coming back at the same time.
  void finish(Verdict verdict, TimePoint now, double scatter);

  // How many were lost since the last call of the second one.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  [[nodiscard]] std::uint64_t take_lost();
  // Another receiver: try at once.
  void hurry();

 private:
  std::deque<Event> events_;
  bool is_under_way_ = false;
  std::uint64_t untold_ = 0;  // lost, and the receiver does not know
  std::uint64_t told_ = 0;    // of these, what the letter under way tells
  std::uint64_t lost_ = 0;
  TimePoint next_try_;
  Backoff backoff_{std::chrono::seconds(1), std::chrono::minutes(1)};
};

}  // namespace vip::swarm
