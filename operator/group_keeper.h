// What the operator remembers of one group between two looks: what it has said already, and when to be
// patient. Nothing of it decides what should be there.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/backoff.h"
#include "common/base/time.h"
#include "operator/core/diff.h"
#include "operator/core/plan.h"
#include "operator/core/problems.h"

namespace vip::swarm {

class GroupKeeper {
 public:
  explicit GroupKeeper(std::string group) : group_(std::move(group)) {}

  // Logs what is new since the last look, and what is over.
  void report(const std::optional<plan::Plan>& plan, const std::vector<Problem>& problems);
  // What may be done now. `service`: the group's, if it is there; `desired`: nothing while a problem blocks.
  // `at` is `now` by the world's clock, as the Swarm knows it.
  [[nodiscard]] Leave leave(const Service* service, const ServiceSpec* desired, TimePoint now, WallTime at);
  // The service was, or is about to be, created or updated to this.
  void attempted(const ServiceSpec& service);

  void log_state() const;

 private:
  [[nodiscard]] bool may_create(const Service* service, TimePoint now);
  [[nodiscard]] UpdateLeave update_leave(const Service* service, const ServiceSpec& desired, TimePoint now,
                                         WallTime at);

  std::string group_;
  std::vector<Problem> reported_;
  std::optional<plan::Plan> last_plan_;
  bool service_seen_ = false;
  std::optional<TimePoint> missing_since_;
  std::string attempted_;  // the spec label of our last update
  std::optional<TimePoint> retry_at_;
  Backoff retry_pause_{std::chrono::seconds(30), std::chrono::minutes(10)};
};

}  // namespace vip::swarm
