#include "operator/core/router_ids.h"

#include <gtest/gtest.h>

#include "swarm_world.h"

namespace vip::swarm {
namespace {

plan::Plan plan_with(const std::string& group, const std::vector<std::pair<int, std::string>>& routers,
                     const std::string& member) {
  plan::Plan plan;
  plan.group = group;
  for (const auto& [vrid, address] : routers) {
    plan.routers.push_back({.vrid = Vrid(static_cast<std::uint8_t>(vrid)),
                            .addresses = {IpPrefix::parse(address).value()},
                            .sync = {},
                            .priorities = {}});
  }
  plan.members = {
      {.id = member, .hostname = {}, .address = {}, .address6 = {}, .priority = {}, .interface = {}}};
  return plan;
}

class RouterIds : public testing::Test {
 protected:
  RouterIds() {
    settings.name = "web";
    settings.router_id.reset();
  }
  std::optional<std::vector<int>> ids(const std::vector<std::string>& addresses) {
    std::vector<IpAddress> keys;
    for (const auto& text : addresses) keys.push_back(IpAddress::parse(text).value());
    const auto given = router_ids(settings, keys, known, {"id1", "id2"});
    if (!given) return std::nullopt;
    std::vector<int> numbers;
    for (const auto id : *given) numbers.push_back(id.value);
    return numbers;
  }
  using Ids = std::optional<std::vector<int>>;

  GroupSettings settings;
  KnownPlans known;
};

TEST_F(RouterIds, AreThoseOfTheSettings) {
  settings.router_id = Vrid(7);
  known.others.push_back({.plan = shared(plan_with("db", {{7, "192.0.2.1"}}, "id1")), .since = {}});
  EXPECT_EQ(ids({"192.0.2.201", "192.0.2.202"}), (Ids{{7, 8}}));
}

// Two that swapped their ids would take each other for themselves while the plan rolls.
TEST_F(RouterIds, OfTheSettingsAreKeptByTheAddressThatHasThem) {
  settings.router_id = Vrid(7);
  settings.spread = true;
  known.current = plan_with("web", {{7, "192.0.2.201"}, {8, "192.0.2.202"}}, "id1");
  EXPECT_EQ(ids({"192.0.2.202", "192.0.2.203", "192.0.2.201"}), (Ids{{8, 9, 7}}));
  settings.router_id = Vrid(8);
  EXPECT_EQ(ids({"192.0.2.201", "192.0.2.202"}), (Ids{{9, 8}}));
}

TEST_F(RouterIds, AreTheFirstThatNobodyHas) {
  EXPECT_EQ(ids({"192.0.2.201"}), (Ids{{51}}));
  known.others.push_back(
      {.plan = shared(plan_with("db", {{51, "192.0.2.1"}, {53, "192.0.2.2"}}, "id9")), .since = {}});
  settings.spread = true;
  EXPECT_EQ(ids({"192.0.2.201", "192.0.2.202"}), (Ids{{52, 54}}));
}

TEST_F(RouterIds, StayWhatTheyWere) {
  known.current = plan_with("web", {{60, "192.0.2.201"}, {61, "192.0.2.202"}}, "id1");
  settings.spread = true;
  EXPECT_EQ(ids({"192.0.2.202", "192.0.2.203", "192.0.2.201"}), (Ids{{61, 51, 60}}));
}

TEST_F(RouterIds, StayAlsoWhenTheAddressesAreOthers) {
  known.newest = plan_with("web", {{60, "192.0.2.201"}}, "id1");
  EXPECT_EQ(ids({"192.0.2.250"}), (Ids{{60}}));
}

// Two operators may choose the same at the same time; the group that comes first in the alphabet keeps it.
TEST_F(RouterIds, OfTwoThatChoseTheSameOneGivesWay) {
  known.current = plan_with("web", {{51, "192.0.2.201"}}, "id1");
  known.others = {{.plan = shared(plan_with("zoo", {{51, "192.0.2.1"}}, "id1")), .since = {}}};
  EXPECT_EQ(ids({"192.0.2.201"}), (Ids{{51}}));
  known.others = {{.plan = shared(plan_with("db", {{51, "192.0.2.1"}}, "id1")), .since = {}}};
  EXPECT_EQ(ids({"192.0.2.201"}), (Ids{{52}}));
}

TEST_F(RouterIds, AreSharedWithOtherNodesBeforeThereAreNone) {
  std::vector<std::pair<int, std::string>> all;
  for (int id = 1; id <= 255; ++id) all.emplace_back(id, "192.0.2." + std::to_string(id));
  known.others = {{.plan = shared(plan_with("db", all, "id9")), .since = {}}};
  EXPECT_EQ(ids({"198.51.100.1"}), (Ids{{51}}));
  known.others = {{.plan = shared(plan_with("db", all, "id2")), .since = {}}};
  EXPECT_EQ(ids({"198.51.100.1"}), Ids{});
}

}  // namespace
}  // namespace vip::swarm
