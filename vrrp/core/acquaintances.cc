#include "vrrp/core/acquaintances.h"

#include <algorithm>
#include <utility>

namespace vip::vrrp {
namespace {

std::uint64_t ticket_at(TimePoint now) {
  return static_cast<std::uint64_t>(now.time_since_epoch().count());
}

}  // namespace

void Acquaintances::begin(TimePoint now) {
  for (auto& [address, peer] : peers_) {
    peer.answer.reset();
    peer.is_new = false;
    peer.expected = peer.in_this_round || peer.in_last_round;
  }
  begun_ = ticket_at(now);
  times_left_ = kTimesAtFirst;
  if (!round_ends_) round_ends_ = now + first_round_;
  next_ = now;
}

void Acquaintances::set_round(TimePoint now, Duration round) {
  round_ = round;
  if (!next_ || !round_ends_) return;
  round_ends_ = std::min(*round_ends_, now + round);
  next_ = std::min(*next_, *round_ends_);
}

void Acquaintances::turn(TimePoint now) {
  if (round_ends_ && now >= *round_ends_) {
    const auto heard = std::ranges::count_if(peers_, [](const auto& entry) {
      const auto& peer = entry.second;
      return peer.in_this_round && !(peer.answer && peer.answer->state == State::active);
    });
    contacts_ = static_cast<std::uint8_t>(std::min<std::ptrdiff_t>(heard, 255));
    for (auto& [address, peer] : peers_) {
      peer.in_last_round = std::exchange(peer.in_this_round, false);
      peer.is_new = false;
    }
    std::erase_if(peers_, [this](const auto& entry) {
      return !entry.second.in_last_round && std::ranges::find(listed_, entry.first) == listed_.end();
    });
    round_ends_ = now + round_;
    times_left_ = std::max(times_left_, kTimesInRound);
  }
  if (times_left_ > 0) --times_left_;
  const auto waits_for = [this](const auto& peer) { return needs_asking(peer); };
  const bool again = times_left_ > 0 && std::ranges::any_of(listed_, waits_for);
  next_ = again ? std::min(now + kAgainSoon, *round_ends_) : *round_ends_;
}

bool Acquaintances::needs_asking(const IpAddress& peer) const {
  const auto found = peers_.find(peer);
  return found == peers_.end() || !found->second.is_new;
}

std::uint64_t Acquaintances::ticket_for(const IpAddress& peer, TimePoint now) {
  const auto ticket = ticket_at(now);
  if (!peers_.contains(peer) && peers_.size() >= kPeersMax) return ticket;
  auto& tickets = peers_[peer].tickets;
  if (tickets.empty()) peers_[peer].unanswered_since = ticket;
  if (tickets.size() >= kTicketsMax) tickets.erase(tickets.begin());
  tickets.push_back(ticket);
  return ticket;
}

std::expected<void, Discard> Acquaintances::answered(const IpAddress& address, const Hello& hello) {
  const auto found = peers_.find(address);
  if (found == peers_.end()) return std::unexpected(Discard::replay);
  auto& peer = found->second;
  if (std::erase(peer.tickets, hello.ticket) == 0) return std::unexpected(Discard::replay);
  // Tickets are times: a question that is older by so much was not answered in time.
  peer.came_back = peer.unanswered_since + static_cast<std::uint64_t>(kMissed.count()) < hello.ticket;
  std::erase_if(peer.tickets, [&hello](std::uint64_t ticket) { return ticket < hello.ticket; });
  if (!peer.tickets.empty()) peer.unanswered_since = peer.tickets.front();
  peer.in_this_round = true;
  if (hello.ticket < begun_) return std::unexpected(Discard::stale);
  peer.answer = hello;
  peer.is_new = true;
  return {};
}

void Acquaintances::ask_again(const IpAddress& address) {
  const auto found = peers_.find(address);
  if (found != peers_.end()) found->second.is_new = false;
}

bool Acquaintances::all_have(std::uint64_t generation) const {
  return std::ranges::all_of(listed_, [&](const IpAddress& address) {
    const auto found = peers_.find(address);
    return found != peers_.end() && found->second.answer && found->second.answer->generation >= generation;
  });
}

bool Acquaintances::has_answered(const IpAddress& peer) const {
  const auto found = peers_.find(peer);
  return found != peers_.end() && found->second.answer.has_value();
}

bool Acquaintances::nobody_objects(const IpAddress& self) const {
  return std::ranges::all_of(peers_, [&self](const auto& entry) {
    const auto& answer = entry.second.answer;
    if (!answer) return true;
    return answer->state != State::active && (!answer->active_router || *answer->active_router == self);
  });
}

bool Acquaintances::plan_is_quiet(const IpAddress& self) const {
  const auto has = [this](const auto& peer) { return has_answered(peer); };
  return std::ranges::all_of(listed_, has) && nobody_objects(self);
}

bool Acquaintances::known_are_quiet(const IpAddress& self) const {
  const auto has = [](const auto& entry) { return !entry.second.expected || entry.second.answer; };
  return std::ranges::all_of(peers_, has) && nobody_objects(self);
}

bool Acquaintances::may_ask_back(const IpAddress& address, TimePoint now) {
  if (!next_ || has_answered(address)) return false;
  if (!peers_.contains(address) && peers_.size() >= kPeersMax) return false;
  auto& last = peers_[address].asked_back;
  if (last && now - *last < kAskBackAfter) return false;
  last = now;
  return true;
}

bool Acquaintances::knows_anybody() const {
  return std::ranges::any_of(
      peers_, [](const auto& entry) { return entry.second.in_this_round || entry.second.in_last_round; });
}

bool Acquaintances::came_back(const IpAddress& peer) const {
  const auto found = peers_.find(peer);
  return found != peers_.end() && found->second.came_back;
}

}  // namespace vip::vrrp
