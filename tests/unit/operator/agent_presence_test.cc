#include "operator/core/agent_presence.h"

#include <gtest/gtest.h>

#include "swarm_world.h"

namespace vip::swarm {
namespace {

// Node n1 in a deployed plan, n2 not in it.
class AgentPresenceTest : public testing::Test {
 protected:
  AgentPresenceTest() {
    observed_.nodes = {make_node(1), make_node(2)};
    plan_.group = "production";
    plan_.members = {{.id = "id1",
                      .hostname = "n1",
                      .address = IpAddress::parse("192.0.2.1").value(),
                      .address6 = {},
                      .priority = Priority(100),
                      .interface = {}}};
    service_.id = "agents";
  }

  void add_task(int node, TaskState state, const std::string& error = "") {
    Task task;
    task.id = "task" + std::to_string(observed_.tasks.size());
    task.service_id = "agents";
    task.node_id = "id" + std::to_string(node);
    task.created_at = at_second(static_cast<int>(observed_.tasks.size()));
    task.state = state;
    task.wanted = true;
    task.error = error;
    observed_.tasks.push_back(std::move(task));
  }
  [[nodiscard]] AgentPresence of(int node) const {
    return agent_presence(&service_, &plan_, observed_, "id" + std::to_string(node));
  }

  Observed observed_;
  plan::Plan plan_;
  Service service_;
};

TEST_F(AgentPresenceTest, AMemberIsAskedAtThePlansAddress) {
  add_task(1, TaskState::running);
  EXPECT_EQ(of(1).address, IpAddress::parse("192.0.2.1"));
  EXPECT_TRUE(of(1).runs);
  EXPECT_EQ(of(1).absence, "");
}

TEST_F(AgentPresenceTest, WhoIsNotInThePlanRunsWithoutAnAddress) {
  add_task(2, TaskState::running);
  EXPECT_FALSE(of(2).address.has_value());
  EXPECT_TRUE(of(2).runs);
}

TEST_F(AgentPresenceTest, WhereAKeepalivedSpeaksNoneIsMissed) {
  observed_.nodes[0].labels["swarm-vip.keepalived"] = "production";
  EXPECT_EQ(of(1).absence, "a keepalived speaks for it, by label swarm-vip.keepalived");
}

TEST_F(AgentPresenceTest, SaysWhyNoAgentIsThere) {
  EXPECT_EQ(of(1).absence, "no agent has run there yet");
  EXPECT_EQ(agent_presence(nullptr, nullptr, observed_, "id1").absence,
            "no agent has run there yet: the group is not deployed");
  EXPECT_EQ(of(9).absence, "the node is not in the Swarm any more");
  add_task(1, TaskState::complete);
  EXPECT_EQ(of(1).absence, "no agent runs there any more");
  add_task(1, TaskState::failed, "No such image: x");
  EXPECT_EQ(of(1).absence, "the agent does not run: No such image: x");
  add_task(1, TaskState::coming);
  EXPECT_EQ(of(1).absence, "the agent does not run: No such image: x") << "a restart is no news";
  add_task(1, TaskState::running);
  add_task(1, TaskState::coming);
  EXPECT_EQ(of(1).absence, "") << "an update starts beside it";
}

TEST_F(AgentPresenceTest, SaysWhatTheNodeIsKeptFrom) {
  observed_.nodes[0].availability = Availability::pause;
  EXPECT_EQ(of(1).absence,
            "the node is paused and gets no agent; docker node update --availability active id1");
  observed_.nodes[0].availability = Availability::drain;
  EXPECT_EQ(of(1).absence, "the node is drained; docker node update --availability active id1");
  observed_.nodes[0].state = NodeState::down;
  add_task(1, TaskState::running);
  EXPECT_EQ(of(1).absence, "the node is down");
  EXPECT_FALSE(of(1).runs) << "nobody knows";
}

TEST_F(AgentPresenceTest, NodesAreThePlansAndWhereverAnAgentRuns) {
  EXPECT_EQ(agent_nodes(service_, &plan_, observed_), std::vector<std::string>{"id1"});
  add_task(2, TaskState::running);
  add_task(2, TaskState::running);
  add_task(7, TaskState::running);  // on a node that was removed
  EXPECT_EQ(agent_nodes(service_, &plan_, observed_), (std::vector<std::string>{"id1", "id2"}));
  EXPECT_EQ(agent_nodes(service_, nullptr, observed_), std::vector<std::string>{"id2"});
}

}  // namespace
}  // namespace vip::swarm
