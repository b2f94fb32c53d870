#include "operator/core/following.h"

#include <algorithm>
#include <optional>

#include "operator/core/membership.h"

namespace vip::swarm {

const Service* followed_service(const std::vector<Service>& services, std::string_view word) {
  auto found = std::ranges::find(services, word, &Service::id);
  if (found == services.end()) found = std::ranges::find(services, word, &Service::name);
  return found == services.end() ? nullptr : &*found;
}

NodeIds served_nodes(const std::vector<Task>& tasks, std::string_view service_id) {
  NodeIds nodes;
  for (const auto& task : tasks) {
    if (task.service_id == service_id && task.state == TaskState::running && task.wanted)
      nodes.insert(task.node_id);
  }
  return nodes;
}

std::vector<FollowingMember> following_members(const GroupSettings& settings, const std::vector<Node>& nodes,
                                               const plan::Plan* deployed) {
  const auto candidates = find_members(settings, nodes).candidates;
  const bool all_drained = std::ranges::all_of(candidates, &Candidate::drained);
  std::vector<FollowingMember> members;
  members.reserve(candidates.size());
  for (const auto& candidate : candidates) {
    const auto& node = *candidate.node;
    auto& member = members.emplace_back(FollowingMember{
        .id = node.id,
        .unserved = deployed == nullptr ? std::optional(false) : std::nullopt,
        .counts = node.state == NodeState::ready && node.availability != Availability::drain &&
                  (all_drained || !candidate.drained)});
    const auto* const known = deployed != nullptr ? deployed->member(node.id) : nullptr;
    if (known != nullptr) member.unserved = known->unserved;
  }
  return members;
}

std::vector<std::string> notes_of_following(const plan::Plan& plan) {
  std::vector<std::string> notes;
  for (const auto& member : plan.members) {
    if (!member.unserved) continue;
    notes.push_back("node " + member.hostname);
    notes.back()
        .append(" has no healthy task of service ")
        .append(plan.follow)
        .append(", so it has the addresses only when nobody else can; why: docker service ps ")
        .append(plan.follow);
  }
  return notes;
}

std::string fault_of_following(const plan::Plan& plan, const Observed& observed) {
  if (plan.follow.empty()) return {};
  const auto* const service = followed_service(observed.services, plan.follow);
  if (service == nullptr) {
    const auto longer = std::ranges::find_if(
        observed.services, [&](const Service& other) { return other.name.ends_with("_" + plan.follow); });
    const auto near = longer != observed.services.end() ? "; is it " + longer->name + "?"
                                                        : std::string("; docker service ls");
    return "the group follows service " + plan.follow + ", which does not exist, so it goes on as it is" +
           near;
  }
  const auto served = served_nodes(observed.tasks, service->id);
  const bool any = std::ranges::any_of(
      plan.members, [&](const plan::Member& member) { return served.contains(member.id); });
  if (any) return {};
  return "the group follows service " + plan.follow +
         ", of which no member has a healthy task, so it goes on as it is; why: docker service ps " +
         plan.follow;
}

}  // namespace vip::swarm
