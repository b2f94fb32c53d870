#include "operator/cli/status_command.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/sys/posix.h"
#include "operator/cli/hand_over.h"
#include "operator/core/agent_presence.h"
#include "operator/core/by_hand.h"
#include "operator/core/ownership.h"
#include "operator/docker/identity.h"
#include "operator/exit_status.h"
#include "operator/reconciler.h"
#include "operator/start.h"
#include "operator/status/group_agents.h"
#include "operator/status/report.h"

namespace vip::swarm {
namespace {

// A group as the Swarm has it: its service, and what is wrong with it.
struct Deployed {
  std::string group;
  const Service* service = nullptr;  // null: of the settings only
  std::vector<Problem> problems;
};

std::vector<Deployed> deployed_groups(const Observed& observed) {
  std::vector<Deployed> groups;
  for (const auto& service : observed.services) {
    if (label(service.labels, kRoleLabel) != kRoleAgent) continue;
    Deployed group{
        .group = std::string(label(service.labels, kGroupLabel)), .service = &service, .problems = {}};
    if (const auto plan = plan_of(observed, service)) {
      group.problems = service_problems(service, *plan, observed);
      for (auto& note : notes_by_hand(*plan, observed.nodes))
        group.problems.push_back({.severity = Severity::note, .text = std::move(note)});
    } else {
      group.problems.push_back(
          {.severity = Severity::error, .text = "service " + service.name + " has no readable plan"});
    }
    groups.push_back(std::move(group));
  }
  std::ranges::sort(groups, {}, &Deployed::group);
  return groups;
}

// In the operator's own container the settings say what the groups should be, so labels can be judged.
OperatorSettings own_settings(const settings::Environment& env) {
  if (!env.has("KEEPALIVED_GROUP") && !env.has("SWARM_VIP_CONFIG")) return {};
  settings::Findings findings;
  auto settings = read_settings(env, findings);
  return findings.ok() ? settings : OperatorSettings{};
}

void add_group_of_settings(const GroupPicture& picture, std::vector<Deployed>& groups) {
  const auto& name = picture.configured->settings.name;
  auto found =
      std::ranges::find_if(groups, [&](const Deployed& group) { return equal_fold(group.group, name); });
  if (found == groups.end())
    found = groups.insert(groups.end(), Deployed{.group = name, .service = nullptr, .problems = {}});
  found->problems = picture.problems;
}

std::vector<GroupStatus> ask(std::vector<Deployed> groups, const Observed& observed) {
  std::vector<Inquiry> inquiries;
  inquiries.reserve(groups.size());
  for (const auto& group : groups) {
    const auto plan = group.service != nullptr ? plan_of(observed, *group.service) : std::nullopt;
    auto& inquiry =
        inquiries.emplace_back(Inquiry{.group = group.group, .service = group.service, .nodes = {}});
    if (plan) inquiry.nodes = agent_nodes(*group.service, &*plan, observed);
  }
  auto reports = ask_groups(inquiries, observed);
  std::vector<GroupStatus> statuses;
  statuses.reserve(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i)
    statuses.push_back({.agents = std::move(reports[i]), .problems = std::move(groups[i].problems)});
  return statuses;
}

bool nobody_answered(const std::vector<GroupStatus>& groups) {
  bool asked = false;
  for (const auto& group : groups) {
    for (const auto& node : group.agents.nodes) {
      if (!node.address) continue;
      if (node.word != AgentWord::unknown) return false;
      asked = true;
    }
  }
  return asked;
}

Result<std::vector<GroupStatus>> look(const settings::Environment& env) {
  VIP_TRY(auto api, connect_to_manager(env, -1));
  VIP_TRY(const auto identity, find_identity(api));
  Reconciler reconciler(api, identity, own_settings(env));
  VIP_TRY(const auto picture, reconciler.observe(WallTime(sys::wall_clock())));
  auto groups = deployed_groups(picture.observed);
  for (const auto& group : picture.groups) add_group_of_settings(group, groups);
  return ask(std::move(groups), picture.observed);
}

int local_status(StatusForm form) {
  std::vector<std::string> words{"status"};
  if (form == StatusForm::json) words.emplace_back("--json");
  return hand_over_to_agent(words);
}

}  // namespace

int run_status(const settings::Environment& env, StatusForm form) {
  const auto statuses = look(env);
  if (!statuses) {
    // Without a socket or on a worker there is no more to see than this host's agents. When a manager does
    // not answer, that is still better than nothing.
    if (may_pass(statuses.error())) {
      (void)std::fprintf(stderr, "swarm-vip: %s; this host's agents only\n",
                         statuses.error().context.c_str());
    }
    return local_status(form);
  }
  const auto text = form == StatusForm::json ? report_json(*statuses) : report_table(*statuses);
  (void)std::fputs(text.c_str(), stdout);
  return nobody_answered(*statuses) ? kFailed : kFine;
}

}  // namespace vip::swarm
