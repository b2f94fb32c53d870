// Talks with the neighbours about addresses: tells them where one lives, hears their questions and what they
// announce themselves. Packet sockets for the frames of announcement.h.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/sys/unique_fd.h"
#include "vrrp/core/announcement.h"

namespace vip::vrrp {

class Announcer {
 public:
  // Errors: denied without NET_RAW.
  static Result<Announcer> open();
  // Errors: unavailable; worth a count.
  [[nodiscard]] Status send(IfIndex interface, std::span<const std::uint8_t> frame) const;

 private:
  explicit Announcer(sys::UniqueFd fd) : fd_(std::move(fd)) {}
  sys::UniqueFd fd_;
};

// Whether the host forwards IPv6 packets on the interface: what the R flag says.
[[nodiscard]] bool is_ipv6_router(const std::string& interface);

// Hears ARP, or IPv6 neighbour solicitations and advertisements, on all links.
class NeighbourWatch {
 public:
  // Errors: denied without NET_RAW.
  static Result<NeighbourWatch> open(Family family);
  [[nodiscard]] Family family() const { return family_; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  // Hears questions for addresses that the kernel does not have, too: they come by multicast over IPv6.
  // Errors: not_found, unavailable.
  [[nodiscard]] Status hear_all(IfIndex interface);
  // What has arrived, at most as much as fits one turn of the loop.
  using Receiver = std::function<void(IfIndex interface, std::span<const std::uint8_t> frame)>;
  void receive(const Receiver& receiver) const;

 private:
  NeighbourWatch(Family family, sys::UniqueFd fd) : family_(family), fd_(std::move(fd)) {}
  Family family_;
  sys::UniqueFd fd_;
  std::set<IfIndex> hearing_all_;
};

}  // namespace vip::vrrp
