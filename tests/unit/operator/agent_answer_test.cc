#include "operator/status/agent_answer.h"

#include <gtest/gtest.h>

namespace vip::swarm {
namespace {

using namespace std::chrono_literals;

NodeReport read(const std::string& router, const std::string& agent = "") {
  NodeReport report{.node = "id1"};
  const auto document =
      R"({"agent": {"waits": "")" + agent + R"(}, "routers": [{"group": "web", "vrid": 51)" + router + "}]}";
  EXPECT_TRUE(read_answer(document, "web", report)) << document;
  return report;
}

TEST(AgentAnswer, HasTheLastTransitions) {
  const auto report = read(R"(, "transitions": [
    {"at": "2026-11-28T12:00:00.123Z", "at_ms": 1795867200123, "from": "backup", "to": "active", "cause": "silence",
     "peer": "192.0.2.2", "reason": "", "after_ms": 60000, "silence_ms": 930},
    {"at_ms": 1795867300000, "from": "active", "to": "backup", "cause": "higher_priority"}])");
  ASSERT_EQ(report.routers.size(), 1U);
  const auto& transitions = report.routers[0].transitions;
  ASSERT_EQ(transitions.size(), 2U);
  EXPECT_EQ(transitions[0], (TransitionReport{.at = WallTime(1795867200123ms),
                                              .from = "backup",
                                              .to = "active",
                                              .cause = "silence",
                                              .peer = "192.0.2.2",
                                              .reason = "",
                                              .after = 60s,
                                              .silence = 930ms}));
  EXPECT_FALSE(transitions[1].silence);
}

TEST(AgentAnswer, TransitionsThatMakeNoSenseAreLeftOut) {
  for (const auto* const odd :
       {R"("transitions": 7)", R"("transitions": [7, {}, {"at_ms": -1}, {"at_ms": "x"}])",
        R"("transitions": [{"at_ms": 9223372036854775807}])", R"("transitions": null)"})
    EXPECT_TRUE(read(std::string(", ") + odd).routers[0].transitions.empty()) << odd;
  const auto report = read(
      R"(, "transitions": [{"at_ms": 1, "from": 7, "to": "a\nb", "after_ms": -5, "silence_ms": 1e300}])");
  ASSERT_EQ(report.routers[0].transitions.size(), 1U);
  const auto& transition = report.routers[0].transitions[0];
  EXPECT_EQ(transition.to.find('\n'), std::string::npos);
  EXPECT_EQ(transition.after, 0ms);
  EXPECT_FALSE(transition.silence);
}

TEST(AgentAnswer, OfManyTransitionsTheLastCount) {
  std::string list;
  for (int i = 1; i <= 1000; ++i) list += (i > 1 ? "," : "") + (R"({"at_ms": )" + std::to_string(i) + "}");
  const auto report = read(R"(, "transitions": [)" + list + "]");
  ASSERT_EQ(report.routers[0].transitions.size(), 32U);
  EXPECT_EQ(report.routers[0].transitions.back().at, WallTime(1000ms));
}

TEST(AgentAnswer, HasTheGenerationOfThePlanAndTheChecks) {
  const auto report = read("", R"(, "generation": 7, "checks": [
    {"name": "http", "kind": "http", "result": "fails", "why": "503"}, 7, {"name": "tcp", "result": "passes"}])");
  EXPECT_EQ(report.generation, 7U);
  ASSERT_EQ(report.checks.size(), 2U);
  EXPECT_EQ(report.checks[0].name, "http");
  EXPECT_EQ(report.checks[0].result, "fails");
  EXPECT_EQ(report.checks[0].why, "503");
  EXPECT_EQ(read("", R"(, "generation": -7, "checks": 7)").generation, 0U);
}

}  // namespace
}  // namespace vip::swarm
