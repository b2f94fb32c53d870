// From one round of questions to the next: what is to be remembered of them, and the view of each. Pure; time
// comes with the rounds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "operator/view/history.h"
#include "operator/view/view.h"
#include "operator/watch/event.h"

namespace vip::swarm {

class Spectator {
 public:
  // `began`: takeovers before it were counted by an earlier life, or by nobody. Serials begin there, too, so
  // that no page takes the state of this life for one that it has of an earlier one.
  explicit Spectator(WallTime began);

  // `events`: what has changed since the last round, where that is known.
  [[nodiscard]] View see(Round round, const std::vector<Event>& events);

 private:
  struct Memory {
    std::map<std::string, WallTime, std::less<>> heard;  // by node id
    GroupTally tally;
    bool was_split = false;
    bool was_ownerless = false;
  };

  [[nodiscard]] GroupView view_of(GroupRound group, const Round& round, Duration elapsed);
  void remember(const std::vector<Event>& events, const std::vector<GroupView>& groups);

  WallTime began_;
  std::map<std::string, Memory, std::less<>> groups_;
  History history_;
  std::optional<TimePoint> last_;
  std::uint64_t serial_ = 0;
  std::string state_;
};

}  // namespace vip::swarm
