// The status of all groups as one document, and as a table for people.
#pragma once

#include <string>
#include <vector>

#include "operator/core/agent_report.h"
#include "operator/core/problems.h"

namespace vip::swarm {

struct GroupStatus {
  GroupReport agents;
  std::vector<Problem> problems;
};

// {"routers": [...], "nodes": [...], "problems": [...]}: what each agent says of each of its routers, the
// nodes without such an answer and why, and what is wrong, the agents' troubles among it.
[[nodiscard]] std::string report_json(const std::vector<GroupStatus>& groups);
// The same in one line.
[[nodiscard]] std::string report_line(const std::vector<GroupStatus>& groups);
// {"error": ...}: the line where there is no such document.
[[nodiscard]] std::string error_line(const std::string& error);
[[nodiscard]] std::string report_table(const std::vector<GroupStatus>& groups);

}  // namespace vip::swarm
