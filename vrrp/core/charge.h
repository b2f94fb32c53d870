// Who of a host's agents is in charge of the group, as each of them sees it. Swarm starts the new agent
// beside the old one and stops the old one seconds later, or never: up to four siblings at once, with signals
// in any order. One of them speaks; the others are connected to it and silent.
//
//   seeking --name free--> in_charge --ready--> handing --commit--> deposed --name free--> in_charge ...
//      |                      ^  ^
//      +--name held--> candidate +--committed-- taking <--ready-- candidate or deposed
//
// Who is in charge holds a name that the kernel gives to one process only (a listening socket in the host's
// network namespace). All safety rests on that: whoever lost the one in charge tries to take the name, and
// one of them gets it, however the others misread what happened. The name itself travels with `committed`, so
// that a planned handoff never sets it free:
//
//   the new one             the one in charge
//       | ask                     |        tested itself; may have the charge whenever it is given
//       |------------------------>|
//       |                  ready  |        with its whole state; it is silent from here
//       |<------------------------|
//       | commit                  |        could read the state
//       |------------------------>|        until here it may change its mind, from here on never
//       |        committed, name  |
//       |<------------------------|
//   in charge                  deposed     `mirror` follows now and then, with the state
//
// A handoff is a loan: when the successor dies, the kernel closes its connections and its name, and one of
// the siblings goes on from the state last mirrored. When it has SIGTERM, it hands the charge back by the
// same exchange. The later start is the newer agent, whatever its plan says. Pure: the shell carries out the
// actions in order; states, descriptors and bytes are its business.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/time.h"
#include "common/base/timer_table.h"

namespace vip::vrrp {

enum class Standing : std::uint8_t {
  seeking,    // knows of nobody, or cannot reach whoever holds the name
  candidate,  // connected to the one in charge, and newer than it
  taking,     // has the state and said commit
  in_charge,
  handing,  // said ready, silent
  deposed,  // silent, rightly: it handed the charge over, or a newer one has it
  leaving,  // has SIGTERM and nobody to hand over to: in charge until it is gone
  gone,
};
[[nodiscard]] std::string_view name(Standing standing);

// A connection to a sibling; the shell numbers them and never uses a number twice.
struct SiblingId {
  std::uint64_t value = 0;
  friend auto operator<=>(SiblingId, SiblingId) = default;
};

// Of two agents the later one is the newer. The nonce is random and decides between equal times.
struct StartOrder {
  TimePoint started;
  std::uint64_t nonce = 0;
  friend auto operator<=>(const StartOrder&, const StartOrder&) = default;
};

enum class Word : std::uint8_t { ask, ready, commit, committed, abort, mirror };
[[nodiscard]] std::string_view name(Word word);

struct SiblingMessage {
  Word word = Word::ask;
  std::uint64_t handoff = 0;  // which one: ready, commit, committed, abort
  // With mirror: how many are to go on before the receiver if the one in charge dies.
  std::uint32_t rank = 0;
  // What came along was there and could be read: the state of ready and mirror, the name of committed.
  bool sound = false;
  friend bool operator==(const SiblingMessage&, const SiblingMessage&) = default;
};

struct ChargeConfig {
  StartOrder order;
  // How long the one in charge stays silent for a successor that does not answer: below one interval.
  Duration patience = std::chrono::milliseconds(100);
  Duration beat = std::chrono::milliseconds(250);  // between mirrors
  Duration test = std::chrono::seconds(2);         // how long a new agent runs before it asks
};

namespace charge {

// --- events -----------------------------------------------------------------------------------------------
struct Started {};
struct TimerExpired {};
struct Terminated {};  // SIGTERM
// The answers to Reach, one of them.
struct NameTaken {};    // by us: nobody else has it
struct HungUp {};       // whoever has it, or had, closed before it proved to be a sibling
struct Unreachable {};  // whoever has it proves to be none, or cannot be asked
struct Met {            // a sibling proved to be one
  SiblingId sibling;
  StartOrder order;
  bool incoming = false;  // it came to us, over the name we hold or held
};
struct Lost {  // its end is closed, after everything it had sent was heard
  SiblingId sibling;
};
struct Heard {
  SiblingId sibling;
  SiblingMessage message;
};
struct Changed {};  // the state that is mirrored changed in a way that must not wait for the beat
using Event = std::variant<Started, TimerExpired, Terminated, NameTaken, HungUp, Unreachable, Met, Lost,
                           Heard, Changed>;

// --- actions ----------------------------------------------------------------------------------------------
struct Reach {  // take the name, or else connect to who has it and prove each other; to be answered
  friend bool operator==(const Reach&, const Reach&) = default;
};
struct Send {  // ready and mirror with the state; committed with the name and all else that belongs to it
  SiblingId to;
  SiblingMessage message;
  friend bool operator==(const Send&, const Send&) = default;
};
struct Close {
  SiblingId sibling;
  friend bool operator==(const Close&, const Close&) = default;
};
struct FallSilent {  // say and change nothing more, but remember the state
  friend bool operator==(const FallSilent&, const FallSilent&) = default;
};
struct GoOn {  // the handoff came to nothing
  friend bool operator==(const GoOn&, const GoOn&) = default;
};
struct TakeCharge {  // from the state last heard of or remembered, else as a first start
  friend bool operator==(const TakeCharge&, const TakeCharge&) = default;
};
struct GiveUpCharge {  // it is another's: close the name and what else was handed over
  friend bool operator==(const GiveUpCharge&, const GiveUpCharge&) = default;
};
struct LeavePolitely {  // nobody here goes on
  friend bool operator==(const LeavePolitely&, const LeavePolitely&) = default;
};
struct Exit {  // without a word to the network
  friend bool operator==(const Exit&, const Exit&) = default;
};
using Action =
    std::variant<Reach, Send, Close, FallSilent, GoOn, TakeCharge, GiveUpCharge, LeavePolitely, Exit>;
using Actions = std::vector<Action>;

}  // namespace charge

class Charge {
 public:
  explicit Charge(ChargeConfig config);

  [[nodiscard]] charge::Actions step(TimePoint now, const charge::Event& event);

  enum class Timer : std::uint8_t { test, reach, patience, beat, retry, count };
  [[nodiscard]] std::optional<Deadline<Timer>> next_deadline() const { return timers_.next(); }

  [[nodiscard]] Standing standing() const { return standing_; }
  // Whether it is the one that acts for the group on this host.
  [[nodiscard]] bool speaks() const {
    return standing_ == Standing::in_charge || standing_ == Standing::leaving;
  }
  // What Swarm may be told: a new agent is healthy once it has taken charge, and who rightly waits is, too.
  [[nodiscard]] bool is_healthy() const;
  // Whom it takes for the one in charge, while that is another.
  [[nodiscard]] std::optional<SiblingId> above() const { return above_; }
  // How many siblings are connected to the one in charge, of whom it knows.
  [[nodiscard]] std::size_t siblings() const { return siblings_.size(); }
  // No handoff before: too many successors failed.
  [[nodiscard]] bool refuses(TimePoint now) const { return now < refuse_until_; }

 private:
  struct Sibling {
    StartOrder order;
    bool tested = false;
    bool tried = false;    // since we have SIGTERM
    TimePoint not_before;  // after a handoff to it that came to nothing
  };
  using Siblings = std::map<SiblingId, Sibling>;

  void on(TimePoint now, const charge::Started& event, charge::Actions& out);
  void on(TimePoint now, const charge::TimerExpired& event, charge::Actions& out);
  void on(TimePoint now, const charge::Terminated& event, charge::Actions& out);
  void on(TimePoint now, const charge::NameTaken& event, charge::Actions& out);
  void on(TimePoint now, const charge::HungUp& event, charge::Actions& out);
  void on(TimePoint now, const charge::Unreachable& event, charge::Actions& out);
  void on(TimePoint now, const charge::Met& event, charge::Actions& out);
  void on(TimePoint now, const charge::Lost& event, charge::Actions& out);
  void on(TimePoint now, const charge::Heard& event, charge::Actions& out);
  void on(TimePoint now, const charge::Changed& event, charge::Actions& out);

  void heard_from_below(TimePoint now, SiblingId sibling, const SiblingMessage& message,
                        charge::Actions& out);
  void heard_from_above(TimePoint now, const SiblingMessage& message, charge::Actions& out);
  void expired(TimePoint now, Timer timer, charge::Actions& out);

  void reach(charge::Actions& out);
  void take_charge(TimePoint now, charge::Actions& out);
  // The one above is below us from here on.
  void trade_places();
  void close_siblings(charge::Actions& out, std::optional<SiblingId> except = std::nullopt);
  // Whoever may have the charge now, if anybody, is offered it.
  void consider(TimePoint now, charge::Actions& out);
  void offer(TimePoint now, SiblingId sibling, charge::Actions& out);
  void hand_over(charge::Actions& out);
  void handoff_failed(TimePoint now, charge::Actions& out);
  void note_failure(TimePoint now);
  void mirror(TimePoint now, charge::Actions& out);
  void exit(charge::Actions& out);
  [[nodiscard]] bool may_succeed(TimePoint now, const Sibling& sibling) const;
  [[nodiscard]] std::optional<SiblingId> successor(TimePoint now) const;
  // Who goes on without us, best first.
  [[nodiscard]] std::vector<SiblingId> heirs() const;
  [[nodiscard]] Standing waiting() const { return stands_by_ ? Standing::deposed : Standing::candidate; }

  ChargeConfig config_;
  Standing standing_ = Standing::seeking;
  TimerTable<Timer> timers_;
  bool tested_ = false;
  bool terminated_ = false;

  // Not in charge.
  std::optional<SiblingId> above_;  // the one in charge
  StartOrder above_order_;
  bool stands_by_ = false;  // rightly: healthy although not in charge
  bool reaching_ = false;
  unsigned hang_ups_ = 0;  // in a row
  std::optional<std::uint32_t> rank_;
  std::uint64_t taken_ = 0;  // the handoff to us

  // In charge.
  Siblings siblings_;
  std::optional<SiblingId> to_;  // handing over to it
  std::uint64_t handoff_ = 0;
  bool lent_ = false;  // to another, who has not given it back
  unsigned failures_ = 0;
  std::optional<TimePoint> last_failure_;
  TimePoint refuse_until_ = TimePoint::min();
};

}  // namespace vip::vrrp
