#include "operator/core/holder_labels.h"

#include <gtest/gtest.h>

#include "swarm_world.h"

namespace vip::swarm {
namespace {

using Texts = std::vector<std::string>;

const std::string kKey = "swarm-vip.holder.production";

// Three nodes with a group whose agents are ours.
class Holders : public testing::Test {
 protected:
  Holders() {
    world_.observed().nodes = {make_node(1), make_node(2), make_node(3)};
    world_.add_service("agents", "vip_agent-production",
                       {{std::string(kRoleLabel), "agent"}, {std::string(kGroupLabel), "production"}});
  }

  Texts steps(const KnownHolders& holders) {
    const std::vector<LabelledGroup> groups{
        {.name = "production",
         .wanted = wanted_,
         .agents = serves_ ? &world_.service("vip_agent-production") : nullptr}};
    made_ = label_steps(groups, kIdentity, world_.observed(), holders);
    Texts words;
    for (const auto& step : made_) words.push_back(step.words);
    return words;
  }
  // What is left to do when it has been done.
  Texts steps_after(const KnownHolders& holders) {
    world_.apply(made_);
    return steps(holders);
  }
  void label_node(std::size_t number, const std::string& key) {
    world_.observed().nodes[number - 1].labels[key] = "true";
  }

  World world_;
  std::vector<Step> made_;
  bool wanted_ = true;
  bool serves_ = true;
};

TEST_F(Holders, GetTheLabelOnceAndNobodyElseHasIt) {
  label_node(1, kKey);
  EXPECT_EQ(steps({{"production", {"id2"}}}),
            (Texts{"remove label " + kKey + " of node n1", "set label " + kKey + " of node n2"}));
  EXPECT_TRUE(steps_after({{"production", {"id2"}}}).empty());
}

TEST_F(Holders, OfSpreadAddressesAllHaveIt) {
  EXPECT_EQ(steps({{"production", {"id1", "id3"}}}).size(), 2U);
  EXPECT_TRUE(steps_after({{"production", {"id1", "id3"}}}).empty());
}

TEST_F(Holders, KeepTheLabelWhileNothingIsKnown) {
  label_node(1, kKey);
  EXPECT_TRUE(steps({}).empty());
}

TEST_F(Holders, KeepTheLabelWhileAnUpdateIsUnderWay) {
  for (const auto state : {UpdateState::updating, UpdateState::paused, UpdateState::rollback_started,
                           UpdateState::rollback_paused}) {
    world_.service("vip_agent-production").update = state;
    EXPECT_TRUE(steps({{"production", {"id2"}}}).empty());
  }
  world_.service("vip_agent-production").update = UpdateState::completed;
  EXPECT_EQ(steps({{"production", {"id2"}}}).size(), 1U);
}

TEST_F(Holders, LoseTheLabelWhenTheSettingGoes) {
  label_node(1, kKey);
  label_node(2, "rack");
  wanted_ = false;
  EXPECT_EQ(steps({{"production", {"id1"}}}), Texts{"remove label " + kKey + " of node n1"});
  EXPECT_TRUE(steps_after({}).empty());
  EXPECT_TRUE(world_.observed().nodes[1].labels.contains("rack"));
}

TEST_F(Holders, LoseTheLabelOfAGroupThatIsNotThereAnyMore) {
  label_node(1, "swarm-vip.holder.former");
  label_node(2, "swarm-vip.holder.mail");
  world_.add_service("mail", "post_agent-mail",
                     {{std::string(kRoleLabel), "agent"}, {std::string(kGroupLabel), "mail"}});
  EXPECT_EQ(steps({}), Texts{"remove label swarm-vip.holder.former of node n1"})
      << "mail is another operator's";
}

TEST_F(Holders, AreTheBusinessOfTheOperatorThatServesTheGroup) {
  label_node(1, kKey);
  serves_ = false;
  EXPECT_TRUE(steps({{"production", {"id2"}}}).empty());
  wanted_ = false;
  EXPECT_TRUE(steps({}).empty());
}

TEST_F(Holders, LoseTheLabelWhenOurOwnServiceIsRemoved) {
  label_node(1, kKey);
  std::erase_if(world_.observed().services, [](const Service& service) { return service.id != "agents"; });
  EXPECT_EQ(steps({{"production", {"id2"}}}), Texts{"remove label " + kKey + " of node n1"});
}

TEST_F(Holders, ThatLeftTheSwarmNeedNoLabel) {
  EXPECT_TRUE(steps({{"production", {"id9"}}}).empty());
}

TEST(HolderLabel, FitsAConstraint) {
  EXPECT_EQ(holder_label_key("web"), "swarm-vip.holder.web");
  const auto made = holder_label_key("My (group) *");
  EXPECT_TRUE(made.starts_with("swarm-vip.holder.My--group-")) << made;
  EXPECT_EQ(made.find_first_of(" ()*"), std::string::npos);
  EXPECT_NE(made, holder_label_key("My [group] *"));
}

}  // namespace
}  // namespace vip::swarm
