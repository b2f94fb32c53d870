// To whom a router speaks: the peers of its settings, and for a while each authentic sender that is not among
// them. While a new plan rolls through a group some members know a newcomer and others do not; whoever holds
// the key belongs to the group, and must hear the active router to stay quiet. Pure.
#pragma once

#include <map>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/time.h"

namespace vip::vrrp {

class PeerBook {
 public:
  explicit PeerBook(std::vector<IpAddress> listed) : listed_(std::move(listed)) {}

  [[nodiscard]] bool is_listed(const IpAddress& address) const;
  // Remembers an authentic sender until `now + kTransientLife`; listed ones need no remembering.
  void heard_authentic(const IpAddress& sender, TimePoint now);
  [[nodiscard]] bool has_any(TimePoint now) const;
  // Listed first; forgets whoever was silent for too long.
  [[nodiscard]] std::vector<IpAddress> current(TimePoint now);

  [[nodiscard]] const std::map<IpAddress, TimePoint>& transient() const { return transient_; }
  // Those that another process on this host knew.
  void resume(const std::map<IpAddress, TimePoint>& transient);

  static constexpr Duration kTransientLife = std::chrono::seconds(30);
  static constexpr std::size_t kTransientMax = 256;

 private:
  std::vector<IpAddress> listed_;
  std::map<IpAddress, TimePoint> transient_;  // and until when
};

}  // namespace vip::vrrp
