// What is wrong with a group right now, in words that name the remedy where there is one: for the log and
// for `status`. Pure; the same observation gives the same list, so that only changes need to be logged.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "operator/core/model.h"
#include "operator/core/plan.h"

namespace vip::swarm {

enum class Severity : std::uint8_t {
  note,  // as somebody asked for it, and worth to be remembered
  warning,
  error,
};

[[nodiscard]] std::string_view name(Severity severity);

struct Problem {
  Severity severity = Severity::warning;
  std::string text;
  bool blocks = false;  // nothing is created or changed for the group while this lasts
  friend bool operator==(const Problem&, const Problem&) = default;
};

// Whether a group may go on although services of another keepalived operator hold its addresses.
enum class Beside : std::uint8_t { refuse, tolerate };

// What keeps us from touching the group, or is wrong with its settings, labels and plan.
[[nodiscard]] std::vector<Problem> group_problems(const GroupSettings& settings, const GroupPlan& plan,
                                                  const KnownPlans& known, const Identity& identity,
                                                  const Observed& observed, Beside beside);

// What is wrong with a group's service and its tasks on the members' nodes.
[[nodiscard]] std::vector<Problem> service_problems(const Service& service, const plan::Plan& plan,
                                                    const Observed& observed);

// Who is put back because of the service that the group follows, and what is wrong with that service.
[[nodiscard]] std::vector<Problem> problems_of_following(const plan::Plan& plan, const Observed& observed);

[[nodiscard]] bool any_blocks(const std::vector<Problem>& problems);

}  // namespace vip::swarm
