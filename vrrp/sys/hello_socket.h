// The UDP socket of one family over which agents say hello to each other (vrrp/core/hello.h). Unicast only.
#pragma once

#include <cstdint>

#include "common/base/error.h"
#include "common/sys/unique_fd.h"
#include "vrrp/sys/ip_socket.h"

namespace vip::vrrp {

class HelloSocket {
 public:
  // Bound to the port on every address of the family. Errors: conflict while somebody else has it;
  // unavailable where the kernel has no IPv6.
  static Result<HelloSocket> open(Family family, std::uint16_t port);

  // Goes on with a socket that open() made in another process. Errors: invalid when it is none such.
  static Result<HelloSocket> adopt(Family family, std::uint16_t port, sys::UniqueFd fd);

  // From the envelope's source to its destination, at the same port. Errors: unavailable, not_found; worth a
  // count, never fatal.
  [[nodiscard]] Status send(const Packet& packet) const { return send_packet(fd_.get(), packet, port_); }
  // Hands over what has arrived, from whatever port, at most as much as fits one turn of the loop.
  void receive(const PacketReceiver& receiver) const { receive_packets(fd_.get(), family_, receiver); }

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  HelloSocket(Family family, std::uint16_t port, sys::UniqueFd fd)
      : family_(family), port_(port), fd_(std::move(fd)) {}
  Family family_;
  std::uint16_t port_;
  sys::UniqueFd fd_;
};

}  // namespace vip::vrrp
