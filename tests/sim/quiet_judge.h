// What must hold while no fault runs: the network delivers in order and in time, and nothing happens to the
// hosts but starts, stops and crashes. Then
//   nobody takes over from a living active router that everybody hears, but a better one that may preempt,
//   and not before lower priorities have served for its delay, whoever had them;
//   the address is always on somebody, until its owner dies: who leaves or yields waits for its successor;
//   of several that claim at the same time the best stays, by priority and then by address, and soon.
// An object that watches: look() after every event.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/cluster.h"

namespace vip::vrrp::sim {

class QuietJudge {
 public:
  explicit QuietJudge(const Cluster& cluster);

  // Between begin and end the rules hold. At the begin there is one settled owner.
  void begin();
  void end() { quiet_ = false; }
  // To be told of a start or stop, before it happens.
  void about_to_start(std::size_t host);
  void about_to_vanish(std::size_t host, bool politely);
  // A violation, in words.
  [[nodiscard]] std::optional<std::string> look();

 private:
  struct Seen {
    bool active = false;
    std::optional<TimePoint> serving_since;    // active and with the address: it speaks
    std::optional<TimePoint> tolerates_since;  // of a lower priority somebody serves, and did ever since
  };
  [[nodiscard]] std::optional<std::string> judge_claim(std::size_t host) const;
  [[nodiscard]] std::optional<std::string> judge_contest();
  void look_whom_it_tolerates(std::size_t host);
  [[nodiscard]] int priority(std::size_t host) const;

  const Cluster& cluster_;
  bool quiet_ = false;
  bool served_ = false;  // somebody holds the address, and its owner has not died since
  std::vector<Seen> seen_;
  std::set<std::size_t> contenders_;
  TimePoint contest_began_;
};

}  // namespace vip::vrrp::sim
