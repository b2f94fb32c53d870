#include "operator/core/agent_report.h"

#include <array>
#include <string_view>
#include <utility>

#include "common/base/text.h"
#include "operator/core/plan.h"

namespace vip::swarm {
namespace {

constexpr std::string_view kActive = "active";

std::string label_advice(std::string_view label, std::string_view value, const NodeReport& node) {
  return "docker node update --label-add " + std::string(label) + "=" + std::string(value) + " " + node.node;
}

// What to do about it, where there is more to do than to read the words.
std::string remedy(const GroupReport& group, const NodeReport& node, const RouterReport& router) {
  const auto& trouble = router.trouble;
  if (trouble == "no_interface" || trouble == "no_network")
    return label_advice(kInterfaceNodeLabel, "NAME", node);
  if (trouble == "no_own_address") return label_advice(kAddressNodeLabel, "ADDRESS", node);
  if (trouble == "link_down") return "see to its cable and its switch, or `ip link set NAME up` on the node";
  if (trouble == "check_failed")
    return "see to what the check asks for on the node (docs: checks and scripts)";
  if (trouble == "update_unfit") {
    return "the Swarm takes the update back; change what was set, or mend it on the node (a check that fails "
           "there: or first `swarm-vip drain " +
           node.hostname + "`)";
  }
  if (trouble == "address_refused")
    return "the node's kernel must take it: is the address family disabled there?";
  if (trouble == "address_removed")
    return "stop the program on the node that takes it away (a network manager, a script)";
  if (trouble == "address_in_use" || trouble == kDuplicateOwner) {
    return "take the address from that host; if it is a member, let IP protocol 112 and UDP port " +
           std::to_string(group.status_port) + " through between the members";
  }
  return {};
}

std::string called(const RouterReport& router) {
  return "router " + router.vrid + " (" + router.family + ")";
}

bool is_rival(const RouterReport& a, const RouterReport& b) {
  return a.state == kActive && b.state == kActive && a.vrid == b.vrid && a.family == b.family;
}

}  // namespace

void find_rivals(GroupReport& group) {
  for (auto& node : group.nodes) {
    for (auto& router : node.routers) {
      for (const auto& other : group.nodes) {
        if (&other == &node || !router.reason.empty()) continue;
        for (const auto& rival : other.routers) {
          if (!is_rival(router, rival)) continue;
          router.trouble = kDuplicateOwner;
          router.reason = "node " + other.hostname + " has " + join(router.addresses, ", ") + ", too";
        }
      }
    }
  }
}

std::string trouble_words(const GroupReport& group, const NodeReport& node, const RouterReport& router) {
  if (router.reason.empty()) return {};
  const auto advice = remedy(group, node, router);
  return advice.empty() ? router.reason : router.reason + "; " + advice;
}

std::string complaint_words(const GroupReport& group, const NodeReport& node, const RouterReport& router) {
  const auto words = trouble_words(group, node, router);
  return words.empty() ? words : "node " + node.hostname + ": " + called(router) + ": " + words;
}

std::vector<Problem> troubles(const GroupReport& group) {
  std::vector<Problem> problems;
  for (const auto& node : group.nodes) {
    for (const auto& router : node.routers) {
      if (auto words = complaint_words(group, node, router); !words.empty())
        problems.push_back({.severity = Severity::error, .text = std::move(words)});
    }
  }
  return problems;
}

std::vector<std::string> now_words(const GroupReport& group, const NodeReport& node) {
  if (node.word == AgentWord::stands_by) return {"stands by: " + node.reason};
  if (node.word == AgentWord::unknown) return {"unknown: " + node.reason};
  std::vector<std::string> lines;
  for (const auto& router : node.routers) {
    std::string line = called(router) + " " + router.state;
    if (!router.interface.empty()) line += " on " + router.interface;
    if (!router.since.empty()) line += " since " + router.since;
    if (const auto words = trouble_words(group, node, router); !words.empty()) line += ": " + words;
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace vip::swarm
