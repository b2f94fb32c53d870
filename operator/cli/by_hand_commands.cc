#include "operator/cli/by_hand_commands.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/exit_status.h"
#include "common/base/text.h"
#include "common/sys/posix.h"
#include "operator/cli/outcome.h"
#include "operator/core/agent_presence.h"
#include "operator/core/by_hand.h"
#include "operator/core/movement.h"
#include "operator/core/ownership.h"
#include "operator/start.h"
#include "operator/status/group_agents.h"

namespace vip::swarm {
namespace {

constexpr std::chrono::milliseconds kBetweenQuestions{500};

int finish(const Status& status) {
  return status ? kFine : complain(status.error());
}

// Those whose plan can be read.
std::vector<DeployedGroup> groups_with_plans(const Observed& observed) {
  auto groups = deployed_groups(observed);
  std::erase_if(groups, [](const DeployedGroup& group) { return !group.plan; });
  return groups;
}

std::vector<DeployedGroup> groups_of(const Observed& observed, std::string_view node) {
  auto groups = groups_with_plans(observed);
  std::erase_if(groups, [&](const DeployedGroup& group) { return group.plan->member(node) == nullptr; });
  return groups;
}

Result<DeployedGroup> find_group(const Observed& observed, const std::string& name) {
  auto groups = groups_with_plans(observed);
  const auto found =
      std::ranges::find_if(groups, [&](const DeployedGroup& group) { return equal_fold(group.name, name); });
  if (found != groups.end()) return std::move(*found);
  std::vector<std::string> names(groups.size());
  std::ranges::transform(groups, names.begin(), &DeployedGroup::name);
  const auto there_are =
      names.empty() ? std::string("none: no operator has deployed one") : join(names, ", ");
  return fail(Errc::not_found, "GROUP: '" + name + "' is no deployed group; there are: " + there_are);
}

GroupReport ask(const DeployedGroup& group, const Observed& observed) {
  const Inquiry inquiry{.group = group.name,
                        .service = group.service,
                        .nodes = agent_nodes(*group.service, &*group.plan, observed)};
  return ask_groups({inquiry}, observed).front();
}

std::string seconds_text(Duration span) {
  const auto tenths = std::chrono::duration_cast<std::chrono::milliseconds>(span).count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

class ByHand {
 public:
  ByHand(SwarmApi api, const Patience& patience) : api_(std::move(api)), patience_(patience) {}

  Status drain(const std::string& word) {
    VIP_CHECK(look());
    VIP_TRY(const auto* const found, find_node(observed_.nodes, word));
    const auto node = *found;
    const auto groups = groups_of(observed_, node.id);
    if (patience_.waits) VIP_CHECK(see_operators(groups));
    VIP_CHECK(api_.change_label(node.id, kDrainNodeLabel, [](const Node& now) {
      return is_drained(now).value_or(false) ? std::optional(std::string(label(now.labels, kDrainNodeLabel)))
                                             : "true";
    }));
    if (groups.empty()) {
      say(node.hostname + " is drained; it is a member of no deployed group, so there is nothing to move");
      return {};
    }
    const auto undo = "; swarm-vip undrain " + node.hostname + " takes it back";
    return wait(
        node.hostname + " is drained", undo, [&] { return missing_of_drain(node); },
        [&] { return "it holds nothing now: " + holders(groups_of(observed_, node.id)); });
  }

  Status undrain(const std::string& word) {
    VIP_CHECK(look());
    VIP_TRY(const auto* const found, find_node(observed_.nodes, word));
    const auto node = *found;
    const auto groups = groups_of(observed_, node.id);
    if (patience_.waits) VIP_CHECK(see_operators(groups));
    VIP_CHECK(api_.change_label(node.id, kDrainNodeLabel, [](const Node&) { return std::nullopt; }));
    return wait(
        node.hostname + " is not drained any more", "",
        [&]() -> Result<std::string> {
          for (const auto& group : groups_of(observed_, node.id)) {
            if (auto missing = swarm::missing_of_undrain(*group.plan, node.id); !missing.empty())
              return missing;
          }
          return std::string();
        },
        [&] { return groups.empty() ? "it is a member of no deployed group" : "it takes part again"; });
  }

  Status failover(const std::string& group, const std::optional<std::string>& word) {
    VIP_CHECK(look());
    VIP_TRY(const auto deployed, find_group(observed_, group));
    const auto& name = deployed.name;
    VIP_TRY(const auto node, choose(deployed, word));
    if (patience_.waits) VIP_CHECK(see_operators({deployed}));
    // First it, then the others without it: so there is at most one move.
    VIP_CHECK(
        api_.change_label(node.id, kPreferNodeLabel, [&](const Node& now) { return preferring(now, name); }));
    VIP_CHECK(prefer_nobody(name, node.id));
    const auto undo = "; swarm-vip failover --undo " + name + " takes it back";
    return wait(
        node.hostname + " is preferred in group " + name, undo,
        [&] { return missing_of_failover(name, node); },
        [&] { return "it holds all addresses now: " + holders({deployed}); });
  }

  Status undo(const std::string& group) {
    VIP_CHECK(look());
    VIP_TRY(const auto deployed, find_group(observed_, group));
    const auto& name = deployed.name;
    if (patience_.waits) VIP_CHECK(see_operators({deployed}));
    VIP_CHECK(prefer_nobody(name, {}));
    return wait(
        "nobody is preferred in group " + name + " any more", "",
        [&]() -> Result<std::string> {
          VIP_TRY(const auto now, find_group(observed_, name));
          return missing_of_undo(*now.plan);
        },
        [] { return std::string("it goes by its own rules again"); });
  }

 private:
  Status look() {
    VIP_TRY(observed_, api_.observe(WallTime(sys::wall_clock())));
    return {};
  }

  // A service that is named and does not run obeys nobody. One outside the Swarm's services cannot be known.
  Status see_operators(const std::vector<DeployedGroup>& groups) {
    for (const auto& group : groups) {
      const std::string name(label(group.service->labels, kOperatorLabel));
      if (name.empty()) continue;
      const auto nobody = "nobody obeys in group " + group.name + ": its operator, service " + name + ", ";
      const auto found = std::ranges::find(observed_.services, name, &Service::name);
      constexpr const char* kRemedy = "; nothing was changed (--no-wait leaves the word for when one runs)";
      if (found == observed_.services.end())
        return fail(Errc::unavailable, nobody + "is not there" + kRemedy);
      VIP_TRY(const auto tasks, api_.tasks_of({found->id}));
      const bool runs =
          std::ranges::any_of(tasks, [](const Task& task) { return task.state == TaskState::running; });
      if (!runs) return fail(Errc::unavailable, nobody + "has no running task" + kRemedy);
    }
    return {};
  }

  Result<Node> choose(const DeployedGroup& group, const std::optional<std::string>& word) {
    if (!word && is_spread(*group.plan)) {
      return fail(Errc::invalid,
                  "NODE: group " + group.name +
                      " spreads its addresses over its members; name the one that shall have them "
                      "all, or drain the one that shall have none");
    }
    const auto report = ask(group, observed_);
    if (word) {
      VIP_TRY(const auto* const node, find_node(observed_.nodes, *word));
      if (group.plan->member(node->id) == nullptr) {
        const auto& members = group.plan->members;
        std::vector<std::string> names(members.size());
        std::ranges::transform(members, names.begin(), &plan::Member::hostname);
        std::ranges::sort(names);
        return fail(Errc::not_found, "NODE: " + node->hostname + " is no member of group " + group.name +
                                         "; members are: " + join(names, ", "));
      }
      const auto why = is_drained(*node).value_or(false)
                           ? node->hostname + " is drained; first: swarm-vip undrain " + node->hostname
                           : why_not(*group.plan, report, node->id);
      if (!why.empty()) return fail(Errc::unavailable, why + "; nothing was changed");
      return *node;
    }
    auto next = next_in_line(*group.plan, report);
    if (!next) return fail(Errc::unavailable, next.error().context + "; nothing was changed");
    VIP_TRY(const auto* const node, find_node(observed_.nodes, *next));
    return *node;
  }

  Status prefer_nobody(const std::string& group, std::string_view but) {
    for (const auto& node : observed_.nodes) {
      if (node.id == but || !is_preferred(node, group)) continue;
      VIP_CHECK(api_.change_label(node.id, kPreferNodeLabel,
                                  [&](const Node& now) { return not_preferring(now, group); }));
    }
    return {};
  }

  Result<std::string> missing_of_drain(const Node& node) {
    for (const auto& group : groups_of(observed_, node.id)) {
      if (all_drained(*group.plan, observed_.nodes)) {
        return fail(Errc::unavailable,
                    "all members of group " + group.name + " are drained, so it is as if none was");
      }
      if (auto missing = swarm::missing_of_drain(*group.plan, ask(group, observed_), node.id);
          !missing.empty())
        return missing;
    }
    return std::string();
  }

  Result<std::string> missing_of_failover(const std::string& name, const Node& node) {
    VIP_TRY(const auto group, find_group(observed_, name));
    return swarm::missing_of_failover(*group.plan, ask(group, observed_), node.id);
  }

  std::string holders(const std::vector<DeployedGroup>& groups) {
    std::vector<std::string> texts;
    for (const auto& before : groups) {
      const auto now = find_group(observed_, before.name);
      if (now) texts.push_back(holders_text(ask(*now, observed_)) + " (group " + now->name + ")");
    }
    return join(texts, "; ");
  }

  // `done`: what was asked for; `missing`: what is still to come, asked after each look; an error ends the
  // wait.
  Status wait(const std::string& done, const std::string& undo,
              const std::function<Result<std::string>()>& missing,
              const std::function<std::string()>& result) {
    if (!patience_.waits) {
      say(done + ", as soon as an operator sees it");
      return {};
    }
    const auto begin = sys::monotonic_now();
    std::string still = "the Swarm does not answer";
    do {
      std::this_thread::sleep_for(kBetweenQuestions);
      const auto seen = look();
      if (!seen && !may_pass(seen.error())) return seen;
      if (!seen) {
        still = seen.error().context;
        continue;
      }
      auto answer = missing();
      if (!answer) return fail(answer.error().code, done + ", but " + answer.error().context + undo);
      if (answer->empty()) {
        say(done + "; " + result() + "; after " + seconds_text(sys::monotonic_now() - begin));
        return {};
      }
      still = *std::move(answer);
    } while (sys::monotonic_now() - begin < patience_.timeout);
    const bool untouched = still.ends_with("does not have it yet");
    return fail(Errc::unavailable, done + ", but after " + duration_text(patience_.timeout) + " " + still +
                                       (untouched ? "; does an operator of it run?" : "") + undo);
  }

  SwarmApi api_;
  Patience patience_;
  Observed observed_;
};

int run(const settings::Environment& env, const Patience& patience,
        const std::function<Status(ByHand&)>& act) {
  auto api = connect_to_manager(env, -1);
  if (!api) return complain(api.error());
  ByHand by_hand(*std::move(api), patience);
  return finish(act(by_hand));
}

}  // namespace

int run_drain(const settings::Environment& env, const std::string& node, const Patience& patience) {
  return run(env, patience, [&](ByHand& by_hand) { return by_hand.drain(node); });
}

int run_undrain(const settings::Environment& env, const std::string& node, const Patience& patience) {
  return run(env, patience, [&](ByHand& by_hand) { return by_hand.undrain(node); });
}

int run_failover(const settings::Environment& env, const std::string& group,
                 const std::optional<std::string>& node, const Patience& patience) {
  return run(env, patience, [&](ByHand& by_hand) { return by_hand.failover(group, node); });
}

int run_failover_undo(const settings::Environment& env, const std::string& group, const Patience& patience) {
  return run(env, patience, [&](ByHand& by_hand) { return by_hand.undo(group); });
}

}  // namespace vip::swarm
