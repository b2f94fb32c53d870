#include "common/sys/event_loop.h"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace vip::sys {
namespace {

using namespace std::chrono_literals;

class EventLoopTest : public testing::Test {
 protected:
  EventLoop loop_ = EventLoop::create().value();
  DeadlineTimer end_ = loop_.timer([this] { loop_.stop(); });
  std::vector<std::string> seen_;

  auto see(std::string what) {
    return [this, what = std::move(what)] { seen_.push_back(what); };
  }
  void run_for(Duration span) {
    end_.set(loop_.now() + span);
    loop_.run();
  }
};

TEST_F(EventLoopTest, DeadlinesComeInTheirOrderAndNotEarly) {
  const auto begin = loop_.now();
  std::optional<TimePoint> at;
  auto late = loop_.timer(see("late"));
  auto soon = loop_.timer([&] {
    at = loop_.now();
    seen_.emplace_back("soon");
  });
  late.set(begin + 20ms);
  soon.set(begin + 10ms);
  run_for(30ms);
  EXPECT_EQ(seen_, (std::vector<std::string>{"soon", "late"}));
  EXPECT_GE(*at, begin + 10ms);
}

TEST_F(EventLoopTest, ADeadlineThatMovesAwayIsNotMet) {
  auto timer = loop_.timer(see("timer"));
  timer.set(loop_.now() + 5ms);
  timer.set(loop_.now() + 10s);
  auto other = loop_.timer(see("other"));
  other.set(loop_.now() + 10ms);
  run_for(20ms);
  EXPECT_EQ(seen_, std::vector<std::string>{"other"});
}

TEST_F(EventLoopTest, ADeadlineThatComesNearerIsMet) {
  auto timer = loop_.timer(see("timer"));
  timer.set(loop_.now() + 10s);
  timer.set(loop_.now() + 5ms);
  run_for(15ms);
  EXPECT_EQ(seen_, std::vector<std::string>{"timer"});
}

TEST_F(EventLoopTest, WhatIsStoppedDoesNotCome) {
  auto timer = loop_.timer(see("timer"));
  timer.set(loop_.now() + 5ms);
  timer.stop();
  {
    auto gone = loop_.timer(see("gone"));
    gone.set(loop_.now() + 5ms);
  }
  run_for(15ms);
  EXPECT_TRUE(seen_.empty());
}

// What was heard in time counts, also when it is read late.
TEST_F(EventLoopTest, WhatIsReadableComesBeforeDeadlines) {
  std::array<int, 2> ends{-1, -1};
  ASSERT_EQ(::pipe(ends.data()), 0);
  auto timer = loop_.timer(see("timer"));
  timer.set(loop_.now() + 1ms);
  Watch watch = loop_.on_readable(ends[0], [&] {
    seen_.emplace_back("packet");
    watch.stop();
  });
  std::this_thread::sleep_for(5ms);  // the deadline passes first
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  run_for(5ms);
  EXPECT_EQ(seen_, (std::vector<std::string>{"packet", "timer"}));
  ::close(ends[0]);
  ::close(ends[1]);
}

// Who is always late must not keep the others from their turn.
TEST_F(EventLoopTest, ADeadlineOfThePastHasToWaitForTheNextTurn) {
  std::array<int, 2> ends{-1, -1};
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::size_t times = 0;
  DeadlineTimer eager = loop_.timer([&] {
    if (++times == 1) {
      ASSERT_EQ(::write(ends[1], "x", 1), 1);
    }
    eager.set(loop_.now() - 1s);
  });
  auto watch = loop_.on_readable(ends[0], [&] { loop_.stop(); });
  eager.set(loop_.now());
  loop_.run();
  EXPECT_LE(times, 2U);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(EventLoopTest, NothingComesAfterStop) {
  auto first = loop_.timer([&] {
    seen_.emplace_back("first");
    loop_.stop();
  });
  auto second = loop_.timer(see("second"));
  const auto now = loop_.now();
  first.set(now);
  second.set(now + 1us);
  std::this_thread::sleep_for(2ms);
  loop_.run();
  EXPECT_EQ(seen_, std::vector<std::string>{"first"});
  run_for(5ms);
  EXPECT_EQ(seen_, (std::vector<std::string>{"first", "second"}));
}

TEST_F(EventLoopTest, ATimerCanDestroyAnother) {
  std::optional<DeadlineTimer> other = loop_.timer(see("other"));
  auto first = loop_.timer([&] { other.reset(); });
  const auto now = loop_.now();
  first.set(now);
  other->set(now + 1us);
  run_for(5ms);
  EXPECT_TRUE(seen_.empty());
}

}  // namespace
}  // namespace vip::sys
