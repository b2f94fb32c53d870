#include "operator/status/group_agents.h"

#include <iterator>
#include <optional>
#include <utility>

#include "operator/core/agent_presence.h"
#include "operator/core/ownership.h"
#include "operator/status/agent_answer.h"

namespace vip::swarm {
namespace {

// What is known without asking.
NodeReport unasked(AgentPresence presence) {
  NodeReport report{.node = std::move(presence.node),
                    .hostname = std::move(presence.hostname),
                    .address = presence.address,
                    .word = AgentWord::unknown,
                    .reason = std::move(presence.absence),
                    .routers = {}};
  // It has no address to answer on, and yet there is no doubt about what it does.
  if (presence.runs && !presence.address) {
    report.word = AgentWord::stands_by;
    report.reason = "its plan does not list this node";
  }
  return report;
}

void hear(const Result<std::string>& answer, const GroupReport& group, NodeReport& report) {
  if (answer) {
    const auto read = read_answer(*answer, group.group, report);
    if (!read) report.reason = read.error().context;
    return;
  }
  // Where the Swarm knows better than the network why nobody is there, its word stands.
  if (!report.reason.empty()) return;
  if (answer.error().code == Errc::exhausted) {
    report.reason = answer.error().context;
    return;
  }
  report.reason = "does not answer: " + answer.error().context + "; TCP port " +
                  std::to_string(group.status_port) + " of " + report.address->text() +
                  " must be open to the managers";
}

}  // namespace

std::vector<GroupReport> ask_groups(const std::vector<Inquiry>& inquiries, const Observed& observed,
                                    const Waiting& waiting) {
  std::vector<GroupReport> groups;
  std::vector<AgentAddress> addresses;
  for (const auto& inquiry : inquiries) {
    const auto plan = inquiry.service != nullptr ? plan_of(observed, *inquiry.service) : std::nullopt;
    auto& group = groups.emplace_back(GroupReport{.group = plan ? plan->group : inquiry.group,
                                                  .status_port = plan ? plan->status_port : std::uint16_t{0},
                                                  .nodes = {}});
    for (const auto& node : inquiry.nodes) {
      auto presence = agent_presence(inquiry.service, plan ? &*plan : nullptr, observed, node);
      auto& report = group.nodes.emplace_back(unasked(std::move(presence)));
      if (report.address) addresses.push_back({.address = *report.address, .port = group.status_port});
    }
  }
  const auto answers = ask_agents(addresses, waiting);
  auto answer = answers.begin();
  for (auto& group : groups) {
    for (auto& report : group.nodes) {
      if (report.address) hear(*answer++, group, report);
    }
    find_rivals(group);
  }
  return groups;
}

}  // namespace vip::swarm
