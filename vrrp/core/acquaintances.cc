#include "vrrp/core/acquaintances.h"

#include <algorithm>
#include <utility>

namespace vip::vrrp {

void Acquaintances::begin(TimePoint now) {
  for (auto& [address, peer] : peers_) peer.answer.reset();
  soon_left_ = kSoonTimes;
  if (!round_ends_) round_ends_ = now + first_round_;
  next_ = now;
}

void Acquaintances::round(TimePoint now) {
  if (round_ends_ && now >= *round_ends_) {
    const auto heard =
        std::ranges::count_if(peers_, [](const auto& entry) { return entry.second.in_this_round; });
    contacts_ = static_cast<std::uint8_t>(std::min<std::ptrdiff_t>(heard, 255));
    for (auto& [address, peer] : peers_) peer.in_last_round = std::exchange(peer.in_this_round, false);
    round_ends_ = now + kRound;
  }
  const bool soon = soon_left_ > 0 && !all_answered();
  if (soon) --soon_left_;
  next_ = soon ? std::min(now + kAgainSoon, *round_ends_) : *round_ends_;
}

std::uint64_t Acquaintances::ticket_for(const IpAddress& peer, TimePoint now) {
  const auto ticket = static_cast<std::uint64_t>(now.time_since_epoch().count());
  if (!peers_.contains(peer) && peers_.size() >= kPeersMax) return ticket;
  auto& tickets = peers_[peer].tickets;
  if (tickets.size() >= kTicketsMax) tickets.erase(tickets.begin());
  tickets.push_back(ticket);
  return ticket;
}

bool Acquaintances::answered(const IpAddress& peer, const Hello& hello) {
  const auto found = peers_.find(peer);
  if (found == peers_.end() || std::erase(found->second.tickets, hello.ticket) == 0) return false;
  found->second.answer = hello;
  found->second.in_this_round = true;
  return true;
}

bool Acquaintances::has_answered(const IpAddress& peer) const {
  const auto found = peers_.find(peer);
  return found != peers_.end() && found->second.answer.has_value();
}

bool Acquaintances::all_answered() const {
  return std::ranges::all_of(listed_, [this](const auto& peer) { return has_answered(peer); });
}

bool Acquaintances::all_quiet(const IpAddress& self) const {
  const auto is_quiet = [&self](const auto& entry) {
    const auto& answer = entry.second.answer;
    if (!answer) return true;
    return answer->state != State::active && (!answer->active_router || *answer->active_router == self);
  };
  return all_answered() && std::ranges::all_of(peers_, is_quiet);
}

bool Acquaintances::came_back(const IpAddress& peer) const {
  const auto found = peers_.find(peer);
  return found != peers_.end() && found->second.in_this_round && !found->second.in_last_round;
}

}  // namespace vip::vrrp
