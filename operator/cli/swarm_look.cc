#include "operator/cli/swarm_look.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "common/base/text.h"
#include "common/sys/posix.h"
#include "operator/core/agent_presence.h"
#include "operator/core/by_hand.h"
#include "operator/core/following.h"
#include "operator/core/ownership.h"
#include "operator/docker/identity.h"
#include "operator/reconciler.h"
#include "operator/start.h"
#include "operator/status/group_agents.h"

namespace vip::swarm {
namespace {

// A group that is deployed, or only of the settings, and what is wrong with it.
struct Known {
  DeployedGroup deployed;
  std::vector<Problem> problems;
};

std::vector<Problem> problems_of(const DeployedGroup& group, const Observed& observed) {
  if (!group.plan) {
    return {
        {.severity = Severity::error, .text = "service " + group.service->name + " has no readable plan"}};
  }
  auto problems = service_problems(*group.service, *group.plan, observed);
  for (auto& note : notes_by_hand(*group.plan, observed.nodes))
    problems.push_back({.severity = Severity::note, .text = std::move(note)});
  std::ranges::move(problems_of_following(*group.plan, observed), std::back_inserter(problems));
  return problems;
}

std::vector<Known> known_groups(const Observed& observed) {
  std::vector<Known> groups;
  for (auto& group : deployed_groups(observed)) {
    auto problems = problems_of(group, observed);
    groups.push_back({.deployed = std::move(group), .problems = std::move(problems)});
  }
  return groups;
}

void add_group_of_settings(const GroupPicture& picture, std::vector<Known>& groups) {
  const auto& name = picture.configured->settings.name;
  auto found =
      std::ranges::find_if(groups, [&](const Known& group) { return equal_fold(group.deployed.name, name); });
  if (found == groups.end())
    found = groups.insert(groups.end(), Known{.deployed = {.name = name, .plan = {}}, .problems = {}});
  found->problems = picture.problems;
}

std::vector<GroupFacts> ask(std::vector<Known> groups, const Observed& observed) {
  std::vector<Inquiry> inquiries;
  std::vector<GroupFacts> facts;
  for (auto& [group, problems] : groups) {
    auto& fact = facts.emplace_back(GroupFacts{.problems = std::move(problems)});
    auto& inquiry =
        inquiries.emplace_back(Inquiry{.group = group.name, .service = group.service, .nodes = {}});
    if (group.service == nullptr) continue;
    fact.is_deployed = true;
    fact.operator_service = label(group.service->labels, kOperatorLabel);
    fact.plan = std::move(group.plan);
    if (fact.plan) inquiry.nodes = agent_nodes(*group.service, &*fact.plan, observed);
  }
  auto reports = ask_groups(inquiries, observed);
  for (std::size_t i = 0; i < facts.size(); ++i) facts[i].agents = std::move(reports[i]);
  return facts;
}

// What becomes of the operators' own services, whose tasks are not among those observed.
std::vector<OperatorService> ask_operators(SwarmApi& api, const std::vector<GroupFacts>& groups,
                                           const Observed& observed) {
  std::set<std::string> names;
  for (const auto& group : groups)
    if (!group.operator_service.empty()) names.insert(group.operator_service);
  std::vector<OperatorService> operators;
  for (const auto& name : names) {
    auto& facts = operators.emplace_back(OperatorService{.service = name});
    const auto service = std::ranges::find(observed.services, name, &Service::name);
    if (service == observed.services.end()) continue;
    facts.exists = true;
    auto tasks = api.tasks_of({service->id});
    if (!tasks) {
      facts.error = tasks.error().context;
      continue;
    }
    std::ranges::sort(*tasks, {}, &Task::created_at);
    for (const auto& task : *tasks) {
      facts.runs = facts.runs || (task.state == TaskState::running && task.wanted);
      if (!task.error.empty()) facts.error = task.error;
    }
  }
  return operators;
}

// Where no settings say what is followed, the plans do.
Status add_followed_tasks(SwarmApi& api, Observed& observed) {
  std::set<std::string> ids;
  for (const auto& service : observed.services) {
    if (label(service.labels, kRoleLabel) != kRoleAgent) continue;
    const auto plan = plan_of(observed, service);
    const auto* const followed =
        plan && !plan->follow.empty() ? followed_service(observed.services, plan->follow) : nullptr;
    if (followed != nullptr) ids.insert(followed->id);
  }
  for (const auto& task : observed.tasks) ids.erase(task.service_id);
  VIP_TRY(auto tasks, api.tasks_of({ids.begin(), ids.end()}));
  std::ranges::move(tasks, std::back_inserter(observed.tasks));
  return {};
}

}  // namespace

bool has_operator_settings(const settings::Environment& env) {
  return env.has("KEEPALIVED_GROUP") || env.has("SWARM_VIP_CONFIG");
}

OperatorSettings own_settings(const settings::Environment& env) {
  if (!has_operator_settings(env)) return {};
  settings::Findings findings;
  auto settings = read_settings(env, findings);
  return findings.ok() ? settings : OperatorSettings{};
}

Result<SwarmLook> look_at_swarm(const settings::Environment& env, OperatorSettings settings, Extent extent,
                                int stop_fd) {
  VIP_TRY(auto api, connect_to_manager(env, stop_fd));
  VIP_TRY(const auto identity, find_identity(api));
  Reconciler reconciler(api, identity, std::move(settings));
  VIP_TRY(auto picture, reconciler.observe(sys::monotonic_now(), WallTime(sys::wall_clock())));
  VIP_CHECK(add_followed_tasks(api, picture.observed));
  auto known = known_groups(picture.observed);
  for (const auto& group : picture.groups) add_group_of_settings(group, known);
  SwarmLook look;
  look.groups = ask(std::move(known), picture.observed);
  look.asked_at = WallTime(sys::wall_clock());
  if (extent == Extent::operators_too) look.operators = ask_operators(api, look.groups, picture.observed);
  look.forbidden = api.forbidden();
  look.observed = std::move(picture.observed);
  return look;
}

}  // namespace vip::swarm
