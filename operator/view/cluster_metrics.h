// The picture as numbers for Prometheus: the operator's own, each group's, and what its agents say
// (packaging/doc/metrics.md). Pure.
#pragma once

#include "common/metrics/exposition.h"
#include "operator/view/operator_facts.h"
#include "operator/view/view.h"

namespace vip::swarm {

void write_cluster_metrics(const View& view, const OperatorFacts& facts, metrics::Exposition& out);

}  // namespace vip::swarm
