// The picture as the JSON that the page reads (GET /api/state). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "operator/view/history.h"
#include "operator/view/operator_facts.h"
#include "operator/view/view.h"

namespace vip::swarm {

// {"groups": [...], "history": [...]}: the same as long as nothing has changed that a person would want to
// know.
[[nodiscard]] std::string state_text(const std::vector<GroupView>& groups,
                                     const std::vector<HistoryEntry>& history);

struct Moment {
  TimePoint now;
  WallTime at;
};

// The whole answer, with the view's state unless it is the one that the asker has.
[[nodiscard]] std::string state_answer(const View& view, const OperatorFacts& facts,
                                       std::optional<std::uint64_t> known, const Moment& moment);

}  // namespace vip::swarm
