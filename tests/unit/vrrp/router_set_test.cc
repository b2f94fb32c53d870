#include "vrrp/core/router_set.h"

#include <gtest/gtest.h>

#include "tests/unit/vrrp/wire_values.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

constexpr IfIndex kEth0{2};
constexpr IfIndex kEth1{3};

RouterSetup setup(int vrid, std::string_view address, std::string_view source, std::string_view peer) {
  RouterSetup setup;
  setup.protocol = {.version = Version::v3,
                    .vrid = Vrid(static_cast<std::uint8_t>(vrid)),
                    .priority = Priority(100),
                    .advert_interval = 1s,
                    .source = ip(source),
                    .addresses = {IpPrefix::parse(address).value()}};
  setup.rules.peers = {ip(peer)};
  return setup;
}

RouterSetup web4() {
  return setup(51, "192.0.2.100", "192.0.2.20", "192.0.2.30");
}
RouterSetup web6() {
  return setup(51, "2001:db8::100", "2001:db8::20", "2001:db8::30");
}

RouterSet started(std::vector<RouterSetup> setups, Authenticator authenticator = {AuthMode::off, {}, 1}) {
  RouterSet set(std::move(setups), std::move(authenticator));
  for (std::size_t i = 0; i < set.size(); ++i) {
    set.place(i, kEth0);
    (void)set.link_changed(TimePoint(0s), i, true, std::nullopt);
  }
  (void)set.start(TimePoint(0s));
  return set;
}

// What the peer of a router says.
Bytes says(const RouterSetup& to, int priority, const Envelope& envelope) {
  const auto& config = to.protocol;
  return encode({.version = config.version,
                 .vrid = config.vrid,
                 .priority = Priority(static_cast<std::uint8_t>(priority)),
                 .interval = config.advert_interval,
                 .addresses = {config.addresses.front().address}},
                envelope);
}

Envelope from_peer(const RouterSetup& to, IfIndex interface = kEth0) {
  return {.source = to.rules.peers.front(), .destination = to.protocol.source, .interface = interface};
}

template <typename Wanted>
std::vector<std::size_t> who(const RouterActions& actions) {
  std::vector<std::size_t> routers;
  for (const auto& action : actions) {
    if (std::holds_alternative<Wanted>(action.action)) routers.push_back(action.router);
  }
  return routers;
}

using Routers = std::vector<std::size_t>;

// Feeds every deadline until the time; a claim gets its addresses at once.
void run(RouterSet& set, Duration until) {
  while (set.next_deadline() && *set.next_deadline() <= TimePoint(until)) {
    const auto now = *set.next_deadline();
    for (const auto router : who<HoldAddresses>(set.expire(now)))
      (void)set.feed(now, router, AddressesHeld{});
  }
}

TEST(RouterSet, TheFamilyTellsRoutersOfOneVridApart) {
  auto set = started({web4(), web6()});
  const auto envelope = from_peer(web6());
  const auto reception = set.receive(TimePoint(1s), envelope, says(web6(), 200, envelope));
  EXPECT_EQ(reception.router, 1U);
  EXPECT_EQ(reception.discarded, std::nullopt);
  EXPECT_EQ(set.received(0), 0U);
  EXPECT_EQ(set.machine(1).active_router(), ip("2001:db8::30"));
}

TEST(RouterSet, TheInterfaceTellsRoutersOfOneVridAndFamilyApart) {
  auto second = web4();
  second.rules.peers = {ip("198.51.100.30")};
  auto set = started({web4(), second});
  set.place(1, kEth1);
  const auto envelope = from_peer(second, kEth1);
  EXPECT_EQ(set.receive(TimePoint(1s), envelope, says(second, 200, envelope)).router, 1U);
}

TEST(RouterSet, ThePeerTellsThemApartWhereAPacketComesByAnotherInterface) {
  const auto other = setup(51, "198.51.100.100", "198.51.100.20", "198.51.100.30");
  auto set = started({web4(), other});
  set.place(1, kEth1);
  const auto envelope = from_peer(other, IfIndex(7));
  EXPECT_EQ(set.receive(TimePoint(1s), envelope, says(other, 200, envelope)).router, 1U);
  const auto first = from_peer(web4(), IfIndex(7));
  EXPECT_EQ(set.receive(TimePoint(1s), first, says(web4(), 200, first)).router, 0U);
}

TEST(RouterSet, APacketOfNoRouterIsAStray) {
  auto set = started({web4()});
  const auto other = setup(52, "192.0.2.101", "192.0.2.20", "192.0.2.30");
  const auto envelope = from_peer(other);
  EXPECT_EQ(set.receive(TimePoint(1s), envelope, says(other, 200, envelope)).discarded, Discard::vrid);
  EXPECT_EQ(set.receive(TimePoint(1s), envelope, Bytes{1, 2, 3}).discarded, Discard::malformed);
  EXPECT_EQ(set.strays().at(static_cast<std::size_t>(Discard::vrid)), 1U);
  EXPECT_EQ(set.strays().at(static_cast<std::size_t>(Discard::malformed)), 1U);
  EXPECT_EQ(set.received(0), 0U);
}

TEST(RouterSet, MulticastGoesToTheGroupOnTheInterface) {
  auto wide = web6();
  wide.transport = Transport::multicast;
  wide.rules.peers.clear();
  auto set = started({wide});
  (void)set.link_changed(TimePoint(0s), 0, true, ip("fe80::20"));
  const auto packets = set.packets(0, Priority(100), TimePoint(1s), 0s);
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].envelope.source, ip("fe80::20"));
  EXPECT_EQ(packets[0].envelope.destination, ip("ff02::12"));
  EXPECT_EQ(packets[0].envelope.interface, kEth0);
  EXPECT_TRUE(decode(packets[0].bytes, packets[0].envelope));
}

TEST(RouterSet, UnicastGoesToEachPeerWithAChecksumOfItsOwn) {
  auto two = web4();
  two.rules.peers.push_back(ip("192.0.2.40"));
  auto set = started({two});
  for (const auto& packet : set.packets(0, Priority(100), TimePoint(1s), 0s)) {
    const auto decoded = decode(packet.bytes, packet.envelope);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->checksum, ChecksumForm::pseudo_header);
  }
  two.checksum = ChecksumForm::message_only;
  auto plain = started({two});
  for (const auto& packet : plain.packets(0, Priority(100), TimePoint(1s), 0s))
    EXPECT_EQ(decode(packet.bytes, packet.envelope)->checksum, ChecksumForm::message_only);
}

TEST(RouterSet, WhatItSignsAnotherBelievesOverBothFamilies) {
  const std::vector<AuthKey> keys{{.id = 7, .secret = Bytes(32, 0x5A)}};
  for (const auto& mine : {web4(), web6()}) {
    auto theirs = mine;
    std::swap(theirs.protocol.source, theirs.rules.peers.front());
    auto sender = started({theirs}, {AuthMode::enforce, keys, 7});
    auto receiver = started({mine}, {AuthMode::enforce, keys, 7});
    const auto packets = sender.packets(0, Priority(200), TimePoint(1s), 1000s);
    ASSERT_EQ(packets.size(), 1U);
    const auto reception = receiver.receive(TimePoint(1s), packets[0].envelope, packets[0].bytes);
    EXPECT_EQ(reception.discarded, std::nullopt);
    EXPECT_EQ(receiver.receive(TimePoint(1s), packets[0].envelope, packets[0].bytes).discarded,
              Discard::replay);
  }
}

// --- hellos ---

RouterSet keyed(const RouterSetup& setup, std::uint8_t secret = 0x5A) {
  return started({setup}, {AuthMode::enforce, {{.id = 7, .secret = Bytes(32, secret)}}, 7});
}

// The same router where its first peer is.
RouterSetup at_peer(RouterSetup setup) {
  std::swap(setup.protocol.source, setup.rules.peers.front());
  return setup;
}

std::vector<SendHello> hellos(const RouterActions& actions) {
  std::vector<SendHello> found;
  for (const auto& action : actions) {
    if (const auto* hello = std::get_if<SendHello>(&action.action)) found.push_back(*hello);
  }
  return found;
}

// The set's next question, as it goes out.
Packet question(RouterSet& set) {
  const auto now = set.next_deadline().value();
  const auto asked = hellos(set.expire(now));
  EXPECT_FALSE(asked.empty());
  return set.packet(0, asked.at(0), now, 1000s);
}

Reception receive(RouterSet& set, Duration now, const Packet& packet) {
  return set.receive_hello(TimePoint(now), packet.envelope, packet.bytes);
}

TEST(Hellos, AQuestionIsAnsweredWithItsTicketAndTheAnswerTellsWhatThereIs) {
  for (const auto& mine : {web4(), web6()}) {
    auto asker = keyed(mine);
    auto active = keyed(at_peer(mine));
    run(active, 5s);
    ASSERT_EQ(active.machine(0).state(), State::active);
    const auto asked = question(asker);
    EXPECT_EQ(asked.envelope.source, mine.protocol.source);
    EXPECT_EQ(asked.envelope.destination, mine.rules.peers.front());
    const auto answers = hellos(receive(active, 6s, asked).actions);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[0].kind, HelloKind::answer);
    EXPECT_EQ(answers[0].to, mine.protocol.source);
    EXPECT_EQ(answers[1].kind, HelloKind::question) << "it has just come and may have missed ours";
    const auto reception = receive(asker, 500ms, active.packet(0, answers[0], TimePoint(6s), 1000s));
    EXPECT_EQ(reception.discarded, std::nullopt);
    ASSERT_TRUE(reception.event);
    const auto& told = std::get<Answered>(*reception.event);
    EXPECT_EQ(told.state, State::active);
    EXPECT_EQ(told.active_router, mine.rules.peers.front());
    EXPECT_FALSE(told.plan_is_quiet);
    EXPECT_EQ(asker.hellos_received(0), 1U);
    EXPECT_EQ(active.hellos_received(0), 1U);
    EXPECT_EQ(asker.received(0), 0U) << "it is no advertisement";
  }
}

TEST(Hellos, AnAskerThatIsNotListedIsSpokenToForAWhile) {
  auto set = keyed(web4());
  auto newcomer = keyed(setup(51, "192.0.2.100", "192.0.2.40", "192.0.2.20"));
  (void)receive(set, 1s, question(newcomer));
  const auto destinations = [&set](Duration now) {
    std::vector<IpAddress> found;
    for (const auto& packet : set.packets(0, Priority(100), TimePoint(now), 1000s))
      found.push_back(packet.envelope.destination);
    return found;
  };
  EXPECT_EQ(destinations(2s), (std::vector{ip("192.0.2.30"), ip("192.0.2.40")}));
  EXPECT_EQ(destinations(60s), std::vector{ip("192.0.2.30")});
}

// Of the plan that drains the active router.
RouterSetup drained(RouterSetup setup, std::uint64_t generation, int priority) {
  setup.protocol.generation = generation;
  setup.protocol.priority = Priority(static_cast<std::uint8_t>(priority));
  setup.protocol.levels = {Priority(3)};
  return setup;
}

RouterSet taken_over(const RouterSetup& before, const RouterSetup& after) {
  const Authenticator key{AuthMode::enforce, {{.id = 7, .secret = Bytes(32, 0x5A)}}, 7};
  auto old = started({before}, key);
  run(old, 10s);
  EXPECT_EQ(old.machine(0).state(), State::active);
  RouterSet next({after}, key);
  next.place(0, kEth0);
  (void)next.link_changed(TimePoint(10s), 0, true, std::nullopt);
  (void)next.resume(TimePoint(10s), old.memory(TimePoint(10s)), true);
  return next;
}

TEST(SteppingBack, WaitsUntilThePeersHaveThePlan) {
  auto set = taken_over(drained(web4(), 1, 100), drained(web4(), 2, 2));
  EXPECT_EQ(set.machine(0).config().priority, Priority(253));
  const auto answer_from = [&](std::uint64_t generation, Duration now) {
    auto peer = keyed(drained(at_peer(web4()), generation, 90));
    const auto answers = hellos(receive(peer, now, question(set)).actions);
    return receive(set, now, peer.packet(0, answers.at(0), TimePoint(now), 1000s));
  };
  (void)answer_from(1, 10010ms);
  EXPECT_EQ(set.machine(0).config().priority, Priority(253)) << "the peer has the old plan";
  const auto reception = answer_from(2, 10300ms);
  EXPECT_EQ(set.machine(0).config().priority, Priority(2));
  EXPECT_EQ(who<SendAdvertisement>(reception.actions), Routers{0}) << "it says so at once, to all";
}

TEST(SteppingBack, WaitsForNobodyForLong) {
  auto set = taken_over(drained(web4(), 1, 100), drained(web4(), 2, 2));
  run(set, 10s + RouterSet::kStepsBackWithin - 1ms);
  EXPECT_EQ(set.machine(0).config().priority, Priority(253));
  run(set, 10s + RouterSet::kStepsBackWithin);
  EXPECT_EQ(set.machine(0).config().priority, Priority(2));
  EXPECT_EQ(set.machine(0).state(), State::active);
}

TEST(SteppingBack, IsForThePlanThatSaysSo) {
  EXPECT_EQ(taken_over(drained(web4(), 2, 2), drained(web4(), 2, 2)).machine(0).config().priority,
            Priority(2))
      << "a crash";
  auto usual = drained(web4(), 2, 100);
  EXPECT_EQ(taken_over(drained(web4(), 1, 100), usual).machine(0).config().priority, Priority(100))
      << "another node is drained";
  auto alone = drained(web4(), 2, 2);
  alone.rules.peers.clear();
  EXPECT_EQ(taken_over(drained(web4(), 1, 100), alone).machine(0).config().priority, Priority(2));
}

TEST(SteppingBack, IsNotRememberedAsAWeight) {
  auto set = taken_over(drained(web4(), 1, 100), drained(web4(), 2, 2));
  EXPECT_EQ(set.memory(TimePoint(11s)).routers.at(0).machine.bonus, 0);
  (void)set.health_changed(TimePoint(11s), true, 5);
  EXPECT_EQ(set.machine(0).config().priority, Priority(253));
  run(set, 13s);
  EXPECT_EQ(set.machine(0).config().priority, Priority(7));
}

TEST(Hellos, WhoHasAnsweredIsNotAskedBack) {
  auto set = keyed(web4());
  auto peer = keyed(at_peer(web4()));
  const auto answers = hellos(receive(peer, 250ms, question(set)).actions);
  ASSERT_FALSE(answers.empty());
  EXPECT_EQ(receive(set, 300ms, peer.packet(0, answers[0], TimePoint(250ms), 1000s)).discarded, std::nullopt);
  const auto back = hellos(receive(set, 300ms, question(peer)).actions);
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(back[0].kind, HelloKind::answer);
}

TEST(Hellos, NothingCountsTwiceAndNoAnswerCountsUnasked) {
  auto set = keyed(web4());
  auto peer = keyed(at_peer(web4()));
  const auto asked = question(peer);
  EXPECT_EQ(receive(set, 1s, asked).discarded, std::nullopt);
  EXPECT_EQ(receive(set, 1s, asked).discarded, Discard::replay);
  const SendHello unasked{.kind = HelloKind::answer, .to = ip("192.0.2.20"), .ticket = 4711};
  const auto reception = receive(set, 1s, peer.packet(0, unasked, TimePoint(1s), 1000s));
  EXPECT_EQ(reception.discarded, Discard::replay);
  EXPECT_FALSE(reception.event);
  EXPECT_TRUE(reception.actions.empty());
  EXPECT_EQ(set.discards(0).at(static_cast<std::size_t>(Discard::replay)), 2U);
  EXPECT_EQ(set.hellos_received(0), 1U);
}

// P5: it numbers lower than it did before it started again, and nobody else would tell it.
TEST(Hellos, WhoseClockWentBackLearnsHowHighToNumber) {
  auto set = keyed(web4());
  auto peer = keyed(at_peer(web4()));
  EXPECT_FALSE(receive(set, 1s, question(peer)).discarded);
  RouterSet second_life({at_peer(web4())}, {AuthMode::enforce, {{.id = 7, .secret = Bytes(32, 0x5A)}}, 7});
  (void)second_life.link_changed(TimePoint(100s), 0, true, std::nullopt);
  const SendHello asks{.kind = HelloKind::question, .to = set.machine(0).config().source, .ticket = 1};
  const auto old = [&] { return second_life.packet(0, asks, TimePoint(100s), 0s); };
  const auto reception = receive(set, 100s, old());
  EXPECT_EQ(reception.discarded, Discard::replay);
  const auto answers = hellos(reception.actions);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_TRUE(hellos(receive(set, 100s, old()).actions).empty())
      << "a recorded question must not make us shout";
  EXPECT_EQ(hellos(receive(set, 101s, old()).actions).size(), 1U);
  (void)receive(second_life, 101s, set.packet(0, answers[0], TimePoint(101s), 1000s));
  EXPECT_FALSE(receive(set, 102s, old()).discarded) << "it has learnt";
}

TEST(Hellos, AnAnswerThatWasRecordedIsNoneToTheNextQuestion) {
  auto peer = keyed(at_peer(web4()));
  auto first_life = keyed(web4());
  const auto answers = hellos(receive(peer, 250ms, question(first_life)).actions);
  ASSERT_FALSE(answers.empty());
  const auto recorded = peer.packet(0, answers[0], TimePoint(250ms), 1000s);
  RouterSet second_life({web4()}, {AuthMode::enforce, {{.id = 7, .secret = Bytes(32, 0x5A)}}, 7});
  (void)second_life.link_changed(TimePoint(100s), 0, true, std::nullopt);
  (void)second_life.start(TimePoint(100s));
  EXPECT_EQ(receive(second_life, 101s, recorded).discarded, Discard::replay);
}

TEST(Hellos, WhoHasAnotherKeyIsNotAnswered) {
  auto set = keyed(web4());
  auto stranger = keyed(at_peer(web4()), 0x77);
  const auto reception = receive(set, 1s, question(stranger));
  EXPECT_EQ(reception.discarded, Discard::authentication);
  EXPECT_TRUE(reception.actions.empty());
}

TEST(Hellos, WhatIsForNobodyHereIsAStray) {
  auto set = keyed(web4());
  auto peer = keyed(at_peer(web4()));
  const auto other = keyed(setup(52, "192.0.2.101", "192.0.2.30", "192.0.2.20"));
  auto asked = question(peer);
  EXPECT_EQ(set.receive_hello(TimePoint(1s), asked.envelope, Bytes{}).discarded, Discard::malformed);
  asked.bytes[0] = 0x31;
  EXPECT_EQ(receive(set, 1s, asked).discarded, Discard::version);
  asked.bytes[0] = 0xF1;
  asked.bytes[1] = 52;
  EXPECT_EQ(receive(set, 1s, asked).discarded, Discard::vrid);
  asked.bytes[1] = 51;
  asked.envelope.source = ip("2001:db8::30");
  EXPECT_EQ(receive(set, 1s, asked).discarded, Discard::vrid) << "the other family's VRIDs are others";
  asked.envelope.source = ip("192.0.2.20");
  EXPECT_EQ(receive(set, 1s, asked).discarded, Discard::own_address);
}

// A group grows: the newcomer has the plan first.
TEST(Hellos, WhoIsAloneByItsPlanAnswersWhoeverHasTheKey) {
  auto alone = web4();
  alone.rules.peers.clear();
  auto set = keyed({alone});
  auto peer = keyed(at_peer(web4()));
  const auto reception = receive(set, 1s, question(peer));
  EXPECT_FALSE(reception.discarded);
  EXPECT_EQ(hellos(reception.actions).size(), 2U) << "an answer and a question back";
}

TEST(Hellos, WithoutAKeyOrWithMulticastNobodyAsksOrAnswers) {
  auto group = web4();
  group.transport = Transport::multicast;
  auto peer = keyed(at_peer(web4()));
  const auto asked = question(peer);
  const Authenticator with_key{AuthMode::enforce, {{.id = 7, .secret = Bytes(32, 0x5A)}}, 7};
  for (auto set : {started({web4()}), started({group}, with_key)}) {
    EXPECT_FALSE(set.machine(0).config().asks_peers);
    EXPECT_EQ(receive(set, 1s, asked).discarded, Discard::unknown_source);
    while (set.next_deadline() && *set.next_deadline() < TimePoint(30s)) {
      const auto now = *set.next_deadline();
      const auto actions = set.expire(now);
      EXPECT_TRUE(hellos(actions).empty());
      for (const auto router : who<HoldAddresses>(actions)) (void)set.feed(now, router, AddressesHeld{});
    }
  }
}

TEST(Hellos, AFaultOrAStopEndsTheQuestionsAndTheLinkBeginsThemAgain) {
  auto set = keyed(web4());
  EXPECT_TRUE(hellos(set.link_changed(TimePoint(1s), 0, false, std::nullopt)).empty());
  EXPECT_EQ(set.next_deadline(), std::nullopt);
  auto peer = keyed(at_peer(web4()));
  const auto answers = hellos(receive(set, 2s, question(peer)).actions);
  ASSERT_EQ(answers.size(), 1U) << "who asks is answered all the same, and not asked back";
  const auto told = receive(peer, 2s, set.packet(0, answers[0], TimePoint(2s), 1000s));
  ASSERT_TRUE(told.event);
  EXPECT_EQ(std::get<Answered>(*told.event).state, State::fault);
  EXPECT_EQ(hellos(set.link_changed(TimePoint(3s), 0, true, std::nullopt)).size(), 1U);
  (void)set.stop(TimePoint(4s));
  EXPECT_EQ(set.next_deadline(), std::nullopt);
}

TEST(Hellos, AfterASleepThatTheAddressesOutlivedTheActiveRouterAsks) {
  auto set = keyed(web4());
  run(set, 5s);
  ASSERT_EQ(set.machine(0).state(), State::active);
  const auto actions = set.notice_stall(TimePoint(60s), /*addresses_kept=*/true);
  EXPECT_EQ(hellos(actions).size(), 1U);
  EXPECT_EQ(who<SendAdvertisement>(actions), Routers{}) << "silent until the peers had time to object";
  EXPECT_EQ(set.machine(0).state(), State::active);
  auto kept_none = keyed(web4());
  run(kept_none, 5s);
  EXPECT_EQ(who<ReleaseAddresses>(kept_none.notice_stall(TimePoint(60s), /*addresses_kept=*/false)),
            Routers{0});
}

RouterSet dual_stack() {
  auto four = web4();
  auto six = web6();
  four.sync_group = six.sync_group = "web";
  return started({four, six});
}

TEST(SyncGroup, ClaimsWhenAllAreReadyAndNotBefore) {
  auto set = dual_stack();
  const auto envelope = from_peer(web6());
  (void)set.receive(TimePoint(3s), envelope, says(web6(), 200, envelope));
  run(set, 6s);
  EXPECT_EQ(set.machine(0).state(), State::backup) << "its own peers are silent, but not the other's";
  EXPECT_TRUE(set.machine(0).is_ready());
  run(set, 7s);
  EXPECT_EQ(set.machine(0).state(), State::active);
  EXPECT_EQ(set.machine(1).state(), State::active);
}

TEST(SyncGroup, YieldsAsSoonAsOneYields) {
  auto set = dual_stack();
  run(set, 5s);
  ASSERT_EQ(set.machine(0).state(), State::active);
  const auto envelope = from_peer(web6());
  const auto reception = set.receive(TimePoint(6s), envelope, says(web6(), 200, envelope));
  EXPECT_EQ(who<SendAdvertisement>(reception.actions), (Routers{1, 0})) << "a last word each";
  EXPECT_TRUE(set.machine(0).is_lingering() && set.machine(1).is_lingering());
  EXPECT_EQ(set.machine(0).state(), State::backup);
  EXPECT_EQ(set.machine(1).state(), State::backup);
}

TEST(SyncGroup, TheFaultOfOneIsTheFaultOfAllAndIsSaid) {
  auto set = dual_stack();
  run(set, 5s);
  const auto actions = set.link_changed(TimePoint(6s), 1, false, std::nullopt);
  EXPECT_EQ(set.machine(0).state(), State::fault);
  EXPECT_EQ(set.machine(1).state(), State::fault);
  EXPECT_EQ(who<SendAdvertisement>(actions), (Routers{0})) << "priority 0, over the link that still works";
  (void)set.link_changed(TimePoint(7s), 1, true, std::nullopt);
  EXPECT_EQ(set.machine(0).state(), State::backup);
  EXPECT_EQ(set.machine(1).state(), State::backup);
}

TEST(SyncGroup, AnAddressThatTheKernelRefusesTakesAllAlongAndBack) {
  auto set = dual_stack();
  run(set, 5s);
  (void)set.feed(TimePoint(6s), 0, AddressesRefused{});
  EXPECT_EQ(set.machine(0).state(), State::fault);
  EXPECT_EQ(set.machine(1).state(), State::fault);
  run(set, 8s);
  EXPECT_EQ(set.machine(0).state(), State::backup);
  EXPECT_EQ(set.machine(1).state(), State::backup);
  run(set, 20s);
  EXPECT_EQ(set.machine(1).state(), State::active);
}

TEST(SyncGroup, AnAddressThatAnotherHostHasKeepsAllFromClaiming) {
  auto set = dual_stack();
  (void)set.feed(TimePoint(1s), 0, AddressTaken{});
  run(set, 4s);
  EXPECT_EQ(set.machine(0).state(), State::fault);
  EXPECT_EQ(set.machine(1).state(), State::fault);
  run(set, 20s);
  EXPECT_EQ(set.machine(0).state(), State::active) << "nobody answers any more";
  EXPECT_EQ(set.machine(1).state(), State::active);
}

TEST(SyncGroup, AStallMakesAllListenWithoutAWord) {
  auto set = dual_stack();
  run(set, 5s);
  const auto actions = set.notice_stall(TimePoint(60s), /*addresses_kept=*/false);
  EXPECT_EQ(who<SendAdvertisement>(actions), Routers{});
  EXPECT_EQ(set.machine(0).state(), State::backup);
  EXPECT_EQ(set.machine(1).state(), State::backup);
}

// One advertisement of one family was lost, so the delays began at different times.
TEST(SyncGroup, PreemptsAlsoWhenTheDelaysEndApart) {
  auto four = web4();
  auto six = web6();
  four.sync_group = six.sync_group = "web";
  four.protocol.preempt_delay = six.protocol.preempt_delay = 5s;
  auto set = started({four, six});
  const auto hear = [&](Duration now, const RouterSetup& to) {
    run(set, now);
    const auto envelope = from_peer(to);
    (void)set.receive(TimePoint(now), envelope, says(to, 50, envelope));
  };
  hear(100ms, four);
  for (Duration now = 1100ms; now < 20s && set.machine(0).state() == State::backup; now += 1s) {
    hear(now, four);
    hear(now + 10ms, six);
  }
  EXPECT_EQ(set.machine(0).state(), State::active);
  EXPECT_EQ(set.machine(1).state(), State::active);
}

TEST(SyncGroup, DoesNotTouchRoutersOutside) {
  auto four = web4();
  auto six = web6();
  four.sync_group = "web";
  auto set = started({four, six});
  run(set, 5s);
  (void)set.link_changed(TimePoint(6s), 0, false, std::nullopt);
  EXPECT_EQ(set.machine(0).state(), State::fault);
  EXPECT_EQ(set.machine(1).state(), State::active);
}

RouterSet checking(RouterSetup setup) {
  setup.checks_duplicates = true;
  return started({setup});
}

TEST(DuplicateCheck, AsksThreeTimesWhileItListensAndNeverAsActive) {
  auto set = checking(web4());
  std::size_t asked = 1;  // with the start
  for (Duration now{}; now <= 60s; now += 50ms)
    asked += who<ProbeAddresses>(set.expire(TimePoint(now))).size();
  EXPECT_EQ(asked, 3U);
  EXPECT_EQ(set.machine(0).state(), State::active);
  EXPECT_FALSE(set.is_checking(0));
}

TEST(DuplicateCheck, BeginsWithTheStartAndEndsWithAnAdvertisement) {
  auto setup = web4();
  setup.checks_duplicates = true;
  RouterSet set({setup}, {AuthMode::off, {}, 1});
  set.place(0, kEth0);
  (void)set.link_changed(TimePoint(0s), 0, true, std::nullopt);
  EXPECT_EQ(who<ProbeAddresses>(set.start(TimePoint(0s))), Routers{0});
  ASSERT_TRUE(set.is_checking(0));
  const auto envelope = from_peer(setup);
  (void)set.receive(TimePoint(100ms), envelope, says(setup, 200, envelope));
  EXPECT_FALSE(set.is_checking(0));
  EXPECT_EQ(who<ProbeAddresses>(set.expire(TimePoint(1s))), Routers{});
  EXPECT_EQ(who<ProbeAddresses>(set.expire(TimePoint(10s))), Routers{}) << "it fails over without a question";
  EXPECT_EQ(set.machine(0).state(), State::active);
}

// It is about to be preempted at once, so it is followed by nobody; the address is its all the same.
TEST(DuplicateCheck, EndsWithAWorseRoutersAdvertisementToo) {
  const auto setup = web4();
  auto set = checking(setup);
  const auto envelope = from_peer(setup);
  (void)set.feed(TimePoint(100ms), 0, AddressTaken{});
  (void)set.receive(TimePoint(200ms), envelope, says(setup, 50, envelope));
  EXPECT_FALSE(set.is_checking(0));
  run(set, 4s);
  EXPECT_EQ(set.machine(0).state(), State::active);
}

TEST(DuplicateCheck, NotByWhoWasActiveAndYields) {
  const auto setup = web4();
  auto set = checking(setup);
  run(set, 5s);
  (void)set.feed(TimePoint(5s), 0, AddressesHeld{});
  const auto envelope = from_peer(setup);
  const auto yielded = set.receive(TimePoint(6s), envelope, says(setup, 200, envelope));
  ASSERT_EQ(set.machine(0).state(), State::backup);
  EXPECT_EQ(who<ProbeAddresses>(yielded.actions), Routers{});
  EXPECT_FALSE(set.is_checking(0));
}

TEST(DuplicateCheck, AsksAgainWithEachTry) {
  auto set = checking(web4());
  (void)set.feed(TimePoint(1s), 0, AddressTaken{});
  run(set, 4s);
  ASSERT_EQ(set.machine(0).state(), State::fault);
  EXPECT_FALSE(set.is_checking(0));
  run(set, 6s);
  ASSERT_EQ(set.machine(0).state(), State::backup);
  EXPECT_TRUE(set.is_checking(0));
}

TEST(DuplicateCheck, OnlyWhereItIsWanted) {
  auto set = started({web4()});
  EXPECT_FALSE(set.is_checking(0));
}

// --- P6: another form beside the first ---

RouterSetup with_also(RouterSetup setup, const WireForm& also) {
  setup.protocol.also = also;
  return setup;
}

RouterSetup in_version_2(RouterSetup setup, std::string_view password = "s3cr3t") {
  setup.protocol.version = Version::v2;
  setup.protocol.auth_type = AuthType::password;
  setup.protocol.auth = auth_data(password);
  return setup;
}

WireForm form_of(const RouterSetup& setup) {
  const auto& config = setup.protocol;
  return {.version = config.version,
          .vrid = config.vrid,
          .interval = config.advert_interval,
          .auth_type = config.auth_type,
          .auth = config.auth};
}

Authenticator one_key() {
  return {AuthMode::enforce, {{.id = 7, .secret = Bytes(32, 0x5A)}}, 7};
}

// Whether what the one says is heard by the other.
bool hears(const RouterSetup& listener, const RouterSetup& speaker) {
  auto says = started({at_peer(speaker)}, one_key());
  auto set = started({listener}, one_key());
  for (const auto& packet : says.packets(0, Priority(200), TimePoint(1s), 1000s))
    (void)set.receive(TimePoint(1s), packet.envelope, packet.bytes);
  return set.machine(0).active_router() == listener.rules.peers.front();
}

TEST(OtherForm, WhoHasBothMeetsThoseWithEither) {
  auto other_id = web4();
  other_id.protocol.vrid = Vrid(52);
  auto slower = in_version_2(web4());
  slower.protocol.advert_interval = 3s;
  auto other_id_and_version = in_version_2(other_id);
  const std::vector<std::pair<RouterSetup, RouterSetup>> changes{
      {web4(), other_id},
      {in_version_2(web4()), web4()},
      {web4(), other_id_and_version},
      {in_version_2(web4()), slower},
      {in_version_2(web4()), in_version_2(web4(), "other")}};
  for (const auto& [before, after] : changes) {
    const auto between = with_also(before, form_of(after));
    EXPECT_FALSE(hears(before, after));
    EXPECT_FALSE(hears(after, before));
    for (const auto& one : {before, after, between}) {
      EXPECT_TRUE(hears(one, between));
      EXPECT_TRUE(hears(between, one));
    }
  }
}

TEST(OtherForm, OfVersion2WithoutThePasswordNobodyIsBelieved) {
  const auto between = with_also(web4(), form_of(in_version_2(web4())));
  EXPECT_FALSE(hears(between, in_version_2(web4(), "wrong")));
  auto unsigned_speaker = started({at_peer(web4())});
  auto set = started({between}, one_key());
  const auto packets = unsigned_speaker.packets(0, Priority(200), TimePoint(1s), 1000s);
  EXPECT_EQ(set.receive(TimePoint(1s), packets[0].envelope, packets[0].bytes).discarded,
            Discard::authentication)
      << "version 3 needs its signature all the same";
}

TEST(OtherForm, WhoSpeaksSlowerInItIsWaitedFor) {
  auto slower = in_version_2(web4());
  slower.protocol.advert_interval = 5s;
  auto set = started({with_also(in_version_2(web4()), form_of(slower))});
  auto active = started({at_peer(slower)});
  const auto packets = active.packets(0, Priority(200), TimePoint(1s), 0s);
  (void)set.receive(TimePoint(1s), packets[0].envelope, packets[0].bytes);
  run(set, 15s);
  EXPECT_EQ(set.machine(0).state(), State::backup);
  run(set, 20s);
  EXPECT_EQ(set.machine(0).state(), State::active);
}

TEST(OtherForm, TheStateGoesOnUnderTheOtherId) {
  auto other_id = web4();
  other_id.protocol.vrid = Vrid(52);
  const auto between = with_also(web4(), form_of(other_id));
  for (const auto& [before, after] : {std::pair(web4(), between), std::pair(between, other_id),
                                      std::pair(other_id, between), std::pair(between, web4())}) {
    auto old = started({before});
    run(old, 10s);
    ASSERT_EQ(old.machine(0).state(), State::active);
    RouterSet next({after}, {AuthMode::off, {}, 1});
    (void)next.link_changed(TimePoint(10s), 0, true, std::nullopt);
    (void)next.resume(TimePoint(10s), old.memory(TimePoint(10s)), true);
    EXPECT_EQ(next.machine(0).state(), State::active);
  }
  auto old = started({web4()});
  run(old, 10s);
  RouterSet stranger({other_id}, {AuthMode::off, {}, 1});
  (void)stranger.link_changed(TimePoint(10s), 0, true, std::nullopt);
  (void)stranger.resume(TimePoint(10s), old.memory(TimePoint(10s)), true);
  EXPECT_EQ(stranger.machine(0).state(), State::backup) << "it is another router";
}

TEST(OtherForm, AQuestionIsAnsweredUnderTheIdThatItAskedFor) {
  auto other_id = web4();
  other_id.protocol.vrid = Vrid(52);
  auto asker = keyed(other_id);
  auto between = keyed(at_peer(with_also(web4(), form_of(other_id))));
  const auto answers = hellos(receive(between, 250ms, question(asker)).actions);
  ASSERT_FALSE(answers.empty());
  EXPECT_EQ(receive(asker, 300ms, between.packet(0, answers[0], TimePoint(250ms), 1000s)).discarded,
            std::nullopt);
}

}  // namespace
}  // namespace vip::vrrp
