// The raw socket of protocol 112 of one family: all advertisements of this host go out and come in here.
#pragma once

#include <set>
#include <span>

#include "common/base/error.h"
#include "common/sys/unique_fd.h"
#include "vrrp/sys/ip_socket.h"

namespace vip::vrrp {

class VrrpSocket {
 public:
  // Opens a socket that hears nothing yet. Errors: denied without NET_RAW; unavailable where the kernel has
  // no IPv6.
  static Result<sys::UniqueFd> prepare(Family family);
  // Hears by a prepared socket. One that an earlier life of the router heard by has kept what arrived since.
  VrrpSocket(Family family, sys::UniqueFd prepared);

  // Takes part in VRRP's multicast group on the interface; nothing to do where it does already. Errors:
  // unavailable: who cannot hear must not speak.
  [[nodiscard]] Status join(IfIndex interface);
  // Leaves the group on all other interfaces, also where an earlier life of the router took part.
  void stay_only(const std::set<IfIndex>& interfaces);

  // Each from its envelope's source to its destination, TTL 255, and says what became of it. Errors:
  // unavailable, not_found; worth a count, never fatal.
  void send(std::span<const Packet> packets, const SendReport& report) const;

  // Hands over what has arrived, at most as much as fits one turn of the loop. What is no packet of the
  // family comes as an empty message, so that it is counted.
  void receive(const PacketReceiver& receiver) const;

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  Family family_;
  sys::UniqueFd fd_;
  std::set<IfIndex> joined_;
  std::set<IfIndex> doubtful_;  // where an earlier life may have joined; the kernel does not tell
};

}  // namespace vip::vrrp
