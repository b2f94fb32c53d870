#include "operator/core/priorities.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <ostream>
#include <random>

#include <gtest/gtest.h>

namespace vip::swarm {
namespace {

using Values = std::vector<int>;

struct Row {
  Values wishes;
  Values wire;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << testing::PrintToString(row.wishes);
}

class WirePriorities : public testing::TestWithParam<Row> {};

TEST_P(WirePriorities, AreAsNearToTheWishesAsTheyCanBe) {
  EXPECT_EQ(wire_priorities(GetParam().wishes), GetParam().wire);
}

INSTANTIATE_TEST_SUITE_P(Rows, WirePriorities,
                         testing::Values(
                             // Nobody shares: exactly the labels.
                             Row{{}, {}}, Row{{100}, {100}}, Row{{102, 101, 100}, {102, 101, 100}},
                             Row{{254, 2}, {254, 2}},
                             // Equal ones are spread around their value, with a step of eight.
                             Row{{100, 100}, {104, 96}}, Row{{100, 100, 100}, {108, 100, 92}},
                             Row{{200, 200, 100, 100}, {204, 196, 104, 96}},
                             // At the ends of the range the spread moves inside.
                             Row{{254, 254}, {254, 246}}, Row{{2, 2}, {10, 2}},
                             // A lone neighbour keeps its label; the others stay on their side of it.
                             Row{{101, 100, 100}, {101, 100, 92}}, Row{{100, 100, 99}, {108, 100, 99}},
                             Row{{110, 100, 100, 100, 90}, {110, 108, 100, 92, 90}},
                             // A narrow window narrows the step.
                             Row{{103, 100, 100, 98}, {103, 102, 99, 98}},
                             // No window at all: whoever comes after gives way.
                             Row{{100, 99, 99, 98}, {100, 99, 98, 97}}, Row{{3, 2, 2}, {4, 3, 2}}));

// P16: two equal ones would both claim when the active router leaves.
TEST(WirePrioritiesProperty, AreDistinctDescendingAndInRangeForAnyWishes) {
  std::minstd_rand random(7);
  for (int round = 0; round < 2000; ++round) {
    const auto count =
        std::uniform_int_distribution<std::size_t>(1, round % 50 == 0 ? kMembersMax : 20)(random);
    const int low = std::uniform_int_distribution<int>(kPriorityMin, kPriorityMax)(random);
    std::uniform_int_distribution<int> wish(low, std::min(kPriorityMax, low + round % 300));
    Values wishes(count);
    std::ranges::generate(wishes, [&] { return wish(random); });
    std::ranges::sort(wishes, std::greater<>());
    const auto wire = wire_priorities(wishes);
    ASSERT_EQ(wire.size(), wishes.size());
    EXPECT_TRUE(std::ranges::is_sorted(wire, std::greater_equal<>())) << round;
    EXPECT_EQ(std::ranges::adjacent_find(wire), wire.end()) << round;
    EXPECT_LE(wire.front(), kPriorityMax);
    EXPECT_GE(wire.back(), kPriorityMin);
  }
}

TEST(WirePrioritiesProperty, FillTheWholeRangeWhenTheGroupIsFull) {
  const auto wire = wire_priorities(Values(kMembersMax, 100));
  Values all(kMembersMax);
  std::iota(all.rbegin(), all.rend(), kPriorityMin);
  EXPECT_EQ(wire, all);
}

using enum Standing;

struct ByHand {
  Values wire;
  std::vector<Standing> standings;
  Values answer;
};

void PrintTo(const ByHand& row, std::ostream* out) {
  *out << testing::PrintToString(row.answer);
}

class WithStandings : public testing::TestWithParam<ByHand> {};

TEST_P(WithStandings, MovesOnlyThoseThatStandOtherwise) {
  EXPECT_EQ(with_standings(GetParam().wire, GetParam().standings), GetParam().answer);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WithStandings,
    testing::Values(ByHand{{}, {}, {}}, ByHand{{108, 100, 92}, {usual, usual, usual}, {108, 100, 92}},
                    ByHand{{108, 100, 92}, {last_resort, usual, usual}, {2, 100, 92}},
                    ByHand{{108, 100, 92}, {last_resort, usual, last_resort}, {3, 100, 2}},
                    ByHand{{108, 100, 92}, {usual, usual, first_choice}, {108, 100, 254}},
                    ByHand{{108, 100, 92}, {last_resort, usual, first_choice}, {2, 100, 254}},
                    ByHand{{108, 100, 92}, {unserved, usual, usual}, {2, 100, 92}},
                    ByHand{{108, 100, 92}, {last_resort, usual, unserved}, {2, 100, 3}},
                    ByHand{{108, 100, 92}, {unserved, last_resort, unserved}, {4, 2, 3}},
                    // Where there is no room, the others give way.
                    ByHand{{254, 253}, {usual, first_choice}, {253, 254}},
                    ByHand{{3, 2}, {last_resort, usual}, {2, 3}},
                    ByHand{{100, 3, 2}, {last_resort, usual, usual}, {2, 4, 3}}));

TEST(WithStandings, AFullGroupKeepsItsRange) {
  Values wire(kMembersMax);
  std::iota(wire.rbegin(), wire.rend(), kPriorityMin);
  std::vector<Standing> standings(kMembersMax, usual);
  standings.front() = last_resort;
  standings.back() = first_choice;
  const auto moved = with_standings(wire, standings);
  EXPECT_EQ(moved.front(), kPriorityMin);
  EXPECT_EQ(moved.back(), kPriorityMax);
  auto sorted = moved;
  std::ranges::sort(sorted, std::greater{});
  EXPECT_EQ(sorted, wire) << "all differ, none is out of range";
}

}  // namespace
}  // namespace vip::swarm
