#include "vrrp/status.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace vip::vrrp {
namespace {

AgentStatus status_of(const std::string& group) {
  return {.group = group,
          .routers = {{.vrid = Vrid(51),
                       .interface = "eth0",
                       .state = State::active,
                       .priority = Priority(100),
                       .active = "192.0.2.1",
                       .addresses = {IpPrefix::parse("192.0.2.100").value()}}}};
}

TEST(Status, SeveralAgentsAreOneTable) {
  const auto table = status_table({to_json(status_of("web")), to_json(status_of("db"))}).value();
  for (const auto* part : {"web  vrid 51  eth0  active  priority 100", "db  vrid 51", "192.0.2.100/32"}) {
    EXPECT_NE(table.find(part), std::string::npos) << part << " not in\n" << table;
  }
}

TEST(Status, ANodeThatStandsBySaysSo) {
  EXPECT_EQ(status_table({to_json({.group = "web"})}).value(),
            "web  standing by: this node is not a member of the group\n");
}

TEST(Status, OneLineSaysWhatIsWrongBesides) {
  const auto line = status_line({to_json(status_of("web"))}, "db: does not answer\n").value();
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NE(line.find("\"error\":\"db: does not answer\""), std::string::npos) << line;
  EXPECT_EQ(status_line({}, "").value(), "{\"agents\":[],\"routers\":[]}\n");
}

TEST(Status, NamesThatAreNoUtf8BreakNothing) {
  const auto document =
      to_json(status_of("w\xff"
                        "b"));
  EXPECT_TRUE(merged_status({document}).has_value());
}

TEST(Status, TellsTheLastChangesOfState) {
  using namespace std::chrono_literals;
  auto status = status_of("web");
  status.routers[0].transitions = {{.at = 1'795'876'800'123ms,
                                    .from = State::backup,
                                    .to = State::active,
                                    .cause = Cause::silence,
                                    .peer = IpAddress::parse("192.0.2.2").value(),
                                    .after = 1500ms,
                                    .silence = 930ms},
                                   {.at = 1'795'876'801'000ms,
                                    .from = State::active,
                                    .to = State::fault,
                                    .cause = Cause::link_down,
                                    .reason = "eth0 is down",
                                    .after = 877ms}};
  const auto router = nlohmann::json::parse(to_json(status))["routers"][0];
  EXPECT_EQ(router["transitions"], nlohmann::json::parse(R"([
      {"at": "2026-11-28T14:40:00.123Z", "at_ms": 1795876800123, "from": "backup", "to": "active", "cause": "silence",
       "peer": "192.0.2.2", "reason": "", "after_ms": 1500, "silence_ms": 930},
      {"at": "2026-11-28T14:40:01.000Z", "at_ms": 1795876801000, "from": "active", "to": "fault", "cause": "link_down",
       "peer": "", "reason": "eth0 is down", "after_ms": 877}])"));
  EXPECT_EQ(router["since"], "2026-11-28T14:40:01.000Z");
  EXPECT_EQ(router["cause"], "link_down");
}

// What reads it, here and in the operator, reads 4 MiB.
TEST(Status, TheLongestIsNotTooLong) {
  using namespace std::chrono_literals;
  const auto address = IpPrefix::parse("2001:db8:1234:5678:9abc:def0:1234:5678").value();
  const std::string words(150, 'x');
  const Transition longest{.at = 1'795'876'800'123ms,
                           .from = State::initialize,
                           .to = State::fault,
                           .cause = Cause::address_refused,
                           .peer = address.address,
                           .reason = words,
                           .after = 31'536'000'000ms,
                           .silence = 1'000'000ms};
  RouterStatus router{.interface = "a_long_name_eth", .reason = words, .active = address.text()};
  router.addresses.assign(20, address);
  router.peers.assign(50, address.address);
  router.transitions.assign(kTransitionsKept, longest);
  router.counters.discards.fill(1'000'000'000'000);
  AgentStatus status{.group = "a-group-with-a-name-of-some-length"};
  status.routers.assign(255, router);
  EXPECT_GT(to_json(status).size(), 2U << 20U);
  EXPECT_LT(to_json(status).size(), 4U << 20U);
}

TEST(Status, GarbageIsAnError) {
  for (const auto* text : {"", "[]", "{}", R"({"agent":1,"routers":[]})", R"({"agent":{},"routers":7})"}) {
    EXPECT_FALSE(status_table({text})) << text;
  }
}

}  // namespace
}  // namespace vip::vrrp
