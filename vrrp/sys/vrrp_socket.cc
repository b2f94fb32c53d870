#include "vrrp/sys/vrrp_socket.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include "common/sys/posix.h"
#include "vrrp/core/ip_packet.h"

namespace vip::vrrp {
namespace {

constexpr int kProtocolVrrp = 112;
constexpr int kHopLimit = 255;         // RFC 9568, 5.1.1.3 and 5.1.2.3
constexpr int kTrafficClass = 0xC0;    // internetwork control
constexpr int kIpv6MulticastAll = 29;  // IPV6_MULTICAST_ALL, which the C library's headers lack
constexpr int kOn = 1;
constexpr int kOff = 0;

bool set_up_ipv4(int fd) {
  return set_option(fd, IPPROTO_IP, IP_TTL, kHopLimit) &&
         set_option(fd, IPPROTO_IP, IP_MULTICAST_TTL, kHopLimit) &&
         set_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP, kOff) &&
         set_option(fd, IPPROTO_IP, IP_MULTICAST_ALL, kOff) &&
         set_option(fd, IPPROTO_IP, IP_TOS, kTrafficClass) && set_option(fd, IPPROTO_IP, IP_PKTINFO, kOn);
}

bool set_up_ipv6(int fd) {
  // Only what we joined ourselves; kernels before 4.20 cannot tell.
  (void)set_option(fd, IPPROTO_IPV6, kIpv6MulticastAll, kOff);
  return set_option(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, kHopLimit) &&
         set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, kHopLimit) &&
         set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, kOff) &&
         set_option(fd, IPPROTO_IPV6, IPV6_TCLASS, kTrafficClass) &&
         // By the virtual MAC's interface we speak from an address of its parent.
         set_option(fd, IPPROTO_IPV6, IPV6_FREEBIND, kOn) &&
         set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, kOn) &&
         set_option(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, kOn);
}

bool membership(int fd, Family family, IfIndex interface, bool join) {
  const auto group = multicast_group(family);
  if (family == Family::ipv4) {
    ip_mreqn request{};
    request.imr_multiaddr = raw_address<in_addr>(group);
    request.imr_ifindex = static_cast<int>(interface.value);
    return set_option(fd, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, request);
  }
  ipv6_mreq request{};
  request.ipv6mr_multiaddr = raw_address<in6_addr>(group);
  request.ipv6mr_interface = interface.value;
  return set_option(fd, IPPROTO_IPV6, join ? IPV6_ADD_MEMBERSHIP : IPV6_DROP_MEMBERSHIP, request);
}

bool hear_nothing(int fd) {
  sock_filter drop{.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0};
  const sock_fprog program{.len = 1, .filter = &drop};
  return set_option(fd, SOL_SOCKET, SO_ATTACH_FILTER, program);
}

std::set<IfIndex> all_interfaces() {
  std::set<IfIndex> indices;
  struct if_nameindex* const list = ::if_nameindex();
  for (const auto* link = list; link != nullptr && link->if_index != 0; ++link)
    indices.insert(IfIndex(link->if_index));
  if (list != nullptr) ::if_freenameindex(list);
  return indices;
}

}  // namespace

Result<sys::UniqueFd> VrrpSocket::prepare(Family family) {
  const bool v4 = family == Family::ipv4;
  const std::string what = v4 ? "raw IPv4 socket of protocol 112" : "raw IPv6 socket of protocol 112";
  sys::UniqueFd fd(::socket(v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, kProtocolVrrp));
  if (!fd.valid()) return sys::errno_failure(what);
  if (!hear_nothing(fd.get()) || !(v4 ? set_up_ipv4(fd.get()) : set_up_ipv6(fd.get())))
    return sys::errno_failure(what + ": options");
  widen_receive_buffer(fd.get());
  return fd;
}

VrrpSocket::VrrpSocket(Family family, sys::UniqueFd prepared)
    : family_(family), fd_(std::move(prepared)), doubtful_(all_interfaces()) {
  (void)set_option(fd_.get(), SOL_SOCKET, SO_DETACH_FILTER, kOff);  // an earlier life did it, or this one
}

Status VrrpSocket::join(IfIndex interface) {
  if (joined_.contains(interface)) return {};
  if (!membership(fd_.get(), family_, interface, /*join=*/true) && errno != EADDRINUSE)
    return sys::errno_failure("join " + multicast_group(family_).text());
  joined_.insert(interface);
  return {};
}

void VrrpSocket::stay_only(const std::set<IfIndex>& interfaces) {
  const auto leave = [&](IfIndex interface) {
    if (interfaces.contains(interface)) return false;
    (void)membership(fd_.get(), family_, interface, /*join=*/false);  // it may be gone with the interface
    return true;
  };
  std::erase_if(joined_, leave);
  std::ranges::for_each(std::exchange(doubtful_, {}), leave);
}

void VrrpSocket::send(std::span<const Packet> packets, const SendReport& report) const {
  send_packets(fd_.get(), packets, 0, report);
}

void VrrpSocket::receive(const PacketReceiver& receiver) const {
  if (family_ == Family::ipv6) return receive_packets(fd_.get(), family_, receiver);
  // Of IPv4 the kernel hands over the header, too.
  receive_packets(fd_.get(), family_, [&](const Envelope& envelope, std::span<const std::uint8_t> bytes) {
    auto packet = parse_ipv4(bytes).value_or(IpPacket{});
    packet.envelope.interface = envelope.interface;
    receiver(packet.envelope, packet.payload);
  });
}

}  // namespace vip::vrrp
