#include "operator/view/cluster_metrics.h"

#include <gtest/gtest.h>

#include "operator/view/spectator.h"
#include "picture.h"

namespace vip::swarm {
namespace {

using namespace picture;

std::string numbers(const View& view, const OperatorFacts& facts = {.version = "0.1.0"}) {
  metrics::Exposition out;
  write_cluster_metrics(view, facts, out);
  return std::move(out).text();
}

bool has(const std::string& text, const std::string& line) {
  return text.starts_with(line + "\n") || text.find("\n" + line + "\n") != std::string::npos;
}

TEST(ClusterMetrics, AreThoseOfThePicture) {
  Spectator spectator(kNoon);
  auto told = group({node(1, {router("active", {took_over(1s)})}), node(2, {router("backup")}), silent(3)});
  told.problems = {{.severity = Severity::warning, .text = "node n3 is down"}};
  auto view = spectator.see(round(2s, std::move(told)), {});
  view.webhook = WebhookTally{.waiting = 2, .lost = 5};
  const auto text = numbers(view, {.version = "0.1.0",
                                   .looked = TimePoint(7s),
                                   .looked_at = kNoon,
                                   .looks = 9,
                                   .look_failures = 2,
                                   .changes = 4});
  for (const auto* const line : {
           R"(swarmvip_build_info{version="0.1.0"} 1)",
           "swarmvip_operator_looks_total 9",
           "swarmvip_operator_look_failures_total 2",
           "swarmvip_operator_last_look_timestamp_seconds 1795867200",
           "swarmvip_operator_changes_total 4",
           R"(swarmvip_group_members{group="web"} 3)",
           R"(swarmvip_group_agents_answering{group="web"} 2)",
           R"(swarmvip_group_plan_generation{group="web"} 7)",
           R"(swarmvip_group_rolling{group="web"} 0)",
           R"(swarmvip_group_problems{group="web",severity="note"} 0)",
           R"(swarmvip_group_problems{group="web",severity="warning"} 1)",
           R"(swarmvip_group_problems{group="web",severity="error"} 0)",
           R"(swarmvip_agent_answers{group="web",node="n1"} 1)",
           R"(swarmvip_agent_answers{group="web",node="n3"} 0)",
           R"(swarmvip_agent_plan_generation{group="web",node="n2"} 7)",
           R"(swarmvip_address_holders{group="web",vip="192.0.2.201"} 1)",
           R"(swarmvip_address_holder{group="web",vip="192.0.2.201",node="n1"} 1)",
           R"(swarmvip_split_brain_seconds_total{group="web"} 0)",
           R"(swarmvip_ownerless_seconds_total{group="web"} 0)",
           R"(swarmvip_holder_changes_total{group="web"} 0)",
           R"(swarmvip_cluster_takeover_seconds_bucket{group="web",le="0.5"} 0)",
           R"(swarmvip_cluster_takeover_seconds_bucket{group="web",le="1"} 1)",
           R"(swarmvip_cluster_takeover_seconds_sum{group="web"} 0.93)",
           R"(swarmvip_cluster_takeover_seconds_count{group="web"} 1)",
           "swarmvip_webhook_events_waiting 2",
           "swarmvip_webhook_events_lost_total 5",
       })
    EXPECT_TRUE(has(text, line)) << line << "\n" << text;
  EXPECT_EQ(text.find(R"(swarmvip_agent_plan_generation{group="web",node="n3"})"), std::string::npos);
  EXPECT_EQ(text.find(R"(swarmvip_address_holder{group="web",vip="192.0.2.201",node="n2"})"),
            std::string::npos);
}

TEST(ClusterMetrics, BeforeTheFirstLookThereIsLittleToSay) {
  const auto text = numbers(View{});
  EXPECT_TRUE(has(text, "swarmvip_operator_looks_total 0"));
  EXPECT_EQ(text.find("swarmvip_operator_last_look"), std::string::npos);
  EXPECT_EQ(text.find("swarmvip_group"), std::string::npos);
  EXPECT_EQ(text.find("swarmvip_webhook"), std::string::npos);
}

TEST(ClusterMetrics, NodesOfOneNameAreToldApart) {
  Spectator spectator(kNoon);
  auto told = group({"active", "backup", "backup"});
  told.agents.nodes[1].hostname = "n1";
  const auto text = numbers(spectator.see(round(2s, std::move(told)), {}));
  EXPECT_TRUE(has(text, R"(swarmvip_agent_answers{group="web",node="id1"} 1)")) << text;
  EXPECT_TRUE(has(text, R"(swarmvip_agent_answers{group="web",node="id2"} 1)"));
  EXPECT_TRUE(has(text, R"(swarmvip_agent_answers{group="web",node="n3"} 1)"));
}

TEST(ClusterMetrics, AnUpdateUnderWayIsOne) {
  Spectator spectator(kNoon);
  auto told = group({"active", "backup", "backup"});
  told.rollout.state = Rollout::State::updating;
  EXPECT_TRUE(has(numbers(spectator.see(round(2s, std::move(told)), {})),
                  R"(swarmvip_group_rolling{group="web"} 1)"));
}

}  // namespace
}  // namespace vip::swarm
