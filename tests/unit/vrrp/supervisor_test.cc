// The supervisor with routers that do nothing but live and die: each test forks a process to be the parent.
#include "vrrp/sys/supervisor.h"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <functional>
#include <optional>
#include <string>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPatience = 20s;  // of a busy machine

bool wait_until(const std::function<bool()>& is_true) {
  const auto limit = sys::monotonic_now() + kPatience;
  while (!is_true()) {
    if (sys::monotonic_now() > limit) return false;
    const timespec pause{.tv_sec = 0, .tv_nsec = 1'000'000};
    (void)::nanosleep(&pause, nullptr);
  }
  return true;
}

[[noreturn]] void die(int signal) {
  (void)std::signal(signal, SIG_DFL);
  (void)::kill(::getpid(), signal);
  for (;;) (void)::pause();
}

// Waits for what comes from the parent.
int next_relayed() {
  sigset_t set{};
  (void)::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) (void)::sigaddset(&set, relayed(signal));
  return ::sigwaitinfo(&set, nullptr);
}

class SupervisorTest : public ::testing::Test {
 protected:
  void start(const Live& live) {
    parent_ = ::fork();
    ASSERT_GE(parent_, 0);
    if (parent_ != 0) return;
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);  // as process 1 of a container is
    (void)::setpgid(0, 0);
    ::_exit(supervise(memory_, live));
  }
  // The parent's exit status; nothing when a signal ended it.
  std::optional<int> end() {
    int status = 0;
    const bool ended = wait_until([&] { return ::waitpid(parent_, &status, WNOHANG) == parent_; });
    if (!ended || !WIFEXITED(status)) return std::nullopt;
    parent_ = -1;
    return WEXITSTATUS(status);
  }
  void TearDown() override {
    if (parent_ <= 0) return;
    (void)::kill(parent_, SIGKILL);
    (void)::waitpid(parent_, nullptr, 0);
  }
  // What the lives tell the test.
  void note(const std::string& text) {
    const auto known = memory_.of_set().read().value_or("");
    ASSERT_TRUE(memory_.of_set().write(known + text + ";"));
  }
  std::string notes() const { return memory_.of_set().read().value_or(""); }
  void note_pid() { ASSERT_TRUE(memory_.of_router(0).write(std::to_string(::getpid()))); }
  pid_t noted_pid() const { return std::stoi(memory_.of_router(0).read().value_or("0")); }

  LastingMemory memory_ = *LastingMemory::create();
  pid_t parent_ = -1;
};

TEST_F(SupervisorTest, EndsWithItsChild) {
  for (const int status : {0, 1, 2}) {
    start([&](const Life&) { return status; });
    EXPECT_EQ(end(), status);
  }
  EXPECT_EQ(memory_.last_death().deaths, 0U);
}

TEST_F(SupervisorTest, AnEndThatIsMeantIsNoCrashLaterEither) {
  for (const int status : {0, 2}) {
    start([&](const Life&) {
      memory_.beat(sys::monotonic_now());
      return status;
    });
    EXPECT_EQ(end(), status);
  }
  EXPECT_EQ(memory_.last_death().deaths, 0U);
}

TEST_F(SupervisorTest, WhoMakesWayIsFollowedAndHasNotCrashed) {
  constexpr std::uint32_t kMoreThanCrashes = 8;
  start([&](const Life& life) {
    memory_.beat(sys::monotonic_now());
    if (life.number > 0) note(memory_.last_death().signal == SIGHUP && !life.leaves ? "next" : "odd");
    return life.number < kMoreThanCrashes ? kNextLife : 0;
  });
  EXPECT_EQ(end(), 0);
  EXPECT_EQ(notes(), "next;next;next;next;next;next;next;next;");
  EXPECT_EQ(memory_.last_death().deaths, 0U);
}

TEST_F(SupervisorTest, StartsACrashedChildAgainAtOnce) {
  for (const int signal : {SIGKILL, SIGSEGV, SIGABRT}) {
    start([&](const Life& life) {
      memory_.beat(sys::monotonic_now());
      if (life.number == 0) {
        note("first");
        die(signal);
      }
      const auto death = memory_.last_death();
      note(death.signal == signal && !death.hung && !life.leaves ? "second" : "odd");
      return 0;
    });
    EXPECT_EQ(end(), 0);
  }
  EXPECT_EQ(notes(), "first;second;first;second;first;second;");
  EXPECT_EQ(memory_.last_death().deaths, 3U);
}

TEST_F(SupervisorTest, WhoGivesUpWhileRunningIsStartedAgain) {
  start([&](const Life& life) {
    memory_.beat(sys::monotonic_now());
    note(std::to_string(life.number));
    return life.number == 0 ? 1 : 0;
  });
  EXPECT_EQ(end(), 0);
  EXPECT_EQ(notes(), "0;1;");
  EXPECT_EQ(memory_.last_death().signal, 0);
}

TEST_F(SupervisorTest, TheFifthCrashIsFollowedByALastLifeThatLeaves) {
  start([&](const Life& life) {
    note(life.leaves ? "leaves" : std::to_string(life.number));
    if (!life.leaves) die(SIGSEGV);
    return 0;
  });
  EXPECT_EQ(end(), 1);
  EXPECT_EQ(notes(), "0;1;2;3;4;leaves;");
}

TEST_F(SupervisorTest, WhoCannotEvenLeaveIsNotStartedAgain) {
  start([&](const Life& life) {
    if (life.leaves) note("leaves");
    die(SIGSEGV);
    return 0;
  });
  EXPECT_EQ(end(), 1);
  EXPECT_EQ(notes(), "leaves;");
}

TEST_F(SupervisorTest, RelaysSignalsAndKeepsThemUntilTheyAreTaken) {
  start([&](const Life&) {
    note("up");
    for (const int wanted : {SIGUSR1, SIGHUP, SIGTERM})
      note(next_relayed() == relayed(wanted) ? "right" : "wrong");
    return 0;
  });
  ASSERT_TRUE(wait_until([&] { return notes() == "up;"; }));
  std::string expected = "up;";
  for (const int signal : {SIGUSR1, SIGHUP, SIGTERM}) {
    ASSERT_EQ(::kill(parent_, signal), 0);
    expected += "right;";
    ASSERT_TRUE(wait_until([&] { return notes() == expected; })) << notes();
  }
  EXPECT_EQ(end(), 0);
}

// As a terminal's Ctrl-C does, or a unit's stop: the child must not take it for a second one.
TEST_F(SupervisorTest, ASignalToAllProcessesReachesTheChildOnce) {
  start([&](const Life&) {
    note("up");
    note(next_relayed() == relayed(SIGINT) ? "right" : "wrong");
    sigset_t pending{};
    (void)::sigpending(&pending);
    note(::sigismember(&pending, relayed(SIGINT)) == 0 ? "once" : "twice");
    return 0;
  });
  ASSERT_TRUE(wait_until([&] { return notes() == "up;"; }));
  ASSERT_EQ(::kill(-parent_, SIGINT), 0);
  EXPECT_EQ(end(), 0);
  EXPECT_EQ(notes(), "up;right;once;");
}

TEST_F(SupervisorTest, WhoCrashesAfterSigtermLeavesInALastLife) {
  start([&](const Life& life) {
    note(life.leaves ? "leaves" : "up");
    if (life.leaves) return 0;
    (void)next_relayed();
    die(SIGSEGV);
  });
  ASSERT_TRUE(wait_until([&] { return notes() == "up;"; }));
  ASSERT_EQ(::kill(parent_, SIGTERM), 0);
  EXPECT_EQ(end(), 1);
  EXPECT_EQ(notes(), "up;leaves;");
}

TEST_F(SupervisorTest, KillsAHungChild) {
  start([&](const Life& life) {
    if (life.number > 0) {
      note(memory_.last_death().hung ? "was hung" : "odd");
      return 0;
    }
    memory_.set_patience(100ms);
    memory_.beat(sys::monotonic_now());
    for (;;) (void)::pause();
  });
  EXPECT_EQ(end(), 0);
  EXPECT_EQ(notes(), "was hung;");
}

TEST_F(SupervisorTest, LetsASilentChildLiveWhenItHasNoLease) {
  start([&](const Life&) {
    memory_.beat(sys::monotonic_now());
    (void)next_relayed();
    return 0;
  });
  const timespec looks_of_parent{.tv_sec = 2, .tv_nsec = 500'000'000};  // that nothing happens takes time
  (void)::nanosleep(&looks_of_parent, nullptr);
  ASSERT_EQ(::kill(parent_, SIGTERM), 0);
  EXPECT_EQ(end(), 0);
  EXPECT_EQ(memory_.last_death().deaths, 0U);
}

// P12: a paused container, or a machine that slept, is no hung child.
TEST_F(SupervisorTest, APauseOfBothIsNoHang) {
  constexpr Duration kLease = 400ms;
  start([&](const Life& life) {
    note(std::to_string(life.number));
    memory_.set_patience(kLease);
    note_pid();
    for (;;) {
      memory_.beat(sys::monotonic_now());
      const timespec pause{.tv_sec = 0, .tv_nsec = 10'000'000};
      sigset_t set{};
      (void)::sigemptyset(&set);
      (void)::sigaddset(&set, relayed(SIGTERM));
      if (::sigtimedwait(&set, nullptr, &pause) > 0) return 0;
    }
  });
  ASSERT_TRUE(wait_until([&] { return noted_pid() != 0 && memory_.last_beat(); }));
  const auto child = noted_pid();
  for (const auto pid : {child, parent_}) ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  const auto stopped = sys::monotonic_now();
  ASSERT_TRUE(wait_until([&] { return sys::monotonic_now() - stopped > 3 * kLease; }));
  ASSERT_EQ(::kill(parent_, SIGCONT), 0);  // it looks first
  ASSERT_EQ(::kill(child, SIGCONT), 0);
  const auto woken = sys::monotonic_now();
  ASSERT_TRUE(wait_until([&] { return memory_.last_beat() > woken + kLease; }));
  ASSERT_EQ(::kill(parent_, SIGTERM), 0);
  EXPECT_EQ(end(), 0);
  EXPECT_EQ(notes(), "0;");
}

TEST_F(SupervisorTest, NoChildOutlivesItsParent) {
  start([&](const Life&) -> int {
    note_pid();
    for (;;) (void)::pause();
  });
  ASSERT_TRUE(wait_until([&] { return noted_pid() != 0; }));
  ASSERT_EQ(::kill(parent_, SIGKILL), 0);
  EXPECT_EQ(end(), std::nullopt);
  EXPECT_TRUE(wait_until([&] { return ::kill(noted_pid(), 0) != 0 && errno == ESRCH; }));
}

TEST_F(SupervisorTest, BuriesOrphans) {
  start([&](const Life&) {
    if (::fork() == 0) {
      if (::fork() == 0) {
        note_pid();
        ::_exit(0);
      }
      ::_exit(0);
    }
    (void)::wait(nullptr);
    (void)next_relayed();
    return 0;
  });
  ASSERT_TRUE(wait_until([&] { return noted_pid() != 0 && ::kill(noted_pid(), 0) != 0 && errno == ESRCH; }));
  ASSERT_EQ(::kill(parent_, SIGTERM), 0);
  EXPECT_EQ(end(), 0);
}

}  // namespace
}  // namespace vip::vrrp
