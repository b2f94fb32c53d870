#include "vrrp/status.h"

#include <gtest/gtest.h>

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

TEST(Status, GarbageIsAnError) {
  for (const auto* text : {"", "[]", "{}", R"({"agent":1,"routers":[]})", R"({"agent":{},"routers":7})"}) {
    EXPECT_FALSE(status_table({text})) << text;
  }
}

}  // namespace
}  // namespace vip::vrrp
