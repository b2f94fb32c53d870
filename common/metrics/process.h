// The families that every program has by the names that Prometheus' own libraries give them.
#pragma once

#include "common/base/process_facts.h"
#include "common/metrics/exposition.h"

namespace vip::metrics {

void add_process(Exposition& exposition, const ProcessFacts& process);

}  // namespace vip::metrics
