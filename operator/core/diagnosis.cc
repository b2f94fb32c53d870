#include "operator/core/diagnosis.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/base/text.h"
#include "operator/core/by_hand.h"
#include "operator/core/names.h"
#include "operator/core/ownership.h"

namespace vip::swarm {
namespace {

using report::Finding;
using report::Findings;
using report::Verdict;

// Engines before it are out of support, and nobody tried them.
constexpr int kEngineMajorMin = 20;
// More than the way of an answer and a busy machine.
constexpr std::chrono::seconds kClocksApartMax{5};
constexpr std::string_view kLegacyPrefix = "keepalived-node-";

Finding finding(std::string check, std::string what, Verdict verdict, std::string meaning,
                std::string remedy = {}) {
  return {.check = std::move(check),
          .what = std::move(what),
          .verdict = verdict,
          .meaning = std::move(meaning),
          .remedy = std::move(remedy)};
}

// "what is wrong; what to do": how problems.h and agent_report.h write it.
Finding split_remedy(std::string check, std::string what, Verdict verdict, const std::string& text) {
  const auto at = text.rfind("; ");
  if (at == std::string::npos) return finding(std::move(check), std::move(what), verdict, text);
  return finding(std::move(check), std::move(what), verdict, text.substr(0, at), text.substr(at + 2));
}

const Node* find_node(const Observed& observed, std::string_view id) {
  const auto found = std::ranges::find(observed.nodes, id, &Node::id);
  return found == observed.nodes.end() ? nullptr : &*found;
}

std::string called(const Node& node) {
  return node.hostname.empty() ? node.id : node.hostname;
}

std::string called(const NodeReport& node) {
  return node.hostname.empty() ? node.node : node.hostname;
}

bool is_manager(const Node& node) {
  return !node.manager_address.empty();
}

std::string counted(std::size_t number, const std::string& noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

// Every node that has to do with a group.
std::set<std::string> nodes_in_use(const ClusterFacts& facts) {
  std::set<std::string> ids;
  for (const auto& group : facts.groups)
    for (const auto& node : group.agents.nodes) ids.insert(node.node);
  return ids;
}

Finding judge_engine(const Node& node) {
  const auto what = "node " + called(node);
  const auto major = engine_major(node);
  if (!major) return finding("node", what, Verdict::ok, "ready");
  if (*major < kEngineMajorMin) {
    return finding(
        "node", what, Verdict::warning,
        "its engine is Docker " + node.engine_version + ", older than anything this was tried with",
        "update it to 20.10 or later");
  }
  return finding("node", what, Verdict::ok, "ready, Docker " + node.engine_version);
}

Finding judge_node(const Node& node) {
  const auto what = "node " + called(node);
  const bool is_unlabelled = label(node.labels, kAddressNodeLabel).empty();
  switch (node.state) {
    case NodeState::down:
      return finding("node", what, Verdict::warning, "it is down: it cannot follow when the holder dies",
                     "start it, or take it out: docker node rm --force " + node.id);
    case NodeState::disconnected:
    case NodeState::unknown:
      return finding("node", what, Verdict::warning, "the managers have no contact with it",
                     "see to its engine and to port 2377 of the managers");
    case NodeState::ready:
      break;
  }
  if (node.availability == Availability::drain) {
    return finding("node", what, Verdict::warning, "it is drained: no agent runs there",
                   "docker node update --availability active " + node.id);
  }
  if (node.availability == Availability::pause) {
    return finding("node", what, Verdict::warning, "it is paused: it gets no new agent",
                   "docker node update --availability active " + node.id);
  }
  if (node.status_address == "0.0.0.0" && is_unlabelled) {
    return finding(
        "node", what, Verdict::warning, "Docker does not know its address (0.0.0.0)",
        "docker node update --label-add " + std::string(kAddressNodeLabel) + "=ADDRESS " + node.id);
  }
  return judge_engine(node);
}

// --- groups
// -------------------------------------------------------------------------------------------------

class GroupJudge {
 public:
  GroupJudge(const GroupFacts& group, const Observed& observed) : group_(group), observed_(observed) {}

  Findings judge() {
    for (const auto& problem : group_.problems) {
      const auto verdict = problem.severity == Severity::error ? Verdict::error : Verdict::warning;
      findings_.push_back(split_remedy("group", name(), verdict, problem.text));
    }
    for (const auto& trouble : troubles(group_.agents))
      findings_.push_back(split_remedy("router", name(), Verdict::error, trouble.text));
    for (const auto& node : group_.agents.nodes) of_agent(node);
    if (group_.plan) {
      for (const auto& router : group_.plan->routers) of_holder(router);
      if (group_.plan->members.size() == 1) {
        findings_.push_back(
            finding("group", name(), Verdict::warning, "it has one member: when that dies, nobody follows",
                    "label another node for it (docker node update --label-add keepalived_group=" +
                        group_.agents.group + " NODE, unless the label has another name)"));
      }
    }
    return std::move(findings_);
  }

 private:
  [[nodiscard]] std::string name() const { return "group " + group_.agents.group; }

  void of_agent(const NodeReport& node) {
    const auto what = "agent of " + name() + " on " + called(node);
    switch (node.word) {
      case AgentWord::reports:
        return;  // of its routers
      case AgentWord::stands_by:
        findings_.push_back(finding("agent", what, Verdict::ok, "stands by: " + node.reason));
        return;
      case AgentWord::unknown:
        break;
    }
    const auto* const swarm_node = find_node(observed_, node.node);
    const bool is_away = swarm_node == nullptr || swarm_node->state != NodeState::ready ||
                         swarm_node->availability == Availability::drain;
    // Of a node that is away the nodes' findings speak.
    findings_.push_back(is_away ? finding("agent", what, Verdict::unknown, node.reason)
                                : split_remedy("agent", what, Verdict::warning, node.reason));
  }

  void of_holder(const plan::Router& router) {
    const auto vrid = std::to_string(router.vrid.value);
    const auto family = std::string(vip::name(router.family()));
    std::vector<std::string> holders;
    bool all_said = true;
    for (const auto& node : group_.agents.nodes) {
      all_said = all_said && node.word != AgentWord::unknown;
      for (const auto& report : node.routers) {
        if (report.vrid == vrid && report.family == family && report.state == "active")
          holders.push_back(called(node));
      }
    }
    const auto what = "router " + vrid + " (" + family + ") of " + name();
    if (holders.size() > 1) return;  // a trouble of each of them
    if (!holders.empty()) {
      findings_.push_back(finding("holder", what, Verdict::ok, holders.front() + " has the addresses"));
    } else if (all_said) {
      findings_.push_back(
          finding("holder", what, Verdict::error, "nobody has the addresses",
                  "`swarm-vip explain " + group_.agents.group + "` says why; the findings above what to do"));
    } else {
      findings_.push_back(finding("holder", what, Verdict::unknown,
                                  "none of those who answer has the addresses, and not all answer",
                                  "see why the others do not answer"));
    }
  }

  const GroupFacts& group_;
  const Observed& observed_;
  Findings findings_;
};

// --- networks
// -----------------------------------------------------------------------------------------------

struct Place {
  std::string node;
  IpPrefix network;
};

bool same_network(const IpPrefix& a, const IpPrefix& b) {
  return a.length == b.length && a.covers(b.address);
}

// Where the members speak from in a family, as far as they say it.
std::vector<Place> places_of(const GroupFacts& group, Family family) {
  std::vector<Place> places;
  for (const auto& node : group.agents.nodes) {
    for (const auto& router : node.routers) {
      const auto network = IpPrefix::parse(router.network);
      const bool fits = network && network->address.family() == family && !network->address.is_link_local();
      const bool is_new = std::ranges::none_of(places, [&](const Place& place) {
        return place.node == called(node) && place.network == *network;
      });
      if (fits && is_new) places.push_back({.node = called(node), .network = *network});
    }
  }
  return places;
}

Findings networks_of(const GroupFacts& group, const plan::Router& router) {
  Findings findings;
  const auto what = "networks of group " + group.agents.group;
  const auto places = places_of(group, router.family());
  const auto apart = std::ranges::find_if(
      places, [&](const Place& place) { return !same_network(place.network, places.front().network); });
  if (apart != places.end()) {
    findings.push_back(
        finding("network", what, Verdict::error,
                places.front().node + " is at " + places.front().network.text() + " and " + apart->node +
                    " at " + apart->network.text() +
                    ": an address cannot move between two networks, since nobody would look for it there",
                "let all members be on one LAN, or name with KEEPALIVED_IP and KEEPALIVED_INTERFACE the "
                "addresses that are"));
    return findings;
  }
  for (const auto& prefix : router.addresses) {
    const bool covered =
        std::ranges::any_of(places, [&](const Place& place) { return place.network.covers(prefix.address); });
    if (places.empty() || covered) continue;
    findings.push_back(finding("network", what, Verdict::warning,
                               prefix.address.text() + " is in no network of its members (" +
                                   places.front().network.text() +
                                   "): only hosts with a route to it over this LAN can reach it",
                               "choose an address of the members' network, unless a router knows the way"));
  }
  if (findings.empty() && !places.empty()) {
    findings.push_back(finding("network", what, Verdict::ok,
                               "its members and addresses share " + places.front().network.text()));
  }
  return findings;
}

}  // namespace

Finding judge_api(const Error& error, bool is_worker) {
  if (is_worker) {
    return finding("docker_api", "Docker API", Verdict::unknown,
                   error.context + "; so this is about the host only",
                   "on a manager, with its engine's socket, doctor looks at the Swarm, too");
  }
  return finding(
      "docker_api", "Docker API", Verdict::error, error.context,
      "agents go on without it, but no label or setting reaches them: see to the engine, its socket, and "
      "the managers' quorum (docker node ls)");
}

Findings judge_settings(const ClusterFacts& facts) {
  Findings findings;
  for (const auto& fault : facts.setting_faults) {
    findings.push_back(finding("settings", "settings of the operator", Verdict::error, fault,
                               "correct it: an operator ends with exit status 2 on this"));
  }
  for (const auto& warning : facts.setting_warnings)
    findings.push_back(finding("settings", "settings of the operator", Verdict::warning, warning));
  return findings;
}

Findings judge_access(const ClusterFacts& facts) {
  Findings findings;
  for (const auto& words : facts.forbidden)
    findings.push_back(finding("docker_api", "Docker API", Verdict::warning, words));
  if (facts.forbidden.empty())
    findings.push_back(finding("docker_api", "Docker API", Verdict::ok, "a manager answers"));
  return findings;
}

Findings judge_managers(const ClusterFacts& facts) {
  std::vector<std::string> lost;
  std::size_t managers = 0;
  for (const auto& node : facts.observed.nodes) {
    if (!is_manager(node)) continue;
    ++managers;
    if (!node.manager_reached || node.state == NodeState::down) lost.push_back(called(node));
  }
  if (managers == 0) return {};  // a proxy that does not tell
  const auto quorum = managers / 2 + 1;
  const auto what = counted(managers, "manager");
  const std::string promote = "docker node promote NODE, up to three or five on different machines";
  Findings findings;
  if (!lost.empty()) {
    findings.push_back(
        finding("managers", what, Verdict::warning,
                join(lost, ", ") + " cannot be reached: " + std::to_string(managers - lost.size()) +
                    " are left, and " + std::to_string(quorum) + " are needed to change anything",
                "bring it back, or docker node demote it"));
  }
  if (managers == 1) {
    findings.push_back(
        finding("managers", what, Verdict::warning,
                "when it dies, no label and no setting can be changed any more; what runs goes on and "
                "fails over",
                promote));
  } else if (managers == 2) {
    findings.push_back(finding(
        "managers", what, Verdict::warning,
        "that is worse than one: when either of them dies, nothing can be changed any more", promote));
  } else if (managers % 2 == 0) {
    findings.push_back(
        finding("managers", what, Verdict::warning,
                "as many may die as with " + std::to_string(managers - 1) + ", and there is one more to die",
                "docker node demote one, or promote one more"));
  } else if (lost.empty()) {
    findings.push_back(finding("managers", what, Verdict::ok,
                               "all reached, " + counted(managers - quorum, "manager") + " may die"));
  }
  return findings;
}

Findings judge_operators(const ClusterFacts& facts) {
  Findings findings;
  for (const auto& service : facts.operators) {
    const auto what = "operator " + service.service;
    if (!service.exists) {
      findings.push_back(finding("operator", what, Verdict::warning,
                                 "the service is gone: its groups fail over and follow no label any more",
                                 "deploy the stack again, or remove the groups' services and configs"));
    } else if (service.runs) {
      findings.push_back(finding("operator", what, Verdict::ok, "runs"));
    } else {
      findings.push_back(finding("operator", what, Verdict::error,
                                 "it does not run, so no label and no setting reaches the agents" +
                                     (service.error.empty() ? std::string() : ": " + service.error),
                                 "docker service ps --no-trunc " + service.service));
    }
  }
  std::vector<std::string> orphans;
  for (const auto& group : facts.groups)
    if (group.is_deployed && group.operator_service.empty()) orphans.push_back(group.agents.group);
  if (!orphans.empty()) {
    findings.push_back(finding("operator", "operator of " + join(orphans, ", "), Verdict::unknown,
                               "it runs outside the Swarm, where it cannot be seen from here"));
  }
  if (facts.groups.empty()) {
    findings.push_back(finding("operator", "groups", Verdict::warning, "no group is deployed",
                               "docker stack deploy -c packaging/stack.yml vip, and label the nodes"));
  }
  return findings;
}

Findings judge_nodes(const ClusterFacts& facts) {
  Findings findings;
  for (const auto& id : nodes_in_use(facts)) {
    const auto* const node = find_node(facts.observed, id);
    if (node != nullptr) findings.push_back(judge_node(*node));
  }
  return findings;
}

Findings judge_groups(const ClusterFacts& facts) {
  Findings findings;
  for (const auto& group : facts.groups)
    std::ranges::move(GroupJudge(group, facts.observed).judge(), std::back_inserter(findings));
  return findings;
}

Findings judge_networks(const ClusterFacts& facts) {
  Findings findings;
  for (const auto& group : facts.groups) {
    if (!group.plan) continue;
    for (const auto& router : group.plan->routers) {
      for (auto& found : networks_of(group, router)) {
        // Routers of one family say the same of their members.
        if (std::ranges::find(findings, found) == findings.end()) findings.push_back(std::move(found));
      }
    }
  }
  return findings;
}

Findings judge_clocks(const ClusterFacts& facts) {
  std::vector<std::string> apart;
  bool told = false;
  for (const auto& group : facts.groups) {
    for (const auto& node : group.agents.nodes) {
      if (!node.now_at) continue;
      told = true;
      const auto distance = std::chrono::abs(*node.now_at - facts.asked_at);
      if (distance <= kClocksApartMax) continue;
      auto words = called(node) + " by " +
                   std::to_string(std::chrono::round<std::chrono::seconds>(distance).count()) + " s";
      if (std::ranges::find(apart, words) == apart.end()) apart.push_back(std::move(words));
    }
  }
  if (!told) return {};
  if (apart.empty()) return {finding("clock", "clocks of the nodes", Verdict::ok, "within 5 s of this one")};
  return {finding(
      "clock", "clocks of the nodes", Verdict::warning,
      "apart from this one: " + join(apart, ", ") +
          "; no failover looks at a clock, but logs mislead, and after a reboot such a node may have to wait "
          "once before it is believed",
      "run chrony or systemd-timesyncd on every node")};
}

Findings judge_leftovers(const ClusterFacts& facts) {
  const auto is_known = [&](std::string_view name) {
    return std::ranges::any_of(facts.groups,
                               [&](const GroupFacts& group) { return equal_fold(group.agents.group, name); });
  };
  std::map<std::string, std::pair<std::vector<std::string>, std::vector<std::string>>> left;
  for (const auto& config : facts.observed.configs) {
    const auto group = label(config.labels, kGroupLabel);
    if (!group.empty() && !is_known(group)) left[std::string(group)].first.push_back(config.name);
  }
  for (const auto& secret : facts.observed.secrets) {
    const auto group = label(secret.labels, kGroupLabel);
    if (!group.empty() && !is_known(group)) left[std::string(group)].second.push_back(secret.name);
  }
  Findings findings;
  for (const auto& [group, names] : left) {
    std::string remedy;
    if (!names.first.empty()) remedy = "docker config rm " + join(names.first, " ");
    if (!names.second.empty())
      remedy += (remedy.empty() ? "" : "; ") + ("docker secret rm " + join(names.second, " "));
    findings.push_back(finding("leftover", "group " + group, Verdict::warning,
                               "it is gone, and plans or keys of it are still there", remedy));
  }
  std::vector<std::string> legacy;
  for (const auto& service : facts.observed.services) {
    const bool told = std::ranges::any_of(facts.groups, [&](const GroupFacts& group) {
      return std::ranges::any_of(group.problems, [&](const Problem& problem) {
        return problem.text.find(service.name) != std::string::npos;
      });
    });
    if (service.name.starts_with(kLegacyPrefix) && !told) legacy.push_back(service.name);
  }
  if (!legacy.empty()) {
    findings.push_back(
        finding("leftover", "services of the older keepalived operator", Verdict::warning,
                join(legacy, ", ") + ": they run keepalived, none with an address of a group here",
                "when they are not needed any more: docker service rm " + join(legacy, " ")));
  }
  return findings;
}

Findings diagnose(const ClusterFacts& facts) {
  Findings all;
  for (const auto judge : {&judge_settings, &judge_access, &judge_managers, &judge_operators, &judge_nodes,
                           &judge_groups, &judge_networks, &judge_clocks, &judge_leftovers})
    std::ranges::move(judge(facts), std::back_inserter(all));
  return all;
}

namespace {

// What people asked of the node: of its engine, or of us by a label.
std::string note_of(const Node* node, const plan::Plan* plan, const plan::Member* member) {
  std::vector<std::string> notes;
  if (node != nullptr && node->availability == Availability::drain) {
    notes.push_back("the node is drained, so it has no agent; docker node update --availability active " +
                    node->id);
  }
  if (member != nullptr) {
    for (const auto& note : notes_of(*member, plan->group)) notes.push_back("it is " + note);
    if (member->unserved) {
      notes.push_back("service " + plan->follow +
                      " has no healthy task there, so it has the addresses only when nobody else can");
    }
  }
  return join(notes, "; ");
}

}  // namespace

report::GroupWord group_word(const GroupReport& agents, const plan::Plan* plan, const Observed& observed) {
  report::GroupWord group{.group = agents.group, .nodes = {}};
  for (const auto& node : agents.nodes) {
    report::NodeWord word{.name = called(node), .addresses = {}};
    if (node.word != AgentWord::reports) word.silence = node.reason;
    const auto* const member = plan != nullptr ? plan->member(node.node) : nullptr;
    if (member != nullptr) {
      word.addresses.push_back(member->address.text());
      if (member->address6) word.addresses.push_back(member->address6->text());
      word.priority = member->priority.value;
      word.standby = member->standby;
    }
    word.note = note_of(find_node(observed, node.node), plan, member);
    for (const auto& router : node.routers) {
      const auto words = trouble_words(agents, node, router);
      word.routers.push_back({.vrid = router.vrid,
                              .family = router.family,
                              .interface = router.interface,
                              .state = router.state,
                              .since = router.since,
                              .cause = router.cause,
                              .reason = router.reason,
                              .remedy = words.size() > router.reason.size()
                                            ? words.substr(router.reason.size() + 2)
                                            : std::string(),
                              .active = router.active,
                              .source = router.source,
                              .addresses = router.addresses,
                              .peers = router.peers,
                              .priority = parse_number<int>(router.priority),
                              .preempt = router.preempt,
                              .preempt_delay = router.preempt_delay,
                              .interval = router.interval,
                              .version = router.version});
    }
    group.nodes.push_back(std::move(word));
  }
  return group;
}

}  // namespace vip::swarm
