// What a router knows of its peers from their answers to its hello: who is there, with which plan, and
// whether anybody is active. Keeps the rhythm of the questions: quickly until all peers of the plan have
// answered, then in rounds, which also keep us in the others' books (P19). Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/time.h"
#include "vrrp/core/hello.h"
#include "vrrp/core/peer_book.h"

namespace vip::vrrp {

class Acquaintances {
 public:
  // `first_round` is how long the first round lasts: where there are many, each has another, so that their
  // questions do not all go out in the same moment ever after.
  explicit Acquaintances(std::vector<IpAddress> listed, Duration first_round = kRound)
      : listed_(std::move(listed)), first_round_(first_round) {}

  // Asks everybody from now on: at once, and again soon where there is no answer. What was answered before
  // counts no more, but for contacts() and came_back().
  void begin(TimePoint now);
  void stop() { next_.reset(); }
  // How long rounds are from now on, also the one that has begun; kRound at first.
  void set_round(TimePoint now, Duration round);
  // When to ask next; nothing before begin().
  [[nodiscard]] std::optional<TimePoint> next() const { return next_; }
  // To be called when that time has come: sets the next one. Then everybody is to be asked who
  // needs_asking().
  void turn(TimePoint now);
  [[nodiscard]] bool needs_asking(const IpAddress& peer) const;

  // A question goes to the peer: only an answer with its ticket counts.
  [[nodiscard]] std::uint64_t ticket_for(const IpAddress& peer, TimePoint now);
  // Takes an answer. Errors: replay when it is none to one of our last questions, stale when that was asked
  // before begin(): what was true then may not be so after a sleep (P10).
  [[nodiscard]] std::expected<void, Discard> answered(const IpAddress& peer, const Hello& hello);

  // Its answer was not the one that is waited for: it is asked again soon, for as long as after begin().
  void ask_again(const IpAddress& peer);

  [[nodiscard]] bool has_answered(const IpAddress& peer) const;  // since begin()
  // Since begin(), whether every peer of the plan has answered with this plan or a newer one.
  [[nodiscard]] bool all_have(std::uint64_t generation) const;
  // Since begin(), whether everybody has answered that should have, and nobody is active or follows another
  // one than `self`. Of the plan every peer should, of those that we know whoever answered lately.
  [[nodiscard]] bool plan_is_quiet(const IpAddress& self) const;
  [[nodiscard]] bool known_are_quiet(const IpAddress& self) const;
  // Whether to ask somebody who has just asked us: it has not answered since begin(), and was not asked back
  // just now, or questions could beget questions for ever.
  [[nodiscard]] bool may_ask_back(const IpAddress& peer, TimePoint now);
  // How many peers answered in the last whole round and were not active: after a split, who has just come
  // back is no witness for anybody.
  [[nodiscard]] std::uint8_t contacts() const { return contacts_; }
  // Whether any peer answered in this round or the last one.
  [[nodiscard]] bool knows_anybody() const;
  // Whether the peer's last answer came after a question that it must have missed.
  [[nodiscard]] bool came_back(const IpAddress& peer) const;

  static constexpr Duration kAgainSoon = std::chrono::milliseconds(250);
  static constexpr int kTimesAtFirst = 9;  // 2 s long
  static constexpr int kTimesInRound = 3;
  static constexpr Duration kMissed = std::chrono::milliseconds(500);
  static constexpr Duration kAskBackAfter = std::chrono::milliseconds(50);
  static constexpr Duration kRound = PeerBook::kTransientLife / 3;
  static constexpr std::size_t kPeersMax = 512;
  static constexpr std::size_t kTicketsMax = 4;

 private:
  struct Peer {
    std::vector<std::uint64_t> tickets;  // of our last questions that are not answered
    std::uint64_t unanswered_since = 0;  // the first ticket since the last answer, while there are tickets
    std::optional<Hello> answer;         // the last one since begin()
    bool is_new = false;                 // it has answered since begin() or the begin of the round
    bool in_this_round = false;
    bool in_last_round = false;
    bool expected = false;  // to answer: it did lately, as of begin()
    bool came_back = false;
    std::optional<TimePoint> asked_back;
  };
  [[nodiscard]] bool nobody_objects(const IpAddress& self) const;

  std::vector<IpAddress> listed_;
  Duration first_round_;
  Duration round_ = kRound;
  std::map<IpAddress, Peer> peers_;
  std::optional<TimePoint> next_;
  std::optional<TimePoint> round_ends_;
  std::uint64_t begun_ = 0;  // the first ticket that counts
  int times_left_ = 0;       // to ask soon again
  std::uint8_t contacts_ = 0;
};

}  // namespace vip::vrrp
