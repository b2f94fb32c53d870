#include "vrrp/sys/packet_io.h"

#include <algorithm>
#include <utility>

namespace vip::vrrp {

PreparedSockets prepare_sockets() {
  PreparedSockets prepared;
  for (const auto family : {Family::ipv4, Family::ipv6})
    if (auto socket = VrrpSocket::prepare(family)) prepared.emplace(family, *std::move(socket));
  return prepared;
}

Result<PacketIo> PacketIo::open(const std::set<Family>& families, PreparedSockets prepared) {
  PacketIo io;
  for (const auto family : families) {
    if (!prepared.contains(family)) {  // once more, for its error
      VIP_TRY(auto socket, VrrpSocket::prepare(family));
      prepared.emplace(family, std::move(socket));
    }
    io.sockets_.emplace(family, VrrpSocket(family, std::move(prepared.at(family))));
  }
  return io;
}

Status PacketIo::join(Family family, IfIndex interface) {
  return sockets_.at(family).join(interface);
}

void PacketIo::stay_only(Family family, const std::set<IfIndex>& interfaces) {
  sockets_.at(family).stay_only(interfaces);
}

void PacketIo::send(std::span<const Packet> packets, const SendReport& report) const {
  const auto family_of = [](const Packet& packet) { return packet.envelope.source.family(); };
  for (std::size_t begin = 0; begin < packets.size();) {
    const auto family = family_of(packets[begin]);
    const auto rest = packets.subspan(begin);
    const auto end =
        std::ranges::find_if(rest, [&](const auto& packet) { return family_of(packet) != family; });
    const auto run = rest.first(static_cast<std::size_t>(end - rest.begin()));
    sockets_.at(family).send(run,
                             [&](std::size_t place, const Status& sent) { report(begin + place, sent); });
    begin += run.size();
  }
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
