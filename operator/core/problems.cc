#include "operator/core/problems.h"

#include <algorithm>
#include <map>
#include <ranges>

#include "common/base/text.h"
#include "operator/core/agent_tasks.h"
#include "operator/core/by_hand.h"
#include "operator/core/diff.h"
#include "operator/core/following.h"
#include "operator/core/membership.h"
#include "operator/core/names.h"
#include "operator/core/ownership.h"

namespace vip::swarm {
namespace {

// Services of the isqiao operator. Its name for them is all it gives them: no label, no group.
constexpr std::string_view kLegacyPrefix = "keepalived-node-";

std::string environment_value(const TaskTemplate& spec, std::string_view name) {
  for (const auto& entry : spec.environment) {
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

// Any form such lists take: "a,b", "a/24 dev eth0", "#PYTHON2BASH:['a','b']".
bool names_address(std::string_view list, const IpAddress& address) {
  return std::ranges::any_of(split(list, " ,\t\n[]'\""), [&](const std::string& piece) {
    const auto prefix = IpPrefix::parse(piece);
    return prefix && prefix->address == address;
  });
}

bool holds_address(const Service& service, const GroupSettings& settings) {
  const auto list = environment_value(service.spec, "KEEPALIVED_VIRTUAL_IPS");
  return std::ranges::any_of(settings.addresses,
                             [&](const IpPrefix& prefix) { return names_address(list, prefix.address); });
}

// On the way to another id a router has two.
bool share_id(const plan::Router& a, const plan::Router& b) {
  const auto has = [](const plan::Router& router, const std::optional<Vrid>& id) {
    return id && (router.vrid == *id || router.also_vrid == id);
  };
  return has(a, b.vrid) || has(a, b.also_vrid);
}

// The older operator gives each node a service.
bool is_of_node(const Service& service, const std::string& hostname) {
  const auto& constraints = service.spec.constraints;
  return std::ranges::find(constraints, "node.hostname==" + hostname) != constraints.end();
}

// Another keepalived on a member's node with our router id would take part in our elections.
bool speaks_as_router(const Service& service, const GroupPlan& plan) {
  if (!plan.plan) return false;
  const auto id = parse_number<unsigned>(environment_value(service.spec, "KEEPALIVED_ROUTER_ID"));
  const bool same_id = id && std::ranges::any_of(plan.plan->routers, [&](const plan::Router& router) {
                         return router.vrid.value == *id;
                       });
  const bool keepalived = service.spec.image.find("keepalived") != std::string::npos;
  return same_id && keepalived && std::ranges::any_of(plan.members, [&](const MemberNote& member) {
           return is_of_node(service, member.hostname);
         });
}

class GroupProblems {
 public:
  GroupProblems(const GroupSettings& settings, const GroupPlan& plan, const KnownPlans& known,
                const Identity& identity, const Observed& observed, Beside beside)
      : settings_(settings),
        plan_(plan),
        known_(known),
        identity_(identity),
        observed_(observed),
        beside_(beside) {}

  std::vector<Problem> find() {
    legacy_services();
    other_owners();
    other_groups();
    if (plan_.plan) {
      for (const auto& problem : plan::problems(*plan_.plan))
        block("no agent would obey this plan: " + problem);
    }
    for (const auto& error : plan_.errors) block(error);
    for (const auto& warning : plan_.warnings) add(Severity::warning, warning);
    if (plan_.plan) {
      for (const auto& note : notes_by_hand(*plan_.plan, observed_.nodes)) add(Severity::note, note);
      std::ranges::move(problems_of_following(*plan_.plan, observed_), std::back_inserter(problems_));
    }
    if (plan_.members.empty()) {
      add(Severity::warning, "no node carries a usable label " + settings_.label_key + "=" + settings_.name +
                                 "; docker node update --label-add " + settings_.label_key + "=" +
                                 settings_.name + " NODE makes one a member");
    }
    return std::move(problems_);
  }

 private:
  void add(Severity severity, std::string text) {
    problems_.push_back({.severity = severity, .text = std::move(text)});
  }
  void block(std::string text) {
    problems_.push_back({.severity = Severity::error, .text = std::move(text), .blocks = true});
  }

  // By the label of its node.
  [[nodiscard]] bool is_known_to_speak(const Service& service) const {
    return std::ranges::any_of(observed_.nodes, [&](const Node& node) {
      return is_spoken_for(node, settings_.name) && is_of_node(service, node.hostname);
    });
  }

  void legacy_services() {
    std::vector<std::string> names;
    for (const auto& service : observed_.services) {
      if (!service.name.starts_with(kLegacyPrefix) || service.idle || is_known_to_speak(service)) continue;
      if (holds_address(service, settings_) || speaks_as_router(service, plan_)) {
        names.push_back(service.name);
      }
    }
    if (names.empty()) return;
    std::ranges::sort(names);
    const std::string remedy = "docker service rm " + join(names, " ");
    if (beside_ == Beside::tolerate) {
      add(Severity::warning,
          "services of another keepalived operator act for the same addresses, going on beside "
          "them as asked; when done: " +
              remedy);
    } else {
      block(
          "services of another keepalived operator act for the same addresses; nothing is deployed until "
          "they "
          "are gone: " +
          remedy + " (or node by node, which loses no ping: docker node update --label-add " +
          std::string(kKeepalivedNodeLabel) + "=" + settings_.name +
          " NODE says that they speak for it, docs: moving. SWARM_VIP_BESIDE_KEEPALIVED=true goes on beside "
          "them)");
    }
  }

  void other_owners() {
    const auto name = service_name(identity_.stack, settings_.name);
    const bool others_first = earlier_agent_service(observed_, identity_, settings_.name) != nullptr;
    for (const auto& service : observed_.services) {
      const bool ours = is_ours(service.labels, kRoleAgent, settings_.name);
      if (service.name == name && !ours) {
        block("a service named " + name + " exists that is not ours (no label " + std::string(kGroupLabel) +
              "=" + settings_.name + "); rename or remove it");
      }
      if (service.name == name || !ours) continue;
      auto what = "service " + service.name + " of another operator acts for the same group; ";
      const auto remedy = "stop that operator and docker service rm " + service.name;
      if (others_first) {
        block(what.append(remedy).append(", or choose another KEEPALIVED_GROUP"));
      } else {
        add(Severity::warning,
            what.append("ours was there first and goes on, that operator takes its own away; should it not: ")
                .append(remedy));
      }
    }
  }

  // Two groups may share nodes, but not an address, nor, on one node, a router id: agents would take each
  // other's peers for their own. Whoever was there first stays.
  void other_groups() {
    for (const auto& other : known_.others) {
      for (const auto& conflict : conflicts_with(*other.plan)) {
        if (comes_before_us(other)) {
          block(conflict);
        } else {
          add(Severity::warning, conflict);
        }
      }
    }
  }

  [[nodiscard]] bool comes_before_us(const OtherGroup& other) const {
    if (known_.since && other.since) return *other.since < *known_.since;
    if (!known_.since && !other.since) return other.plan->group < settings_.name;
    return other.since.has_value();
  }

  [[nodiscard]] bool shares_node_with(const plan::Plan& other) const {
    return std::ranges::any_of(plan_.members,
                               [&](const MemberNote& member) { return other.member(member.id) != nullptr; });
  }

  [[nodiscard]] std::vector<std::string> conflicts_with(const plan::Plan& other) const {
    std::vector<std::string> conflicts;
    const std::string name = "group " + other.group;
    for (const auto& theirs : other.routers) {
      const bool same_id = plan_.plan && std::ranges::any_of(plan_.plan->routers, [&](const auto& router) {
                             return router.family() == theirs.family() && share_id(router, theirs);
                           });
      if (same_id && shares_node_with(other)) {
        conflicts.push_back(name + " shares a node with this group and has router id " +
                            std::to_string(theirs.vrid.value) +
                            ", too; choose another KEEPALIVED_ROUTER_ID, or auto");
      }
      for (const auto& prefix : theirs.addresses) {
        const auto& own = settings_.addresses;
        if (std::ranges::find(own, prefix.address, &IpPrefix::address) == own.end()) continue;
        conflicts.push_back(name + " has the address " + prefix.address.text() +
                            ", too; an address belongs to one group's KEEPALIVED_VIRTUAL_IPS");
      }
    }
    return conflicts;
  }

  const GroupSettings& settings_;
  const GroupPlan& plan_;
  const KnownPlans& known_;
  const Identity& identity_;
  const Observed& observed_;
  Beside beside_;
  std::vector<Problem> problems_;
};

// How long an agent may take from its creation to its first healthy word before we wonder.
constexpr std::chrono::seconds kBecomeHealthyMax{90};

class ServiceProblems {
 public:
  ServiceProblems(const Service& service, const plan::Plan& plan, const Observed& observed)
      : service_(service), plan_(plan), observed_(observed), tasks_(tasks_by_node(observed, service.id)) {}

  std::vector<Problem> find() {
    update();
    for (const auto& member : plan_.members) of_member(member);
    return std::move(problems_);
  }

 private:
  void add(Severity severity, std::string text) {
    problems_.push_back({.severity = severity, .text = std::move(text)});
  }

  void update() {
    const std::string subject = "update of service " + service_.name;
    switch (service_.update) {
      case UpdateState::paused:
      case UpdateState::rollback_paused:
        add(Severity::error, subject + " is paused: " + service_.update_message);
        break;
      case UpdateState::rollback_started:
      case UpdateState::rollback_completed:
        add(Severity::warning, subject + " was rolled back: " + service_.update_message);
        break;
      case UpdateState::updating:
        if (observed_.at - service_.update_started_at > kUpdateMax) {
          add(Severity::warning, subject + " does not end; a node may have gone in the middle of it");
        }
        break;
      case UpdateState::none:
      case UpdateState::completed:
        break;
    }
  }

  void of_member(const plan::Member& member) {
    const auto* const node = node_with_id(observed_.nodes, member.id);
    if (node == nullptr) return;
    const std::string name = "node " + member.hostname;
    if (node->state == NodeState::down) {
      add(Severity::warning, name + " is down");
      return;
    }
    if (node->availability == Availability::drain || is_spoken_for(*node, plan_.group)) return;
    const auto& tasks = tasks_[member.id];
    if (const Task* const failed = current_failure(tasks)) {
      add(Severity::error, name + ": the agent does not run: " + failed->error);
      return;
    }
    const bool running =
        std::ranges::any_of(tasks, [](const Task* t) { return t->state == TaskState::running; });
    if (running || tasks.empty() || tasks.front()->state != TaskState::coming) return;
    if (observed_.at - tasks.front()->created_at > kBecomeHealthyMax) {
      add(Severity::error, name + ": the agent does not become healthy");
    }
  }

  const Service& service_;
  const plan::Plan& plan_;
  const Observed& observed_;
  std::map<std::string_view, std::vector<const Task*>> tasks_;  // newest first
  std::vector<Problem> problems_;
};

}  // namespace

std::string_view name(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      break;
  }
  return "error";
}

std::vector<Problem> group_problems(const GroupSettings& settings, const GroupPlan& plan,
                                    const KnownPlans& known, const Identity& identity,
                                    const Observed& observed, Beside beside) {
  return GroupProblems(settings, plan, known, identity, observed, beside).find();
}

std::vector<Problem> service_problems(const Service& service, const plan::Plan& plan,
                                      const Observed& observed) {
  return ServiceProblems(service, plan, observed).find();
}

std::vector<Problem> problems_of_following(const plan::Plan& plan, const Observed& observed) {
  std::vector<Problem> problems;
  for (auto& note : notes_of_following(plan))
    problems.push_back({.severity = Severity::note, .text = std::move(note)});
  if (auto fault = fault_of_following(plan, observed); !fault.empty())
    problems.push_back({.severity = Severity::warning, .text = std::move(fault)});
  return problems;
}

bool any_blocks(const std::vector<Problem>& problems) {
  return std::ranges::any_of(problems, &Problem::blocks);
}

}  // namespace vip::swarm
