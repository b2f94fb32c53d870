#include "operator/view/cluster_metrics.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

namespace vip::swarm {
namespace {

using metrics::Exposition;
using metrics::Kind;
using metrics::Labels;

double seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

// Its host name; its id, where it has none or another node of the group has the same.
std::string node_label(const GroupReport& group, const NodeReport& node) {
  const bool is_its_own =
      !node.hostname.empty() && std::ranges::count(group.nodes, node.hostname, &NodeReport::hostname) == 1;
  return is_its_own ? node.hostname : node.node;
}

std::string node_label(const GroupReport& group, const Holder& holder) {
  const auto node = std::ranges::find(group.nodes, holder.node, &NodeReport::node);
  return node != group.nodes.end() ? node_label(group, *node) : holder.node;
}

bool is_rolling(const GroupView& group) {
  return group.now.rollout.state == Rollout::State::updating;
}

class Writer {
 public:
  Writer(const View& view, Exposition& out) : view_(view), out_(out) {}

  void write(const OperatorFacts& facts) {
    of_operator(facts);
    of_groups();
    of_agents();
    of_addresses();
    of_time();
    of_webhook();
  }

 private:
  void of_operator(const OperatorFacts& facts) {
    out_.family(Kind::gauge, "swarmvip_build_info", "The version of the program that answers; always 1.");
    out_.sample({{.name = "version", .value = facts.version}}, 1);
    out_.family(Kind::counter, "swarmvip_operator_looks_total", "Looks at the Swarm, whatever came of them.");
    out_.sample({}, static_cast<double>(facts.looks));
    out_.family(Kind::counter, "swarmvip_operator_look_failures_total", "Looks at the Swarm that failed.");
    out_.sample({}, static_cast<double>(facts.look_failures));
    out_.family(Kind::gauge, "swarmvip_operator_last_look_timestamp_seconds",
                "When a look last saw all of the Swarm.");
    if (facts.looked) out_.sample({}, seconds(facts.looked_at.time_since_epoch()));
    out_.family(Kind::counter, "swarmvip_operator_changes_total",
                "Changes that the operator made in the Swarm.");
    out_.sample({}, static_cast<double>(facts.changes));
  }

  // One sample for each group.
  void per_group(Kind kind, std::string_view name, std::string_view help,
                 const std::function<double(const GroupView&)>& value) {
    out_.family(kind, name, help);
    for (const auto& group : view_.groups) out_.sample(labels_of(group), value(group));
  }

  void of_groups() {
    per_group(Kind::gauge, "swarmvip_group_members", "Nodes in the group's deployed plan.",
              [](const auto& group) {
                return static_cast<double>(group.now.plan ? group.now.plan->members.size() : 0);
              });
    per_group(
        Kind::gauge, "swarmvip_group_agents_answering", "Agents of the group that answered the operator.",
        [](const auto& group) {
          return static_cast<double>(std::ranges::count_if(
              group.now.agents.nodes, [](const auto& node) { return node.word != AgentWord::unknown; }));
        });
    per_group(Kind::gauge, "swarmvip_group_plan_generation",
              "The generation of the deployed plan; 0: none is.", [](const auto& group) {
                return static_cast<double>(group.now.plan ? group.now.plan->generation : 0);
              });
    per_group(Kind::gauge, "swarmvip_group_rolling", "Whether the Swarm is updating the group's agents.",
              [](const auto& group) { return is_rolling(group) ? 1.0 : 0.0; });
    out_.family(Kind::gauge, "swarmvip_group_problems",
                "What is wrong with the group, as `swarm-vip status` says it.");
    for (const auto& group : view_.groups) {
      auto problems = group.now.problems;
      std::ranges::move(troubles(group.now.agents), std::back_inserter(problems));
      for (const auto severity : {Severity::note, Severity::warning, Severity::error}) {
        auto labels = labels_of(group);
        labels.push_back({.name = "severity", .value = std::string(name(severity))});
        out_.sample(labels, static_cast<double>(std::ranges::count(problems, severity, &Problem::severity)));
      }
    }
  }

  // One sample for each node of each group.
  void per_agent(std::string_view name, std::string_view help,
                 const std::function<std::optional<double>(const NodeReport&)>& value) {
    out_.family(Kind::gauge, name, help);
    for (const auto& group : view_.groups) {
      for (const auto& node : group.now.agents.nodes) {
        auto labels = labels_of(group);
        labels.push_back({.name = "node", .value = node_label(group.now.agents, node)});
        if (const auto sample = value(node)) out_.sample(labels, *sample);
      }
    }
  }

  void of_agents() {
    per_agent("swarmvip_agent_answers", "Whether the node's agent answered the operator.",
              [](const NodeReport& node) { return node.word != AgentWord::unknown ? 1.0 : 0.0; });
    per_agent("swarmvip_agent_plan_generation", "The generation of the plan that the node's agent has.",
              [](const NodeReport& node) -> std::optional<double> {
                if (node.word == AgentWord::unknown || node.generation == 0) return std::nullopt;
                return static_cast<double>(node.generation);
              });
  }

  void of_addresses() {
    out_.family(Kind::gauge, "swarmvip_address_holders", "How many agents say that they hold the address.");
    for (const auto& group : view_.groups) {
      for (const auto& address : group.addresses)
        out_.sample(labels_of(group, address), static_cast<double>(address.holders.size()));
    }
    out_.family(Kind::gauge, "swarmvip_address_holder",
                "The nodes whose agents say that they hold the address.");
    for (const auto& group : view_.groups) {
      for (const auto& address : group.addresses) {
        for (const auto& holder : address.holders) {
          auto labels = labels_of(group, address);
          labels.push_back({.name = "node", .value = node_label(group.now.agents, holder)});
          out_.sample(labels, 1);
        }
      }
    }
  }

  void of_time() {
    per_group(Kind::counter, "swarmvip_split_brain_seconds_total",
              "For how long more than one agent held an address of the group.",
              [](const auto& group) { return seconds(group.tally.split_brain); });
    per_group(Kind::counter, "swarmvip_ownerless_seconds_total",
              "For how long all agents answered and none held an address of the group.",
              [](const auto& group) { return seconds(group.tally.ownerless); });
    per_group(Kind::counter, "swarmvip_holder_changes_total",
              "How often addresses of the group went from one node to another.",
              [](const auto& group) { return static_cast<double>(group.tally.holder_changes); });
    out_.family(Kind::histogram, "swarmvip_cluster_takeover_seconds",
                "How long the holder had been silent when another node of the group took over.");
    for (const auto& group : view_.groups) {
      const auto& takeovers = group.tally.takeovers;
      out_.histogram(labels_of(group), metrics::Takeovers::kBounds, takeovers.counts, seconds(takeovers.sum));
    }
  }

  void of_webhook() {
    if (!view_.webhook) return;
    out_.family(Kind::gauge, "swarmvip_webhook_events_waiting",
                "Events that the receiver does not have yet.");
    out_.sample({}, static_cast<double>(view_.webhook->waiting));
    out_.family(Kind::counter, "swarmvip_webhook_events_lost_total", "Events that the receiver never gets.");
    out_.sample({}, static_cast<double>(view_.webhook->lost));
  }

  static Labels labels_of(const GroupView& group) { return {{.name = "group", .value = group.now.name}}; }
  static Labels labels_of(const GroupView& group, const AddressView& address) {
    return {{.name = "group", .value = group.now.name}, {.name = "vip", .value = address.address.text()}};
  }

  const View& view_;
  Exposition& out_;
};

}  // namespace

void write_cluster_metrics(const View& view, const OperatorFacts& facts, Exposition& out) {
  Writer(view, out).write(facts);
}

}  // namespace vip::swarm
