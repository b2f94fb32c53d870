#include <gtest/gtest.h>

#include "vrrp/settings/agent_config.h"

namespace vip::vrrp {
namespace {

TEST(PlanConfig, EveryMemberFindsItselfAndItsPeers) {
  const plan::Plan plan{
      .group = "web",
      .routers = {{.vrid = Vrid(51), .addresses = {IpPrefix::parse("192.0.2.100").value()}}},
      .members = {{.id = "a",
                   .hostname = "n1",
                   .address = IpAddress::parse("192.0.2.1").value(),
                   .priority = Priority(100),
                   .interface = ""},
                  {.id = "b",
                   .hostname = "n2",
                   .address = IpAddress::parse("192.0.2.2").value(),
                   .priority = Priority(90),
                   .interface = "eth7"}}};
  const auto config = config_from_plan(plan, "b", {}).value();
  ASSERT_EQ(config.routers.size(), 1U);
  EXPECT_EQ(config.routers[0].protocol.priority, Priority(90));
  EXPECT_EQ(config.routers[0].interface_rule, "eth7");
  EXPECT_EQ(config.hostname, "n2");
  EXPECT_EQ(config.status_place->address.text(), "192.0.2.2");
  EXPECT_EQ(config.status_place->port, plan.status_port);
  EXPECT_EQ(config.routers[0].rules.peers, std::vector{IpAddress::parse("192.0.2.1").value()});
  EXPECT_TRUE(config.routers[0].rules.listed_sources_only);
  EXPECT_TRUE(config_from_plan(plan, "stranger", {})->routers.empty()) << "who is not in the plan stands by";
}

TEST(PlanConfig, AKeyIsReadFromHexadecimalDigitsAndNeverShown) {
  const plan::Plan plan{.group = "web", .auth = {.mode = plan::Auth::Mode::hmac, .file = "/run/secrets/key"}};
  const std::string digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1B1C1D1E1F";
  const auto config = config_from_plan(plan, "a", {{"/run/secrets/key", digits}});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->auth.mode, AuthMode::enforce);
  EXPECT_EQ(config->auth.keys.at(0).secret.at(31), 0x1F);
  for (const auto& wrong : {std::string("secretsecret"), digits.substr(2), digits + "0", digits + "zz"}) {
    const auto refused = config_from_plan(plan, "a", {{"/run/secrets/key", wrong}});
    ASSERT_FALSE(refused) << wrong;
    EXPECT_TRUE(refused.error().context.starts_with("/run/secrets/key: key 1: not a key; needed is"))
        << refused.error().context;
    EXPECT_EQ(refused.error().context.find(wrong), std::string::npos);
  }
}

// P23.
TEST(PlanConfig, TheFirstListeningIsLongEnoughForASlowerActiveRouter) {
  plan::Plan plan{
      .group = "web",
      .routers = {{.vrid = Vrid(51), .addresses = {IpPrefix::parse("192.0.2.100").value()}}},
      .members = {{.id = "a", .address = IpAddress::parse("192.0.2.1").value(), .priority = Priority(100)},
                  {.id = "b", .address = IpAddress::parse("192.0.2.2").value(), .priority = Priority(90)}}};
  const auto wait = [&] { return config_from_plan(plan, "b", {})->routers.at(0).protocol.start_wait; };
  EXPECT_EQ(wait(), active_down_interval(Version::v3, Priority(90), std::chrono::seconds(1)));
  plan.advert_interval = std::chrono::seconds(2);
  EXPECT_EQ(wait(), active_down_interval(Version::v3, Priority(90), std::chrono::seconds(2)));
  plan.start_wait = std::chrono::milliseconds(0);
  EXPECT_EQ(wait(), Duration::zero()) << "what was said counts";
  plan.start_wait.reset();
  plan.members.erase(plan.members.begin());
  EXPECT_EQ(wait(), Duration::zero()) << "alone there is nobody to wait for";
}

// A rotation: the new key is understood first, then used, then the old one goes.
TEST(PlanConfig, OfSeveralKeysTheFirstSigns) {
  const std::string a(64, 'a');
  const std::string b(64, 'b');
  const auto keys = read_keys("2:" + a + "\n1:" + b + "\n");
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_EQ(keys->at(0).id, 2);
  EXPECT_EQ(keys->at(1).secret, std::vector<std::uint8_t>(32, 0xBB));
  const plan::Plan plan{.group = "web", .auth = {.mode = plan::Auth::Mode::hmac, .file = "/run/secrets/key"}};
  EXPECT_EQ(config_from_plan(plan, "a", {{"/run/secrets/key", "2:" + a + "\n1:" + b}})->auth.sending_key, 2);
  EXPECT_TRUE(read_keys("1:" + a + "\n1:" + b).error().context.starts_with("key 2: the id 1 stands twice"));
  EXPECT_TRUE(read_keys("300:" + a).error().context.starts_with("key 1: its id is not a number"));
  EXPECT_TRUE(read_keys(" \n").error().context.starts_with("no key"));
}

}  // namespace
}  // namespace vip::vrrp
