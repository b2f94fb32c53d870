#include "vrrp/settings/agent_file.h"

#include <map>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

const std::string kKey = "1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

struct Reading {
  AgentConfig config;
  settings::Findings findings;

  [[nodiscard]] std::string errors() const { return join(findings.errors(), "\n"); }
  [[nodiscard]] const RouterSettings& router(std::size_t i = 0) const { return config.routers.at(i); }
};

Reading read(const std::string& text, std::map<std::string, std::string, std::less<>> env = {}) {
  const auto read_file = [](const std::string& path) -> Result<std::string> {
    if (path.ends_with(".key")) return kKey;
    if (path.ends_with(".password")) return "s3cr3t\n";
    if (path == "/empty") return "\n";
    return fail(Errc::not_found, path + ": No such file or directory");
  };
  Reading reading;
  reading.config =
      config_from_file(text, "/vip.json", read_file, settings::Environment(std::move(env)), reading.findings);
  return reading;
}

// A file with one router that has these keys besides.
std::string with(const std::string& keys, const std::string& top = "") {
  return R"({"routers": [{"router_id": 51, "addresses": ["192.0.2.100/24"])" +
         (keys.empty() ? "" : ", " + keys) + "}]" + (top.empty() ? "" : ", " + top) + "}";
}

TEST(AgentFile, TheSmallestOneIsOfVersion3ByMulticast) {
  const auto reading = read("// a comment\n" + with(""));
  ASSERT_EQ(reading.errors(), "");
  const auto& router = reading.router();
  const auto& protocol = router.protocol;
  EXPECT_EQ(reading.config.group, "vip");
  EXPECT_EQ(reading.config.origin, "file");
  EXPECT_FALSE(reading.config.managed);
  EXPECT_FALSE(reading.config.status_port);
  EXPECT_EQ(reading.config.auth.mode, AuthMode::off);
  EXPECT_EQ(protocol.version, Version::v3);
  EXPECT_EQ(protocol.vrid, Vrid(51));
  EXPECT_EQ(protocol.priority, Priority(100));
  EXPECT_EQ(protocol.advert_interval, Duration(250ms));
  EXPECT_TRUE(protocol.preempt);
  EXPECT_EQ(protocol.preempt_delay, Duration(5s));
  EXPECT_EQ(protocol.start_wait, active_down_interval(Version::v3, Priority(100), 1s));
  EXPECT_EQ(protocol.start_grace, Duration::zero());
  EXPECT_EQ(protocol.announcements, Announcements{});
  EXPECT_EQ(protocol.auth_type, AuthType::none);
  EXPECT_EQ(protocol.addresses.front().text(), "192.0.2.100/24");
  EXPECT_EQ(router.transport, Transport::multicast);
  EXPECT_EQ(router.interface_rule, "auto");
  EXPECT_EQ(router.rules.ttl_min, 255);
  EXPECT_FALSE(router.rules.listed_sources_only);
  EXPECT_TRUE(router.checks_duplicates);
  EXPECT_TRUE(router.accept);
  EXPECT_FALSE(router.virtual_mac);
}

TEST(AgentFile, EachKeyOfARouter) {
  const auto reading = read(with(R"(
      "unadvertised": "2001:db8::9", "interface": "eth1", "source": "192.0.2.11", "version": 2, "priority": 200,
      "advert_interval": "2s", "transport": "unicast", "peers": ["192.0.2.12", "192.0.2.11"], "any_source": true,
      "ttl_min": 0, "password_file": "/run/a.password", "preempt": false, "preempt_delay": "7s", "start_wait": "1s",
      "start_grace": "3s", "announce_at": ["5s", "0ms"], "announce_refresh": "0s", "duplicate_check": false,
      "virtual_mac": true, "accept": false, "sync": "web")"));
  ASSERT_EQ(reading.errors(), "");
  const auto& router = reading.router();
  const auto& protocol = router.protocol;
  EXPECT_EQ(protocol.unadvertised.at(0).text(), "2001:db8::9");
  EXPECT_EQ(protocol.addresses.size(), 2U);
  EXPECT_EQ(router.interface_rule, "eth1");
  EXPECT_EQ(router.interface_setting, "/vip.json: routers[0].interface");
  EXPECT_EQ(router.source.value().text(), "192.0.2.11");
  EXPECT_EQ(protocol.version, Version::v2);
  EXPECT_EQ(protocol.priority, Priority(200));
  EXPECT_EQ(protocol.advert_interval, Duration(2s));
  EXPECT_EQ(router.transport, Transport::unicast);
  EXPECT_EQ(router.rules.peers.size(), 2U);
  EXPECT_FALSE(router.rules.listed_sources_only);
  EXPECT_EQ(router.rules.ttl_min, 0);
  EXPECT_EQ(protocol.auth, auth_data("s3cr3t"));
  EXPECT_FALSE(protocol.preempt);
  EXPECT_EQ(protocol.preempt_delay, Duration(7s));
  EXPECT_EQ(protocol.start_wait, Duration(1s));
  EXPECT_EQ(protocol.start_grace, Duration(3s));
  EXPECT_EQ(protocol.announcements, (Announcements{.at = {0s, 5s}, .refresh = 0s}));
  EXPECT_FALSE(router.checks_duplicates);
  EXPECT_TRUE(router.virtual_mac);
  EXPECT_FALSE(router.accept);
  EXPECT_EQ(router.sync_group, "web");
  EXPECT_EQ(read(with(R"("checksum": "message-only")")).router().checksum, ChecksumForm::message_only);
}

TEST(AgentFile, AnIdIsOfOneNetwork) {
  const auto reading = read(R"({"routers": [{"router_id": 1, "addresses": "192.0.2.1", "interface": "eth0"},
                                            {"router_id": 1, "addresses": "192.0.2.2", "interface": "eth1"},
                                            {"router_id": 1, "addresses": "2001:db8::1"}]})");
  ASSERT_EQ(reading.errors(), "");
  EXPECT_EQ(reading.router(0).network, "eth0");
  EXPECT_EQ(reading.router(1).network, "eth1");
  EXPECT_EQ(reading.router(2).network, "");
}

TEST(AgentFile, ChecksAndScripts) {
  const auto reading = read(with("", R"("checks": [
      {"kind": "interface", "interface": "eth1"},
      {"kind": "listening", "port": 443, "name": "proxy", "interval": "500ms"},
      {"kind": "http", "port": 80, "address": "192.0.2.11", "path": "/ready", "host": "web", "statuses": "200",
       "interval": "5s", "timeout": "3s", "rise": 1, "fall": 3, "weight": -20},
      {"kind": "tcp", "port": 80, "weight": 253},
      {"kind": "script", "script": "true | true"},
      {"kind": "http", "name": "shop", "url": "https://shop.example.org/ping", "statuses": "200-299"}],
      "notify": {"any": "/a", "active": "/b", "backup": "/c", "fault": "/d", "stop": "/e", "timeout": "10s"})"));
  ASSERT_EQ(reading.errors(), "");
  const auto& checks = reading.config.checks;
  ASSERT_EQ(checks.size(), 6U);
  EXPECT_EQ(checks[0],
            (CheckSettings{.name = "interface", .kind = CheckKind::interface, .interface = "eth1"}));
  EXPECT_EQ(
      checks[1],
      (CheckSettings{
          .name = "proxy", .kind = CheckKind::listening, .port = 443, .interval = 500ms, .timeout = 500ms}));
  EXPECT_EQ(checks[2], (CheckSettings{.name = "http",
                                      .kind = CheckKind::http,
                                      .address = IpAddress::parse("192.0.2.11").value(),
                                      .port = 80,
                                      .path = "/ready",
                                      .host = "web",
                                      .statuses = {.low = 200, .high = 200},
                                      .interval = 5s,
                                      .timeout = 3s,
                                      .rise = 1,
                                      .fall = 3,
                                      .weight = -20}));
  EXPECT_EQ(checks[3].weight, 253);
  EXPECT_EQ(checks[4].script, "true | true");
  EXPECT_EQ(checks[5].url, "https://shop.example.org/ping");
  EXPECT_EQ(reading.config.notify,
            (NotifyScripts{
                .any = "/a", .active = "/b", .backup = "/c", .fault = "/d", .stop = "/e", .timeout = 10s}));
}

TEST(AgentFile, KeysSign) {
  const auto reading =
      read(with("", R"("auth": {"key_file": "/a.key", "accepts": ["/b.key"], "window": "60s"})"));
  ASSERT_EQ(reading.errors(), "");
  EXPECT_EQ(reading.config.auth.mode, AuthMode::enforce);
  EXPECT_EQ(reading.config.auth.keys.size(), 2U);
  EXPECT_EQ(reading.config.auth.window, 60s);
  EXPECT_TRUE(reading.config.auth.insists);
  EXPECT_EQ(read(with("", R"("auth": {"mode": "none"})")).config.auth.mode, AuthMode::off);
}

TEST(AgentFile, TheEnvironmentsLeaseCountsMore) {
  EXPECT_EQ(read(with("", R"("lease": "10s")")).config.lease.text(), "10s");
  EXPECT_EQ(read(with("", R"("lease": "10s")"), {{"SWARM_VIP_LEASE", "off"}}).config.lease.text(), "off");
}

TEST(AgentFile, TheEnvironmentSaysWhereTheStatusIsServed) {
  const auto file = with("", R"("status_address": "192.0.2.11", "status_port": 9112)");
  EXPECT_EQ(read(file).config.status_place->address.text(), "192.0.2.11");
  EXPECT_FALSE(read(file, {{"SWARM_VIP_LISTEN", "off"}}).config.status_place);
  const auto moved = read(file, {{"SWARM_VIP_LISTEN", "192.0.2.12:80"}}).config;
  EXPECT_EQ(moved.status_place->address.text(), "192.0.2.12");
  EXPECT_EQ(moved.status_place->port, 80);
  EXPECT_EQ(moved.status_port, 9112) << "hellos come to the same port as everywhere";
  EXPECT_NE(read(file, {{"SWARM_VIP_LISTEN", "n1:80"}}).errors().find("SWARM_VIP_LISTEN: 'n1:80'"),
            std::string::npos);
}

struct Wrong {
  std::string text;
  std::string message;
};

TEST(AgentFile, WrongSettingsSayTheirPlaceTheValueAndWhatIsAllowed) {
  const std::vector<Wrong> table{
      {"", "/vip.json: parse error"},
      {"[]", "/vip.json: not an object"},
      {"{}", "/vip.json: routers: is missing"},
      {R"({"routers": []})", "/vip.json: routers: '[]' is not allowed; at least one router"},
      {R"({"routers": {}})", "/vip.json: routers: '{}' is not allowed; a list of objects"},
      {R"({"routers": [1]})", "/vip.json: routers[0]: not an object"},
      {R"({"routers": [{}]})", "/vip.json: routers[0].router_id: is missing"},
      {R"({"routers": [{}]})", "/vip.json: routers[0].addresses: needed is at least one"},
      {with(R"("routerid": 1)"), "/vip.json: routers[0].routerid: no such setting; did you mean router_id?"},
      {with("", R"("check": [])"), "/vip.json: check: no such setting; did you mean checks?"},
      {with(R"("password": "zq")"),
       "/vip.json: routers[0].password: a secret does not belong in this file; password_file names"},
      {with(R"("priority": 100, "priority": 101)"), "the key \"priority\" stands twice in one object"},
      {with(R"("priority": 0)"), "routers[0].priority: '0' is not allowed; a whole number from 1 to 255"},
      {with(R"("priority": "100")"), "routers[0].priority: '\"100\"' is not allowed; a whole number"},
      {with(R"("version": 4)"), "routers[0].version: '4' is not allowed; a whole number from 2 to 3"},
      {with(R"("advert_interval": "5ms")"),
       "advert_interval: '5ms' is not allowed; 10ms to 40950ms in steps of 10ms"},
      {with(R"("version": 2, "advert_interval": "1500ms")"),
       "'1500ms' is not allowed; with VRRP version 2 whole seconds"},
      {with(R"("transport": "broadcast")"), "transport: 'broadcast' is not allowed; unicast, multicast"},
      {with(R"("transport": "unicast")"), "routers[0].peers: is missing; by unicast"},
      {with(R"("transport": "multicast", "peers": ["192.0.2.12"])"),
       "routers[0].peers: by multicast there are none"},
      {with(R"("peers": ["node2"])"),
       "peers: 'node2' is not allowed; addresses of hosts, of the addresses' family"},
      {with(R"("peers": ["2001:db8::1"])"), "peers: '2001:db8::1' is not allowed"},
      {with(R"("peers": 5)"), "peers: '5' is not allowed; a list of texts"},
      {with(R"("source": "2001:db8::1")"),
       "source: '2001:db8::1' is not allowed; an address of the addresses' family"},
      {with(R"("preempt": "no")"), "preempt: '\"no\"' is not allowed; true or false"},
      {with(R"("preempt_delay": 5)"), "preempt_delay: '5' is not allowed; a duration from 0s to"},
      {with(R"("announce_at": [])"), "announce_at: needed are 1 to 32 moments"},
      {with(R"("password_file": "/x.password")"),
       "password_file: VRRP version 3 has no password; auth.key_file"},
      {with(R"("version": 2, "password_file": "/none")"), "password_file: /none: No such file or directory"},
      {with(R"("version": 2, "password_file": "/empty")"), "password_file: /empty: empty"},
      {R"({"routers": [{"router_id": 1, "addresses": ["2001:db8::1"], "version": 2}]})",
       "routers[0].version: '2' is not allowed; with addresses of IPv6 3"},
      {R"({"routers": [{"router_id": 1, "addresses": ["2001:db8::1", "192.0.2.1"]}]})",
       "addresses: '192.0.2.1' is not allowed; addresses of one family"},
      {R"({"routers": [{"router_id": 1, "addresses": "192.0.2.1"}, {"router_id": 1, "addresses": "192.0.2.2"}]})",
       "routers[1].router_id: '1' is not allowed; each once for each family"},
      {R"({"routers": [{"router_id": 1, "addresses": "192.0.2.1", "interface": "eth0"},
                       {"router_id": 1, "addresses": "192.0.2.2", "interface": "auto"}]})",
       "routers[1].router_id: '1' is not allowed; each once for each family, or on interfaces that both "
       "name"},
      {R"({"routers": [{"router_id": 1, "addresses": "192.0.2.1", "interface": "eth0"},
                       {"router_id": 1, "addresses": "192.0.2.2", "interface": "eth1", "virtual_mac": true}]})",
       "routers[1].router_id: '1' is not allowed"},
      {R"({"routers": [{"router_id": 1, "addresses": "192.0.2.1"}, {"router_id": 2, "addresses": "192.0.2.1"}]})",
       "routers[1].addresses: '192.0.2.1/32' is not allowed; each address in one router"},
      {with("", R"("lease": "1s")"), "/vip.json: lease: '1s' is not allowed; auto, off"},
      {with("", R"("status_address": "192.0.2.11")"), "/vip.json: status_port: is missing"},
      {with("", R"("auth": {})"), "/vip.json: auth.key_file: is missing"},
      {with("", R"("auth": {"key_file": "/none"})"), "/vip.json: auth.key_file: /none: No such file"},
      {with("", R"("auth": {"key_file": "/x.password"})"),
       "/vip.json: auth.key_file: /x.password: key 1: not a key"},
      {with("", R"("auth": {"mode": "md5"})"), "auth.mode: 'md5' is not allowed; hmac, hmac-permissive"},
      {with(R"("version": 2)", R"("auth": {"key_file": "/a.key"})"),
       "/vip.json: auth: keys are of VRRP version 3"},
      {with("", R"("checks": [{}])"), "/vip.json: checks[0].kind: is missing; interface, listening"},
      {with("", R"("checks": [{"kind": "tcp"}])"), "checks[0].port: is missing"},
      {with("", R"("checks": [{"kind": "tcp", "port": 80, "path": "/"}])"),
       "checks[0].path: has no meaning for this kind"},
      {with("", R"("checks": [{"kind": "http", "port": 80, "path": "x"}])"),
       "/vip.json: checks[0]: path 'x'; it begins with /"},
      {with("", R"("checks": [{"kind": "http", "port": 80, "statuses": "700"}])"),
       "/vip.json: checks[0]: statuses 700-700; allowed are 100 to 599"},
      {with("", R"("checks": [{"kind": "http", "url": "ftp://x/"}])"),
       "url: 'ftp://x/' is not allowed; http://"},
      {with("", R"("checks": [{"kind": "http", "url": "https://x/", "port": 80}])"),
       "checks[0].port: has no meaning for this kind"},
      {with("", R"("checks": [{"kind": "script", "script": ""}])"), "/vip.json: checks[0]: script is empty"},
      {with("", R"("checks": [{"kind": "tcp", "port": 80}, {"kind": "tcp", "port": 81}])"),
       "checks[1].name: 'tcp' is not allowed; each check with a name of its own"},
      {with("", R"("checks": [{"kind": "tcp", "port": 80, "fall": 101}])"),
       "fall: '101' is not allowed; a whole number from 1 to 100"},
      {with("", R"("checks": [{"kind": "http", "port": 80, "statuses": "2xx"}])"),
       "statuses: '2xx' is not allowed; a status or a range"},
      {with("", R"("checks": [{"kind": "tcp", "port": 80, "weight": 254}])"), "weight: '254' is not allowed"},
      {with("", R"("checks": [{"kind": "tcp", "port": 80, "interval": "1s", "timeout": "2s"}])"),
       "timeout: '2s' is not allowed"},
      {with("", R"("notify": {"master": "/x"})"), "/vip.json: notify.master: no such setting; did you mean "},
  };
  for (const auto& row : table) {
    const auto errors = read(row.text).errors();
    EXPECT_NE(errors.find(row.message), std::string::npos) << row.text << "\ngives: " << errors;
    EXPECT_EQ(errors.find("s3cr3t"), std::string::npos) << errors;
  }
}

TEST(AgentFile, AWeightThatMovesNobodyIsAWarning) {
  const auto* const check = R"("checks": [{"kind": "tcp", "port": 80, "weight": -20}])";
  EXPECT_TRUE(read(with("", check)).findings.warnings().empty());
  const auto reading = read(with(R"("preempt": false)", check));
  ASSERT_EQ(reading.findings.warnings().size(), 1U);
  EXPECT_NE(reading.findings.warnings()[0].find("checks: tcp: without preemption"), std::string::npos);
}

TEST(AgentFile, AllFaultsAreSaidAtOnce) {
  const auto errors =
      read(with(R"("priority": 0, "version": 9, "peer": "x")", R"("lease": "z", "checks": [{"kind": "x"}])"))
          .errors();
  for (const auto* name : {"priority", "version", "peer", "lease", "checks[0].kind"})
    EXPECT_NE(errors.find(name), std::string::npos) << name << " is not in " << errors;
}

// --- what is published beside the program

std::string published(const std::string& name) {
  return sys::read_file(PACKAGING_FOLDER "/" + name, settings::kFileSizeMax).value();
}

TEST(PublishedAgentFile, TheExampleIsTakenAsItIs) {
  const auto reading = read(published("agent.example.json"));
  EXPECT_EQ(reading.errors(), "");
  EXPECT_TRUE(reading.findings.warnings().empty());
  EXPECT_EQ(reading.config.routers.size(), 3U);
  EXPECT_EQ(reading.config.checks.size(), 2U);
}

TEST(PublishedAgentFile, TheSchemaKnowsTheKeysThatTheProgramKnows) {
  const auto schema = nlohmann::json::parse(published("agent.schema.json"));
  const auto expect_same = [](FileObject object, const nlohmann::json& described) {
    std::set<std::string> keys;
    for (const auto& [key, value] : described.at("properties").items()) keys.insert(key);
    const auto known = keys_of(object);
    EXPECT_EQ(keys, std::set<std::string>(known.begin(), known.end()));
    EXPECT_FALSE(described.at("additionalProperties").get<bool>());
  };
  const auto& properties = schema.at("properties");
  expect_same(FileObject::top, schema);
  expect_same(FileObject::auth, properties.at("auth"));
  expect_same(FileObject::router, properties.at("routers").at("items"));
  expect_same(FileObject::check, properties.at("checks").at("items"));
  expect_same(FileObject::notify, properties.at("notify"));
}

}  // namespace
}  // namespace vip::vrrp
