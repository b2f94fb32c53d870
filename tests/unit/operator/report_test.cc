#include "operator/status/report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "operator/status/agent_answer.h"

namespace vip::swarm {
namespace {

using nlohmann::json;

NodeReport node(int number) {
  return {.node = "id" + std::to_string(number),
          .hostname = "n" + std::to_string(number),
          .address = IpAddress::parse("192.0.2." + std::to_string(number)).value(),
          .reason = "does not answer: Timeout was reached"};
}

// A node whose agent answered so.
NodeReport node(int number, const std::string& answer) {
  auto report = node(number);
  if (const auto read = read_answer(answer, "production", report); !read)
    report.reason = read.error().context;
  return report;
}

std::string answer(const std::string& group, const std::string& state, const json& more = json::object()) {
  json router{{"group", group},
              {"vrid", 51},
              {"family", "ipv4"},
              {"interface", "eth0"},
              {"state", state},
              {"priority", 108},
              {"active", "192.0.2.1"},
              {"addresses", json::array({"192.0.2.201/32"})},
              {"since", "2026-11-21T05:47:55.123Z"}};
  router.update(more);
  return json{{"agent", {{"pid", 7}}}, {"routers", json::array({router})}}.dump();
}

std::vector<GroupStatus> groups() {
  return {
      {.agents = {.group = "production",
                  .status_port = 9112,
                  .nodes = {node(1, answer("production", "active")), node(2, answer("production", "backup")),
                            node(3)}},
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
  EXPECT_EQ(report["nodes"][0]["reason"], "does not answer: Timeout was reached");
  ASSERT_EQ(report["problems"].size(), 1U);
  EXPECT_EQ(report["problems"][0]["text"], "node n3: No such image: x");
  EXPECT_EQ(report["problems"][0]["severity"], "error");
}

TEST(Report, IsTheSameInOneLine) {
  const auto line = report_line(groups());
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(json::parse(line), json::parse(report_json(groups())));
  EXPECT_EQ(error_line("two\nlines"), "{\"error\":\"two\\nlines\"}\n");
}

TEST(Report, BelievesNoAnswerThatIsNotOurAgents) {
  for (const std::string& wrong :
       {std::string("<html>"), std::string("[]"), std::string("{}"), std::string(R"({"routers":7})"),
        std::string(R"({"routers":[7]})"), answer("staging", "active")}) {
    auto changed = groups();
    changed[0].agents.nodes[0] = node(1, wrong);
    const auto report = json::parse(report_json(changed));
    EXPECT_EQ(report["routers"].size(), 1U) << wrong;
    EXPECT_EQ(report["nodes"].size(), 2U) << wrong;
  }
}

TEST(Report, AnAgentThatStandsByIsNamed) {
  auto changed = groups();
  changed[0].agents.nodes[0] = node(1, R"({"agent":{},"routers":[]})");
  const auto report = json::parse(report_json(changed));
  EXPECT_EQ(report["nodes"][0]["state"], "standing by");
  EXPECT_EQ(report["nodes"][0]["reason"], "its plan does not list this node");
  changed[0].agents.nodes[0] = node(1, R"({"agent":{"waits":"another agent is in charge"},"routers":[]})");
  EXPECT_NE(report_table(changed).find("standing by"), std::string::npos);
  EXPECT_NE(report_table(changed).find("another agent is in charge"), std::string::npos);
}

TEST(Report, MarksTheHolderInTheTable) {
  const auto table = report_table(groups());
  EXPECT_NE(table.find("*  production  n1    active"), std::string::npos) << table;
  EXPECT_NE(table.find("   production  n2    backup"), std::string::npos) << table;
  EXPECT_NE(table.find("error: production: node n3: No such image: x\n"), std::string::npos) << table;
}

TEST(Report, LetsNoControlCharacterThroughToTheTerminal) {
  auto changed = groups();
  changed[0].agents.nodes[0] = node(1, answer("production", "act\x1b[31mive\n"));
  EXPECT_EQ(report_table(changed).find('\x1b'), std::string::npos);
}

TEST(Report, HasALineForEachTroubleWithItsRemedy) {
  auto changed = groups();
  changed[0].agents.nodes[1] =
      node(2, answer("production", "fault",
                     {{"trouble", "no_interface"}, {"reason", "'eth9' is not an interface of this host"}}));
  const std::string words =
      "node n2: router 51 (ipv4): 'eth9' is not an interface of this host; docker node update --label-add "
      "KEEPALIVED_INTERFACE=NAME id2";
  const auto table = report_table(changed);
  EXPECT_NE(table.find("error: production: " + words + "\n"), std::string::npos) << table;
  const auto report = json::parse(report_json(changed));
  EXPECT_EQ(report["problems"][1]["text"], words);
  EXPECT_EQ(report["routers"][1]["trouble"], "no_interface");
}

TEST(Report, SaysSoWhenThereIsNoGroup) {
  EXPECT_EQ(report_table({}), "no group has a member\n");
}

}  // namespace
}  // namespace vip::swarm
