// What an agent says about itself in Prometheus' words; the table of families is packaging/doc/metrics.md.
#pragma once

#include <string>

#include "common/base/process_facts.h"
#include "vrrp/status.h"

namespace vip::vrrp {

[[nodiscard]] std::string metrics_text(const AgentStatus& status, const ProcessFacts& process);

}  // namespace vip::vrrp
