#include "operator/core/follower.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace vip::swarm {
namespace {

using namespace std::chrono_literals;

// Three nodes that an operator looks at every two seconds: whole looks only when one is due.
class FollowerTest : public testing::Test {
 protected:
  // All have a task and stand.
  FollowerTest() { look(); }

  void look() {
    follower.look(now, members, served);
    back = follower.decide(now);
  }
  // Until that span is over; counts each change of who is put back, as each of them rolls the group.
  void run(Duration span) {
    for (const auto end = now + span; now < end;) {
      now += kTaskPoll;
      follower.see(now, served);
      if (!follower.is_due(now)) continue;
      look();
      ++rolls;
    }
  }
  void restart_operator() {
    for (auto& member : members) member.unserved = back.contains(member.id);
    follower = {};
    look();
  }
  // Away for so long, and there again.
  void blink(const std::string& node, Duration away) {
    served.erase(node);
    run(away);
    served.insert(node);
  }
  static std::vector<FollowingMember> three() {
    std::vector<FollowingMember> members;
    for (const auto* const id : {"a", "b", "c"}) members.push_back({.id = id, .unserved = false});
    return members;
  }

  Follower follower;
  TimePoint now{1000s};
  std::vector<FollowingMember> members = three();
  NodeIds served{"a", "b", "c"};
  NodeIds back;
  int rolls = 0;
};

TEST_F(FollowerTest, NobodyIsPutBackWhileAllHaveATask) {
  run(10min);
  EXPECT_EQ(rolls, 0);
  EXPECT_TRUE(back.empty());
}

TEST_F(FollowerTest, AMissingTaskPutsItsNodeBackAfterEightSecondsAndNotBefore) {
  served.erase("a");
  run(8s);
  EXPECT_TRUE(back.empty()) << "first missed two seconds after it went";
  run(2s);
  EXPECT_EQ(back, NodeIds{"a"});
  EXPECT_EQ(rolls, 1);
}

TEST_F(FollowerTest, ATaskThatIsRestartedInTimeMovesNothing) {
  for (int i = 0; i < 50; ++i) {
    blink("a", 8s);
    run(30s);
  }
  EXPECT_EQ(rolls, 0);
}

TEST_F(FollowerTest, AMomentOfHealthBetweenTwoCrashesIsNone) {
  blink("a", 6s);
  run(2s);
  EXPECT_EQ(rolls, 0);
  served.erase("a");
  run(2s);
  EXPECT_EQ(back, NodeIds{"a"}) << "ten seconds after it was well for the last time";
  // And so it goes on; nothing more happens.
  for (int i = 0; i < 50; ++i) {
    served.insert("a");
    run(2s);
    blink("a", 6s);
  }
  EXPECT_EQ(rolls, 1);
}

TEST_F(FollowerTest, ANodeCountsAgainWhenItsTaskWasThereForThirtySeconds) {
  blink("a", 20s);
  ASSERT_EQ(back, NodeIds{"a"});
  run(30s);
  EXPECT_EQ(back, NodeIds{"a"}) << "first seen two seconds after it came";
  run(2s);
  EXPECT_TRUE(back.empty());
  EXPECT_EQ(rolls, 2);
}

TEST_F(FollowerTest, WhoeverFlapsWaitsLongerAndLonger) {
  std::vector<Duration> waits;
  for (int i = 0; i < 7; ++i) {
    blink("a", 10s);
    ASSERT_EQ(back, NodeIds{"a"});
    const auto before = now;
    while (!back.empty()) run(2s);
    waits.push_back(now - before - 2s);
  }
  EXPECT_EQ(waits, (std::vector<Duration>{30s, 60s, 120s, 240s, 300s, 300s, 300s}));
  EXPECT_EQ(rolls, 14);
}

TEST_F(FollowerTest, ACalmTimeIsForgiven) {
  blink("a", 10s);
  run(32s);
  blink("a", 10s);
  run(62s);
  ASSERT_TRUE(back.empty());
  run(10min);
  blink("a", 10s);
  run(32s);
  EXPECT_TRUE(back.empty());
  EXPECT_EQ(rolls, 6);
}

TEST_F(FollowerTest, WithoutAnyTaskEverythingStaysAsItIs) {
  blink("a", 20s);
  ASSERT_EQ(back, NodeIds{"a"});
  served.clear();  // the service is removed, or scaled to none
  run(10min);
  EXPECT_EQ(back, NodeIds{"a"});
  EXPECT_EQ(rolls, 1);
}

TEST_F(FollowerTest, TasksThatEndOneAfterTheOtherMoveNothing) {
  for (const auto* const node : {"a", "b", "c"}) blink(node, 0s);
  served = {"b", "c"};
  run(4s);
  served = {"c"};
  run(4s);
  served.clear();
  run(10min);
  EXPECT_EQ(rolls, 0);
}

TEST_F(FollowerTest, AndSoDoTasksThatComeOneAfterTheOther) {
  served.clear();
  run(1min);
  served = {"c"};
  run(6s);
  served = {"a", "b", "c"};
  run(1min);
  EXPECT_EQ(rolls, 0);
}

TEST_F(FollowerTest, TheOnlyTaskOfSeveralNodesMovesTheGroupOnce) {
  served = {"b"};
  run(1min);
  EXPECT_EQ(back, (NodeIds{"a", "c"}));
  EXPECT_EQ(rolls, 1);
  // A replica that starts anew elsewhere: nobody else has a task, so its node need not wait for long.
  served.clear();
  run(6s);
  served = {"c"};
  const auto came = now;
  while (back.contains("c")) run(2s);
  EXPECT_LE(now - came, kMissingMax + kTaskPoll);
  run(10s);
  EXPECT_EQ(back, (NodeIds{"a", "b"}));
  EXPECT_LE(rolls, 3);
}

TEST_F(FollowerTest, WhoHasATaskIsNotLeftBehindForThoseWhoHaveLostTheirs) {
  blink("a", 10s);
  blink("b", 10s);
  run(8s);
  ASSERT_EQ(back, (NodeIds{"a", "b"}));
  served.erase("c");  // the last one that stood, while the others are back and still wait
  run(10s);
  EXPECT_EQ(back, NodeIds{"c"}) << "one roll";
  EXPECT_EQ(rolls, 3);
}

TEST_F(FollowerTest, OneThatOnlyJustCameBackIsNoReasonToHurry) {
  blink("a", 10s);
  served.erase("b");
  served.erase("c");
  run(4s);
  served.insert("b");
  served.insert("c");
  run(10s);
  EXPECT_EQ(back, NodeIds{"a"}) << "the others' gap was short";
}

TEST_F(FollowerTest, OfNodesThatDoNotCountNothingIsConcluded) {
  blink("a", 20s);
  members[0].counts = false;
  members[1].counts = false;
  served = {"a", "c"};
  look();
  run(10min);
  EXPECT_EQ(back, NodeIds{"a"}) << "neither does a return nor b leave";
  members[1].counts = true;
  look();
  run(6s);
  EXPECT_EQ(back, NodeIds{"a"});
  run(2s);
  EXPECT_EQ(back, (NodeIds{"a", "b"})) << "missing from when it counts again";
  EXPECT_EQ(rolls, 2);
}

TEST_F(FollowerTest, WhoeverDoesNotCountIsNobodysAlternative) {
  members[1].counts = members[2].counts = false;
  look();
  served.erase("a");
  run(10min);
  EXPECT_TRUE(back.empty());
}

TEST_F(FollowerTest, ATimeWithoutAnAnswerIsNoTimeWithoutATask) {
  served.erase("a");
  run(6s);
  now += kBlindMax + 1s;
  follower.see(now, served);
  EXPECT_FALSE(follower.is_due(now));
  run(6s);
  EXPECT_TRUE(back.empty());
  run(2s);
  EXPECT_EQ(back, NodeIds{"a"});
  served.insert("a");
  run(20s);
  now += 5min;
  follower.see(now, served);
  EXPECT_FALSE(follower.is_due(now)) << "nor is it one with a task";
}

TEST_F(FollowerTest, AnOperatorThatStartsTakesWhatThePlanSays) {
  blink("a", 20s);
  ASSERT_EQ(back, NodeIds{"a"});
  restart_operator();
  EXPECT_EQ(back, NodeIds{"a"});
  run(28s);
  EXPECT_EQ(back, NodeIds{"a"});
  run(4s);
  EXPECT_TRUE(back.empty());
  served.erase("b");
  restart_operator();
  run(6s);
  EXPECT_TRUE(back.empty());
  EXPECT_EQ(rolls, 2);
}

TEST_F(FollowerTest, RestartsOneAfterTheOtherMoveNothing) {
  blink("a", 20s);
  served.erase("b");
  for (int i = 0; i < 20; ++i) {
    run(6s);
    restart_operator();
  }
  EXPECT_EQ(back, NodeIds{"a"});
  EXPECT_EQ(rolls, 1);
}

TEST_F(FollowerTest, WhoJoinsWithoutATaskBeginsBehindThoseWithOne) {
  members.push_back({.id = "d", .unserved = std::nullopt});
  members.push_back({.id = "e", .unserved = std::nullopt});
  served.insert("e");
  look();
  EXPECT_EQ(back, NodeIds{"d"});
  served.insert("d");
  run(32s);
  EXPECT_TRUE(back.empty());
}

TEST_F(FollowerTest, WhoJoinsWhereNobodyHasATaskIsAsTheOthers) {
  served.clear();
  members.push_back({.id = "d", .unserved = std::nullopt});
  look();
  EXPECT_TRUE(back.empty());
}

TEST_F(FollowerTest, WhereOnlyThoseAreLeftWhoArePutBackNobodyIs) {
  served = {"c"};
  run(10s);
  ASSERT_EQ(back, (NodeIds{"a", "b"}));
  members.pop_back();
  look();
  EXPECT_TRUE(back.empty());
  served.clear();
  run(10min);
  EXPECT_EQ(rolls, 1);
}

TEST_F(FollowerTest, ALoneMemberIsNeverPutBack) {
  members.resize(1);
  look();
  served.clear();
  run(10min);
  EXPECT_EQ(rolls, 0);
}

TEST(Follower, WithoutMembersItHasNothingToSay) {
  Follower follower;
  follower.look(TimePoint(1s), {}, {"a"});
  EXPECT_TRUE(follower.decide(TimePoint(1s)).empty());
  EXPECT_FALSE(follower.is_due(TimePoint(100s)));
}

}  // namespace
}  // namespace vip::swarm
