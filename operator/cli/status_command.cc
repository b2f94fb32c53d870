#include "operator/cli/status_command.h"

#include <cstdio>
#include <string>
#include <vector>

#include "operator/cli/hand_over.h"
#include "operator/cli/swarm_look.h"
#include "operator/exit_status.h"
#include "operator/start.h"
#include "operator/status/report.h"

namespace vip::swarm {
namespace {

std::vector<GroupStatus> statuses_of(const SwarmLook& look) {
  std::vector<GroupStatus> statuses;
  statuses.reserve(look.groups.size());
  for (const auto& group : look.groups)
    statuses.push_back({.agents = group.agents, .problems = group.problems});
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

int local_status(StatusForm form) {
  std::vector<std::string> words{"status"};
  if (form == StatusForm::json) words.emplace_back("--json");
  return hand_over_to_agent(words);
}

}  // namespace

int run_status(const settings::Environment& env, StatusForm form) {
  const auto look = look_at_swarm(env, own_settings(env));
  if (!look) {
    // Without a socket or on a worker there is no more to see than this host's agents. When a manager does
    // not answer, that is still better than nothing.
    if (may_pass(look.error())) {
      (void)std::fprintf(stderr, "swarm-vip: %s; this host's agents only\n", look.error().context.c_str());
    }
    return local_status(form);
  }
  const auto statuses = statuses_of(*look);
  const auto text = form == StatusForm::json ? report_json(statuses) : report_table(statuses);
  (void)std::fputs(text.c_str(), stdout);
  return nobody_answered(statuses) ? kFailed : kFine;
}

}  // namespace vip::swarm
