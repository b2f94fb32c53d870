// An agent's status document, read with care: it came over the network.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "operator/core/agent_report.h"

namespace vip::swarm {

// Puts what the document says into the report of the node that was asked. Errors: invalid, when this is no
// document of an agent of the group; then the report is as it was.
[[nodiscard]] Status read_answer(std::string_view document, std::string_view group, NodeReport& report);

}  // namespace vip::swarm
