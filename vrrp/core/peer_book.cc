#include "vrrp/core/peer_book.h"

#include <algorithm>

namespace vip::vrrp {

bool PeerBook::is_listed(const IpAddress& address) const {
  return std::ranges::find(listed_, address) != listed_.end();
}

void PeerBook::heard_authentic(const IpAddress& sender, TimePoint now) {
  if (is_listed(sender)) return;
  if (!transient_.contains(sender) && transient_.size() >= kTransientMax) return;
  transient_.insert_or_assign(sender, now + kTransientLife);
}

void PeerBook::resume(const std::map<IpAddress, TimePoint>& transient) {
  for (const auto& [address, until] : transient)
    if (!is_listed(address) && transient_.size() < kTransientMax) transient_.insert_or_assign(address, until);
}

bool PeerBook::has_any(TimePoint now) const {
  return !listed_.empty() ||
         std::ranges::any_of(transient_, [now](const auto& entry) { return entry.second > now; });
}

std::vector<IpAddress> PeerBook::current(TimePoint now) {
  std::erase_if(transient_, [now](const auto& entry) { return entry.second <= now; });
  auto peers = listed_;
  for (const auto& [address, until] : transient_) peers.push_back(address);
  return peers;
}

}  // namespace vip::vrrp
