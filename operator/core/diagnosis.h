// The cluster's half of `doctor`: from what the Swarm, the settings and the agents say to findings. Pure;
// what is wrong with a group is taken from problems.h and agent_report.h, so that all commands say the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/plan/plan.h"
#include "common/report/explanation.h"
#include "common/report/finding.h"
#include "operator/core/agent_report.h"
#include "operator/core/model.h"
#include "operator/core/problems.h"

namespace vip::swarm {

struct GroupFacts {
  GroupReport agents;
  std::vector<Problem> problems;
  std::optional<plan::Plan> plan;  // the deployed one
  std::string operator_service;    // by its agents' label; empty: it runs outside the Swarm
  bool is_deployed = false;
};

// A service that is the operator of groups.
struct OperatorService {
  std::string service;
  bool exists = false;
  bool runs = false;  // one of its tasks does
  std::string error;  // of the last task that failed
};

struct ClusterFacts {
  std::vector<std::string> setting_faults;
  std::vector<std::string> setting_warnings;
  std::vector<std::string> forbidden;  // what a proxy before the Docker API does not let through
  Observed observed;
  WallTime asked_at;  // when the agents were asked
  std::vector<GroupFacts> groups;
  std::vector<OperatorService> operators;
};

// Why there is nothing to say about the cluster. `is_worker`: this node is no manager, or there is no engine
// to ask, as it is right on most nodes.
[[nodiscard]] report::Finding judge_api(const Error& error, bool is_worker);

[[nodiscard]] report::Findings diagnose(const ClusterFacts& facts);

// The parts of diagnose(), in its order.
[[nodiscard]] report::Findings judge_settings(const ClusterFacts& facts);
[[nodiscard]] report::Findings judge_access(const ClusterFacts& facts);
[[nodiscard]] report::Findings judge_managers(const ClusterFacts& facts);
[[nodiscard]] report::Findings judge_operators(const ClusterFacts& facts);
[[nodiscard]] report::Findings judge_nodes(const ClusterFacts& facts);
[[nodiscard]] report::Findings judge_groups(const ClusterFacts& facts);
[[nodiscard]] report::Findings judge_networks(const ClusterFacts& facts);
[[nodiscard]] report::Findings judge_clocks(const ClusterFacts& facts);
[[nodiscard]] report::Findings judge_leftovers(const ClusterFacts& facts);

// The group in the words of explanation.h.
[[nodiscard]] report::GroupWord group_word(const GroupReport& agents, const plan::Plan* plan,
                                           const Observed& observed);

}  // namespace vip::swarm
