// A router set goes on where another process stopped: what it remembers, also as JSON, and what it does then.
#include <algorithm>
#include <variant>

#include <gtest/gtest.h>

#include "tests/unit/vrrp/wire_values.h"
#include "vrrp/memory_json.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

constexpr IfIndex kEth0{2};

RouterSetup web() {
  RouterSetup setup;
  setup.protocol = {.vrid = Vrid(51),
                    .priority = Priority(100),
                    .advert_interval = 1s,
                    .source = ip("192.0.2.20"),
                    .addresses = {IpPrefix::parse("192.0.2.100").value()},
                    .lease = 4s};
  setup.rules.peers = {ip("192.0.2.30")};
  return setup;
}

Authenticator signing() {
  return {AuthMode::enforce, {{.id = 1, .secret = Bytes(32, 0x5a)}}, 1};
}

RouterSet fresh(const RouterSetup& setup, bool usable = true) {
  RouterSet set({setup}, signing());
  set.place(0, kEth0);
  (void)set.link_changed(TimePoint(0s), 0, usable, std::nullopt);
  return set;
}

RouterSet backup_at(TimePoint now, const RouterSetup& setup = web()) {
  auto set = fresh(setup);
  (void)set.start(now);
  return set;
}

// Active since `now`, with its addresses.
RouterSet active_at(TimePoint now, const RouterSetup& setup = web()) {
  auto set = backup_at(now - 4s, setup);
  (void)set.expire(now);
  (void)set.feed(now, 0, AddressesHeld{});
  EXPECT_EQ(set.machine(0).state(), State::active);
  return set;
}

template <typename Wanted>
long count_of(const RouterActions& actions) {
  return std::ranges::count_if(
      actions, [](const auto& action) { return std::holds_alternative<Wanted>(action.action); });
}

// As another process reads it.
SetMemory through_json(const SetMemory& memory) {
  const auto read = read_set_memory(to_json(memory));
  EXPECT_TRUE(read) << (read ? "" : read.error().context);
  EXPECT_EQ(to_json(*read), to_json(memory));
  return *read;
}

TEST(Memory, GoesThroughJsonUnchanged) {
  auto set = active_at(TimePoint(10s));
  (void)set.packets(0, Priority(100), TimePoint(10s), 1'700'000'000s);
  auto memory = set.memory(TimePoint(10s));
  memory.routers[0].transient_peers.emplace(ip("192.0.2.77"), TimePoint(40s));
  memory.routers[0].machine.kin.insert(ip("192.0.2.30"));
  memory.routers[0].machine.newer_plan.emplace(TimePoint(3s), TimePoint(9s));
  memory.authenticator.marks.push_back(
      {.source = ip("2001:db8::1"), .vrid = Vrid(51), .version = 3, .sequence = Sequence(~0ULL)});
  memory.routers[0].transitions = {{.at = 1'795'876'800'123ms,
                                    .when = TimePoint(6s),
                                    .from = State::backup,
                                    .to = State::active,
                                    .cause = Cause::silence,
                                    .peer = ip("192.0.2.30"),
                                    .after = 2000ms,
                                    .silence = 930ms},
                                   {.to = State::fault, .cause = Cause::link_down, .reason = "eth0 is down"}};
  const auto read = through_json(memory);
  EXPECT_EQ(read.as_of, TimePoint(10s));
  EXPECT_EQ(read.routers[0].transitions, memory.routers[0].transitions);
  EXPECT_EQ(read.routers[0].machine.state, State::active);
  EXPECT_EQ(read.routers[0].transient_peers, memory.routers[0].transient_peers);
  EXPECT_EQ(read.authenticator, memory.authenticator);
}

TEST(Memory, OfAnotherVersionIsReadAsFarAsItGoes) {
  auto text = to_json(active_at(TimePoint(10s)).memory(TimePoint(10s)));
  text.insert(1, R"("new_in_the_next_version":{"deep":[1,2]},)");
  ASSERT_TRUE(read_set_memory(text));
  EXPECT_TRUE(read_set_memory("{}")) << "of an older version that knew nothing";
  const auto later =
      read_router_memory(R"({"vrid":51,"machine":{"state":"hovering","timers":{"warp":5,"down":7}}})");
  ASSERT_TRUE(later);
  EXPECT_EQ(later->machine.state, State::initialize) << "so that it starts anew";
  EXPECT_EQ(later->machine.timers.get(Timer::down), TimePoint(7ns));
}

TEST(Memory, TransitionsOfAnotherVersionAreReadAsFarAsTheyGo) {
  const auto longer = read_router_memory(
      R"({"transitions":[[5,6,"backup","active","silence","192.0.2.1",7,8,"","new",{"a":1}],[9],{"a":1},
          [1,2,"hovering","fault","bored",null,3,null,"why"]]})");
  ASSERT_TRUE(longer) << longer.error().context;
  ASSERT_EQ(longer->transitions.size(), 4U);
  EXPECT_EQ(longer->transitions[0].silence, 8ms);
  EXPECT_EQ(longer->transitions[1].at, 9ms);
  EXPECT_EQ(longer->transitions[3].to, State::fault);
  EXPECT_EQ(longer->transitions[3].reason, "why");
}

TEST(Memory, ThatIsNoneIsRefused) {
  for (const auto* text :
       {"", "[]", "7", "{\"routers\":5}", R"({"routers":[{"vrid":"x"}]})",
        R"({"routers":[{"machine":{"active_router":"nowhere"}}]})", R"({"as_of":"now"})"}) {
    const auto read = read_set_memory(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Errc::invalid) << text;
  }
}

TEST(Resume, AsActiveWithoutAStateChangeAndWithItsTimers) {
  const auto memory = through_json(active_at(TimePoint(10s)).memory(TimePoint(10s + 300ms)));
  auto next = fresh(web());
  const auto actions = next.resume(TimePoint(10s + 310ms), memory, true);
  EXPECT_EQ(count_of<StateChanged>(actions), 0);
  EXPECT_EQ(next.machine(0).state(), State::active);
  EXPECT_EQ(count_of<SendAdvertisement>(next.expire(TimePoint(11s - 1ms))), 0);
  EXPECT_EQ(count_of<SendAdvertisement>(next.expire(TimePoint(11s))), 1) << "as if nothing had been";
}

TEST(Resume, AfterACrashSpeaksAtOnceByAnOldMemory) {
  auto memory = active_at(TimePoint(10s)).memory(TimePoint(10s));
  memory.as_of = TimePoint(3600s);  // it lived on for an hour after that
  auto next = fresh(web());
  EXPECT_EQ(count_of<StateChanged>(next.resume(TimePoint(3600s + 50ms), memory, true)), 0);
  EXPECT_FALSE(next.machine(0).is_stalled(TimePoint(3600s + 50ms)));
  EXPECT_EQ(count_of<SendAdvertisement>(next.expire(TimePoint(3600s + 50ms))), 1);
  EXPECT_GE(next.machine(0).active_for(TimePoint(3600s + 50ms)), 3590s) << "P27 counts it";
}

TEST(Resume, AfterACrashInTheMiddleOfTheBurstAnnouncesTheRest) {
  auto set = active_at(TimePoint(10s));
  auto memory = set.memory(TimePoint(10s));
  memory.as_of = TimePoint(10s + 200ms);
  auto next = fresh(web());
  (void)next.resume(TimePoint(10s + 250ms), memory, true);
  EXPECT_EQ(count_of<AnnounceAddresses>(next.expire(TimePoint(10s + 250ms))), 1);
}

TEST(Resume, P11AsActiveOnlyForTwoIntervals) {
  const auto memory = active_at(TimePoint(10s)).memory(TimePoint(20s));
  for (const auto& [gone, is_sure] : {std::pair{1999ms, true}, std::pair{2000ms, false}}) {
    auto next = fresh(web());
    const auto actions = next.resume(TimePoint(20s) + gone, memory, true);
    EXPECT_EQ(next.machine(0).active_for(TimePoint(20s) + gone) > 0s, is_sure);
    const auto spoken = next.expire(TimePoint(20s) + gone);
    EXPECT_EQ(count_of<SendAdvertisement>(spoken), is_sure ? 1 : 0) << "P10: it asks before it speaks";
    EXPECT_EQ(count_of<StateChanged>(actions), 0);
  }
  auto late = fresh(web());
  EXPECT_EQ(count_of<ReleaseAddresses>(late.resume(TimePoint(23s), memory, false)), 1);
  EXPECT_EQ(late.machine(0).state(), State::backup) << "its lease has ended";
}

TEST(Resume, WhoDiedWhileItClaimedClaimsAgain) {
  auto set = backup_at(TimePoint(0s));
  (void)set.expire(TimePoint(4s));
  auto next = fresh(web());
  const auto actions = next.resume(TimePoint(4s + 10ms), set.memory(TimePoint(4s)), true);
  EXPECT_EQ(count_of<HoldAddresses>(actions), 1);
  EXPECT_EQ(count_of<SendAdvertisement>(next.feed(TimePoint(4s + 20ms), 0, AddressesHeld{})), 1);
}

TEST(Resume, AsBackupTheDownTimerRunsFromTheLastSignOfLife) {
  auto set = backup_at(TimePoint(0s));
  const auto soon = set.memory(TimePoint(1s));
  auto next = fresh(web());
  (void)next.resume(TimePoint(1s + 10ms), through_json(soon), false);
  EXPECT_EQ(next.machine(0).next_deadline()->when, set.machine(0).next_deadline()->when);

  auto old = set.memory(TimePoint(1s));
  old.as_of = TimePoint(100s);
  auto later = fresh(web());
  (void)later.resume(TimePoint(100s + 10ms), old, false);
  EXPECT_EQ(later.machine(0).next_deadline()->when,
            TimePoint(100s) + active_down_interval(Version::v3, Priority(100), 1s));
}

// Nobody notes each advertisement: one that was heard after the memory was made must not be forgotten.
TEST(Resume, AsBackupByAnOldMemoryItMayHaveHeardTheActiveOneUntilTheEnd) {
  auto set = backup_at(TimePoint(0s));
  const auto down = set.machine(0).next_deadline()->when;
  auto memory = set.memory(TimePoint(1s));
  memory.as_of = down - 10ms;
  auto next = fresh(web());
  (void)next.resume(down - 5ms, memory, false);
  EXPECT_EQ(count_of<StateChanged>(next.expire(down)), 0);
  EXPECT_EQ(next.machine(0).next_deadline()->when,
            memory.as_of + active_down_interval(Version::v3, Priority(100), 1s));
}

TEST(Resume, AsBackupByAnOldMemoryItDoesNotPreemptWhomItMayHaveHeard) {
  auto patient = web();
  patient.protocol.preempt_delay = 5s;
  auto set = backup_at(TimePoint(0s), patient);
  (void)set.feed(TimePoint(1s), 0,
                 Received{.source = ip("192.0.2.30"), .priority = Priority(50), .interval = 1s});
  auto memory = set.memory(TimePoint(1s));
  ASSERT_TRUE(memory.routers[0].machine.timers.armed(Timer::preempt_delay));
  memory.as_of = TimePoint(6s);  // until then a better one may have come
  auto next = fresh(patient);
  (void)next.resume(TimePoint(6s + 10ms), memory, false);
  EXPECT_EQ(count_of<StateChanged>(next.expire(TimePoint(7s))), 0);
}

// Who has just started disturbs nobody at a person's word either, whichever process it is.
TEST(Resume, ASiblingObeysALevelNoSoonerThanTheOtherWould) {
  auto patient = web();
  patient.protocol.preempt = false;
  patient.protocol.preempt_delay = 5s;
  patient.protocol.levels = {Priority(3)};
  const auto hear = [](RouterSet& set, TimePoint when) {
    (void)set.feed(when, 0, Received{.source = ip("192.0.2.30"), .priority = Priority(2), .interval = 1s});
  };
  auto set = backup_at(TimePoint(0s), patient);
  hear(set, TimePoint(1s));
  for (const bool settled : {false, true}) {
    const auto then = TimePoint(settled ? 5s : 2s);
    auto next = fresh(patient);
    (void)next.resume(then, through_json(set.memory(then)), false);
    hear(next, then);
    EXPECT_EQ(count_of<StateChanged>(next.expire(then + 700ms)), settled ? 1 : 0);
  }
}

RouterSetup checking() {
  auto setup = web();
  setup.checks_duplicates = true;
  return setup;
}

TEST(Resume, P17InASiblingTheAddressIsStillTaken) {
  auto set = backup_at(TimePoint(0s), checking());
  (void)set.feed(TimePoint(1s), 0, AddressTaken{});
  auto next = fresh(checking());
  (void)next.resume(TimePoint(1s), through_json(set.memory(TimePoint(1s))), false);
  (void)next.expire(TimePoint(4s));
  EXPECT_EQ(next.machine(0).state(), State::fault);
}

// The answer may have come after its memory was written.
TEST(Resume, P17AfterACrashItAsksTheLanAgain) {
  auto memory = backup_at(TimePoint(0s), checking()).memory(TimePoint(0s));
  memory.as_of = TimePoint(1s);
  auto next = fresh(checking());
  EXPECT_EQ(count_of<ProbeAddresses>(next.resume(TimePoint(1s + 50ms), memory, false)), 1);
  EXPECT_TRUE(next.is_checking(0));
}

TEST(Resume, P17WhoKnowsTheActiveRouterAsksNobody) {
  auto set = backup_at(TimePoint(0s), checking());
  (void)set.feed(TimePoint(1s), 0,
                 Received{.source = ip("192.0.2.30"), .priority = Priority(200), .interval = 1s});
  auto next = fresh(checking());
  (void)next.resume(TimePoint(1s + 50ms), set.memory(TimePoint(1s)), false);
  EXPECT_FALSE(next.is_checking(0)) << "a failover is not to wait";
}

// One of a group was ready to claim, and the other one heard its active router once more.
TEST(Resume, InAGroupWhoWasReadyIsReadyAgain) {
  auto four = web();
  auto six = web();
  six.protocol.source = ip("fe80::20");
  six.protocol.addresses = {IpPrefix::parse("fe80::100").value()};
  six.rules.peers = {ip("fe80::30")};
  four.sync_group = six.sync_group = "both";
  const auto both = [&] {
    RouterSet set({four, six}, signing());
    for (std::size_t i = 0; i < set.size(); ++i) {
      set.place(i, kEth0);
      (void)set.link_changed(TimePoint(0s), i, true, std::nullopt);
    }
    return set;
  };
  auto set = both();
  (void)set.start(TimePoint(0s));
  (void)set.feed(TimePoint(1s), 1,
                 Received{.source = ip("fe80::30"), .priority = Priority(200), .interval = 1s});
  (void)set.expire(TimePoint(4s));
  ASSERT_TRUE(set.machine(0).is_ready());
  for (const auto last_beat : {4s, 5s}) {
    auto memory = set.memory(TimePoint(4s));
    memory.as_of = TimePoint(last_beat);
    auto next = both();
    (void)next.resume(TimePoint(last_beat), memory, false);
    for (Duration now = last_beat; now < 10s; now += 10ms) (void)next.expire(TimePoint(now));
    for (std::size_t i = 0; i < next.size(); ++i) EXPECT_EQ(next.machine(i).state(), State::active) << i;
  }
}

TEST(Resume, OtherSettingsComeAfterwards) {
  auto changed = web();
  changed.protocol.generation = 2;
  changed.protocol.advert_interval = 5s;
  changed.protocol.addresses.push_back(IpPrefix::parse("192.0.2.101").value());
  auto next = fresh(changed);
  const auto actions =
      next.resume(TimePoint(10s + 10ms), active_at(TimePoint(10s)).memory(TimePoint(10s)), true);
  EXPECT_EQ(count_of<HoldAddresses>(actions), 1) << "there is one more";
  EXPECT_EQ(count_of<SendAdvertisement>(actions), 1);
  EXPECT_EQ(count_of<SendAdvertisement>(next.expire(TimePoint(11s + 10ms))), 1)
      << "P15: the longer interval is said at the old pace first";
}

TEST(Resume, WithItsLinkGoneItIsAFault) {
  auto next = fresh(web(), /*usable=*/false);
  const auto actions =
      next.resume(TimePoint(10s + 10ms), active_at(TimePoint(10s)).memory(TimePoint(10s)), true);
  EXPECT_EQ(next.machine(0).state(), State::fault);
  EXPECT_EQ(count_of<ReleaseAddresses>(actions), 1);
}

TEST(Resume, AFaultEndsWhenTheLinkIsThere) {
  auto set = fresh(web(), /*usable=*/false);
  (void)set.start(TimePoint(0s));
  ASSERT_EQ(set.machine(0).state(), State::fault);
  auto next = fresh(web());
  (void)next.resume(TimePoint(1s), set.memory(TimePoint(1s)), false);
  EXPECT_EQ(next.machine(0).state(), State::backup);
}

TEST(Resume, ARouterThatIsNewStarts) {
  auto next = fresh(web());
  SetMemory other = active_at(TimePoint(10s)).memory(TimePoint(10s));
  other.routers[0].vrid = Vrid(52);
  const auto actions = next.resume(TimePoint(10s), other, true);
  EXPECT_EQ(count_of<StateChanged>(actions), 1);
  EXPECT_EQ(next.machine(0).state(), State::backup);
}

TEST(Resume, OneOfAnotherNetworkIsNoneOfOurs) {
  auto here = web();
  here.network = "eth0";
  auto there = web();
  there.network = "eth1";
  const auto memory = through_json(active_at(TimePoint(10s), there).memory(TimePoint(10s)));
  EXPECT_TRUE(is_of(memory.routers[0], there));
  EXPECT_TRUE(is_of(memory.routers[0], web())) << "where nobody says which";
  EXPECT_FALSE(is_of(memory.routers[0], here));
}

TEST(Resume, OldPacketsAreStillOldAndOurNumbersNew) {
  auto set = active_at(TimePoint(10s));
  const Envelope to_us{.source = ip("192.0.2.30"), .destination = ip("192.0.2.20"), .interface = kEth0};
  auto peer_setup = web();
  peer_setup.protocol.source = to_us.source;
  peer_setup.rules.peers = {to_us.destination};
  RouterSet peer({peer_setup}, signing());
  const auto packet = peer.packets(0, Priority(90), TimePoint(10s), 1'700'000'000s).front().bytes;
  ASSERT_FALSE(set.receive(TimePoint(10s), to_us, packet).discarded);
  const auto ours = set.packets(0, Priority(100), TimePoint(10s), 1'700'000'100s).front().bytes;

  auto next = fresh(web());
  (void)next.resume(TimePoint(11s), through_json(set.memory(TimePoint(10s))), true);
  EXPECT_EQ(next.receive(TimePoint(11s), to_us, packet).discarded, Discard::replay);
  const auto again = next.packets(0, Priority(100), TimePoint(11s), 1'600'000'000s).front().bytes;
  const auto sequence = [](const Bytes& bytes) {
    return Bytes(bytes.end() - kTrailerSize + 4, bytes.end() - kTrailerSize + 12);
  };
  EXPECT_GT(sequence(again), sequence(ours)) << "though the wall clock went back by three years";
}

TEST(Resume, TransientPeersAreStillSpokenTo) {
  auto memory = active_at(TimePoint(10s)).memory(TimePoint(10s));
  memory.routers[0].transient_peers.emplace(ip("192.0.2.77"), TimePoint(40s));
  auto next = fresh(web());
  (void)next.resume(TimePoint(10s), memory, true);
  EXPECT_EQ(next.packets(0, Priority(100), TimePoint(11s), {}).size(), 2U);
  EXPECT_EQ(next.packets(0, Priority(100), TimePoint(40s), {}).size(), 1U);
}

}  // namespace
}  // namespace vip::vrrp
