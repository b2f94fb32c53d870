#include "vrrp/sys/vrrp_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

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
constexpr int kPacketsPerTurn = 256;  // then timers get their turn
constexpr std::size_t kPacketMax =
    8192;  // 255 addresses of 16 bytes and all headers; what is longer is nobody's
// A group of 255 routers may speak at once, and again before this loop has its turn.
constexpr int kReceiveBuffer = 1 << 20;
constexpr std::size_t kControlMax = 256;

template <typename Value>
bool set_option(int fd, int level, int option, const Value& value) {
  return ::setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

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

template <typename Raw>
Raw raw_address(const IpAddress& address) {
  Raw raw{};
  std::memcpy(&raw, address.bytes().data(), std::min(sizeof(raw), address.bytes().size()));
  return raw;
}

IpAddress from_raw(const in6_addr& raw) {
  std::array<std::uint8_t, sizeof(raw)> bytes{};
  std::memcpy(bytes.data(), &raw, sizeof(raw));
  return IpAddress::v6(bytes);
}

using Control = std::array<std::uint8_t, kControlMax>;

template <typename Info>
void attach(msghdr& header, Control& control, int level, int type, const Info& info) {
  header.msg_control = control.data();
  header.msg_controllen = CMSG_SPACE(sizeof(info));
  cmsghdr* const option = CMSG_FIRSTHDR(&header);
  option->cmsg_level = level;
  option->cmsg_type = type;
  option->cmsg_len = CMSG_LEN(sizeof(info));
  std::memcpy(CMSG_DATA(option), &info, sizeof(info));
}

template <typename Value>
void read_option(const cmsghdr& option, Value& value) {
  if (option.cmsg_len >= CMSG_LEN(sizeof(value))) std::memcpy(&value, CMSG_DATA(&option), sizeof(value));
}

Status send_ipv4(int fd, const Packet& packet, msghdr header) {
  sockaddr_in destination{};
  destination.sin_family = AF_INET;
  destination.sin_addr = raw_address<in_addr>(packet.envelope.destination);
  header.msg_name = &destination;
  header.msg_namelen = sizeof(destination);
  in_pktinfo info{};
  info.ipi_ifindex = static_cast<int>(packet.envelope.interface.value);
  info.ipi_spec_dst = raw_address<in_addr>(packet.envelope.source);
  alignas(cmsghdr) Control control{};
  attach(header, control, IPPROTO_IP, IP_PKTINFO, info);
  if (::sendmsg(fd, &header, MSG_NOSIGNAL) >= 0) return {};
  return sys::errno_failure("send to " + packet.envelope.destination.text());
}

Status send_ipv6(int fd, const Packet& packet, msghdr header) {
  sockaddr_in6 destination{};
  destination.sin6_family = AF_INET6;
  destination.sin6_addr = raw_address<in6_addr>(packet.envelope.destination);
  destination.sin6_scope_id = packet.envelope.interface.value;
  header.msg_name = &destination;
  header.msg_namelen = sizeof(destination);
  in6_pktinfo info{};
  info.ipi6_ifindex = packet.envelope.interface.value;
  info.ipi6_addr = raw_address<in6_addr>(packet.envelope.source);
  alignas(cmsghdr) Control control{};
  attach(header, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
  if (::sendmsg(fd, &header, MSG_NOSIGNAL) >= 0) return {};
  return sys::errno_failure("send to " + packet.envelope.destination.text());
}

// The kernel hands over the IPv4 header, and says the interface beside it.
void hand_over_ipv4(msghdr& header, std::span<const std::uint8_t> bytes,
                    const VrrpSocket::Receiver& receiver) {
  in_pktinfo info{};
  for (const cmsghdr* option = CMSG_FIRSTHDR(&header); option != nullptr;
       option = CMSG_NXTHDR(&header, const_cast<cmsghdr*>(option))) {  // NOLINT: the macro's type
    if (option->cmsg_level == IPPROTO_IP && option->cmsg_type == IP_PKTINFO) read_option(*option, info);
  }
  auto packet = parse_ipv4(bytes).value_or(IpPacket{});
  packet.envelope.interface = IfIndex(static_cast<std::uint32_t>(info.ipi_ifindex));
  receiver(packet.envelope, packet.payload);
}

// Of IPv6 it hands over the payload only, and says the rest beside it.
void hand_over_ipv6(msghdr& header, std::span<const std::uint8_t> payload,
                    const VrrpSocket::Receiver& receiver) {
  in6_pktinfo info{};
  int hops = 0;
  for (const cmsghdr* option = CMSG_FIRSTHDR(&header); option != nullptr;
       option = CMSG_NXTHDR(&header, const_cast<cmsghdr*>(option))) {  // NOLINT: the macro's type
    if (option->cmsg_level != IPPROTO_IPV6) continue;
    if (option->cmsg_type == IPV6_PKTINFO) read_option(*option, info);
    if (option->cmsg_type == IPV6_HOPLIMIT) read_option(*option, hops);
  }
  sockaddr_in6 sender{};
  std::memcpy(&sender, header.msg_name, std::min<std::size_t>(sizeof(sender), header.msg_namelen));
  receiver(Envelope{.source = from_raw(sender.sin6_addr),
                    .destination = from_raw(info.ipi6_addr),
                    .ttl = static_cast<std::uint8_t>(hops),
                    .interface = IfIndex(info.ipi6_ifindex)},
           payload);
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

}  // namespace

Result<VrrpSocket> VrrpSocket::open(Family family) {
  const bool v4 = family == Family::ipv4;
  const std::string what = v4 ? "raw IPv4 socket of protocol 112" : "raw IPv6 socket of protocol 112";
  sys::UniqueFd fd(::socket(v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, kProtocolVrrp));
  if (!fd.valid()) return sys::errno_failure(what);
  if (!(v4 ? set_up_ipv4(fd.get()) : set_up_ipv6(fd.get()))) return sys::errno_failure(what + ": options");
  // Beyond the system's limit where we may, else as far as it lets us.
  if (!set_option(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer))
    (void)set_option(fd.get(), SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
  return VrrpSocket(family, std::move(fd));
}

Status VrrpSocket::join(IfIndex interface) {
  if (joined_.contains(interface)) return {};
  if (!membership(fd_.get(), family_, interface, /*join=*/true) && errno != EADDRINUSE)
    return sys::errno_failure("join " + multicast_group(family_).text());
  joined_.insert(interface);
  return {};
}

void VrrpSocket::stay_only(const std::set<IfIndex>& interfaces) {
  std::erase_if(joined_, [&](IfIndex interface) {
    if (interfaces.contains(interface)) return false;
    (void)membership(fd_.get(), family_, interface, /*join=*/false);  // it may be gone with the interface
    return true;
  });
}

Status VrrpSocket::send(const Packet& packet) const {
  iovec payload{.iov_base = const_cast<std::uint8_t*>(packet.bytes.data()),  // NOLINT: sendmsg only reads
                .iov_len = packet.bytes.size()};
  msghdr header{};
  header.msg_iov = &payload;
  header.msg_iovlen = 1;
  return family_ == Family::ipv4 ? send_ipv4(fd_.get(), packet, header)
                                 : send_ipv6(fd_.get(), packet, header);
}

void VrrpSocket::receive(const Receiver& receiver) const {
  std::array<std::uint8_t, kPacketMax> buffer{};
  alignas(cmsghdr) Control control{};
  for (int i = 0; i < kPacketsPerTurn; ++i) {
    sockaddr_in6 sender{};  // of either family
    iovec payload{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr header{};
    header.msg_name = &sender;
    header.msg_namelen = sizeof(sender);
    header.msg_iov = &payload;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(fd_.get(), &header, 0);
    // Empty queue, or an error of the network (an ICMP answer, say) that the next packet does not share.
    if (size < 0) return;
    const auto bytes = std::span(buffer).first(static_cast<std::size_t>(size));
    family_ == Family::ipv4 ? hand_over_ipv4(header, bytes, receiver)
                            : hand_over_ipv6(header, bytes, receiver);
  }
}

}  // namespace vip::vrrp
