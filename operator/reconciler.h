// Observe, plan, apply: one look at the Swarm after another brings the group's objects to what they should
// be. Level-triggered: a look depends on what is there, not on what happened; what is remembered between
// looks is only when to be patient and what was already said. Single-threaded; logs every change once.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/backoff.h"
#include "common/base/time.h"
#include "operator/core/diff.h"
#include "operator/core/problems.h"
#include "operator/docker/swarm_api.h"
#include "operator/settings/operator_settings.h"

namespace vip::swarm {

// What a look at the Swarm yields before anything is done.
struct Picture {
  Observed observed;
  GroupPlan group;
  std::vector<Problem> problems;
  std::optional<Desired> desired;  // nothing while a problem blocks, or without members
};

class Reconciler {
 public:
  Reconciler(SwarmApi& api, Identity identity, OperatorSettings settings);

  // Looks only. Errors: whatever kept us from seeing everything; then nothing may be concluded.
  [[nodiscard]] Result<Picture> observe(WallTime at);
  // The steps that would be taken, with nothing held back.
  [[nodiscard]] std::vector<Step> steps(const Picture& picture) const;

  enum class Outcome : std::uint8_t {
    settled,
    watch,       // agents are starting or failing, of which the Swarm sends no word
    look_again,  // something was done or is waited for
  };
  // One whole round. Errors: conflict (look again soon), unavailable and others (later).
  [[nodiscard]] Result<Outcome> reconcile(TimePoint now, WallTime at);

  void log_state() const;

 private:
  [[nodiscard]] std::set<std::string> matching_passwords(const Observed& observed);
  void report(const Picture& picture);
  [[nodiscard]] bool may_create(const Service* service, TimePoint now);
  [[nodiscard]] UpdateLeave update_leave(const Service* service, const ServiceSpec& desired, TimePoint now);
  [[nodiscard]] Status apply(const Step& step, ObjectIds& ids);
  [[nodiscard]] Result<std::string> create(const SecretSpec& secret);

  SwarmApi& api_;
  Identity identity_;
  OperatorSettings settings_;
  std::map<std::string, bool> verified_;  // by verifier: a check is slow on purpose
  std::vector<Problem> reported_;
  std::optional<plan::Plan> last_plan_;
  bool service_seen_ = false;
  std::optional<TimePoint> missing_since_;
  std::string attempted_;  // the spec label of our last update
  std::optional<TimePoint> retry_at_;
  Backoff retry_pause_{std::chrono::seconds(30), std::chrono::minutes(10)};
};

}  // namespace vip::swarm
