#include <gtest/gtest.h>

#include "common/base/text.h"
#include "vrrp/settings/agent_config.h"

namespace vip::vrrp {
namespace {

using settings::Environment;
using settings::Findings;
using Values = std::map<std::string, std::string, std::less<>>;

const Values kMinimum{{"KEEPALIVED_UNICAST_PEERS", "#PYTHON2BASH:['192.168.4.1', '192.168.4.2']"},
                      {"KEEPALIVED_VIRTUAL_IPS", "192.168.4.3"}};

Values with(Values extra) {
  extra.insert(kMinimum.begin(), kMinimum.end());
  return extra;
}

RouterSettings read(const Values& values) {
  Findings findings;
  auto config = config_from_osixia(Environment(values), findings);
  EXPECT_TRUE(findings.ok()) << join(findings.errors(), "; ");
  return config.routers.at(0);
}

std::string errors(const Values& values) {
  Findings findings;
  (void)config_from_osixia(Environment(values), findings);
  return join(findings.errors(), "; ");
}

TEST(Osixia, TheSeedsCommandMeansWhatItMeantThere) {
  const auto router = read(with({{"KEEPALIVED_PRIORITY", "200"}}));
  const auto& protocol = router.protocol;
  EXPECT_EQ(protocol.version, Version::v2);
  EXPECT_EQ(protocol.vrid, Vrid(51));
  EXPECT_EQ(protocol.priority, Priority(200));
  EXPECT_EQ(protocol.advert_interval, Duration(std::chrono::seconds(1)));
  EXPECT_FALSE(protocol.preempt);
  EXPECT_EQ(protocol.auth_type, AuthType::password);
  EXPECT_EQ(protocol.auth, auth_data("d0cker"));
  EXPECT_EQ(protocol.addresses.at(0).text(), "192.168.4.3/32");
  EXPECT_EQ(router.interface_rule, "eth0");
  EXPECT_EQ(router.rules.peers.size(), 2U);
}

TEST(Osixia, EmptyValuesMeanFindItAndNoPassword) {
  const auto router =
      read(with({{"KEEPALIVED_INTERFACE", ""}, {"KEEPALIVED_PASSWORD", ""}, {"KEEPALIVED_PRIORITY", ""}}));
  EXPECT_EQ(router.interface_rule, "auto");
  EXPECT_EQ(router.protocol.auth_type, AuthType::none);
  EXPECT_EQ(router.protocol.priority, Priority(150));
}

TEST(Osixia, StateMasterShortensTheFirstWaitAndPreempts) {
  const auto router = read(with({{"KEEPALIVED_STATE", "master"}}));
  EXPECT_TRUE(router.protocol.preempt);
  EXPECT_EQ(router.protocol.start_wait, std::chrono::seconds(1) + Duration(std::chrono::seconds(1)) / 256);
}

TEST(Osixia, AnAddressMayNameItsInterface) {
  auto values = kMinimum;
  values["KEEPALIVED_VIRTUAL_IPS"] = "192.168.4.3/24 dev eth1 label eth1:0";
  const auto router = read(values);
  EXPECT_EQ(router.addresses.at(0).interface, "eth1");
  EXPECT_EQ(router.addresses.at(0).prefix.length, 24);
}

struct Wrong {
  std::string name;
  std::string value;
  std::string message;
};

TEST(Osixia, WrongSettingsNameTheSettingTheValueAndWhatIsAllowed) {
  const std::vector<Wrong> table{
      {"KEEPALIVED_ROUTER_ID", "0", "KEEPALIVED_ROUTER_ID: '0' is not allowed; a whole number from 1 to 255"},
      {"KEEPALIVED_ROUTER_ID", "256",
       "KEEPALIVED_ROUTER_ID: '256' is not allowed; a whole number from 1 to 255"},
      {"KEEPALIVED_PRIORITY", "abc",
       "KEEPALIVED_PRIORITY: 'abc' is not allowed; a whole number from 1 to 255"},
      {"KEEPALIVED_VIRTUAL_IPS", "", "KEEPALIVED_VIRTUAL_IPS: not set"},
      {"KEEPALIVED_VIRTUAL_IPS", "192.168.4.300",
       "KEEPALIVED_VIRTUAL_IPS: '192.168.4.300' is not an address"},
      {"KEEPALIVED_VIRTUAL_IPS", "192.168.4.3,192.168.4.3",
       "KEEPALIVED_VIRTUAL_IPS: '192.168.4.3' is not allowed; each address once"},
      {"KEEPALIVED_VIRTUAL_IPS", "fd00::1",
       "KEEPALIVED_VIRTUAL_IPS: 'fd00::1' is not allowed; unicast IPv4 addresses"},
      {"KEEPALIVED_UNICAST_PEERS", "#PYTHON2BASH:['a'", "is not a list such as"},
      {"KEEPALIVED_UNICAST_PEERS", "#PYTHON2BASH:[]", "at least one item"},
      {"SWARM_VIP_LEASE", "1s", "SWARM_VIP_LEASE: '1s' is not allowed"},
  };
  for (const auto& row : table) {
    auto values = kMinimum;
    values[row.name] = row.value;
    EXPECT_NE(errors(values).find(row.message), std::string::npos)
        << row.name << "=" << row.value << " gives: " << errors(values);
  }
}

TEST(Osixia, AllFaultsAreSaidAtOnce) {
  const auto text = errors({{"KEEPALIVED_ROUTER_ID", "0"}, {"KEEPALIVED_PRIORITY", "x"}});
  for (const auto* name : {"KEEPALIVED_ROUTER_ID", "KEEPALIVED_PRIORITY", "KEEPALIVED_VIRTUAL_IPS",
                           "KEEPALIVED_UNICAST_PEERS"}) {
    EXPECT_NE(text.find(name), std::string::npos) << name;
  }
}

TEST(Osixia, ALongPasswordIsCutWithAWarningThatDoesNotShowIt) {
  Findings findings;
  const auto config =
      config_from_osixia(Environment(with({{"KEEPALIVED_PASSWORD", "your_secure_password"}})), findings);
  EXPECT_EQ(config.routers.at(0).protocol.auth, auth_data("your_sec"));
  const auto warnings = join(findings.warnings(), "; ");
  EXPECT_NE(warnings.find("KEEPALIVED_PASSWORD: 20 bytes"), std::string::npos) << warnings;
  EXPECT_EQ(warnings.find("your_sec"), std::string::npos) << warnings;
}

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
