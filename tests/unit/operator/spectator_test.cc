#include "operator/view/spectator.h"

#include <gtest/gtest.h>

#include "picture.h"

namespace vip::swarm {
namespace {

using namespace picture;

using States = std::vector<std::string>;

// What it saw, two seconds apart.
View see(Spectator& spectator, const std::vector<States>& rounds, Duration first = 2s) {
  View view;
  for (const auto& states : rounds) {
    view = spectator.see(round(first, group(states)), {});
    first += 2s;
  }
  return view;
}

const GroupTally& tally(const View& view) {
  return view.groups.at(0).tally;
}

TEST(Spectator, KnowsWhoHoldsWhat) {
  struct Row {
    States states;
    Hold hold;
    std::size_t holders;
  };
  const std::vector<Row> rows{
      {{"active", "backup", "backup"}, Hold::held, 1}, {{"active", "", ""}, Hold::held, 1},
      {{"backup", "backup", "fault"}, Hold::none, 0},  {{"backup", "", "backup"}, Hold::unknown, 0},
      {{"active", "active", ""}, Hold::several, 2},
  };
  for (const auto& [states, hold, holders] : rows) {
    Spectator spectator(kNoon);
    const auto address = see(spectator, {states}).groups.at(0).addresses.at(0);
    EXPECT_EQ(address.hold, hold) << name(hold);
    EXPECT_EQ(address.holders.size(), holders);
    EXPECT_EQ(address.since.has_value(), hold == Hold::held);
  }
}

TEST(Spectator, CountsOnlyWhatLasts) {
  Spectator spectator(kNoon);
  const States one{"active", "backup", "backup"};
  const States two{"active", "active", "backup"};
  const States nobody{"backup", "backup", "backup"};
  const States lost{"backup", "backup", ""};
  EXPECT_EQ(tally(see(spectator, {one, two, one})).split_brain, 0s) << "a moment is a hand-over";
  EXPECT_EQ(tally(see(spectator, {two, two, two, one}, 8s)).split_brain, 4s);
  EXPECT_EQ(tally(see(spectator, {nobody, lost, nobody}, 16s)).ownerless, 0s) << "who is silent may have it";
  const auto view = see(spectator, {nobody, nobody}, 22s);
  EXPECT_EQ(tally(view).ownerless, 4s);
  EXPECT_EQ(tally(view).split_brain, 4s);
}

TEST(Spectator, APauseInWhichNobodyLookedCountsLittle) {
  Spectator spectator(kNoon);
  const States two{"active", "active", "backup"};
  (void)see(spectator, {two});
  EXPECT_EQ(tally(see(spectator, {two}, 1h)).split_brain, 10s);
}

TEST(Spectator, CountsEachTakeoverOnceAndNoneOfAnEarlierLife) {
  Spectator spectator(kNoon);
  const auto told =
      group({node(1, {router("active", {took_over(-1h), took_over(1s, 40ms), took_over(2s)})})});
  (void)spectator.see(round(3s, told), {});
  const auto view = spectator.see(round(5s, told), {});
  const auto& takeovers = tally(view).takeovers;
  EXPECT_EQ(takeovers.counts, (std::array<std::uint64_t, 10>{0, 1, 0, 0, 0, 1, 0, 0, 0, 0}));
  EXPECT_EQ(takeovers.sum, 970ms);
}

TEST(Spectator, TheSerialGrowsWithWhatIsNewAndWithNothingElse) {
  Spectator spectator(kNoon);
  const States one{"active", "backup", "backup"};
  const auto first = see(spectator, {one});
  EXPECT_GT(first.serial,
            static_cast<std::uint64_t>(
                std::chrono::duration_cast<std::chrono::milliseconds>(kNoon.time_since_epoch()).count()))
      << "an earlier life gave out lower ones";
  const auto second = see(spectator, {one, one}, 4s);
  EXPECT_EQ(second.serial, first.serial);
  EXPECT_EQ(second.seen_at, TimePoint(6s));
  const auto quiet = see(spectator, {{"active", "backup", ""}}, 8s);
  EXPECT_EQ(quiet.serial, first.serial + 1);
  EXPECT_EQ(see(spectator, {{"active", "backup", ""}}, 10s).serial, quiet.serial);
  EXPECT_EQ(see(spectator, {{"backup", "active", ""}}, 12s).serial, quiet.serial + 1);
}

TEST(Spectator, RemembersWhenWhoIsSilentWasHeard) {
  Spectator spectator(kNoon);
  const auto view = see(spectator, {{"active", "backup", ""}, {"active", "", ""}, {"active", "", ""}});
  const auto& heard = view.groups.at(0).heard;
  EXPECT_EQ(heard.size(), 1U) << "the third was never heard";
  EXPECT_EQ(heard.at("id2"), kNoon + 2s);
}

TEST(Spectator, OfEventsItKeepsThoseThatNoAgentTells) {
  const Event moved{.kind = EventKind::holder,
                    .group = "web",
                    .addresses = {"192.0.2.201"},
                    .holders = {{.node = "id1", .hostname = "n1"}},
                    .previous = "n2",
                    .problem = {},
                    .at = kNoon};
  Spectator with_old_agents(kNoon);
  const auto seen = with_old_agents.see(round(2s, group({"active", "backup", "backup"})), {moved});
  EXPECT_NE(seen.state.find("192.0.2.201 (group web) is on n1, before on n2"), std::string::npos);
  EXPECT_EQ(tally(seen).holder_changes, 1U);

  Spectator with_new_agents(kNoon);
  const auto told = with_new_agents.see(
      round(2s, group({node(1, {router("active", {took_over(1s)})}), node(2, {router("backup")})})), {moved});
  EXPECT_EQ(told.state.find("before on n2"), std::string::npos);
  EXPECT_NE(told.state.find("n1 took 192.0.2.201 over"), std::string::npos);
  EXPECT_EQ(tally(told).holder_changes, 1U);
}

TEST(Spectator, AHolderThatIsTheSameAgainIsNoChange) {
  Spectator spectator(kNoon);
  const Event again{.kind = EventKind::holder,
                    .group = "web",
                    .addresses = {"192.0.2.201"},
                    .holders = {{.node = "id1", .hostname = "n1"}},
                    .previous = "n1",
                    .problem = {},
                    .at = kNoon};
  EXPECT_EQ(tally(spectator.see(round(2s, group({"active", "backup", "backup"})), {again})).holder_changes,
            0U);
}

}  // namespace
}  // namespace vip::swarm
