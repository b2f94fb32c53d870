// Which members of a group are put back because the service that the group follows has no healthy task there:
// with patience, so that a service that flaps never rolls the group. Of who is put back the plan says so, and
// from the plan an operator that starts knows it. Pure; time is an argument.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/backoff.h"
#include "common/base/time.h"

namespace vip::swarm {

// How often tasks are asked for: the Swarm sends no events of them.
inline constexpr std::chrono::seconds kTaskPoll{2};
// So long a task may be missing. More than the 5 s after which the Swarm starts a new one where nobody says
// otherwise: a single crash moves nothing.
inline constexpr std::chrono::seconds kMissingMax{8};
// So long a task has to be there until its node counts again; doubled with each time that the node is put
// back.
inline constexpr std::chrono::seconds kReturnFirst{30};
inline constexpr std::chrono::seconds kReturnLongest{300};
// Where nobody else has a task: a part of that.
inline constexpr int kHurry = 6;
// Who had its place for so long begins anew.
inline constexpr std::chrono::minutes kCalm{10};
// After a longer time without an answer nothing is known of what was between.
inline constexpr std::chrono::seconds kBlindMax{10};

using NodeIds = std::set<std::string, std::less<>>;

struct FollowingMember {
  std::string id;
  std::optional<bool> unserved;  // as the deployed plan has it; nothing: not in that plan
  bool counts = true;            // else nothing is concluded of it: it is down, out of service or drained
};

class Follower {
 public:
  // A look at everything. `served`: the nodes with a healthy task.
  void look(TimePoint now, const std::vector<FollowingMember>& members, const NodeIds& served);
  // A look at the tasks alone.
  void see(TimePoint now, const NodeIds& served);

  // Whether somebody else is to be put back than was decided last.
  [[nodiscard]] bool is_due(TimePoint now) const { return verdict(now) != put_back(); }
  // Who is put back from now on.
  [[nodiscard]] NodeIds decide(TimePoint now);

 private:
  struct Place {
    Backoff waits{kReturnFirst, kReturnLongest};
    Duration wait{};  // how long a task has to be there before it stands again
    std::optional<TimePoint> served_since;
    // Since when it was not served for kMissingMax without a break, while another was.
    std::optional<TimePoint> missing_since;
    std::optional<TimePoint> stood_since;  // nothing: from the beginning
    bool stands = true;
    bool counts = true;

    [[nodiscard]] bool served_for(TimePoint now, Duration span) const {
      return served_since && now - *served_since >= span;
    }
  };

  [[nodiscard]] static Place newcomer(const FollowingMember& member, const NodeIds& served, bool any_served);
  [[nodiscard]] NodeIds verdict(TimePoint now) const;
  [[nodiscard]] NodeIds put_back() const;
  [[nodiscard]] bool may_return(const Place& place, TimePoint now) const;
  [[nodiscard]] static bool must_leave(const Place& place, TimePoint now);
  void forget();

  std::map<std::string, Place, std::less<>> places_;  // by node
  std::optional<TimePoint> seen_at_;
  std::optional<TimePoint> bare_since_;  // nobody who stands has a task
};

}  // namespace vip::swarm
