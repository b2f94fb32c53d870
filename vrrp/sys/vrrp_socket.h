// The raw socket of protocol 112 of one family: all advertisements of this host go out and come in here.
#pragma once

#include <set>

#include "common/base/error.h"
#include "common/sys/unique_fd.h"
#include "vrrp/sys/ip_socket.h"

namespace vip::vrrp {

class VrrpSocket {
 public:
  // Errors: denied without NET_RAW; unavailable where the kernel has no IPv6.
  static Result<VrrpSocket> open(Family family);

  // Takes part in VRRP's multicast group on the interface; nothing to do where it does already. Errors:
  // unavailable: who cannot hear must not speak.
  [[nodiscard]] Status join(IfIndex interface);
  // Leaves the group on all other interfaces.
  void stay_only(const std::set<IfIndex>& interfaces);

  // From the envelope's source to its destination, TTL 255. Errors: unavailable, not_found; worth a count,
  // never fatal.
  [[nodiscard]] Status send(const Packet& packet) const;

  // Hands over what has arrived, at most as much as fits one turn of the loop. What is no packet of the
  // family comes as an empty message, so that it is counted.
  void receive(const PacketReceiver& receiver) const;

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  VrrpSocket(Family family, sys::UniqueFd fd) : family_(family), fd_(std::move(fd)) {}
  Family family_;
  sys::UniqueFd fd_;
  std::set<IfIndex> joined_;
};

}  // namespace vip::vrrp
