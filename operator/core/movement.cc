#include "operator/core/movement.h"

#include <algorithm>
#include <map>
#include <optional>

#include "common/base/text.h"

namespace vip::swarm {
namespace {

constexpr std::string_view kHolding = "active";
constexpr std::string_view kFollowing = "backup";

std::string called(const Node& node) {
  return node.hostname + " (" + node.id + ")";
}

std::string hostname_of(const plan::Plan& plan, std::string_view node) {
  const auto* const member = plan.member(node);
  return member != nullptr ? member->hostname : std::string(node);
}

const NodeReport* report_of(const GroupReport& report, std::string_view node) {
  const auto found = std::ranges::find(report.nodes, node, &NodeReport::node);
  return found == report.nodes.end() ? nullptr : &*found;
}

bool is_of(const RouterReport& said, const plan::Router& router) {
  return said.vrid == std::to_string(router.vrid.value) && said.family == name(router.family());
}

std::string addresses_text(const plan::Router& router) {
  std::vector<std::string> texts(router.addresses.size());
  std::ranges::transform(router.addresses, texts.begin(),
                         [](const IpPrefix& prefix) { return prefix.address.text(); });
  return join(texts, ", ");
}

// Those where the router is active.
std::vector<const NodeReport*> holders(const GroupReport& report, const plan::Router& router) {
  std::vector<const NodeReport*> nodes;
  for (const auto& node : report.nodes) {
    const bool holds = std::ranges::any_of(node.routers, [&](const RouterReport& said) {
      return is_of(said, router) && said.state == kHolding;
    });
    if (holds) nodes.push_back(&node);
  }
  return nodes;
}

// Who does not say what it has, and why: an address may be there.
std::string nobody_known(const std::string& what, const GroupReport& report) {
  std::vector<std::string> silent;
  for (const auto& node : report.nodes) {
    if (node.word != AgentWord::unknown) continue;
    silent.push_back(node.hostname);
    silent.back().append(": ").append(node.reason);
  }
  return "nobody is known to have " + what + (silent.empty() ? "" : " (" + join(silent, "; ") + ")");
}

// Whether its agent speaks by the deployed plan; who does not answer has nothing to be known by.
bool has_the_plan(const plan::Plan& plan, const plan::Member& member, const NodeReport* said) {
  if (said == nullptr) return true;
  return std::ranges::all_of(plan.routers, [&](const plan::Router& router) {
    const auto found =
        std::ranges::find_if(said->routers, [&](const RouterReport& one) { return is_of(one, router); });
    return found == said->routers.end() ||
           found->priority == std::to_string(plan::priority_of(router, member).value);
  });
}

}  // namespace

Result<const Node*> find_node(const std::vector<Node>& nodes, std::string_view word) {
  std::vector<const Node*> found;
  std::vector<std::string> all;
  for (const auto& node : nodes) {
    if (node.id == word) return &node;
    if (node.hostname == word) found.push_back(&node);
    all.push_back(node.hostname);
  }
  if (found.size() == 1) return found.front();
  const auto quoted = "NODE: '" + std::string(word) + "' ";
  std::ranges::sort(all);
  if (found.empty())
    return fail(Errc::not_found, quoted + "is no node of the Swarm; there are: " + join(all, ", "));
  std::vector<std::string> ids(found.size());
  std::ranges::transform(found, ids.begin(), [](const Node* node) { return called(*node); });
  std::ranges::sort(ids);
  return fail(Errc::invalid,
              quoted + "is the name of several nodes; say which by its id: " + join(ids, ", "));
}

std::string missing_of_drain(const plan::Plan& plan, const GroupReport& report, std::string_view node) {
  const auto* const member = plan.member(node);
  if (member == nullptr) return {};
  const auto of_group = " of group " + plan.group;
  if (!member->drained) return "the plan" + of_group + " does not have it yet";
  for (const auto& router : plan.routers) {
    const auto having = holders(report, router);
    const auto what = addresses_text(router) + of_group;
    if (std::ranges::find(having, node, &NodeReport::node) != having.end())
      return member->hostname + " still has " + what;
    if (having.empty()) return nobody_known(what, report);
  }
  if (!has_the_plan(plan, *member, report_of(report, node)))
    return "the agent" + of_group + " on " + member->hostname + " does not have the plan yet";
  return {};
}

std::string missing_of_undrain(const plan::Plan& plan, std::string_view node) {
  const auto* const member = plan.member(node);
  const bool is_done = member == nullptr || !member->drained;
  return is_done ? std::string() : "the plan of group " + plan.group + " does not have it yet";
}

std::string missing_of_failover(const plan::Plan& plan, const GroupReport& report, std::string_view node) {
  const auto of_group = " of group " + plan.group;
  const auto* const member = plan.member(node);
  if (member == nullptr) return std::string(node) + " is no member" + of_group + " any more";
  if (!member->preferred) return "the plan" + of_group + " does not have it yet";
  for (const auto& router : plan.routers) {
    const auto having = holders(report, router);
    if (having.size() == 1 && having.front()->node == node) continue;
    const auto what = addresses_text(router) + of_group;
    if (having.empty()) return nobody_known(what, report);
    const auto other = std::ranges::find_if(having, [&](const NodeReport* one) { return one->node != node; });
    return (*other)->hostname + " still has " + what;
  }
  return {};
}

std::string missing_of_undo(const plan::Plan& plan) {
  const bool is_done = std::ranges::none_of(plan.members, &plan::Member::preferred);
  return is_done ? std::string() : "the plan of group " + plan.group + " does not have it yet";
}

std::string why_not(const plan::Plan& plan, const GroupReport& report, std::string_view node) {
  const auto* const member = plan.member(node);
  const auto hostname = hostname_of(plan, node);
  if (member == nullptr) return hostname + " is no member of group " + plan.group;
  if (member->drained) return hostname + " is drained; swarm-vip undrain " + hostname;
  const auto* const said = report_of(report, node);
  if (said == nullptr || said->word == AgentWord::unknown) {
    return hostname +
           " is not known to be well: " + (said != nullptr ? said->reason : "its agent was not asked");
  }
  if (said->word == AgentWord::stands_by) return hostname + " stands by: " + said->reason;
  for (const auto& router : said->routers) {
    if (router.state == kFollowing || router.state == kHolding) continue;
    return hostname + " is in state " + router.state + (router.reason.empty() ? "" : ": " + router.reason);
  }
  return {};
}

Result<std::string> next_in_line(const plan::Plan& plan, const GroupReport& report) {
  const plan::Member* best = nullptr;
  std::vector<std::string> reasons;
  for (const auto& member : plan.members) {
    const auto* const said = report_of(report, member.id);
    const bool has_some =
        said != nullptr && std::ranges::any_of(said->routers, [](const RouterReport& router) {
          return router.state == kHolding;
        });
    const auto why = has_some ? member.hostname + " has the addresses" : why_not(plan, report, member.id);
    if (!why.empty()) {
      reasons.push_back(why);
    } else if (best == nullptr || member.priority > best->priority) {
      best = &member;
    }
  }
  if (best != nullptr) return best->id;
  return fail(Errc::not_found,
              "no other member of group " + plan.group + " can take over: " + join(reasons, "; "));
}

bool is_spread(const plan::Plan& plan) {
  return std::ranges::any_of(plan.routers,
                             [](const plan::Router& router) { return !router.priorities.empty(); });
}

std::string holders_text(const GroupReport& report) {
  std::map<std::string, std::vector<std::string>> by_node;
  for (const auto& node : report.nodes) {
    for (const auto& router : node.routers) {
      if (router.state != kHolding) continue;
      for (const auto& address : router.addresses)
        by_node[node.hostname].push_back(address.substr(0, address.find('/')));
    }
  }
  std::vector<std::string> texts;
  texts.reserve(by_node.size());
  for (const auto& [hostname, addresses] : by_node)
    texts.push_back(join(addresses, ", ") + (addresses.size() == 1 ? " is on " : " are on ") + hostname);
  return join(texts, ", ");
}

}  // namespace vip::swarm
