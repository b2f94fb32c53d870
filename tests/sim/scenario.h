// What the named histories have in common.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include "tests/sim/cluster.h"

namespace vip::vrrp::sim {

using Hosts = std::vector<std::size_t>;

inline void start_all(Cluster& cluster) {
  for (std::size_t i = 0; i < cluster.size(); ++i) cluster.start(i);
}

// For run_until(): it alone is active; others may still keep the address for it.
inline auto alone_active(const Cluster& cluster, std::size_t host) {
  return [&cluster, host] { return cluster.actives() == Hosts{host}; };
}

// For run_until(): it alone is active and has the address.
inline auto only_active(const Cluster& cluster, std::size_t host) {
  return [&cluster, host] { return cluster.actives() == Hosts{host} && cluster.holders() == Hosts{host}; };
}

// The active-down interval in version 3.
inline Duration down(int priority, Duration interval) {
  return active_down_interval(Version::v3, Priority(static_cast<std::uint8_t>(priority)), interval);
}

// Hosts 0 and 1 do not hear each other.
inline void split(Cluster& cluster, bool is_split) {
  cluster.cut(0, 1, is_split);
  cluster.cut(1, 0, is_split);
}

// From a winning advertisement until the loser has let go: an interval at the latest, then the winner
// announces the addresses again to those who believed the other one.
inline Duration lets_go(Duration interval) {
  return std::max<Duration>(interval, std::chrono::milliseconds(100)) + Linger::kSettle +
         std::chrono::milliseconds(5);
}

// How long more than one host is an owner, from now on. It watches the cluster, so it must outlive the run.
class Overlap {
 public:
  using Owners = Hosts (Cluster::*)() const;  // Cluster::actives or Cluster::holders
  Overlap(Cluster& cluster, Owners owners) : since_(cluster.now()) {
    cluster.watch([this, &cluster, owners] {
      if (two_) total_ += cluster.now() - since_;
      since_ = cluster.now();
      two_ = (cluster.*owners)().size() > 1;
    });
  }
  Overlap(const Overlap&) = delete;
  Overlap& operator=(const Overlap&) = delete;
  Overlap(Overlap&&) = delete;
  Overlap& operator=(Overlap&&) = delete;
  ~Overlap() = default;
  [[nodiscard]] Duration total() const { return total_; }

 private:
  TimePoint since_;
  bool two_ = false;
  Duration total_{};
};

}  // namespace vip::vrrp::sim
