#include <map>
#include <ostream>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/sys/posix.h"
#include "operator/settings/operator_settings.h"
#include "operator/settings/setting_names.h"

namespace vip::swarm {
namespace {

using namespace std::chrono_literals;
using Variables = std::map<std::string, std::string, std::less<>>;

struct Reading {
  OperatorSettings settings;
  settings::Findings findings;

  [[nodiscard]] const GroupSettings& group(std::size_t i) const { return settings.groups.at(i).settings; }
};

// The settings of a file, and of variables beside it.
Reading read(const std::string& text, Variables variables = {}) {
  variables.emplace("SWARM_VIP_CONFIG", "/vip.json");
  const auto read_file = [&text](const std::string& path) -> Result<std::string> {
    if (path == "/vip.json") return text;
    if (path == "/run/secrets/password") return "s3cret\n";
    return fail(Errc::not_found, path + ": No such file or directory");
  };
  Reading reading;
  reading.settings = read_operator_settings(settings::Environment(variables), read_file, reading.findings);
  return reading;
}

constexpr const char* kTwoGroups = R"({
  // What holds for all.
  "log_level": "debug", "resync": "10s",
  "defaults": {"advert_interval": "100ms", "preempt": false},
  "groups": [
    {"group": "web", "addresses": ["192.0.2.10/24", "2001:db8::10"], "router_id": 7, "preempt": true},
    {"group": "db", "addresses": "192.0.2.20", "interface": "eth1", "priority": 90} /* the other one */
  ]
})";

TEST(SettingsFile, HasSeveralGroupsAndWhatHoldsForAll) {
  const auto reading = read(kTwoGroups);
  ASSERT_TRUE(reading.findings.ok()) << reading.findings.errors().front();
  ASSERT_EQ(reading.settings.groups.size(), 2U);
  EXPECT_EQ(reading.settings.resync, 10s);
  EXPECT_EQ(reading.settings.log_level, log::Level::debug);
  const auto& db = reading.group(0);
  EXPECT_EQ(db.name, "db");
  EXPECT_EQ(db.interface, "eth1");
  EXPECT_EQ(db.default_priority, 90);
  EXPECT_EQ(db.advert_interval, 100ms);
  EXPECT_FALSE(db.preempt);
  EXPECT_FALSE(db.router_id) << "groups of a file choose their own";
  const auto& web = reading.group(1);
  EXPECT_EQ(web.name, "web");
  ASSERT_EQ(web.addresses.size(), 2U);
  EXPECT_EQ(web.addresses[0].text(), "192.0.2.10/24");
  EXPECT_EQ(web.router_id, Vrid(7));
  EXPECT_TRUE(web.preempt) << "a group's own word comes before the defaults'";
}

TEST(SettingsFile, VariablesComeFirst) {
  const auto reading = read(kTwoGroups, {{"SWARM_VIP_ADVERT_INTERVAL", "50ms"}, {"SWARM_VIP_RESYNC", "5s"}});
  ASSERT_TRUE(reading.findings.ok());
  EXPECT_EQ(reading.group(0).advert_interval, 50ms);
  EXPECT_EQ(reading.group(1).advert_interval, 50ms);
  EXPECT_EQ(reading.settings.resync, 5s);
}

TEST(SettingsFile, WithAGroupOfItsOwnVariablesAreAboutThatOne) {
  const auto reading = read(kTwoGroups, {{"KEEPALIVED_GROUP", "WEB"}, {"SWARM_VIP_ADVERT_INTERVAL", "50ms"}});
  ASSERT_TRUE(reading.findings.ok());
  ASSERT_EQ(reading.settings.groups.size(), 2U);
  EXPECT_EQ(reading.group(0).name, "WEB");
  EXPECT_EQ(reading.group(0).advert_interval, 50ms);
  EXPECT_EQ(reading.group(1).name, "db");
  EXPECT_EQ(reading.group(1).advert_interval, 100ms);
}

TEST(SettingsFile, VariablesMayAddAGroup) {
  const auto reading =
      read(kTwoGroups, {{"KEEPALIVED_GROUP", "extra"}, {"KEEPALIVED_VIRTUAL_IPS", "192.0.2.30"}});
  ASSERT_TRUE(reading.findings.ok());
  ASSERT_EQ(reading.settings.groups.size(), 3U);
  EXPECT_EQ(reading.group(1).name, "extra");
  EXPECT_EQ(reading.group(1).router_id, Vrid(51));
  EXPECT_FALSE(reading.group(1).preempt) << "the file's defaults hold for it, too";
}

TEST(SettingsFile, EmptyVariablesSayNothing) {
  const auto reading = read(kTwoGroups, {{"KEEPALIVED_GROUP", ""}, {"SWARM_VIP_ADVERT_INTERVAL", ""}});
  ASSERT_TRUE(reading.findings.ok());
  EXPECT_EQ(reading.group(0).advert_interval, 100ms);
}

TEST(SettingsFile, ASecretIsInAFileOfItsOwn) {
  const auto reading = read(R"({"groups": [{"group": "web", "addresses": "192.0.2.10", "version": 2,
                                            "password_file": "/run/secrets/password"}]})");
  ASSERT_TRUE(reading.findings.ok());
  EXPECT_EQ(reading.settings.groups[0].password, "s3cret");
}

struct WrongRow {
  std::string text;
  std::string error;
  Variables variables;
  friend void PrintTo(const WrongRow& row, std::ostream* out) { *out << row.error; }
};

class WrongFile : public testing::TestWithParam<WrongRow> {};

TEST_P(WrongFile, IsNamedWithThePlaceAndWhatIsAllowed) {
  const auto reading = read(GetParam().text, GetParam().variables);
  ASSERT_FALSE(reading.findings.ok());
  EXPECT_EQ(reading.findings.errors()[0], GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongFile,
    testing::Values(
        WrongRow{R"([])", "/vip.json: not a JSON object with the list \"groups\"", {}},
        WrongRow{R"({})", "/vip.json: groups: none; at least one, or KEEPALIVED_GROUP", {}},
        WrongRow{R"({"groups": {}})", "/vip.json: groups: not a list of objects", {}},
        WrongRow{R"({"groups": ["web"]})", "/vip.json: groups[0]: not an object", {}},
        WrongRow{R"({"groups": [{"group": "web", "adresses": "192.0.2.10"}]})",
                 "/vip.json: groups[0].adresses: no such setting; the nearest is addresses",
                 {}},
        WrongRow{R"({"groups": [{"group": "web"}]})",
                 "/vip.json: groups[0].addresses: '' is not allowed; one or more addresses, such as "
                 "192.0.2.10,2001:db8::10",
                 {}},
        WrongRow{R"({"log_levle": "info", "groups": []})",
                 "/vip.json: log_levle: no such setting; the nearest is log_level",
                 {}},
        WrongRow{
            R"({"groups": [{"group": "web", "addresses": "192.0.2.10", "router_id": 256}]})",
            "/vip.json: groups[0].router_id: '256' is not allowed; auto, or a whole number from 1 to 255",
            {}},
        WrongRow{R"({"groups": [{"group": "web", "addresses": "192.0.2.10", "lease": null}]})",
                 "/vip.json: groups[0].lease: null is not allowed; a text, a number, true or false",
                 {}},
        WrongRow{R"({"groups": [{"group": "web", "addresses": [1]}]})",
                 "/vip.json: groups[0].addresses: [1] is not allowed; a text, or a list of them",
                 {}},
        WrongRow{
            R"({"defaults": {"preempt": "perhaps"}, "groups": [{"group": "web", "addresses": "192.0.2.10"}]})",
            "/vip.json: defaults.preempt: 'perhaps' is not allowed; true or false",
            {}},
        WrongRow{R"({"defaults": {"group": "web"}, "groups": [{"addresses": "192.0.2.10"}]})",
                 "/vip.json: defaults: group and addresses are each group's own",
                 {}},
        WrongRow{
            R"({"groups": [{"group": "web", "addresses": "192.0.2.10", "password": "x"}]})",
            "/vip.json: groups[0].password: a secret does not belong in this file; password_file names one "
            "that has it",
            {}},
        WrongRow{R"({"groups": [{"group": "web", "addresses": "192.0.2.10", "lease": "3s", "lease": "4s"}]})",
                 "/vip.json: the key \"lease\" stands twice in one object",
                 {}},
        WrongRow{R"({"groups": [{"group": "web", "addresses": "192.0.2.10"},
                                {"group": "Web", "addresses": "192.0.2.11"}]})",
                 "group Web stands twice; a group's name is one, in whatever case",
                 {}},
        WrongRow{R"({"groups": [{"group": "web", "addresses": "192.0.2.10"},
                                {"group": "db", "addresses": "192.0.2.10/24"}]})",
                 "groups web and db both have the address 192.0.2.10; an address belongs to one group",
                 {}},
        WrongRow{R"({"groups": [{"group": "web", "addresses": "192.0.2.10", "status_port": 9000},
                                {"group": "db", "addresses": "192.0.2.11", "status_port": 9000}]})",
                 "groups web and db both have the status port 9000; their agents may share a node",
                 {}},
        WrongRow{R"({"groups": [{"group": "web", "addresses": "192.0.2.10"},
                                {"group": "db", "addresses": "192.0.2.11"}]})",
                 "SWARM_VIP_STATUS_PORT: several groups cannot share it; KEEPALIVED_GROUP says whose it is",
                 {{"SWARM_VIP_STATUS_PORT", "9000"}}}));

TEST(SettingsFile, SaysWhereItIsNoJson) {
  const auto reading = read("{\"groups\": [\n  {\"group\" \"web\"}]}");
  ASSERT_FALSE(reading.findings.ok());
  EXPECT_TRUE(reading.findings.errors()[0].starts_with("/vip.json: parse error at line 2, column "))
      << reading.findings.errors()[0];
}

TEST(SettingsFile, ThatCannotBeReadIsNamed) {
  settings::Findings findings;
  const auto nowhere = [](const std::string& path) -> Result<std::string> {
    return fail(Errc::not_found, path + ": No such file or directory");
  };
  (void)read_operator_settings(settings::Environment(Variables{{"SWARM_VIP_CONFIG", "/nowhere"}}), nowhere,
                               findings);
  ASSERT_EQ(findings.errors().size(), 1U);
  EXPECT_EQ(findings.errors()[0], "SWARM_VIP_CONFIG: /nowhere: No such file or directory");
}

TEST(SettingNames, AreDistinct) {
  std::set<std::string_view> variables;
  std::set<std::pair<Scope, std::string_view>> keys;
  for (const auto& name : setting_names()) {
    EXPECT_TRUE(variables.insert(name.variable).second) << name.variable;
    if (!name.key.empty()) {
      EXPECT_TRUE(keys.emplace(name.scope, name.key).second) << name.key;
    }
  }
}

// --- what is published beside the program

std::string published(const std::string& name) {
  return sys::read_file(PACKAGING_FOLDER "/" + name, settings::kFileSizeMax).value();
}

TEST(PublishedSettings, TheExampleIsTakenAsItIs) {
  const auto reading = read(published("groups.example.json"));
  ASSERT_TRUE(reading.findings.ok()) << reading.findings.errors().front();
  EXPECT_TRUE(reading.findings.warnings().empty());
  EXPECT_EQ(reading.settings.groups.size(), 2U);
}

TEST(PublishedSettings, TheSchemaKnowsTheKeysThatTheProgramKnows) {
  const auto schema = nlohmann::json::parse(published("groups.schema.json"));
  const auto keys_of = [](const nlohmann::json& object) {
    std::set<std::string> keys;
    for (const auto& [key, value] : object.at("properties").items()) keys.insert(key);
    EXPECT_EQ(object.at("additionalProperties"), false);
    return keys;
  };
  std::set<std::string> of_program{"$schema", "groups", "defaults"};
  std::set<std::string> of_group;
  for (const auto& name : setting_names()) {
    if (!name.key.empty()) (name.scope == Scope::program ? of_program : of_group).emplace(name.key);
  }
  EXPECT_EQ(keys_of(schema), of_program);
  EXPECT_EQ(keys_of(schema.at("properties").at("groups").at("items")), of_group);
  of_group.erase("group");
  of_group.erase("addresses");
  EXPECT_EQ(keys_of(schema.at("properties").at("defaults")), of_group);
}

}  // namespace
}  // namespace vip::swarm
