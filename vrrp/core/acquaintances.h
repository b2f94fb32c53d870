// What a router knows of its peers from their answers to its hello: who is there, with which plan, and
// whether anybody is active. Keeps the rhythm of the questions: quickly until all peers of the plan have
// answered, then in rounds, which also keep us in the others' books (P19). Pure.
#pragma once

#include <cstdint>
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

  // Asks from now on: at once, and again soon as long as somebody has not answered. What was answered before
  // counts no more, but for contacts() and came_back().
  void begin(TimePoint now);
  void stop() { next_.reset(); }
  // When to ask everybody next; nothing before begin().
  [[nodiscard]] std::optional<TimePoint> next() const { return next_; }
  // To be called when that time has come: sets the next one.
  void round(TimePoint now);

  // A question goes to the peer: only an answer with its ticket counts.
  [[nodiscard]] std::uint64_t ticket_for(const IpAddress& peer, TimePoint now);
  // Takes an answer; false when it is none to one of our last questions.
  [[nodiscard]] bool answered(const IpAddress& peer, const Hello& hello);

  // Since begin():
  [[nodiscard]] bool has_answered(const IpAddress& peer) const;
  // Whether every peer of the plan has answered, and nobody is active or follows another one than `self`.
  [[nodiscard]] bool all_quiet(const IpAddress& self) const;
  // How many peers answered in the last whole round.
  [[nodiscard]] std::uint8_t contacts() const { return contacts_; }
  // Whether the peer has answered in this round, but not in the last one.
  [[nodiscard]] bool came_back(const IpAddress& peer) const;

  static constexpr Duration kAgainSoon = std::chrono::milliseconds(250);
  static constexpr int kSoonTimes = 8;
  static constexpr Duration kRound = PeerBook::kTransientLife / 3;
  static constexpr std::size_t kPeersMax = 512;
  static constexpr std::size_t kTicketsMax = 4;

 private:
  struct Peer {
    std::vector<std::uint64_t> tickets;  // of our last questions that are not answered
    std::optional<Hello> answer;         // the last one since begin()
    bool in_this_round = false;          // it has answered
    bool in_last_round = false;
  };
  [[nodiscard]] bool all_answered() const;

  std::vector<IpAddress> listed_;
  Duration first_round_;
  std::map<IpAddress, Peer> peers_;
  std::optional<TimePoint> next_;
  std::optional<TimePoint> round_ends_;
  int soon_left_ = 0;
  std::uint8_t contacts_ = 0;
};

}  // namespace vip::vrrp
