// Observe, plan, apply: one look at the Swarm after another brings the objects of all groups to what they
// should be. Level-triggered: a look depends on what is there, not on what happened; what is remembered
// between looks is only when to be patient, what was already said, and for how long the tasks of followed
// services have been there. Single-threaded; logs every change once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "operator/core/diff.h"
#include "operator/core/follower.h"
#include "operator/core/holder_labels.h"
#include "operator/core/problems.h"
#include "operator/docker/swarm_api.h"
#include "operator/group_keeper.h"
#include "operator/settings/operator_settings.h"

namespace vip::swarm {

// What a look at the Swarm yields for one group before anything is done.
struct GroupPicture {
  const ConfiguredGroup* configured = nullptr;
  const Service* service = nullptr;  // that of its agents, if it is there
  GroupPlan group;
  std::vector<Problem> problems;
  std::optional<Desired> desired;  // nothing while a problem blocks, or without members
};

struct Picture {
  Observed observed;
  std::vector<GroupPicture> groups;  // in the settings' order
};

class Reconciler {
 public:
  Reconciler(SwarmApi& api, Identity identity, OperatorSettings settings);

  // What is remembered of groups that stay is kept. Not while a Picture lives.
  void set(OperatorSettings settings);
  [[nodiscard]] const OperatorSettings& settings() const { return settings_; }

  // Looks only. Errors: whatever kept us from seeing everything; then nothing may be concluded.
  [[nodiscard]] Result<Picture> observe(TimePoint now, WallTime at);
  // The steps that would be taken, with nothing held back. `holders`: as far as they are known.
  [[nodiscard]] std::vector<Step> steps(const Picture& picture, const KnownHolders& holders) const;

  enum class Outcome : std::uint8_t {
    settled,
    watch,       // agents are starting or failing, of which the Swarm sends no word
    look_again,  // something was done or is waited for
  };
  // Brings what was just observed to what it should be; in a dry run says only how. One group's failure keeps
  // no other from its turn. Errors, of the first that failed: conflict (look again soon), unavailable and
  // others (later).
  [[nodiscard]] Result<Outcome> reconcile(const Picture& picture, const KnownHolders& holders, TimePoint now);

  // Whether any group follows a service that was there at the last look.
  [[nodiscard]] bool follows() const { return !followed_ids().empty(); }
  // A look at the tasks of such services alone: true when a whole look would change something.
  [[nodiscard]] Result<bool> look_at_tasks(TimePoint now);

  // How many it has made in the Swarm.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

  void log_state() const;

 private:
  // What is remembered of a group that follows a service.
  struct Following {
    std::string service;  // as the settings have it
    std::string id;       // empty while there is none
    Follower follower;
  };

  [[nodiscard]] GroupPicture picture_of(const ConfiguredGroup& configured, const Observed& observed,
                                        const KnownPlans& known, TimePoint now);
  // The nodes that are put back in the group.
  [[nodiscard]] NodeIds unserved(const GroupSettings& group, const Observed& observed,
                                 const KnownPlans& known, TimePoint now);
  [[nodiscard]] std::vector<std::string> followed_ids() const;
  // Those that hold the settings' own key or password.
  [[nodiscard]] std::set<std::string> matching_secrets(const ConfiguredGroup& configured,
                                                       const Observed& observed);
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] Result<Outcome> reconcile(const GroupPicture& picture, const Observed& observed,
                                          ObjectIds& ids, TimePoint now);
  void say(const Picture& picture, const KnownHolders& holders);
  [[nodiscard]] std::vector<Step> steps_of_labels(const Picture& picture, const KnownHolders& holders) const;
  [[nodiscard]] Status apply(const std::vector<Step>& steps, const ConfiguredGroup* group, ObjectIds& ids);
  [[nodiscard]] Status apply(const Step& step, const ConfiguredGroup* group, ObjectIds& ids);
  [[nodiscard]] Result<std::string> create(const SecretSpec& secret, const ConfiguredGroup& group);
  [[nodiscard]] GroupKeeper& keeper(const ConfiguredGroup& group);

  SwarmApi& api_;
  Identity identity_;
  OperatorSettings settings_;
  std::uint64_t changes_ = 0;
  std::set<std::string> would_;                                   // what a dry run said in its last round
  std::map<std::string, GroupKeeper> keepers_;                    // by the group's name
  std::map<std::string, Following> following_;                    // by the group's name
  std::map<std::pair<std::string, std::string>, bool> verified_;  // by verifier and group: a check is slow
};

}  // namespace vip::swarm
