#include "vrrp/sys/packet_io.h"

#include <utility>

namespace vip::vrrp {

Result<PacketIo> PacketIo::open(const std::set<Family>& families) {
  PacketIo io;
  for (const auto family : families) {
    VIP_TRY(auto socket, VrrpSocket::open(family));
    io.sockets_.emplace(family, std::move(socket));
  }
  return io;
}

Status PacketIo::join(Family family, IfIndex interface) {
  return sockets_.at(family).join(interface);
}

void PacketIo::stay_only(Family family, const std::set<IfIndex>& interfaces) {
  sockets_.at(family).stay_only(interfaces);
}

Status PacketIo::send(const Packet& packet) const {
  return sockets_.at(packet.envelope.source.family()).send(packet);
}

void PacketIo::receive(const PacketReceiver& receiver) const {
  for (const auto& [family, socket] : sockets_) socket.receive(receiver);
}

std::vector<sys::Watch> PacketIo::watch(sys::EventLoop& loop, const sys::Callback& callback) const {
  std::vector<sys::Watch> watches;
  watches.reserve(sockets_.size());
  for (const auto& [family, socket] : sockets_) watches.push_back(loop.on_readable(socket.fd(), callback));
  return watches;
}

}  // namespace vip::vrrp
