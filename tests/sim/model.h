// The router a second time, as naively as the RFCs tell it (RFC 9568, 6.4; RFC 3768, 6.4): one letter for the
// state, one number of nanoseconds for each timer, one chain of conditions for each event. The simulator
// feeds both the same events and compares. It shares the event type with vrrp/core and nothing else, on
// purpose: what is written twice is rarely wrong twice in the same way.
//
// Where we deliberately do other than the RFCs:
//   a claim speaks only when the kernel has the address, and a router that never spoke leaves in silence;
//   with a preempt delay a lower priority is tolerated for that long and our skew, and watched meanwhile;
//   where a person put us on a higher level, the skew is all, whatever the settings say of preemption, but
//   not before the preempt delay after we began to listen, nor at a first word of another than we follow,
//   and there is nobody who had the address for longer; who yields says its own priority once more, so that
//   the winner knows of it and announces again; priority 0 shortens the wait of a backup and never lengthens
//   it, however often it is said, and ends the patience with whoever said it; said by another than the one we
//   follow it means nothing; a loser is answered at once (RFC 9568 only), but not within half an interval of
//   our last word; who slept, lost its link or was refused the address listens for a whole down interval
//   before it claims; the owner of the addresses listens to nobody first; who finds at its claim that another
//   host has the address is in a fault and tries again later; a loser that goes on for five intervals and a
//   second, with no gap of three, does not hear us: we yield, and leave it the addresses for a minute,
//   doubled each time up to four, forgotten four minutes later; a longer interval of our own is said three
//   times at the old pace before we follow it ourselves; one of a group claims when it is told that all can,
//   and yields when it is told that one must; who yields to a better one, or leaves, is active no more and
//   yet keeps the addresses: each for 20 ms after the successor has both advertised and announced it (in the
//   second before, at the earliest), else for a second after its advertisement, and 7 s at most. Who leaves
//   waits for three times the slowest skew and 20 ms for that advertisement, and says priority 0 again each
//   time. Who must be silent lets go at once.
// And what the answers of peers of ours to our questions change:
//   a first listening, also that after a link that was down since the start, may be longer until a first
//   answer; longer than a down interval it ends a down interval after all are known to be quiet;
//   who slept as active and still has the address goes on after half an interval of silence, or as soon as
//   all whom it knows are quiet, unless somebody was or is active; who slept as a backup waits an interval
//   and its skew at least, and listens as at the start; without preemption, after a split, who is worse says
//   a word and then obeys the second one of who is better (the first after three quarters of an interval),
//   and who is better yields to one with more contacts, or as many and longer active; both must have been so
//   for four intervals; with an older plan than a living peer's nobody preempts and everybody waits a whole
//   interval after a priority 0; who is active says 0 when it has known for a minute; the patience with one
//   that did not hear us ends when it answers again; an active router that fell silent is asked after two of
//   its intervals and each half one from then on, and while it answers that it serves, a backup waits for a
//   whole down interval more, also for one with a lower priority; and who is active asks the LAN, once, a
//   second and a half after every other must have let go, and leaves it to one of ours that has the address.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "vrrp/core/virtual_router.h"

namespace vip::vrrp::sim {

struct Expected {
  std::vector<int> sent;  // priorities, in order
  bool hold = false;
  bool release = false;
  std::vector<IpPrefix> released;  // one by one
  bool ready = false;              // one of a group: could claim
  bool other_interval = false;     // in the same state waits or speaks by another one
};

class Model {
 public:
  explicit Model(const RouterConfig& config);

  Expected feed(std::int64_t now, const Event& event);
  // Goes on in another process: this model is a copy, made when the router's memory was.
  struct Resumed {
    std::int64_t now = 0;
    std::int64_t as_of = 0;  // when the other process was last known to live
    bool is_fresh = true;    // and it had heard nothing since the copy was made
    bool link_up = true;
    bool addresses_kept = true;
  };
  Expected resumed(const Resumed& how, const RouterConfig& config);
  // Nothing, or in words what the real router does otherwise than the model.
  [[nodiscard]] std::optional<std::string> difference(const Expected& expected, const Actions& actions,
                                                      const VirtualRouter& real) const;

 private:
  void started(std::int64_t now, bool link_up, Expected& out);
  void stopped(std::int64_t now, int farewells, Expected& out);
  void expired(std::int64_t now, Expected& out);
  void heard(std::int64_t now, int priority, std::int64_t interval, const IpAddress& sender, Expected& out);
  void heard_in_backup(std::int64_t now, int priority, std::int64_t interval, const IpAddress& sender);
  void heard_in_active(std::int64_t now, int priority, std::int64_t interval, const IpAddress& sender,
                       Expected& out);
  void answered(std::int64_t now, const Answered& answer, Expected& out);
  void heard_voice(std::int64_t now, const IpAddress& whose, std::int64_t interval);
  void forget_voice();
  void doubt(std::int64_t now);
  void taken(std::int64_t now, const std::optional<IpAddress>& member, Expected& out);
  void answered_in_backup(std::int64_t now, const Answered& answer);
  void answered_in_active(std::int64_t now, const Answered& answer, Expected& out);
  void slept(std::int64_t now, bool address_kept, Expected& out);
  void follow(std::int64_t now, const IpAddress& whom, std::int64_t interval);
  void reconfigured(std::int64_t now, const RouterConfig& config, Expected& out);
  void forget_what_is_short_lived(const RouterConfig& config);
  void adopt(const RouterConfig& config);
  void listen(std::int64_t now, Expected& out);
  void listen_first(std::int64_t now);
  void retry_later(std::int64_t now);
  void may_claim(std::int64_t now, Expected& out);
  void claim(std::int64_t now, Expected& out);
  void speak(std::int64_t now, Expected& out);
  void let_go(char to, Expected& out);
  void keep_for_another(char to, std::int64_t now, std::int64_t nobody_by, Expected& out);
  void other_spoke(std::int64_t now, Expected& out);
  void other_announced(std::int64_t now, const IpAddress& address, Expected& out);
  void take_leave(std::int64_t now, Expected& out);
  void release_what_is_due(std::int64_t now, Expected& out);
  void drop_what_is_kept(Expected& out);
  [[nodiscard]] std::int64_t kept_until(const IpPrefix& prefix) const;
  [[nodiscard]] std::int64_t next_release() const;
  [[nodiscard]] bool goes_unheard(std::int64_t now, std::int64_t losers_interval, const IpAddress& loser);
  [[nodiscard]] bool leaves_it_to_us(std::int64_t now, int priority, std::int64_t winners_interval,
                                     const IpAddress& winner, Expected& out);
  [[nodiscard]] bool is_longer_there(std::int64_t now, const Answered& loser) const;
  [[nodiscard]] bool speaking() const { return has_address_ && resume_at_ == kNever; }
  [[nodiscard]] bool outdated(std::int64_t now) const;
  [[nodiscard]] bool settled(std::int64_t now) const;
  [[nodiscard]] bool higher(int one, int other) const;
  // What a next life has to know at once.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> intervals() const {
    return {heard_interval_, state_ == 'A' ? pace() : 0};
  }
  [[nodiscard]] std::int64_t pace() const { return slow_words_ > 0 ? old_interval_ : own_interval_; }
  [[nodiscard]] std::int64_t skew() const;
  [[nodiscard]] std::int64_t down() const { return 3 * heard_interval_ + skew(); }

  static constexpr std::int64_t kNever = -1;
  bool version_2_ = false;
  int priority_ = 0;
  std::int64_t own_interval_ = 0;
  bool preempt_ = true;
  std::vector<int> levels_;  // of priorities, made by a person
  std::int64_t preempt_delay_ = 0;
  std::int64_t start_wait_ = 0;
  std::int64_t start_grace_ = 0;
  std::int64_t lease_ = 0;
  bool in_group_ = false;
  bool decides_ties_ = true;
  bool has_kin_ = false;
  std::uint64_t generation_ = 0;
  std::vector<IpPrefix> addresses_;
  IpAddress self_;

  char state_ = 'I';
  std::int64_t heard_interval_ = 0;
  std::optional<IpAddress> follows_;  // a backup: whom it heard last
  bool it_leaves_ = false;            // and that said priority 0
  bool was_patient_ = false;          // in a group: its delay is over, the others' may not be
  bool has_address_ = false;
  std::int64_t last_spoken_ = kNever;
  std::int64_t retry_pause_ = 1'000'000'000;
  int slow_words_ = 0;  // still to be said at the old interval
  std::int64_t old_interval_ = 0;
  std::int64_t loser_since_ = kNever;
  std::int64_t loser_last_ = kNever;
  std::int64_t loser_told_ = kNever;  // our word that it can have heard first
  IpAddress loser_;
  std::int64_t humble_until_ = 0;  // leaves the addresses to whoever does not hear us
  std::int64_t humble_for_ = 60'000'000'000;
  std::optional<IpAddress> deaf_;    // who did not hear us
  bool heard_one_ = false;           // since the start
  std::int64_t graceless_ = kNever;  // when the first listening ends if anybody answers
  bool taken_ = false;               // by a host that is no router
  bool first_time_ = false;          // listens since its start or sleep, and has heard nothing yet
  std::set<IpAddress> kin_;          // whoever answered once
  std::int64_t active_since_ = kNever;
  std::int64_t winner_since_ = kNever;
  std::int64_t obeys_at_once_from_ = 0;
  std::int64_t newer_plan_since_ = kNever;
  std::int64_t newer_plan_last_ = kNever;
  std::int64_t down_at_ = kNever;
  std::int64_t advert_at_ = kNever;
  std::int64_t preempt_at_ = kNever;
  std::int64_t retry_at_ = kNever;
  struct LastVoice {
    IpAddress whose;
    std::int64_t interval = 0;
    std::int64_t heard = 0;
  };
  std::optional<LastVoice> voice_;  // a backup: of the last active router, whatever its priority
  std::int64_t doubt_at_ = kNever;
  std::int64_t resume_at_ = kNever;
  std::vector<IpPrefix> kept_;  // for a successor
  std::int64_t kept_since_ = kNever;
  std::int64_t nobody_by_ = kNever;
  std::int64_t other_spoke_ = kNever;
  std::map<IpAddress, std::int64_t> others_;  // announced by somebody else
  int farewells_ = 0;
  std::int64_t farewell_at_ = kNever;
};

}  // namespace vip::vrrp::sim
