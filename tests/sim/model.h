// The router a second time, as naively as the RFCs tell it (RFC 9568, 6.4; RFC 3768, 6.4): one letter for the
// state, one number of nanoseconds for each timer, one chain of conditions for each event. The simulator
// feeds both the same events and compares. It shares the event type with vrrp/core and nothing else, on
// purpose: what is written twice is rarely wrong twice in the same way.
//
// Where we deliberately do other than the RFCs:
//   a claim speaks only when the kernel has the address, and a router that never spoke leaves in silence;
//   with a preempt delay a lower priority is tolerated for that long and our skew, and watched meanwhile;
//   who yields says its own priority once more, so that the winner knows of it and announces again;
//   priority 0 shortens the wait of a backup and never lengthens it, however often it is said, and ends the
//   patience with whoever said it;
//   a loser is answered at once (RFC 9568 only), but not within half an interval of our last word;
//   who slept, lost its link or was refused the address listens for a whole down interval before it claims;
//   the owner of the addresses listens to nobody first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vrrp/core/virtual_router.h"

namespace vip::vrrp::sim {

struct Expected {
  std::vector<int> sent;  // priorities, in order
  bool hold = false;
  bool release = false;
};

class Model {
 public:
  explicit Model(const RouterConfig& config);

  Expected feed(std::int64_t now, const Event& event);
  // Nothing, or in words what the real router does otherwise than the model.
  [[nodiscard]] std::optional<std::string> difference(const Expected& expected, const Actions& actions,
                                                      const VirtualRouter& real) const;

 private:
  void started(std::int64_t now, bool link_up, Expected& out);
  void stopped(Expected& out);
  void expired(std::int64_t now, Expected& out);
  void heard(std::int64_t now, int priority, std::int64_t interval, const IpAddress& sender, Expected& out);
  void heard_in_backup(std::int64_t now, int priority, std::int64_t interval);
  void heard_in_active(std::int64_t now, int priority, std::int64_t interval, const IpAddress& sender,
                       Expected& out);
  void listen(std::int64_t now, Expected& out);
  void claim(Expected& out);
  void speak(std::int64_t now, Expected& out);
  void let_go(char to, Expected& out);
  [[nodiscard]] std::int64_t skew() const;
  [[nodiscard]] std::int64_t down() const { return 3 * heard_interval_ + skew(); }

  static constexpr std::int64_t kNever = -1;
  bool version_2_;
  int priority_;
  std::int64_t own_interval_;
  bool preempt_;
  std::int64_t preempt_delay_;
  std::int64_t start_wait_;
  IpAddress self_;

  char state_ = 'I';
  std::int64_t heard_interval_;
  bool has_address_ = false;
  std::int64_t last_spoken_ = kNever;
  std::int64_t retry_pause_ = 1'000'000'000;
  std::int64_t down_at_ = kNever;
  std::int64_t advert_at_ = kNever;
  std::int64_t preempt_at_ = kNever;
  std::int64_t retry_at_ = kNever;
};

}  // namespace vip::vrrp::sim
