// All advertisements of the host, in and out: the raw sockets of the families in use. Opens what the routers
// need, takes part in multicast where they are.
#pragma once

#include <map>
#include <set>
#include <span>

#include "common/base/error.h"
#include "common/sys/event_loop.h"
#include "common/sys/unique_fd.h"
#include "vrrp/sys/vrrp_socket.h"

namespace vip::vrrp {

// Sockets made before anybody knows which are wanted: of each family, unless there is none here or no right
// to one. They outlive the router whose parent has them.
using PreparedSockets = std::map<Family, sys::UniqueFd>;
[[nodiscard]] PreparedSockets prepare_sockets();

class PacketIo {
 public:
  // Takes the sockets of these families. Errors: denied without NET_RAW; unavailable where the kernel lacks a
  // family that is wanted.
  static Result<PacketIo> open(const std::set<Family>& families, PreparedSockets prepared);

  [[nodiscard]] Status join(Family family, IfIndex interface);
  void stay_only(Family family, const std::set<IfIndex>& interfaces);
  // In their order, and says what became of each.
  void send(std::span<const Packet> packets, const SendReport& report) const;
  void receive(const PacketReceiver& receiver) const;
  // Calls back when something has arrived, as long as the watches live.
  [[nodiscard]] std::vector<sys::Watch> watch(sys::EventLoop& loop, const sys::Callback& callback) const;

 private:
  std::map<Family, VrrpSocket> sockets_;
};

}  // namespace vip::vrrp
