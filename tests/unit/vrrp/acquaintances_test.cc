#include "vrrp/core/acquaintances.h"

#include <gtest/gtest.h>

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

const IpAddress kSelf = IpAddress::v4({192, 0, 2, 1});
const IpAddress kPeer = IpAddress::v4({192, 0, 2, 2});
const IpAddress kOther = IpAddress::v4({192, 0, 2, 3});
const IpAddress kStranger = IpAddress::v4({192, 0, 2, 9});

// Asks the peer and takes its answer.
void answer(Acquaintances& known, const IpAddress& peer, Duration now, State state = State::backup,
            std::optional<IpAddress> active_router = std::nullopt) {
  const auto ticket = known.ticket_for(peer, TimePoint(now));
  EXPECT_TRUE(known.answered(peer, {.state = state, .ticket = ticket, .active_router = active_router}));
}

// Lets all turns pass until the time; returns when they were.
std::vector<Duration> turns(Acquaintances& known, Duration until) {
  std::vector<Duration> times;
  while (known.next() && *known.next() <= TimePoint(until)) {
    const auto now = *known.next();
    times.push_back(now.time_since_epoch());
    known.turn(now);
    EXPECT_GT(*known.next(), now);
  }
  return times;
}

TEST(Acquaintances, NobodyIsAskedBeforeTheBeginAndAfterTheEnd) {
  Acquaintances known({kPeer});
  EXPECT_EQ(known.next(), std::nullopt);
  known.begin(TimePoint(1s));
  EXPECT_EQ(known.next(), TimePoint(1s));
  known.stop();
  EXPECT_EQ(known.next(), std::nullopt);
}

TEST(Acquaintances, WhoDoesNotAnswerIsAskedSoonAgainAndThenInRounds) {
  Acquaintances known({kPeer, kOther});
  known.begin(TimePoint(0s));
  answer(known, kPeer, 0s);
  EXPECT_EQ(turns(known, 9999ms),
            (std::vector<Duration>{0s, 250ms, 500ms, 750ms, 1s, 1250ms, 1500ms, 1750ms, 2s}));
  EXPECT_FALSE(known.needs_asking(kPeer));
  EXPECT_TRUE(known.needs_asking(kOther));
  EXPECT_EQ(turns(known, 20s), (std::vector<Duration>{10s, 10250ms, 10500ms, 20s}));
}

TEST(Acquaintances, OnceAllHaveAnsweredTheNextRoundIsTheNextTime) {
  Acquaintances known({kPeer});
  known.begin(TimePoint(0s));
  known.turn(TimePoint(0s));
  answer(known, kPeer, 0s);
  known.turn(TimePoint(250ms));
  EXPECT_EQ(known.next(), TimePoint(10s));
  known.turn(TimePoint(10s));
  EXPECT_TRUE(known.needs_asking(kPeer)) << "in every round";
}

TEST(Acquaintances, RoundsCanGrowShorterAtOnce) {
  Acquaintances known({}, 4s);
  known.begin(TimePoint(0s));
  EXPECT_EQ(turns(known, 14s), (std::vector<Duration>{0s, 4s, 14s})) << "the first one is its own";
  known.set_round(TimePoint(15s), 1s);
  EXPECT_EQ(turns(known, 17s), (std::vector<Duration>{16s, 17s}));
}

TEST(Acquaintances, AnAnswerCountsOnceAndOnlyToAQuestion) {
  Acquaintances known({kPeer});
  known.begin(TimePoint(1s));
  const auto ticket = known.ticket_for(kPeer, TimePoint(1s));
  EXPECT_FALSE(known.answered(kPeer, {.ticket = ticket + 1})) << "unknown";
  EXPECT_FALSE(known.answered(kOther, {.ticket = ticket})) << "another's";
  EXPECT_FALSE(known.plan_is_quiet(kSelf));
  EXPECT_TRUE(known.answered(kPeer, {.state = State::backup, .ticket = ticket}));
  EXPECT_FALSE(known.answered(kPeer, {.ticket = ticket})) << "repeated";
  EXPECT_TRUE(known.plan_is_quiet(kSelf));
}

TEST(Acquaintances, OnlyTheLastQuestionsAreRemembered) {
  Acquaintances known({kPeer});
  const auto first = known.ticket_for(kPeer, TimePoint(0s));
  const auto second = known.ticket_for(kPeer, TimePoint(1ms));
  for (std::size_t i = 1; i < Acquaintances::kTicketsMax; ++i)
    (void)known.ticket_for(kPeer, TimePoint(1ms) + i * 1ms);
  EXPECT_FALSE(known.answered(kPeer, {.ticket = first}));
  EXPECT_TRUE(known.answered(kPeer, {.ticket = second}));
}

TEST(Acquaintances, NoMoreThanSoManyAreRemembered) {
  Acquaintances known({});
  std::vector<IpAddress> all;
  for (std::size_t i = 0; i <= Acquaintances::kPeersMax; ++i) {
    all.push_back(IpAddress::v4({10, 0, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i)}));
    (void)known.ticket_for(all.back(), TimePoint(1s));
  }
  const auto ticket = known.ticket_for(all.back(), TimePoint(2s));
  EXPECT_FALSE(known.answered(all.back(), {.ticket = ticket}));
  EXPECT_TRUE(known.answered(all.front(), {.ticket = known.ticket_for(all.front(), TimePoint(2s))}));
}

TEST(Acquaintances, ThePlanIsQuietWhenEverybodyHasAnsweredAndNobodyKnowsAnotherActiveRouter) {
  Acquaintances known({kPeer, kOther});
  known.begin(TimePoint(0s));
  EXPECT_FALSE(known.plan_is_quiet(kSelf));
  answer(known, kPeer, 0s);
  EXPECT_FALSE(known.plan_is_quiet(kSelf)) << "one is missing";
  answer(known, kOther, 0s, State::backup, kSelf);
  EXPECT_TRUE(known.plan_is_quiet(kSelf)) << "who follows us is quiet";
  answer(known, kOther, 1s, State::backup, kPeer);
  EXPECT_FALSE(known.plan_is_quiet(kSelf)) << "who follows another is not";
  answer(known, kOther, 2s, State::active, kOther);
  EXPECT_FALSE(known.plan_is_quiet(kSelf));
  answer(known, kOther, 3s, State::fault);
  EXPECT_TRUE(known.plan_is_quiet(kSelf));
  answer(known, kStranger, 4s, State::active, kStranger);
  EXPECT_FALSE(known.plan_is_quiet(kSelf)) << "whoever holds the key counts, in our plan or not";
}

// After a sleep: a peer that was dead before it need not be waited for.
TEST(Acquaintances, TheKnownAreQuietWithoutThoseThatDidNotAnswerBefore) {
  Acquaintances known({kPeer, kOther});
  known.begin(TimePoint(0s));
  EXPECT_TRUE(known.known_are_quiet(kSelf)) << "nobody is known";
  answer(known, kPeer, 0s);
  (void)turns(known, 10s);
  known.begin(TimePoint(10s));
  EXPECT_FALSE(known.known_are_quiet(kSelf));
  answer(known, kPeer, 10s);
  EXPECT_TRUE(known.known_are_quiet(kSelf));
  EXPECT_FALSE(known.plan_is_quiet(kSelf));
  answer(known, kOther, 10s, State::backup, kPeer);
  EXPECT_FALSE(known.known_are_quiet(kSelf)) << "whoever it is, it knows of another";
}

TEST(Acquaintances, WhoAsksUsIsAskedBackOnceAWhileUnlessItHasAnswered) {
  Acquaintances known({kPeer});
  EXPECT_FALSE(known.may_ask_back(kPeer, TimePoint(0s))) << "we do not ask yet";
  known.begin(TimePoint(1s));
  const auto ticket = known.ticket_for(kPeer, TimePoint(1s));
  EXPECT_TRUE(known.may_ask_back(kPeer, TimePoint(1s))) << "our question may have come before it was up";
  EXPECT_FALSE(known.may_ask_back(kPeer, TimePoint(1s) + Acquaintances::kAskBackAfter - 1ns));
  EXPECT_TRUE(known.may_ask_back(kPeer, TimePoint(1s) + Acquaintances::kAskBackAfter));
  EXPECT_TRUE(known.answered(kPeer, {.ticket = ticket}));
  EXPECT_FALSE(known.may_ask_back(kPeer, TimePoint(5s)));
}

TEST(Acquaintances, ABeginForgetsWhatWasAnswered) {
  Acquaintances known({kPeer});
  known.begin(TimePoint(0s));
  answer(known, kPeer, 0s);
  known.begin(TimePoint(1s));
  EXPECT_TRUE(known.needs_asking(kPeer));
  EXPECT_FALSE(known.plan_is_quiet(kSelf));
  EXPECT_EQ(known.next(), TimePoint(1s));
}

TEST(Acquaintances, ContactsAreWhoAnsweredInTheLastWholeRound) {
  Acquaintances known({kPeer, kOther});
  known.begin(TimePoint(0s));
  answer(known, kPeer, 0s);
  answer(known, kOther, 0s);
  EXPECT_EQ(known.contacts(), 0) << "the round is not over";
  (void)turns(known, 10s);
  EXPECT_EQ(known.contacts(), 2);
  answer(known, kPeer, 11s);
  answer(known, kPeer, 12s);
  EXPECT_EQ(known.contacts(), 2);
  (void)turns(known, 20s);
  EXPECT_EQ(known.contacts(), 1);
  (void)turns(known, 30s);
  EXPECT_EQ(known.contacts(), 0);
}

TEST(Acquaintances, WhoMissedAQuestionAndAnswersTheNextCameBack) {
  Acquaintances known({kPeer});
  known.begin(TimePoint(0s));
  answer(known, kPeer, 0s);
  EXPECT_FALSE(known.came_back(kPeer));
  EXPECT_FALSE(known.came_back(kStranger));
  (void)known.ticket_for(kPeer, TimePoint(10s));
  answer(known, kPeer, 10400ms);
  EXPECT_FALSE(known.came_back(kPeer)) << "a little late, or overtaken";
  (void)known.ticket_for(kPeer, TimePoint(20s));
  answer(known, kPeer, 30s);
  EXPECT_TRUE(known.came_back(kPeer));
  answer(known, kPeer, 40s);
  EXPECT_FALSE(known.came_back(kPeer)) << "and stayed";
}

}  // namespace
}  // namespace vip::vrrp
