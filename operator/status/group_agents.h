// The groups that are deployed, and what their agents say now: all are asked at once, so that those who do
// not answer cost one limit of time together.
#pragma once

#include <string>
#include <vector>

#include "operator/core/agent_report.h"
#include "operator/core/model.h"
#include "operator/status/agent_query.h"

namespace vip::swarm {

// Whom to ask about one group.
struct Inquiry {
  std::string group;
  const Service* service = nullptr;  // that of its agents; null before the first deployment
  std::vector<std::string> nodes;    // ids: of whom to report, in this order
};

// One report for each inquiry, in their order, rivals found. Never fails: a node without an answer has a
// reason instead.
[[nodiscard]] std::vector<GroupReport> ask_groups(const std::vector<Inquiry>& inquiries,
                                                  const Observed& observed, const Waiting& waiting = {});

}  // namespace vip::swarm
