#include "vrrp/core/virtual_router.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/vrrp/wire_values.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

const IpAddress kSelf = ip("192.0.2.20");
const IpAddress kLower = ip("192.0.2.10");
const IpAddress kHigher = ip("192.0.2.30");

const IpPrefix kVip = IpPrefix::parse("192.0.2.100").value();

RouterConfig config(int priority = 100) {
  return {.version = Version::v3,
          .vrid = Vrid(51),
          .priority = Priority(static_cast<std::uint8_t>(priority)),
          .advert_interval = 1s,
          .preempt = true,
          .source = kSelf,
          .addresses = {kVip}};
}

Received advert(int priority, IpAddress source = kHigher, Duration interval = 1s) {
  return {.source = source, .priority = Priority(static_cast<std::uint8_t>(priority)), .interval = interval};
}

// A router with its own clock; events happen at the time they are told.
class Subject {
 public:
  explicit Subject(RouterConfig with) : router_(std::move(with)) {}

  Actions at(Duration when, const Event& event) {
    now_ = TimePoint(when);
    auto actions = router_.step(now_, event);
    if (std::holds_alternative<TimerExpired>(event)) check_deadline();
    return actions;
  }
  // Runs to the next deadline and through it; a fresh active gets its addresses at once.
  Actions expire() {
    const auto deadline = router_.next_deadline();
    if (!deadline) return {};
    now_ = deadline->when;
    auto actions = router_.step(now_, TimerExpired{});
    check_deadline();
    return actions;
  }
  Actions held() { return router_.step(now_, AddressesHeld{}); }
  [[nodiscard]] Duration elapsed() const { return now_.time_since_epoch(); }
  [[nodiscard]] State state() const { return router_.state(); }
  [[nodiscard]] const VirtualRouter& router() const { return router_; }

  // A router in the given state at time 0.
  static Subject in(State state, RouterConfig with = config()) {
    Subject subject(std::move(with));
    if (state == State::initialize) return subject;
    (void)subject.at(0s, Started{.link_up = state != State::fault});
    if (state == State::active) {
      (void)subject.expire();
      (void)subject.held();
    }
    return subject;
  }

 private:
  void check_deadline() const {
    const auto deadline = router_.next_deadline();
    if (!deadline) return;
    EXPECT_GT(deadline->when, now_) << "a deadline that is not in the future spins";
  }
  VirtualRouter router_;
  TimePoint now_;
};

template <typename Wanted>
bool contains(const Actions& actions) {
  return std::ranges::any_of(actions,
                             [](const Action& action) { return std::holds_alternative<Wanted>(action); });
}

template <typename Wanted>
std::size_t position(const Actions& actions) {
  return static_cast<std::size_t>(
      std::ranges::find_if(actions,
                           [](const Action& action) { return std::holds_alternative<Wanted>(action); }) -
      actions.begin());
}

std::optional<Priority> sent(const Actions& actions) {
  for (const auto& action : actions) {
    if (const auto* send = std::get_if<SendAdvertisement>(&action)) return send->priority;
  }
  return std::nullopt;
}

Cause cause(const Actions& actions) {
  for (const auto& action : actions) {
    if (const auto* change = std::get_if<StateChanged>(&action)) return change->cause;
  }
  ADD_FAILURE() << "no change of state";
  return Cause::started;
}

// --- every state and every event
// ----------------------------------------------------------------------------

// Of another active router, which outside of a question says nothing.
Answered answer() {
  return {.source = kHigher,
          .state = State::active,
          .priority = Priority(200),
          .interval = 1s,
          .active_for = 60s,
          .active_router = kHigher};
}

struct Row {
  State from;
  std::string event_name;
  Event event;
  State to;
  bool speaks = false;  // sends an advertisement of any priority
  bool keeps = false;   // the addresses, for a successor
};

std::vector<Row> table() {
  using enum State;
  return {
      {initialize, "started", Started{}, backup},
      {initialize, "started, link down", Started{.link_up = false}, fault},
      {initialize, "stopped", Stopped{}, initialize},
      {initialize, "timer", TimerExpired{}, initialize},
      {initialize, "advert 0", advert(0), initialize},
      {initialize, "advert lower", advert(50), initialize},
      {initialize, "advert equal", advert(100), initialize},
      {initialize, "advert higher", advert(200), initialize},
      {initialize, "link up", LinkChanged{.up = true}, initialize},
      {initialize, "link down", LinkChanged{.up = false}, initialize},
      {initialize, "well", HealthChanged{}, initialize},
      {initialize, "unwell", HealthChanged{.well = false}, initialize},
      {initialize, "stalled", Stalled{}, initialize},
      {initialize, "held", AddressesHeld{}, initialize},
      {initialize, "refused", AddressesRefused{}, initialize},
      {initialize, "taken", AddressTaken{}, initialize},
      {initialize, "foreign owner", ForeignOwner{kVip.address}, initialize},
      {initialize, "claimed", Claimed{}, initialize},
      {initialize, "yielded", Yielded{}, initialize},
      {initialize, "reconfigured", Reconfigured{config(120)}, initialize},
      {initialize, "answered", answer(), initialize},

      {backup, "started", Started{}, backup},
      {backup, "stopped", Stopped{}, initialize},
      {backup, "timer, nothing due", TimerExpired{}, backup},
      {backup, "advert 0", advert(0), backup},
      {backup, "advert lower", advert(50), backup},
      {backup, "advert equal", advert(100), backup},
      {backup, "advert higher", advert(200), backup},
      {backup, "link up", LinkChanged{.up = true}, backup},
      {backup, "link down", LinkChanged{.up = false}, fault},
      {backup, "well", HealthChanged{}, backup},
      {backup, "unwell", HealthChanged{.well = false}, fault},
      {backup, "stalled", Stalled{}, backup},
      {backup, "held", AddressesHeld{}, backup},
      {backup, "refused", AddressesRefused{}, backup},
      {backup, "taken", AddressTaken{}, backup},
      {backup, "foreign owner", ForeignOwner{kVip.address}, backup},
      {backup, "claimed", Claimed{}, active},
      {backup, "yielded", Yielded{}, backup},
      {backup, "reconfigured", Reconfigured{config(120)}, backup},
      {backup, "answered", answer(), backup},

      {active, "started", Started{}, active},
      {active, "stopped", Stopped{}, initialize, true, true},
      {active, "stopped, nobody can follow", Stopped{.farewells = 0}, initialize, true},
      {active, "timer, nothing due", TimerExpired{}, active},
      {active, "advert 0", advert(0), active, true},
      {active, "advert equal, lower address", advert(100, kLower), active},
      {active, "advert equal, higher address", advert(100, kHigher), backup, true, true},
      {active, "advert higher", advert(200), backup, true, true},
      {active, "link up", LinkChanged{.up = true}, active},
      {active, "link down", LinkChanged{.up = false}, fault},
      {active, "well", HealthChanged{}, active},
      {active, "unwell", HealthChanged{.well = false}, fault, true, true},
      {active, "unwell, nobody can follow", HealthChanged{.well = false, .farewells = 0}, fault, true},
      {active, "stalled", Stalled{}, backup},
      {active, "held", AddressesHeld{}, active},
      {active, "refused", AddressesRefused{}, fault, true},
      {active, "taken", AddressTaken{}, active},
      {active, "foreign owner", ForeignOwner{kVip.address}, active},
      {active, "claimed", Claimed{}, active},
      {active, "yielded", Yielded{}, backup, true, true},
      {active, "reconfigured", Reconfigured{config(120)}, active, true},
      {active, "answered", answer(), active},

      {fault, "started", Started{}, fault},
      {fault, "stopped", Stopped{}, initialize},
      {fault, "timer", TimerExpired{}, fault},
      {fault, "advert 0", advert(0), fault},
      {fault, "advert lower", advert(50), fault},
      {fault, "advert equal", advert(100), fault},
      {fault, "advert higher", advert(200), fault},
      {fault, "link up", LinkChanged{.up = true}, backup},
      {fault, "link down", LinkChanged{.up = false}, fault},
      {fault, "well", HealthChanged{}, fault},
      {fault, "unwell", HealthChanged{.well = false}, fault},
      {fault, "stalled", Stalled{}, fault},
      {fault, "held", AddressesHeld{}, fault},
      {fault, "refused", AddressesRefused{}, fault},
      {fault, "taken", AddressTaken{}, fault},
      {fault, "foreign owner", ForeignOwner{kVip.address}, fault},
      {fault, "claimed", Claimed{}, fault},
      {fault, "yielded", Yielded{}, fault},
      {fault, "reconfigured", Reconfigured{config(120)}, fault},
      {fault, "answered", answer(), fault},
  };
}

TEST(VirtualRouter, TheTableLacksNoPair) {
  constexpr std::size_t kStates = 4;
  std::set<std::pair<State, std::size_t>> pairs;
  for (const auto& row : table()) pairs.emplace(row.from, row.event.index());
  EXPECT_EQ(pairs.size(), kStates * std::variant_size_v<Event>);
}

TEST(VirtualRouter, EveryStateAnswersEveryEvent) {
  for (const auto& row : table()) {
    auto subject = Subject::in(row.from);
    ASSERT_EQ(subject.state(), row.from) << row.event_name;
    const auto actions = subject.at(subject.elapsed() + 1ms, row.event);
    const auto where = std::string(name(row.from)) + " on " + row.event_name;
    EXPECT_EQ(name(subject.state()), name(row.to)) << where;
    EXPECT_EQ(sent(actions).has_value(), row.speaks) << where;
    EXPECT_EQ(contains<StateChanged>(actions), row.from != row.to) << where;
    const bool held = row.from == State::active;
    const bool holds = row.to == State::active || row.keeps;
    EXPECT_EQ(contains<ReleaseAddresses>(actions), held && !holds) << where;
    EXPECT_EQ(subject.router().is_lingering(), row.keeps) << where;
    EXPECT_EQ(subject.router().desired_addresses().empty(), !holds) << where;
    const bool retries = row.from == State::active && row.event_name == "refused";
    // Who has just claimed waits for the kernel, not for a time.
    EXPECT_EQ(subject.router().next_deadline().has_value(),
              row.to == State::backup || (held && holds) || retries)
        << where;
  }
}

// --- timers (RFC 9568, 6.1; RFC 3768, 6.1)
// ------------------------------------------------------------------

TEST(Timers, SkewAndDownIntervalOfVersion3) {
  EXPECT_EQ(skew_time(Version::v3, Priority(100), 1s), Duration(609'375us));
  EXPECT_EQ(active_down_interval(Version::v3, Priority(100), 1s), Duration(3'609'375us));
  EXPECT_EQ(active_down_interval(Version::v3, Priority(254), 10ms), Duration(30'078'125ns));
  EXPECT_EQ(active_down_interval(Version::v3, Priority(100), 100ms), Duration(360'937'500ns));
}

TEST(Timers, TheSkewOfVersion2IsOfOneSecondWhateverTheInterval) {
  EXPECT_EQ(skew_time(Version::v2, Priority(100), 5s), Duration(609'375us));
  EXPECT_EQ(active_down_interval(Version::v2, Priority(200), 5s), Duration(15'218'750us));
}

// --- becoming active
// ----------------------------------------------------------------------------------------

TEST(VirtualRouter, ListensForTheDownIntervalAndTakesOver) {
  Subject subject(config());
  (void)subject.at(0s, Started{});
  const auto actions = subject.expire();
  EXPECT_EQ(subject.elapsed(), Duration(3'609'375us));
  EXPECT_EQ(subject.state(), State::active);
  EXPECT_EQ(cause(actions), Cause::silence);
}

TEST(VirtualRouter, HasTheAddressBeforeItAnnouncesAndAnnouncesBeforeItSpeaks) {
  Subject subject(config());
  (void)subject.at(0s, Started{});
  const auto claim = subject.expire();
  EXPECT_TRUE(contains<HoldAddresses>(claim));
  EXPECT_FALSE(contains<AnnounceAddresses>(claim));
  EXPECT_FALSE(sent(claim));
  const auto held = subject.held();
  EXPECT_LT(position<AnnounceAddresses>(held), position<SendAdvertisement>(held));
  EXPECT_EQ(sent(held), Priority(100));
}

TEST(VirtualRouter, NeverSpeaksForAnAddressTheKernelRefused) {
  Subject subject(config());
  (void)subject.at(0s, Started{});
  (void)subject.expire();
  const auto refused = subject.at(subject.elapsed(), AddressesRefused{});
  EXPECT_EQ(subject.state(), State::fault);
  EXPECT_FALSE(sent(refused));
  const auto before = subject.elapsed();
  EXPECT_EQ(cause(subject.expire()), Cause::retry);
  EXPECT_EQ(subject.elapsed() - before, Duration(1s));
  (void)subject.expire();
  (void)subject.at(subject.elapsed(), AddressesRefused{});
  const auto second = subject.elapsed();
  (void)subject.expire();
  EXPECT_EQ(subject.elapsed() - second, Duration(2s)) << "the pauses between tries grow";
}

TEST(VirtualRouter, TheOwnerOfTheAddressesIsActiveAtOnce) {
  Subject subject(config(255));
  EXPECT_EQ(cause(subject.at(0s, Started{})), Cause::owner);
  EXPECT_EQ(subject.state(), State::active);
}

TEST(VirtualRouter, AStartWaitReplacesTheFirstListening) {
  auto with = config();
  with.start_wait = 200ms;
  Subject subject(with);
  (void)subject.at(0s, Started{});
  (void)subject.expire();
  EXPECT_EQ(subject.elapsed(), Duration(200ms));
}

TEST(VirtualRouter, AnnouncesDenselyThenRefreshes) {
  auto subject = Subject::in(State::active);
  const auto start = subject.elapsed();
  std::vector<Duration> announced;
  while (announced.size() < 4) {
    if (contains<AnnounceAddresses>(subject.expire())) announced.push_back(subject.elapsed() - start);
  }
  EXPECT_EQ(announced, (std::vector<Duration>{100ms, 500ms, 1000ms, 61'000ms}));
}

TEST(VirtualRouter, SpeaksOncePerInterval) {
  auto subject = Subject::in(State::active);
  const auto start = subject.elapsed();
  std::vector<Duration> spoken;
  while (spoken.size() < 3) {
    if (sent(subject.expire())) spoken.push_back(subject.elapsed() - start);
  }
  EXPECT_EQ(spoken, (std::vector<Duration>{1s, 2s, 3s}));
}

// --- backup
// -------------------------------------------------------------------------------------------------

TEST(VirtualRouter, ABetterAdvertRestartsTheDownTimer) {
  auto subject = Subject::in(State::backup);
  (void)subject.at(3s, advert(200));
  (void)subject.expire();
  EXPECT_EQ(subject.elapsed(), Duration(6'609'375us));
}

TEST(VirtualRouter, LowerPriorityAdvertDoesNotDelayTakeover) {
  auto subject = Subject::in(State::backup);
  for (int i = 1; i <= 3; ++i) (void)subject.at(std::chrono::seconds(i), advert(50));
  (void)subject.expire();
  EXPECT_EQ(subject.elapsed(), Duration(3'609'375us));
}

TEST(VirtualRouter, WithoutPreemptionALowerPriorityStaysActive) {
  auto with = config();
  with.preempt = false;
  auto subject = Subject::in(State::backup, with);
  for (int i = 1; i <= 20; ++i) (void)subject.at(std::chrono::seconds(i), advert(50));
  EXPECT_EQ(subject.state(), State::backup);
  EXPECT_EQ(cause(subject.expire()), Cause::silence);
  EXPECT_EQ(subject.elapsed(), Duration(23'609'375us));
}

TEST(VirtualRouter, PreemptsAfterItsDelayWhileTheLowerOneIsHeard) {
  auto with = config();
  with.preempt_delay = 5s;
  auto subject = Subject::in(State::backup, with);
  (void)subject.at(1s, advert(50));
  for (int i = 2; i <= 6; ++i) (void)subject.at(std::chrono::seconds(i), advert(50));
  const auto actions = subject.expire();
  EXPECT_EQ(subject.elapsed(), Duration(6s + 609'375us));
  EXPECT_EQ(cause(actions), Cause::preemption);
}

// RFC 9568, 6.4.2: its advertisements are discarded, and the timer that runs out is that of a silent one.
TEST(VirtualRouter, WhoIsOutvotedWithoutADelayWasNotSilent) {
  auto subject = Subject::in(State::backup, config());
  (void)subject.at(1s, advert(50));
  const auto actions = subject.expire();
  EXPECT_EQ(cause(actions), Cause::preemption);
  EXPECT_EQ(std::get<StateChanged>(actions.front()).peer, advert(50).source);
}

// A member that a person drained is below the level, everybody else above.
RouterConfig levelled(bool preempt) {
  auto with = config();
  with.preempt = preempt;
  with.preempt_delay = 5s;
  with.levels = {Priority(3)};
  return with;
}

TEST(VirtualRouter, WhoIsDrainedIsPreemptedAtOnceInEitherMode) {
  for (const bool preempt : {true, false}) {
    auto subject = Subject::in(State::backup, levelled(preempt));
    for (int i = 1; i <= 6; ++i) (void)subject.at(std::chrono::seconds(i), advert(200));
    (void)subject.at(7s, advert(2));
    const auto actions = subject.expire();
    EXPECT_EQ(subject.elapsed(), Duration(7s + 609'375us)) << "the skew only, so that the best comes first";
    EXPECT_EQ(cause(actions), Cause::preemption);
  }
}

TEST(VirtualRouter, ALevelMakesNoDifferenceToWhoIsOnTheSame) {
  for (const bool drained : {true, false}) {
    auto with = levelled(false);
    if (drained) with.priority = Priority(2);
    with.levels.front() = Priority(drained ? 4 : 3);
    auto subject = Subject::in(State::backup, with);
    for (int i = 1; i <= 20; ++i) (void)subject.at(std::chrono::seconds(i), advert(drained ? 1 : 50));
    EXPECT_EQ(cause(subject.expire()), Cause::silence);
  }
}

TEST(VirtualRouter, WhoWillBePreferredPreemptsAtTheNextAdvertisement) {
  auto with = levelled(false);
  with.levels.clear();
  auto subject = Subject::in(State::backup, with);
  for (int i = 1; i <= 6; ++i) (void)subject.at(std::chrono::seconds(i), advert(108));
  with.priority = Priority(254);
  with.levels = {Priority(254)};
  (void)subject.at(6500ms, Reconfigured{with});
  (void)subject.at(7s, advert(108));
  EXPECT_EQ(cause(subject.expire()), Cause::preemption);
  EXPECT_EQ(subject.elapsed(), Duration(7s) + skew_time(Version::v3, Priority(254), 1s));
}

// Who starts disturbs no more than it would in a group that preempts.
TEST(VirtualRouter, AfterAStartThePreemptDelayComesFirst) {
  Subject subject(levelled(false));
  (void)subject.at(0s, Started{});
  for (int i = 1; i <= 4; ++i) (void)subject.at(std::chrono::seconds(i), advert(2));
  EXPECT_EQ(subject.state(), State::backup);
  (void)subject.at(5s, advert(2));
  (void)subject.expire();
  EXPECT_EQ(subject.state(), State::active);
  EXPECT_EQ(subject.elapsed(), Duration(5s + 609'375us));
}

TEST(VirtualRouter, APreferenceThatIsTakenBackIsForgotten) {
  auto with = levelled(false);
  with.levels = {Priority(100)};
  auto subject = Subject::in(State::backup, with);
  for (int i = 1; i <= 6; ++i) (void)subject.at(std::chrono::seconds(i), advert(108));
  (void)subject.at(7s, advert(50));
  with.levels.clear();
  (void)subject.at(7100ms, Reconfigured{with});
  for (int i = 8; i <= 20; ++i) (void)subject.at(std::chrono::seconds(i), advert(50));
  EXPECT_EQ(subject.state(), State::backup);
}

// P27 is for splits: whoever is drained does not ask who had the addresses for longer.
TEST(VirtualRouter, WhoIsDrainedYieldsAtOnceWithoutPreemption) {
  auto with = levelled(false);
  with.asks_peers = true;
  auto subject = Subject::in(State::active, with);
  for (int i = 0; i < 8; ++i) (void)subject.expire();
  (void)subject.at(subject.elapsed(), Answered{.source = kHigher});
  with.priority = Priority(2);
  (void)subject.at(subject.elapsed(), Reconfigured{with});
  (void)subject.at(subject.elapsed() + 1ms, advert(92));
  EXPECT_EQ(subject.state(), State::backup);
}

TEST(VirtualRouter, ABetterRouterCancelsThePreemption) {
  auto with = config();
  with.preempt_delay = 5s;
  auto subject = Subject::in(State::backup, with);
  (void)subject.at(1s, advert(50));
  (void)subject.at(4s, advert(200));
  (void)subject.at(7s, advert(200));
  EXPECT_EQ(subject.state(), State::backup);
  (void)subject.expire();
  EXPECT_EQ(subject.elapsed(), Duration(10'609'375us));
}

TEST(VirtualRouter, ALowerRouterThatDiesDuringThePreemptDelayIsReplacedInTime) {
  auto with = config();
  with.preempt_delay = 60s;
  auto subject = Subject::in(State::backup, with);
  (void)subject.at(1s, advert(50));
  EXPECT_EQ(cause(subject.expire()), Cause::silence);
  EXPECT_EQ(subject.elapsed(), Duration(4'609'375us));
}

TEST(VirtualRouter, PriorityZeroLeavesOnlyTheSkew) {
  auto subject = Subject::in(State::backup);
  (void)subject.at(1s, advert(200));
  (void)subject.at(1500ms, advert(0));
  EXPECT_EQ(cause(subject.expire()), Cause::active_left);
  EXPECT_EQ(subject.elapsed(), Duration(1500ms + 609'375us));
}

// P24: a leaver that repeats itself must not postpone its own succession.
TEST(VirtualRouter, RepeatedPriorityZeroDoesNotDelayTakeover) {
  auto subject = Subject::in(State::backup);
  (void)subject.at(1s, advert(200));
  for (int i = 0; i < 6; ++i) (void)subject.at(1500ms + i * 100ms, advert(0));
  (void)subject.expire();
  EXPECT_EQ(subject.elapsed(), Duration(1500ms + 609'375us));
}

TEST(VirtualRouter, AnotherRouterThatTakesOverFirstKeepsUsBackup) {
  auto subject = Subject::in(State::backup);
  (void)subject.at(1s, advert(0));
  (void)subject.at(1100ms, advert(150));
  (void)subject.expire();
  EXPECT_EQ(subject.elapsed(), Duration(1100ms + 3'609'375us));
}

TEST(VirtualRouter, Version3LearnsTheActiveRoutersInterval) {
  auto subject = Subject::in(State::backup);
  (void)subject.at(1s, advert(200, kHigher, 100ms));
  (void)subject.expire();
  EXPECT_EQ(subject.elapsed(), Duration(1s + 360'937'500ns));
}

TEST(VirtualRouter, AfterLearningItStillSpeaksAtItsOwnInterval) {
  auto subject = Subject::in(State::backup);
  (void)subject.at(1s, advert(200, kHigher, 100ms));
  (void)subject.expire();
  (void)subject.held();
  const auto start = subject.elapsed();
  while (!sent(subject.expire())) {
  }
  EXPECT_EQ(subject.elapsed() - start, Duration(1s));
}

// --- active
// -------------------------------------------------------------------------------------------------

TEST(VirtualRouter, YieldsToAHigherPriorityAndNamesIt) {
  auto subject = Subject::in(State::active);
  const auto actions = subject.at(subject.elapsed() + 1ms, advert(101, kLower));
  EXPECT_EQ(cause(actions), Cause::higher_priority);
  EXPECT_EQ(subject.router().active_router(), kLower);
}

TEST(VirtualRouter, AtEqualPriorityTheHigherAddressWins) {
  auto subject = Subject::in(State::active);
  (void)subject.at(subject.elapsed() + 1ms, advert(100, kLower));
  EXPECT_EQ(subject.state(), State::active);
  EXPECT_EQ(cause(subject.at(subject.elapsed() + 1ms, advert(100, kHigher))), Cause::higher_address);
}

// Byte by byte from the most significant on, not by the machine's integers.
TEST(VirtualRouter, AddressesAreComparedInNetworkOrder) {
  auto with = config();
  with.source = ip("10.0.0.200");
  auto subject = Subject::in(State::active, with);
  (void)subject.at(subject.elapsed() + 1ms, advert(100, ip("10.0.1.1")));
  EXPECT_EQ(subject.state(), State::backup);
}

TEST(VirtualRouter, AnswersALoserAtOnceButDoesNotStorm) {
  auto subject = Subject::in(State::active);
  const auto start = subject.elapsed();
  EXPECT_TRUE(sent(subject.at(start + 600ms, advert(50, kLower))));
  int answers = 0;
  for (int i = 1; i <= 400; ++i)
    answers += sent(subject.at(start + 600ms + i * 1ms, advert(50, kLower))) ? 1 : 0;
  EXPECT_EQ(answers, 0);
}

// RFC 3768, 6.4.3: version 2 discards a losing advertisement.
TEST(VirtualRouter, Version2DoesNotAnswerALoser) {
  auto with = config();
  with.version = Version::v2;
  auto subject = Subject::in(State::active, with);
  EXPECT_FALSE(sent(subject.at(subject.elapsed() + 900ms, advert(50, kLower))));
}

TEST(VirtualRouter, AnnouncesAgainAfterALoserWasHeard) {
  auto subject = Subject::in(State::active);
  while (subject.elapsed() < 10s) (void)subject.expire();
  const auto heard = subject.elapsed() + 1ms;
  (void)subject.at(heard, advert(50, kLower));
  Actions actions;
  while (!contains<AnnounceAddresses>(actions)) actions = subject.expire();
  EXPECT_EQ(subject.elapsed() - heard, Duration(1s));
}

TEST(VirtualRouter, DoesNotDefendItselfAfterYielding) {
  auto subject = Subject::in(State::active);
  (void)subject.at(subject.elapsed() + 1ms, advert(50, kLower));
  (void)subject.at(subject.elapsed() + 1ms, advert(200));
  for (int i = 1; i < 20; ++i) {
    const auto actions = subject.at(subject.elapsed() + 500ms, advert(200));
    EXPECT_FALSE(contains<AnnounceAddresses>(actions) || sent(actions)) << i;
  }
}

TEST(VirtualRouter, SaysPriorityZeroBeforeItLetsGo) {
  auto subject = Subject::in(State::active);
  const auto actions = subject.at(subject.elapsed() + 1ms, Stopped{});
  EXPECT_EQ(sent(actions), kPriorityLeaving);
  EXPECT_FALSE(contains<ReleaseAddresses>(actions)) << "the successor comes first";
}

TEST(VirtualRouter, WhoNobodyCanFollowLetsGoAtOnce) {
  auto subject = Subject::in(State::active);
  const auto actions = subject.at(subject.elapsed() + 1ms, Stopped{.farewells = 0});
  EXPECT_EQ(sent(actions), kPriorityLeaving);
  EXPECT_LT(position<SendAdvertisement>(actions), position<ReleaseAddresses>(actions));
}

TEST(VirtualRouter, ABackupLeavesInSilence) {
  auto subject = Subject::in(State::backup);
  EXPECT_FALSE(sent(subject.at(1s, Stopped{})));
}

TEST(VirtualRouter, AnAddressPutBackIsAnnouncedAndNothingElseChanges) {
  auto subject = Subject::in(State::active);
  const auto actions = subject.at(subject.elapsed() + 10ms, AddressesHeld{});
  EXPECT_TRUE(contains<AnnounceAddresses>(actions));
  EXPECT_FALSE(sent(actions));
  EXPECT_FALSE(contains<StateChanged>(actions));
}

// --- links
// --------------------------------------------------------------------------------------------------

TEST(VirtualRouter, AfterALinkFaultItListensForAWholeDownInterval) {
  auto subject = Subject::in(State::active);
  (void)subject.at(10s, LinkChanged{.up = false});
  (void)subject.at(20s, LinkChanged{.up = true});
  (void)subject.expire();
  EXPECT_EQ(subject.elapsed(), Duration(23'609'375us));
}

// --- health

TEST(VirtualRouter, WhoIsUnwellWaitsInAFaultUntilAllIsWell) {
  auto subject = Subject::in(State::backup);
  (void)subject.at(1s, HealthChanged{.well = false});
  EXPECT_FALSE(contains<StateChanged>(subject.at(2s, LinkChanged{.up = true})))
      << "the link is not what is wrong";
  (void)subject.at(3s, LinkChanged{.up = false});
  (void)subject.at(4s, HealthChanged{.well = true, .link_up = false});
  EXPECT_EQ(subject.state(), State::fault) << "now it is";
  (void)subject.at(5s, LinkChanged{.up = true});
  EXPECT_EQ(subject.state(), State::backup);
}

TEST(VirtualRouter, WhoStartsUnwellIsInAFault) {
  Subject subject(config());
  EXPECT_TRUE(subject.at(0s, HealthChanged{.well = false}).empty());
  (void)subject.at(0s, Started{});
  EXPECT_EQ(subject.state(), State::fault);
  (void)subject.at(1s, HealthChanged{.well = true});
  EXPECT_EQ(subject.state(), State::backup);
  (void)subject.expire();
  EXPECT_EQ(subject.elapsed(), Duration(4'609'375us)) << "it listens for the whole active-down interval";
}

TEST(VirtualRouter, WhoGetsUnwellKeepsTheAddressUntilAnotherHasIt) {
  auto subject = Subject::in(State::active);
  const auto actions = subject.at(10s, HealthChanged{.well = false});
  EXPECT_EQ(sent(actions), kPriorityLeaving);
  EXPECT_FALSE(contains<ReleaseAddresses>(actions));
  EXPECT_EQ(subject.router().desired_addresses(), std::vector{kVip});
  (void)subject.at(10s + 300ms, ForeignOwner{kVip.address});
  (void)subject.at(10s + 310ms, advert(50));
  (void)subject.expire();
  EXPECT_TRUE(subject.router().desired_addresses().empty());
  EXPECT_EQ(subject.state(), State::fault);
}

TEST(VirtualRouter, ABonusMovesThePriorityWithinItsRange) {
  auto subject = Subject::in(State::active);
  const auto said = [&](int bonus) {
    return sent(subject.at(subject.elapsed() + 10ms, HealthChanged{.bonus = bonus}));
  };
  EXPECT_EQ(said(-30), Priority(70));
  EXPECT_EQ(said(-30), std::nullopt) << "nothing new";
  EXPECT_EQ(said(-253), Priority(1));
  EXPECT_EQ(said(253), Priority(254));
  (void)subject.at(subject.elapsed() + 10ms, HealthChanged{.bonus = 20});
  EXPECT_EQ(sent(subject.at(subject.elapsed() + 10ms, Reconfigured{config(50)})), Priority(70))
      << "other settings are another base";
  auto owner = Subject::in(State::active, config(255));
  EXPECT_EQ(sent(owner.at(10s, HealthChanged{.bonus = -100})), std::nullopt);
}

TEST(VirtualRouter, AnotherProcessGoesOnWithWhatTheChecksSaid) {
  auto subject = Subject::in(State::active);
  (void)subject.at(10s, HealthChanged{.bonus = -30});
  const auto now = TimePoint(10s + 100ms);
  VirtualRouter next(config());
  EXPECT_TRUE(next.resume(now, subject.router().memory(now), now, true).empty());
  EXPECT_EQ(next.config().priority, Priority(70));

  (void)subject.at(11s, HealthChanged{.well = false});
  const auto later = TimePoint(11s + 100ms);
  VirtualRouter unwell(config());
  (void)unwell.resume(later, subject.router().memory(later), later, true);
  EXPECT_FALSE(unwell.is_well());
  EXPECT_EQ(unwell.state(), State::fault);
}

// --- the contract, for arbitrary inputs
// ---------------------------------------------------------------------

Event random_event(std::mt19937& random) {
  switch (random() % 12) {
    case 0:
      return Started{.link_up = random() % 4 != 0};
    case 1:
      return random() % 8 == 0 ? Event(Stopped{}) : Event(TimerExpired{});
    case 2:
      return LinkChanged{.up = random() % 3 != 0};
    case 3:
      return random() % 4 == 0 ? Event(AddressesRefused{}) : Event(AddressesHeld{});
    case 4:
    case 5:
      return TimerExpired{};
    case 6:
      return random() % 4 == 0 ? Event(Stalled{}) : Event(TimerExpired{});
    case 8:
      return HealthChanged{.well = random() % 4 != 0, .bonus = static_cast<int>(random() % 100) - 50};
    case 7:
      return ForeignOwner{kVip.address};
    default:
      return advert(static_cast<int>(random() % 256), random() % 2 == 0 ? kLower : kHigher,
                    std::chrono::milliseconds(10 * (1 + random() % 300)));
  }
}

TEST(VirtualRouter, KeepsItsContractUnderAnyEvents) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    auto with = config(1 + static_cast<int>(random() % 255));
    with.version = random() % 2 == 0 ? Version::v2 : Version::v3;
    with.preempt = random() % 2 == 0;
    with.preempt_delay = random() % 2 == 0 ? 0s : 3s;
    Subject one(with);
    VirtualRouter twin(with);
    Duration now{};
    for (int i = 0; i < 500; ++i) {
      now += std::chrono::milliseconds(random() % 1500);
      const auto event = random_event(random);
      const auto actions = one.at(now, event);  // checks the deadline
      EXPECT_EQ(actions, twin.step(TimePoint(now), event)) << "equal inputs, unequal actions; seed " << seed;
      const bool unwell = one.state() == State::fault && !one.router().is_well();
      const bool may_keep = one.state() == State::backup || one.state() == State::initialize || unwell;
      EXPECT_TRUE(one.state() == State::active || may_keep || one.router().desired_addresses().empty())
          << seed;
      EXPECT_FALSE(one.state() == State::active && one.router().desired_addresses().empty()) << seed;
      const bool knows = one.state() == State::active || one.state() == State::backup;
      EXPECT_TRUE(knows || !one.router().active_router()) << seed;
    }
  }
}

// --- more than RFC 9568 has
// ---------------------------------------------------------------------------------

// P22: whoever still speaks after five intervals does not hear us.
TEST(OneWay, WhoIsNotHeardYieldsToWhoIs) {
  auto subject = Subject::in(State::active);
  const auto began = subject.elapsed() + 100ms;
  Actions actions;
  for (int i = 0; i < 5; ++i) {
    actions = subject.at(began + i * 1s, advert(50, kLower));
    ASSERT_EQ(subject.state(), State::active) << i;
    (void)subject.at(began + i * 1s + 500ms, TimerExpired{});
  }
  actions = subject.at(began + 5s, advert(50, kLower));
  EXPECT_EQ(subject.state(), State::backup);
  EXPECT_EQ(cause(actions), Cause::one_way);
  EXPECT_TRUE(contains<ReleaseAddresses>(actions));
}

TEST(OneWay, PreemptionWaitsAMinuteAndThenIsTriedAgain) {
  auto subject = Subject::in(State::active);
  auto now = subject.elapsed();
  for (int i = 0; i <= 5; ++i) (void)subject.at(now += 1s, advert(50, kLower));
  ASSERT_EQ(subject.state(), State::backup);
  const auto yielded = now;
  while (subject.state() == State::backup && now < yielded + 300s) {
    (void)subject.at(now += 500ms, TimerExpired{});
    (void)subject.at(now += 500ms, advert(50, kLower));
  }
  EXPECT_EQ(subject.state(), State::active);
  EXPECT_GT(now - yielded, Duration(60s));
  EXPECT_LT(now - yielded, Duration(66s));
}

TEST(OneWay, LosersWithPausesBetweenThemAreNoContest) {
  auto subject = Subject::in(State::active);
  auto now = subject.elapsed();
  for (int i = 0; i < 20; ++i) (void)subject.at(now += 4s, advert(50, kLower));
  EXPECT_EQ(subject.state(), State::active);
}

TEST(VirtualRouter, WhoLeavesAfterItLostLeavesNothingBehind) {
  auto subject = Subject::in(State::backup);
  (void)subject.at(1s, advert(200, kHigher));
  (void)subject.at(2s, advert(0, kLower));
  EXPECT_EQ(subject.router().next_deadline()->when, TimePoint(1s + 3'609'375us));
  (void)subject.at(2s, advert(0, kHigher));
  EXPECT_EQ(subject.router().next_deadline()->when, TimePoint(2s + 609'375us));
}

// RFC 9568, 6.1: Preempt_Mode is never considered for the owner.
TEST(VirtualRouter, TheOwnerPreemptsWhateverTheSettingSays) {
  auto with = config(255);
  with.preempt = false;
  Subject subject(with);
  (void)subject.at(0s, Started{});
  (void)subject.held();
  (void)subject.at(1s, advert(255, kHigher));
  ASSERT_EQ(subject.state(), State::backup);
  (void)subject.expire();  // it lets go of the addresses
  const auto deadline = subject.router().next_deadline()->when;
  (void)subject.at(2s, advert(200, kLower));
  EXPECT_EQ(subject.router().next_deadline()->when, deadline);
}

// P23: an interval that was learned is no reason to claim early, nor is one that has become our own.
TEST(VirtualRouter, WhoComesBackWaitsByTheLongerInterval) {
  for (const auto heard : {Duration(3s), Duration(100ms)}) {
    auto subject = Subject::in(State::backup);
    (void)subject.at(1s, advert(200, kHigher, heard));
    (void)subject.at(2s, LinkChanged{.up = false});
    (void)subject.at(10s, LinkChanged{.up = true});
    EXPECT_EQ(
        subject.router().next_deadline()->when,
        TimePoint(10s) + active_down_interval(Version::v3, Priority(100), std::max(heard, Duration(1s))));
  }
}

// P15.
TEST(Reconfigured, ALongerIntervalIsSaidThreeTimesAtTheOldPace) {
  auto subject = Subject::in(State::active);
  auto slower = config();
  slower.advert_interval = 5s;
  const auto changed = subject.elapsed() + 200ms;
  EXPECT_EQ(sent(subject.at(changed, Reconfigured{slower})), Priority(100));
  std::vector<Duration> spoken;
  while (spoken.size() < 5) {
    if (sent(subject.expire())) spoken.push_back(subject.elapsed() - changed);
  }
  EXPECT_EQ(spoken, (std::vector<Duration>{1s, 2s, 3s, 8s, 13s}));
}

TEST(Reconfigured, AnotherListOfAddressesIsHeldFirst) {
  auto subject = Subject::in(State::active);
  auto more = config();
  more.addresses.push_back(IpPrefix::parse("192.0.2.101").value());
  const auto actions = subject.at(subject.elapsed() + 1ms, Reconfigured{more});
  EXPECT_TRUE(contains<HoldAddresses>(actions));
  EXPECT_EQ(subject.router().desired_addresses().size(), 2U);
  EXPECT_TRUE(contains<AnnounceAddresses>(subject.held()));
}

// P25: until the lease of a predecessor that fell silent has certainly ended.
TEST(Announcing, AfterASilentPredecessorItGoesOnUntilItsLeaseEnds) {
  auto with = config();
  with.lease = 4s;
  auto subject = Subject::in(State::active, with);
  const auto claimed = subject.elapsed();
  std::vector<Duration> announced;
  while (subject.elapsed() - claimed < 30s) {
    if (contains<AnnounceAddresses>(subject.expire())) announced.push_back(subject.elapsed() - claimed);
  }
  EXPECT_EQ(announced, (std::vector<Duration>{100ms, 500ms, 1000ms, 1500ms, 2s, 2500ms, 3s, 3500ms, 4s,
                                              4500ms, 5s, 5500ms}));
}

TEST(Announcing, ASettingSaysWhenAndHowOften) {
  auto with = config();
  with.announcements = {.at = {0ms, 300ms}, .refresh = 10s};
  auto subject = Subject::in(State::active, with);
  const auto claimed = subject.elapsed();
  std::vector<Duration> announced;
  while (subject.elapsed() - claimed < 25s) {
    if (contains<AnnounceAddresses>(subject.expire())) announced.push_back(subject.elapsed() - claimed);
  }
  EXPECT_EQ(announced, (std::vector<Duration>{300ms, 10300ms, 20300ms}));
}

TEST(Announcing, AForeignOwnerIsAnsweredOnceAfterAWait) {
  auto subject = Subject::in(State::active);
  const auto heard = subject.elapsed() + 2s;
  while (subject.elapsed() < heard) (void)subject.expire();
  const auto now = subject.elapsed();
  EXPECT_TRUE(subject.at(now, ForeignOwner{kVip.address}).empty());
  EXPECT_TRUE(subject.at(now, ForeignOwner{kVip.address}).empty());
  int announced = 0;
  while (subject.elapsed() < now + 3s) announced += contains<AnnounceAddresses>(subject.expire()) ? 1 : 0;
  EXPECT_EQ(announced, 1);
}

// --- make before break (P8, P9, P24)
// ------------------------------------------------------------------------------------------------------

// The slowest skew at an interval of a second, and the slack.
constexpr Duration kRound = Duration(1s) * 255 / 256 + 20ms;

std::vector<IpPrefix> released(const Actions& actions) {
  std::vector<IpPrefix> gone;
  for (const auto& action : actions) {
    if (const auto* release = std::get_if<ReleaseAddress>(&action)) gone.push_back(release->prefix);
  }
  return gone;
}

std::optional<LingerEnd> end_of_linger(const Actions& actions) {
  for (const auto& action : actions) {
    if (const auto* over = std::get_if<HandedOver>(&action)) return over->how;
  }
  return std::nullopt;
}

struct Left {
  Subject subject = Subject::in(State::active);
  Duration when{};
  Left() {
    when = subject.elapsed() + 1ms;
    (void)subject.at(when, Stopped{});
  }
};

TEST(Leaving, EndsAMomentAfterTheSuccessorAnnounced) {
  Left left;
  (void)left.subject.at(left.when + 600ms, ForeignOwner{kVip.address});
  EXPECT_TRUE(left.subject.at(left.when + 601ms, advert(90)).empty());
  const auto actions = left.subject.expire();
  EXPECT_EQ(left.subject.elapsed(), left.when + 601ms + Linger::kSettle);
  EXPECT_EQ(released(actions), std::vector{kVip});
  EXPECT_EQ(end_of_linger(actions), LingerEnd::announced);
  EXPECT_TRUE(contains<ReleaseAddresses>(actions));
  EXPECT_FALSE(left.subject.router().next_deadline());
}

// keepalived advertises before it has the address.
TEST(Leaving, WaitsForAnAnnouncementAfterTheAdvertisement) {
  Left left;
  (void)left.subject.at(left.when + 600ms, advert(90));
  (void)left.subject.at(left.when + 826ms, ForeignOwner{kVip.address});
  EXPECT_EQ(end_of_linger(left.subject.expire()), LingerEnd::announced);
  EXPECT_EQ(left.subject.elapsed(), left.when + 826ms + Linger::kSettle);
}

TEST(Leaving, EndsASecondAfterTheAdvertisementOfASilentSuccessor) {
  Left left;
  (void)left.subject.at(left.when + 600ms, advert(90));
  (void)left.subject.at(left.when + 1500ms, advert(90));
  EXPECT_EQ(end_of_linger(left.subject.expire()), LingerEnd::advertised);
  EXPECT_EQ(left.subject.elapsed(), left.when + 1600ms);
}

TEST(Leaving, SaysItAgainOnlyWhenEverybodyHadTheTimeToClaim) {
  Left left;
  for (int i = 1; i <= 2; ++i) {
    EXPECT_EQ(sent(left.subject.expire()), kPriorityLeaving) << i;
    EXPECT_EQ(left.subject.elapsed(), left.when + i * kRound) << i;
  }
  const auto actions = left.subject.expire();
  EXPECT_EQ(left.subject.elapsed(), left.when + 3 * kRound);
  EXPECT_FALSE(sent(actions));
  EXPECT_EQ(end_of_linger(actions), LingerEnd::nobody);
  EXPECT_FALSE(left.subject.router().next_deadline());
}

TEST(Leaving, IsSilentAsSoonAsSomebodyFollows) {
  Left left;
  (void)left.subject.at(left.when + 600ms, advert(90));
  while (left.subject.router().next_deadline()) EXPECT_FALSE(sent(left.subject.expire()));
}

// Anybody can announce an address; and an announcement alone says nothing of who speaks for it.
TEST(Leaving, IsNotEndedByAnAnnouncementAlone) {
  Left left;
  (void)left.subject.at(left.when + 10ms, ForeignOwner{kVip.address});
  EXPECT_EQ(left.subject.router().next_deadline()->when, TimePoint(left.when + kRound))
      << "the next farewell";
  EXPECT_TRUE(left.subject.router().is_lingering());
}

TEST(Leaving, AnotherPriorityZeroIsNoSuccessor) {
  Left left;
  EXPECT_TRUE(left.subject.at(left.when + 10ms, advert(0)).empty());
  EXPECT_EQ(sent(left.subject.expire()), kPriorityLeaving);
}

TEST(Leaving, NeverTakesLongerThanTheGrace) {
  for (const auto interval : {10ms, 40950ms}) {
    auto with = config();
    with.advert_interval = interval;
    auto subject = Subject::in(State::active, with);
    const auto when = subject.elapsed() + 1ms;
    (void)subject.at(when, Stopped{.farewells = 1000});
    if (interval > 1s) (void)subject.at(when + 6900ms, advert(90, kHigher, interval));
    while (subject.router().next_deadline()) (void)subject.expire();
    EXPECT_EQ(subject.elapsed(), when + Linger::kLongest);
    EXPECT_FALSE(subject.router().is_lingering());
  }
}

TEST(Leaving, ASecondTimeItEndsAtOnce) {
  Left left;
  const auto actions = left.subject.at(left.when + 10ms, Stopped{});
  EXPECT_TRUE(contains<ReleaseAddresses>(actions));
  EXPECT_EQ(end_of_linger(actions), LingerEnd::cut_short);
  EXPECT_FALSE(left.subject.router().next_deadline());
}

TEST(Leaving, ALostLinkOrASleepEndsItAtOnce) {
  for (const Event& event : {Event(LinkChanged{.up = false}), Event(Stalled{})}) {
    Left left;
    EXPECT_TRUE(contains<ReleaseAddresses>(left.subject.at(left.when + 10ms, event)));
    EXPECT_FALSE(left.subject.router().next_deadline());
  }
}

TEST(Leaving, EachAddressGoesOnItsOwnAnnouncement) {
  auto with = config();
  const auto second = IpPrefix::parse("192.0.2.101").value();
  with.addresses.push_back(second);
  auto subject = Subject::in(State::active, with);
  const auto when = subject.elapsed() + 1ms;
  (void)subject.at(when, Stopped{});
  (void)subject.at(when + 600ms, advert(90));
  (void)subject.at(when + 601ms, ForeignOwner{second.address});
  auto actions = subject.expire();
  EXPECT_EQ(released(actions), std::vector{second});
  EXPECT_FALSE(contains<ReleaseAddresses>(actions));
  EXPECT_EQ(subject.router().desired_addresses(), std::vector{kVip});
  actions = subject.expire();
  EXPECT_EQ(released(actions), std::vector{kVip});
  EXPECT_EQ(end_of_linger(actions), LingerEnd::advertised) << "of several the worst";
  EXPECT_EQ(subject.elapsed(), when + 1600ms);
}

// Our own successors hold, announce, and then advertise.
TEST(Yielding, EndsAMomentAfterAWinnerThatAnnouncedFirst) {
  auto subject = Subject::in(State::active);
  const auto when = subject.elapsed() + 2s;
  while (subject.router().next_deadline()->when <= TimePoint(when)) (void)subject.expire();
  (void)subject.at(when, ForeignOwner{kVip.address});
  (void)subject.at(when + 5ms, advert(200));
  EXPECT_EQ(subject.state(), State::backup);
  EXPECT_EQ(end_of_linger(subject.expire()), LingerEnd::announced);
  EXPECT_EQ(subject.elapsed(), when + 5ms + Linger::kSettle);
}

TEST(Yielding, AnOldAnnouncementWasSomebodyElses) {
  auto subject = Subject::in(State::active);
  const auto when = subject.elapsed() + 5s;
  (void)subject.at(when, ForeignOwner{kVip.address});
  (void)subject.at(when + 1001ms, advert(200));
  EXPECT_EQ(end_of_linger(subject.expire()), LingerEnd::advertised);
  EXPECT_EQ(subject.elapsed(), when + 1001ms + 1s);
}

TEST(Yielding, WhoBecomesActiveAgainGoesOnWithTheAddresses) {
  auto with = config(255 - 1);
  with.advert_interval = 10ms;
  auto subject = Subject::in(State::active, with);
  (void)subject.at(subject.elapsed() + 1ms, advert(255, kHigher, 10ms));
  ASSERT_TRUE(subject.router().is_lingering());
  const auto actions = subject.expire();
  EXPECT_EQ(subject.state(), State::active);
  EXPECT_TRUE(contains<HoldAddresses>(actions));
  EXPECT_FALSE(contains<ReleaseAddresses>(actions));
  EXPECT_FALSE(subject.router().is_lingering());
}

TEST(Yielding, WhoIsStoppedMeanwhileStillWaitsForTheWinner) {
  auto subject = Subject::in(State::active);
  const auto when = subject.elapsed() + 1ms;
  (void)subject.at(when, advert(200));
  const auto actions = subject.at(when + 100ms, Stopped{});
  EXPECT_FALSE(sent(actions)) << "it is a backup";
  EXPECT_FALSE(contains<ReleaseAddresses>(actions));
  EXPECT_EQ(end_of_linger(subject.expire()), LingerEnd::advertised);
  EXPECT_EQ(subject.elapsed(), when + 1s);
}

}  // namespace
}  // namespace vip::vrrp
