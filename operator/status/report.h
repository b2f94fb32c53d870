// The status of all groups as one document, and as a table for people. What agents answered is read with
// care: it came over the network.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/plan/plan.h"
#include "operator/core/problems.h"

namespace vip::swarm {

struct MemberStatus {
  plan::Member member;
  Result<std::string> answer;  // the agent's own document
};

struct GroupStatus {
  std::string group;
  std::vector<MemberStatus> members;
  std::vector<Problem> problems;
};

// {"routers": [...], "nodes": [...], "problems": [...]}: what each agent says of each of its routers, the
// members without such an answer and why, and what is wrong.
[[nodiscard]] std::string report_json(const std::vector<GroupStatus>& groups);
[[nodiscard]] std::string report_table(const std::vector<GroupStatus>& groups);

}  // namespace vip::swarm
