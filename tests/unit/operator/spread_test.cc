#include "operator/core/spread.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

namespace vip::swarm {
namespace {

std::vector<std::string> keys(int count) {
  std::vector<std::string> keys;
  for (int i = 0; i < count; ++i) keys.push_back("192.0.2." + std::to_string(i));
  return keys;
}

std::vector<Bearer> bearers(int count) {
  std::vector<Bearer> bearers;
  for (int i = 0; i < count; ++i) bearers.push_back({.id = "node" + std::to_string(i)});
  return bearers;
}

// By key, the id of its best.
std::map<std::string, std::string> best(const std::vector<std::string>& keys,
                                        const std::vector<Bearer>& bearers) {
  const auto ranks = spread(keys, bearers);
  std::map<std::string, std::string> best;
  for (std::size_t i = 0; i < keys.size(); ++i) best[keys[i]] = bearers[ranks[i].front()].id;
  return best;
}

std::map<std::string, int> shares(const std::map<std::string, std::string>& best) {
  std::map<std::string, int> shares;
  for (const auto& [key, id] : best) ++shares[id];
  return shares;
}

TEST(Spread, RanksEveryBearerForEveryKey) {
  for (const auto& rank : spread(keys(5), bearers(4))) {
    auto sorted = rank;
    std::ranges::sort(sorted);
    EXPECT_EQ(sorted, (std::vector<std::size_t>{0, 1, 2, 3}));
  }
  EXPECT_TRUE(spread({}, bearers(2)).empty());
  EXPECT_TRUE(spread(keys(1), {}).front().empty());
}

TEST(Spread, NobodyIsTheBestOfMoreThanItsShare) {
  for (int nodes = 1; nodes <= 9; ++nodes) {
    for (int count = 1; count <= 20; ++count) {
      const int most = (count + nodes - 1) / nodes;
      for (const auto& [id, share] : shares(best(keys(count), bearers(nodes))))
        EXPECT_LE(share, most) << count << " over " << nodes;
    }
  }
}

TEST(Spread, FollowsTheWeights) {
  auto nodes = bearers(3);
  nodes[0].weight = 4;
  nodes[1].weight = 2;
  nodes[2].weight = 0;
  const auto all = shares(best(keys(60), nodes));
  EXPECT_NEAR(all.at("node0"), 40, 5);
  EXPECT_FALSE(all.contains("node2"));
  for (const auto& rank : spread(keys(60), nodes)) EXPECT_EQ(rank.back(), 2U);
}

TEST(Spread, WithoutAnyWeightAllCountAlike) {
  auto nodes = bearers(3);
  for (auto& node : nodes) node.weight = 0;
  EXPECT_EQ(best(keys(9), nodes), best(keys(9), bearers(3)));
}

TEST(Spread, DoesNotDependOnTheOrderOfItsArguments) {
  auto some_keys = keys(12);
  auto nodes = bearers(5);
  const auto expected = best(some_keys, nodes);
  std::ranges::reverse(some_keys);
  std::ranges::rotate(nodes, nodes.begin() + 2);
  EXPECT_EQ(best(some_keys, nodes), expected);
}

// A node's own share must move when it goes; what moves besides would have stayed without the equal shares.
TEST(Spread, ANodeThatComesOrGoesMovesLittle) {
  int moved = 0;
  int kept_by_others = 0;
  for (int nodes = 3; nodes <= 10; ++nodes) {
    const auto before = best(keys(24), bearers(nodes));
    const auto after = best(keys(24), bearers(nodes - 1));
    for (const auto& [key, id] : before) {
      if (id == "node" + std::to_string(nodes - 1)) continue;
      ++kept_by_others;
      moved += after.at(key) == id ? 0 : 1;
    }
  }
  EXPECT_LT(moved, kept_by_others / 4) << moved << " of " << kept_by_others;
}

}  // namespace
}  // namespace vip::swarm
