#include "operator/core/agent_presence.h"

#include <algorithm>

#include "operator/core/agent_tasks.h"
#include "operator/core/membership.h"

namespace vip::swarm {
namespace {

bool any_in(const std::vector<const Task*>& tasks, TaskState state) {
  return std::ranges::any_of(tasks, [state](const Task* task) { return task->state == state; });
}

std::string activate(const Node& node) {
  return "docker node update --availability active " + node.id;
}

// Of a node whose tasks do not run.
std::string why_absent(const Node& node, const std::vector<const Task*>& tasks) {
  if (node.availability == Availability::drain) return "the node is drained; " + activate(node);
  if (const Task* const failed = current_failure(tasks)) return "the agent does not run: " + failed->error;
  if (any_in(tasks, TaskState::coming)) return "its agent is starting";
  if (node.availability == Availability::pause)
    return "the node is paused and gets no agent; " + activate(node);
  return tasks.empty() ? "no agent has run there yet" : "no agent runs there any more";
}

}  // namespace

AgentPresence agent_presence(const Service* service, const plan::Plan* deployed, const Observed& observed,
                             std::string_view node_id) {
  AgentPresence presence{
      .node = std::string(node_id), .hostname = {}, .address = {}, .runs = false, .absence = {}};
  const auto* const member = deployed != nullptr ? deployed->member(node_id) : nullptr;
  if (member != nullptr) {
    presence.hostname = member->hostname;
    presence.address = member->address;
  }
  const auto* const node = node_with_id(observed.nodes, node_id);
  if (node == nullptr) {
    presence.absence = "the node is not in the Swarm any more";
    return presence;
  }
  presence.hostname = node->hostname;
  if (node->state == NodeState::down) {
    presence.absence = "the node is down";
    return presence;
  }
  if (service == nullptr) {
    presence.absence = "no agent has run there yet: the group is not deployed";
    return presence;
  }
  const auto tasks = tasks_newest_first(observed, service->id, node_id);
  presence.runs = any_in(tasks, TaskState::running);
  if (presence.runs) return presence;
  const bool spoken_for = deployed != nullptr && is_spoken_for(*node, deployed->group);
  presence.absence = spoken_for ? "a keepalived speaks for it, by label " + std::string(kKeepalivedNodeLabel)
                                : why_absent(*node, tasks);
  return presence;
}

std::vector<std::string> agent_nodes(const Service& service, const plan::Plan* deployed,
                                     const Observed& observed) {
  std::vector<std::string> nodes;
  if (deployed != nullptr) {
    for (const auto& member : deployed->members) nodes.push_back(member.id);
  }
  std::vector<std::string> others;
  for (const auto& task : observed.tasks) {
    const bool lives = task.service_id == service.id && task.state == TaskState::running && task.wanted;
    const bool is_known = std::ranges::find(nodes, task.node_id) != nodes.end() ||
                          std::ranges::find(others, task.node_id) != others.end();
    if (lives && !is_known && node_with_id(observed.nodes, task.node_id) != nullptr)
      others.push_back(task.node_id);
  }
  std::ranges::sort(others);
  nodes.insert(nodes.end(), others.begin(), others.end());
  return nodes;
}

}  // namespace vip::swarm
