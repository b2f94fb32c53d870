#include <algorithm>
#include <map>
#include <ostream>

#include <gtest/gtest.h>

#include "operator/settings/operator_settings.h"

namespace vip::swarm {
namespace {

using namespace std::chrono_literals;
using Variables = std::map<std::string, std::string, std::less<>>;

struct Reading {
  OperatorSettings settings;
  settings::Findings findings;

  [[nodiscard]] const GroupSettings& group() const { return settings.groups.at(0).settings; }
};

// The two required settings, and what the test adds or changes.
Reading read(const Variables& changes) {
  Variables variables{{"KEEPALIVED_GROUP", "production"},
                      {"KEEPALIVED_VIRTUAL_IPS", "192.0.2.201,192.0.2.202"}};
  for (const auto& [name, value] : changes) variables[name] = value;
  const auto read_file = [](const std::string& path) -> Result<std::string> {
    if (path == "/run/secrets/password") return "s3cret\n";
    if (path == "/run/secrets/key") return "7:" + std::string(64, 'a') + "\n";
    if (path == "/run/secrets/empty") return "\n";
    if (path == "/run/secrets/webhook") return "https://hooks.example.org/s3cret\n";
    if (path == "/run/secrets/two-lines") return "s3cret\ns3cret\n";
    if (path == "/etc/notify.sh") return "echo $3\n";
    if (path == "/etc/bash.sh") return "#!/bin/sh\necho $3\n";
    if (path == "/etc/large") return std::string(65537, 'x');
    return fail(Errc::not_found, path + ": No such file or directory");
  };
  Reading reading;
  reading.settings = read_operator_settings(settings::Environment(variables), read_file, reading.findings);
  return reading;
}

TEST(OperatorSettings, NeedOnlyGroupAndAddresses) {
  const auto reading = read({});
  const auto& settings = reading.settings;
  const auto& group = reading.group();
  EXPECT_TRUE(reading.findings.ok());
  EXPECT_TRUE(reading.findings.warnings().empty());
  EXPECT_EQ(group.name, "production");
  EXPECT_EQ(group.label_key, "keepalived_group");
  EXPECT_EQ(group.router_id, Vrid(51));
  EXPECT_FALSE(group.spread);
  ASSERT_EQ(group.addresses.size(), 2U);
  EXPECT_EQ(group.addresses[1].text(), "192.0.2.202/32");
  EXPECT_EQ(group.version, 3);
  EXPECT_EQ(group.advert_interval, 250ms);
  EXPECT_TRUE(group.preempt);
  EXPECT_EQ(group.preempt_delay, 5s);
  EXPECT_EQ(group.interface, "auto");
  EXPECT_EQ(settings.resync, 30s);
  EXPECT_EQ(group.auth, plan::Auth::Mode::hmac);
  EXPECT_EQ(group.follow, "");
}

TEST(OperatorSettings, AServiceToFollowIsAName) {
  EXPECT_EQ(read({{"SWARM_VIP_FOLLOW", "stack_shop-1"}}).group().follow, "stack_shop-1");
  EXPECT_TRUE(read({{"SWARM_VIP_FOLLOW", std::string(63, 'x')}}).findings.ok());
  EXPECT_FALSE(read({{"SWARM_VIP_FOLLOW", std::string(64, 'x')}}).findings.ok());
}

TEST(OperatorSettings, OfTheSeedsStackFileAreTakenAsTheyAre) {
  const auto [settings, findings] = read({{"KEEPALIVED_INTERFACE", "eth0"},
                                          {"KEEPALIVED_PASSWORD", "your_secure_password"},
                                          {"KEEPALIVED_ROUTER_ID", "51"},
                                          {"KEEPALIVED_IMAGE", "osixia/keepalived:2.0.20"}});
  EXPECT_TRUE(findings.ok());
  EXPECT_EQ(settings.groups[0].settings.interface, "eth0");
  EXPECT_EQ(settings.image, "");
  ASSERT_EQ(findings.warnings().size(), 2U);
  EXPECT_EQ(findings.warnings()[0].find("your_secure"), std::string::npos) << "a secret in a message";
}

TEST(OperatorSettings, WebhookAndHolderLabelAreOff) {
  const auto [settings, findings] = read({});
  EXPECT_EQ(settings.webhook, WebhookTarget{});
  EXPECT_FALSE(settings.groups[0].holder_label);
}

TEST(OperatorSettings, ThePageIsOnThisHostOnlyUnlessSomebodySaysOtherwise) {
  const auto loopback = IpAddress::v4({127, 0, 0, 1});
  EXPECT_EQ(read({}).settings.page, (PagePlace{.address = loopback, .port = 9109, .token = {}}));
  struct Row {
    std::string text;
    PagePlace place;
  };
  const std::vector<Row> rows{
      {"off", {}},
      {"OFF", {}},
      {"8080", {.address = loopback, .port = 8080, .token = {}}},
      {":8080", {.address = {}, .port = 8080, .token = {}}},
      {"0.0.0.0:80", {.address = IpAddress::v4({}), .port = 80, .token = {}}},
      {"192.0.2.7:9109", {.address = IpAddress::v4({192, 0, 2, 7}), .port = 9109, .token = {}}},
      {"[::1]:9109", {.address = IpAddress::parse("::1"), .port = 9109, .token = {}}},
      {"[::]:9109", {.address = IpAddress::parse("::"), .port = 9109, .token = {}}},
  };
  for (const auto& [text, place] : rows) {
    const auto reading = read({{"SWARM_VIP_PAGE_LISTEN", text}});
    EXPECT_TRUE(reading.findings.ok()) << text;
    EXPECT_EQ(reading.settings.page, place) << text;
  }
  for (const auto* const text : {"on", "localhost:9109", "::1:9109", "[::1]", "[192.0.2.7]:9109",
                                 "192.0.2.7:", ":0", "0", "65536", "192.0.2.7", "224.0.0.18:9109"}) {
    const auto reading = read({{"SWARM_VIP_PAGE_LISTEN", text}});
    ASSERT_EQ(reading.findings.errors().size(), 1U) << text;
    EXPECT_EQ(reading.findings.errors()[0],
              "SWARM_VIP_PAGE_LISTEN: '" + std::string(text) +
                  "' is not allowed; ADDRESS:PORT (IPv6 in brackets), :PORT for all addresses, PORT for "
                  "127.0.0.1 alone, off");
  }
}

TEST(OperatorSettings, WhoOnlySaysWhatItWouldDoHasNoPageUnlessAsked) {
  EXPECT_FALSE(read({{"SWARM_VIP_DRY_RUN", "true"}}).settings.page.is_on());
  EXPECT_EQ(read({{"SWARM_VIP_DRY_RUN", "true"}, {"SWARM_VIP_PAGE_LISTEN", ":80"}}).settings.page.port, 80);
}

TEST(OperatorSettings, ThePagesTokenIsOneThatAHeaderCarries) {
  const auto good = read({{"SWARM_VIP_PAGE_TOKEN_FILE", "/run/secrets/password"}});
  EXPECT_TRUE(good.findings.ok());
  EXPECT_EQ(good.settings.page.token, "s3cret");
  for (const auto* const path : {"/run/secrets/two-lines", "/run/secrets/empty", "/run/secrets/none"}) {
    const auto bad = read({{"SWARM_VIP_PAGE_TOKEN_FILE", path}});
    ASSERT_EQ(bad.findings.errors().size(), 1U) << path;
    EXPECT_TRUE(bad.findings.errors()[0].starts_with("SWARM_VIP_PAGE_TOKEN_FILE: "))
        << bad.findings.errors()[0];
    EXPECT_EQ(bad.findings.errors()[0].find("s3cret"), std::string::npos);
  }
}

TEST(OperatorSettings, WebhookFromAVariableOrAFileWithAToken) {
  const auto plain =
      read({{"SWARM_VIP_WEBHOOK", "http://10.0.0.7:8080/hook?x=1"}, {"SWARM_VIP_HOLDER_LABEL", "yes"}});
  EXPECT_TRUE(plain.findings.ok());
  EXPECT_EQ(plain.settings.webhook,
            (WebhookTarget{.url = "http://10.0.0.7:8080/hook?x=1", .host = "10.0.0.7", .token = ""}));
  EXPECT_TRUE(plain.settings.groups[0].holder_label);

  const auto secret = read({{"SWARM_VIP_WEBHOOK_FILE", "/run/secrets/webhook"},
                            {"SWARM_VIP_WEBHOOK_TOKEN_FILE", "/run/secrets/password"}});
  EXPECT_TRUE(secret.findings.ok());
  EXPECT_TRUE(secret.findings.warnings().empty());
  EXPECT_EQ(secret.settings.webhook,
            (WebhookTarget{
                .url = "https://hooks.example.org/s3cret", .host = "hooks.example.org", .token = "s3cret"}));
}

TEST(OperatorSettings, OfAWebhookNoMessageShowsASecret) {
  for (const auto* const url : {"ftp://h/s3cret", "s3cret", "http://", "https://h/s3cret x"}) {
    const auto [settings, findings] = read({{"SWARM_VIP_WEBHOOK", url}});
    ASSERT_EQ(findings.errors().size(), 1U) << url;
    EXPECT_EQ(findings.errors()[0],
              "SWARM_VIP_WEBHOOK: its value, which is not shown, is not allowed; http://HOST/... or "
              "https://HOST/...");
  }
  const auto both =
      read({{"SWARM_VIP_WEBHOOK", "http://h/s3cret"}, {"SWARM_VIP_WEBHOOK_FILE", "/run/secrets/webhook"}});
  ASSERT_EQ(both.findings.errors().size(), 1U);
  EXPECT_EQ(both.findings.errors()[0],
            "SWARM_VIP_WEBHOOK_FILE: set together with SWARM_VIP_WEBHOOK; one of them");
  const auto token =
      read({{"SWARM_VIP_WEBHOOK", "https://h/"}, {"SWARM_VIP_WEBHOOK_TOKEN_FILE", "/run/secrets/two-lines"}});
  ASSERT_EQ(token.findings.errors().size(), 1U);
  EXPECT_EQ(token.findings.errors()[0].find("s3cret"), std::string::npos);
}

TEST(OperatorSettings, ATokenThatEverybodyCanReadOrNobodyGetsIsAWarning) {
  const auto open =
      read({{"SWARM_VIP_WEBHOOK", "http://h/"}, {"SWARM_VIP_WEBHOOK_TOKEN_FILE", "/run/secrets/password"}});
  EXPECT_TRUE(open.findings.ok());
  EXPECT_EQ(open.findings.warnings().size(), 1U);
  const auto useless = read({{"SWARM_VIP_WEBHOOK_TOKEN_FILE", "/run/secrets/password"}});
  EXPECT_TRUE(useless.findings.ok());
  EXPECT_EQ(useless.findings.warnings().size(), 1U);
}

struct WrongRow {
  Variables variables;
  std::string error;
  friend void PrintTo(const WrongRow& row, std::ostream* out) { *out << row.error; }
};

class WrongSetting : public testing::TestWithParam<WrongRow> {};

TEST_P(WrongSetting, IsNamedWithItsValueAndWhatIsAllowed) {
  const auto [settings, findings] = read(GetParam().variables);
  ASSERT_EQ(findings.errors().size(), 1U);
  EXPECT_EQ(findings.errors()[0], GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongSetting,
    testing::Values(
        WrongRow{{{"KEEPALIVED_GROUP", ""}},
                 "KEEPALIVED_GROUP: '' is not allowed; the value of the nodes' label, made of letters, "
                 "digits and : - _ "
                 ". * ( ) ? + [ ] \\ ^ $ | /, at most 128 characters"},
        WrongRow{{{"KEEPALIVED_GROUP", "a=b"}},
                 "KEEPALIVED_GROUP: 'a=b' is not allowed; the value of the nodes' label, made of letters, "
                 "digits and : "
                 "- _ . * ( ) ? + [ ] \\ ^ $ | /, at most 128 characters"},
        WrongRow{{{"KEEPALIVED_VIRTUAL_IPS", ""}},
                 "KEEPALIVED_VIRTUAL_IPS: '' is not allowed; one or more addresses, such as "
                 "192.0.2.10,2001:db8::10"},
        WrongRow{
            {{"KEEPALIVED_VIRTUAL_IPS", "192.0.2.300"}},
            "KEEPALIVED_VIRTUAL_IPS: '192.0.2.300' is not an address such as 192.0.2.10 or 192.0.2.10/24"},
        WrongRow{{{"KEEPALIVED_VIRTUAL_IPS", "192.0.2.1 192.0.2.1/24"}},
                 "KEEPALIVED_VIRTUAL_IPS: '192.0.2.1/24' is not allowed; each address once"},
        WrongRow{{{"KEEPALIVED_VIRTUAL_IPS", "2001:db8::1"}, {"SWARM_VIP_VERSION", "2"}},
                 "KEEPALIVED_VIRTUAL_IPS: '2001:db8::1' is not allowed; with VRRP version 2 an IPv4 address"},
        WrongRow{{{"SWARM_VIP_SPREAD", "evenly"}},
                 "SWARM_VIP_SPREAD: 'evenly' is not allowed; true or false"},
        WrongRow{{{"KEEPALIVED_ROUTER_ID", "255"}, {"SWARM_VIP_SPREAD", "true"}},
                 "KEEPALIVED_ROUTER_ID: '255' is not allowed; auto, or a whole number from 1 to 254"},
        WrongRow{{{"KEEPALIVED_VIRTUAL_IPS", "127.0.0.1"}},
                 "KEEPALIVED_VIRTUAL_IPS: '127.0.0.1' is not allowed; an address that a host can own"},
        WrongRow{{{"KEEPALIVED_ROUTER_ID", "0"}},
                 "KEEPALIVED_ROUTER_ID: '0' is not allowed; auto, or a whole number from 1 to 255"},
        WrongRow{{{"KEEPALIVED_ROUTER_ID", "256"}},
                 "KEEPALIVED_ROUTER_ID: '256' is not allowed; auto, or a whole number from 1 to 255"},
        WrongRow{{{"KEEPALIVED_PRIORITY", "1"}},
                 "KEEPALIVED_PRIORITY: '1' is not allowed; a whole number from 2 to 254"},
        WrongRow{
            {{"KEEPALIVED_INTERFACE", "a name that is long"}},
            "KEEPALIVED_INTERFACE: 'a name that is long' is not allowed; the name of a network interface, or "
            "auto"},
        WrongRow{{{"KEEPALIVED_PASSWORD_FILE", "/nowhere"}},
                 "KEEPALIVED_PASSWORD_FILE: /nowhere: No such file or directory"},
        WrongRow{{{"KEEPALIVED_PASSWORD_FILE", "/run/secrets/password"}, {"KEEPALIVED_PASSWORD", "x"}},
                 "KEEPALIVED_PASSWORD_FILE: set together with KEEPALIVED_PASSWORD; one of them"},
        WrongRow{{{"SWARM_VIP_KEY_FILE", "/nowhere"}},
                 "SWARM_VIP_KEY_FILE: /nowhere: No such file or directory"},
        WrongRow{{{"SWARM_VIP_KEY_FILE", "/run/secrets/empty"}},
                 "SWARM_VIP_KEY_FILE: /run/secrets/empty: empty"},
        WrongRow{
            {{"SWARM_VIP_KEY_FILE", "/run/secrets/password"}},
            "SWARM_VIP_KEY_FILE: /run/secrets/password: key 1: not a key; needed is a line ID:KEY for each "
            "key, ID from 0 to 255, KEY 32 to 64 bytes as hexadecimal digits, or one such KEY alone"},
        WrongRow{{{"SWARM_VIP_KEY_FILE", "/run/secrets/key"}, {"SWARM_VIP_KEY_ROTATION", "1"}},
                 "SWARM_VIP_KEY_ROTATION: set together with SWARM_VIP_KEY_FILE; it is the number of a "
                 "generated key"},
        WrongRow{{{"SWARM_VIP_KEY_ROTATION", "-1"}},
                 "SWARM_VIP_KEY_ROTATION: '-1' is not allowed; a whole number from 0 to 1000000"},
        WrongRow{{{"SWARM_VIP_REVOKE", "perhaps"}},
                 "SWARM_VIP_REVOKE: 'perhaps' is not allowed; true or false"},
        WrongRow{{{"SWARM_VIP_GROUP_LABEL", "a=b"}},
                 "SWARM_VIP_GROUP_LABEL: 'a=b' is not allowed; the key of a node label, made of letters, "
                 "digits and - "
                 "_ . /"},
        WrongRow{{{"SWARM_VIP_VERSION", "4"}},
                 "SWARM_VIP_VERSION: '4' is not allowed; a whole number from 2 to 3"},
        WrongRow{
            {{"SWARM_VIP_AUTH", "password"}},
            "SWARM_VIP_AUTH: 'password' is not allowed; hmac, hmac-permissive, hmac-receive-only or none"},
        WrongRow{
            {{"SWARM_VIP_AUTH", "hmac"}, {"SWARM_VIP_VERSION", "2"}},
            "SWARM_VIP_AUTH: 'hmac' is not allowed; with VRRP version 2 only none (KEEPALIVED_PASSWORD sets "
            "its password)"},
        WrongRow{{{"SWARM_VIP_ADVERT_INTERVAL", "255ms"}},
                 "SWARM_VIP_ADVERT_INTERVAL: '255ms' is not allowed; 10ms to 40950ms in steps of 10ms"},
        WrongRow{
            {{"SWARM_VIP_ADVERT_INTERVAL", "250ms"}, {"SWARM_VIP_VERSION", "2"}},
            "SWARM_VIP_ADVERT_INTERVAL: '250ms' is not allowed; with VRRP version 2 whole seconds from 1s to "
            "255s"},
        WrongRow{{{"SWARM_VIP_PREEMPT", "maybe"}},
                 "SWARM_VIP_PREEMPT: 'maybe' is not allowed; true or false"},
        WrongRow{{{"SWARM_VIP_PREEMPT_DELAY", "5"}},
                 "SWARM_VIP_PREEMPT_DELAY: '5' is not allowed; a duration from 0s to 1000s, such as 500ms, "
                 "5s or 2m"},
        WrongRow{{{"SWARM_VIP_LEASE", "1s"}},
                 "SWARM_VIP_LEASE: '1s' is not allowed; auto, off, or whole seconds from 2s to 86400s"},
        WrongRow{{{"SWARM_VIP_LOG_LEVEL", "loud"}},
                 "SWARM_VIP_LOG_LEVEL: 'loud' is not allowed; trace, debug, info, warning or error"},
        WrongRow{{{"SWARM_VIP_LOG_FORMAT", "xml"}},
                 "SWARM_VIP_LOG_FORMAT: 'xml' is not allowed; text or json"},
        WrongRow{{{"SWARM_VIP_REALTIME", "yes"}}, "SWARM_VIP_REALTIME: 'yes' is not allowed; auto or off"},
        WrongRow{
            {{"SWARM_VIP_RESYNC", "10ms"}},
            "SWARM_VIP_RESYNC: '10ms' is not allowed; a duration from 1s to 3600s, such as 500ms, 5s or 2m"},
        WrongRow{{{"SWARM_VIP_STATUS_PORT", "70000"}},
                 "SWARM_VIP_STATUS_PORT: '70000' is not allowed; a whole number from 1 to 65535"},
        WrongRow{{{"SWARM_VIP_BESIDE_KEEPALIVED", "x"}},
                 "SWARM_VIP_BESIDE_KEEPALIVED: 'x' is not allowed; true or false"},
        WrongRow{{{"SWARM_VIP_FOLLOW", "shop:1"}},
                 "SWARM_VIP_FOLLOW: 'shop:1' is not allowed; the name or the id of a service of the Swarm, "
                 "made of letters, digits and - _, at most 63 characters"},
        WrongRow{{{"KEEPALIVED_NOTIFY", "/etc/large"}},
                 "KEEPALIVED_NOTIFY: '/etc/large' is not allowed; a script for /bin/sh of at most 64 KiB"},
        WrongRow{{{"SWARM_VIP_CHECKS", "web"}},
                 "SWARM_VIP_CHECKS: 'web' is no check; allowed are tcp://ADDRESS:PORT, http://..., "
                 "https://..., listen:PORT, listen:ADDRESS:PORT, interface:NAME or script:COMMAND"},
        WrongRow{{{"SWARM_VIP_CHECKS", "listen:80 timeout=3s"}},
                 "SWARM_VIP_CHECKS: listen:80: timeout 3s; allowed are 10ms to the interval, 2s"},
        WrongRow{{{"SWARM_VIP_CHECKS", "listen:80, listen:80"}},
                 "SWARM_VIP_CHECKS: 'listen:80' is not allowed; each check once, or with a name of its own "
                 "(name=...)"},
        WrongRow{{{"SWARM_VIP_CHECK_RISE", "0"}},
                 "SWARM_VIP_CHECK_RISE: '0' is not allowed; a whole number from 1 to 100"},
        WrongRow{{{"KEEPALIVED_VIRTUAL_IPS", "192.0.2.1 dev eth0, 192.0.2.2 dev eth1"}},
                 "KEEPALIVED_VIRTUAL_IPS: 'dev' names several interfaces; one group lives on one, or on that "
                 "of the "
                 "node's label KEEPALIVED_INTERFACE"}));

TEST(OperatorSettings, AllFaultsAreFoundAtOnce) {
  const auto [settings, findings] = read({{"KEEPALIVED_GROUP", ""},
                                          {"KEEPALIVED_ROUTER_ID", "0"},
                                          {"SWARM_VIP_LEASE", "never"},
                                          {"KEEPALIVED_VIRTUAL_IPS", "a,b"}});
  EXPECT_EQ(findings.errors().size(), 5U);
}

TEST(OperatorSettings, TakeAddressesOfBothFamilies) {
  const auto reading = read({{"KEEPALIVED_VIRTUAL_IPS", "192.0.2.10/24,2001:db8::10/64"}});
  EXPECT_TRUE(reading.findings.ok());
  ASSERT_EQ(reading.group().addresses.size(), 2U);
  EXPECT_EQ(reading.group().addresses[1].text(), "2001:db8::10/64");
}

TEST(OperatorSettings, LeaveTheRouterIdToThePlanWhenAsked) {
  EXPECT_FALSE(read({{"KEEPALIVED_ROUTER_ID", "auto"}}).group().router_id);
}

TEST(OperatorSettings, TheDeviceOfAnAddressIsTheInterfaceUnlessOneIsSet) {
  EXPECT_EQ(read({{"KEEPALIVED_VIRTUAL_IPS", "192.0.2.1/24 dev eth1"}}).group().interface, "eth1");
  EXPECT_EQ(read({{"KEEPALIVED_VIRTUAL_IPS", "192.0.2.1/24 dev eth1"}, {"KEEPALIVED_INTERFACE", "eth2"}})
                .group()
                .interface,
            "eth2");
}

TEST(OperatorSettings, Version2DefaultsToOneSecondAndCutsTheWirePassword) {
  const auto [settings, findings] = read({{"SWARM_VIP_VERSION", "2"}, {"KEEPALIVED_PASSWORD", "123456789"}});
  EXPECT_TRUE(findings.ok());
  EXPECT_EQ(settings.groups[0].settings.advert_interval, 1s);
  EXPECT_EQ(settings.groups[0].settings.auth, plan::Auth::Mode::password);
  EXPECT_EQ(settings.groups[0].password, "12345678");
  EXPECT_EQ(findings.warnings().size(), 1U);
}

TEST(OperatorSettings, ReadThePasswordFromAFileWithoutItsNewline) {
  const auto [settings, findings] =
      read({{"SWARM_VIP_VERSION", "2"}, {"KEEPALIVED_PASSWORD_FILE", "/run/secrets/password"}});
  EXPECT_TRUE(findings.ok());
  EXPECT_EQ(settings.groups[0].password, "s3cret");
}

TEST(OperatorSettings, ReadAKeyOfOnesOwnAndUseItWhereSomethingIsSigned) {
  const auto [settings, findings] = read({{"SWARM_VIP_KEY_FILE", "/run/secrets/key"}});
  EXPECT_TRUE(findings.ok());
  EXPECT_EQ(settings.groups[0].key, "7:" + std::string(64, 'a'));
  EXPECT_TRUE(settings.groups[0].settings.own_key);
  const auto version2 = read({{"SWARM_VIP_KEY_FILE", "/run/secrets/key"}, {"SWARM_VIP_VERSION", "2"}});
  EXPECT_FALSE(version2.settings.groups[0].settings.own_key);
  EXPECT_EQ(version2.findings.warnings().size(), 1U);
}

TEST(OperatorSettings, TakeAnImageOfOursFromEitherName) {
  EXPECT_EQ(read({{"KEEPALIVED_IMAGE", "registry/swarm-vip:1"}}).settings.image, "registry/swarm-vip:1");
  EXPECT_EQ(read({{"KEEPALIVED_IMAGE", "me/keepalived-swarm-vip:1"}}).settings.image,
            "me/keepalived-swarm-vip:1");
  EXPECT_EQ(read({{"KEEPALIVED_IMAGE", "osixia/keepalived:1"}, {"SWARM_VIP_IMAGE", "a"}}).settings.image,
            "a");
}

TEST(OperatorSettings, OsixiasDefaultsPassInSilenceAndOtherValuesDoNot) {
  EXPECT_TRUE(read({{"KEEPALIVED_STATE", "BACKUP"},
                    {"KEEPALIVED_NOTIFY", "/container/service/keepalived/assets/notify.sh"},
                    {"KEEPALIVED_COMMAND_LINE_ARGUMENTS", "--log-detail --dump-conf"}})
                  .findings.warnings()
                  .empty());
  EXPECT_EQ(
      read({{"KEEPALIVED_STATE", "MASTER"}, {"KEEPALIVED_NOTIFY", "/mine.sh"}}).findings.warnings().size(),
      2U);
}

TEST(OperatorSettings, TheNotifyScriptIsReadAndGoesWithThePlan) {
  EXPECT_EQ(read({{"KEEPALIVED_NOTIFY", "/etc/notify.sh"}}).group().notify.any, "#!/bin/sh\necho $3\n");
  EXPECT_EQ(read({{"KEEPALIVED_NOTIFY", "/etc/bash.sh"}}).group().notify.any, "#!/bin/sh\necho $3\n");
  const auto missing = read({{"KEEPALIVED_NOTIFY", "/mine.sh"}});
  EXPECT_TRUE(missing.group().notify.empty());
  EXPECT_EQ(missing.findings.warnings().at(0),
            "KEEPALIVED_NOTIFY: /mine.sh: No such file or directory; nothing is run (a Swarm config of the "
            "operator's service puts a script there)");
}

TEST(OperatorSettings, ChecksHaveTheirOwnAndCommonSettings) {
  const auto reading =
      read({{"SWARM_VIP_CHECKS", "listen:443, http://127.0.0.1:8080/ready weight=-20 fall=5"},
            {"SWARM_VIP_CHECK_INTERVAL", "5s"},
            {"SWARM_VIP_CHECK_TIMEOUT", "2s"},
            {"SWARM_VIP_CHECK_RISE", "3"}});
  ASSERT_TRUE(reading.findings.ok());
  const auto& checks = reading.group().checks;
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(checks[0], (CheckSettings{.name = "listen:443",
                                      .kind = CheckKind::listening,
                                      .port = 443,
                                      .interval = 5s,
                                      .timeout = 2s,
                                      .rise = 3}));
  EXPECT_EQ(checks[1].weight, -20);
  EXPECT_EQ(checks[1].fall, 5);
  EXPECT_EQ(checks[1].rise, 3);
  EXPECT_EQ(checks[1].name, "http://127.0.0.1:8080/ready");
  EXPECT_EQ(read({{"SWARM_VIP_CHECKS", R"(#JSON2BASH:["script:a, b"])"}}).group().checks.at(0).script,
            "a, b");
}

TEST(OperatorSettings, AMistypedNameIsAnsweredWithTheNearestOne) {
  const auto warnings = read({{"SWARM_VIP_LEESE", "3s"}, {"KEEPALIVED_ROUTERID", "7"}}).findings.warnings();
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0],
            "KEEPALIVED_ROUTERID: no such setting, ignoring; the nearest is KEEPALIVED_ROUTER_ID");
  EXPECT_EQ(warnings[1], "SWARM_VIP_LEESE: no such setting, ignoring; the nearest is SWARM_VIP_LEASE");
}

TEST(OperatorSettings, HandTheAgentsTheirOwn) {
  const auto settings =
      read(
          {{"SWARM_VIP_LOG_LEVEL", "debug"}, {"SWARM_VIP_LOG_FORMAT", "json"}, {"SWARM_VIP_REALTIME", "off"}})
          .settings;
  EXPECT_EQ(settings.agent_environment,
            (std::vector<std::string>{"SWARM_VIP_LOG_LEVEL=debug", "SWARM_VIP_LOG_FORMAT=json",
                                      "SWARM_VIP_REALTIME=off"}));
}

}  // namespace
}  // namespace vip::swarm
