#include "operator/status/report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace vip::swarm {
namespace {

using nlohmann::json;

plan::Member member(int number) {
  return {.id = "id" + std::to_string(number),
          .hostname = "n" + std::to_string(number),
          .address = IpAddress::parse("192.0.2." + std::to_string(number)).value(),
          .priority = Priority(100),
          .interface = {}};
}

std::string answer(const std::string& group, const std::string& state) {
  return json{{"agent", {{"pid", 7}}},
              {"routers", json::array({{{"group", group},
                                        {"vrid", 51},
                                        {"family", "ipv4"},
                                        {"interface", "eth0"},
                                        {"state", state},
                                        {"priority", 108},
                                        {"active", "192.0.2.1"},
                                        {"addresses", json::array({"192.0.2.201/32"})},
                                        {"since", "2026-11-21T05:47:55.123Z"}}})}}
      .dump();
}

std::vector<GroupStatus> groups() {
  return {
      {.group = "production",
       .members = {{.member = member(1), .answer = answer("production", "active")},
                   {.member = member(2), .answer = answer("production", "backup")},
                   {.member = member(3), .answer = fail(Errc::unavailable, "Timeout was reached")}},
       .problems = {{.severity = Severity::error, .text = "node n3: No such image: x", .blocks = false}}}};
}

TEST(Report, NamesTheNodeOfEachRouter) {
  const auto report = json::parse(report_json(groups()));
  ASSERT_EQ(report["routers"].size(), 2U);
  EXPECT_EQ(report["routers"][0]["node"], "id1");
  EXPECT_EQ(report["routers"][0]["hostname"], "n1");
  EXPECT_EQ(report["routers"][0]["state"], "active");
  EXPECT_EQ(report["routers"][1]["hostname"], "n2");
}

TEST(Report, NamesMembersWithoutAnAnswerAndWhatIsWrong) {
  const auto report = json::parse(report_json(groups()));
  ASSERT_EQ(report["nodes"].size(), 1U);
  EXPECT_EQ(report["nodes"][0]["hostname"], "n3");
  EXPECT_EQ(report["nodes"][0]["reason"], "Timeout was reached");
  ASSERT_EQ(report["problems"].size(), 1U);
  EXPECT_EQ(report["problems"][0]["text"], "node n3: No such image: x");
  EXPECT_EQ(report["problems"][0]["severity"], "error");
}

TEST(Report, BelievesNoAnswerThatIsNotOurAgents) {
  for (const std::string& wrong :
       {std::string("<html>"), std::string("[]"), std::string("{}"), std::string(R"({"routers":7})"),
        std::string(R"({"routers":[7]})"), answer("staging", "active")}) {
    auto changed = groups();
    changed[0].members[0].answer = wrong;
    const auto report = json::parse(report_json(changed));
    EXPECT_EQ(report["routers"].size(), 1U) << wrong;
    EXPECT_EQ(report["nodes"].size(), 2U) << wrong;
  }
}

TEST(Report, AnAgentThatStandsByIsNamed) {
  auto changed = groups();
  changed[0].members[0].answer = R"({"agent":{},"routers":[]})";
  const auto report = json::parse(report_json(changed));
  EXPECT_EQ(report["nodes"][0]["reason"], "stands by: its plan does not list this node");
}

TEST(Report, MarksTheHolderInTheTable) {
  const auto table = report_table(groups());
  EXPECT_NE(table.find("*  production  n1    active"), std::string::npos) << table;
  EXPECT_NE(table.find("   production  n2    backup"), std::string::npos) << table;
  EXPECT_NE(table.find("error: production: node n3: No such image: x\n"), std::string::npos) << table;
}

TEST(Report, LetsNoControlCharacterThroughToTheTerminal) {
  auto changed = groups();
  changed[0].members[0].answer = answer("production", "act\x1b[31mive\n");
  EXPECT_EQ(report_table(changed).find('\x1b'), std::string::npos);
}

TEST(Report, SaysSoWhenThereIsNoGroup) {
  EXPECT_EQ(report_table({}), "no group has a member\n");
}

}  // namespace
}  // namespace vip::swarm
