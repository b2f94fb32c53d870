#include "vrrp/sys/ip_socket.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <netinet/in.h>
#include <netinet/ip.h>

#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

constexpr int kPacketsPerTurn = 256;  // then timers get their turn
constexpr std::size_t kPacketMax =
    8192;  // 255 addresses of 16 bytes and all headers; what is longer is nobody's
constexpr int kReceiveBuffer = 1 << 20;
constexpr std::size_t kControlMax = 256;

template <typename Raw>
IpAddress from_raw(const Raw& raw) {
  std::array<std::uint8_t, sizeof(raw)> bytes{};
  std::memcpy(bytes.data(), &raw, sizeof(raw));
  return *IpAddress::from_bytes(bytes);  // of 4 or 16 bytes
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

bool send_ipv4(int fd, const Packet& packet, std::uint16_t port, msghdr header) {
  sockaddr_in destination{};
  destination.sin_family = AF_INET;
  destination.sin_port = htons(port);
  destination.sin_addr = raw_address<in_addr>(packet.envelope.destination);
  header.msg_name = &destination;
  header.msg_namelen = sizeof(destination);
  in_pktinfo info{};
  info.ipi_ifindex = static_cast<int>(packet.envelope.interface.value);
  info.ipi_spec_dst = raw_address<in_addr>(packet.envelope.source);
  alignas(cmsghdr) Control control{};
  attach(header, control, IPPROTO_IP, IP_PKTINFO, info);
  return ::sendmsg(fd, &header, MSG_NOSIGNAL) >= 0;
}

bool send_ipv6(int fd, const Packet& packet, std::uint16_t port, msghdr header) {
  sockaddr_in6 destination{};
  destination.sin6_family = AF_INET6;
  destination.sin6_port = htons(port);
  destination.sin6_addr = raw_address<in6_addr>(packet.envelope.destination);
  destination.sin6_scope_id = packet.envelope.interface.value;
  header.msg_name = &destination;
  header.msg_namelen = sizeof(destination);
  in6_pktinfo info{};
  info.ipi6_ifindex = packet.envelope.interface.value;
  info.ipi6_addr = raw_address<in6_addr>(packet.envelope.source);
  alignas(cmsghdr) Control control{};
  attach(header, control, IPPROTO_IPV6, IPV6_PKTINFO, info);
  return ::sendmsg(fd, &header, MSG_NOSIGNAL) >= 0;
}

Envelope envelope_ipv4(msghdr& header) {
  in_pktinfo info{};
  for (const cmsghdr* option = CMSG_FIRSTHDR(&header); option != nullptr;
       option = CMSG_NXTHDR(&header, const_cast<cmsghdr*>(option))) {  // NOLINT: the macro's type
    if (option->cmsg_level == IPPROTO_IP && option->cmsg_type == IP_PKTINFO) read_option(*option, info);
  }
  sockaddr_in sender{};
  std::memcpy(&sender, header.msg_name, std::min<std::size_t>(sizeof(sender), header.msg_namelen));
  return {.source = from_raw(sender.sin_addr),
          .destination = from_raw(info.ipi_addr),
          .interface = IfIndex(static_cast<std::uint32_t>(info.ipi_ifindex))};
}

Envelope envelope_ipv6(msghdr& header) {
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
  return {.source = from_raw(sender.sin6_addr),
          .destination = from_raw(info.ipi6_addr),
          .ttl = static_cast<std::uint8_t>(hops),
          .interface = IfIndex(info.ipi6_ifindex)};
}

}  // namespace

// Beyond the system's limit where we may, else as far as it lets us.
void widen_receive_buffer(int fd) {
  if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer))
    (void)set_option(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
}

Status send_packet(int fd, const Packet& packet, std::uint16_t port) {
  iovec payload{.iov_base = const_cast<std::uint8_t*>(packet.bytes.data()),  // NOLINT: sendmsg only reads
                .iov_len = packet.bytes.size()};
  msghdr header{};
  header.msg_iov = &payload;
  header.msg_iovlen = 1;
  const bool v4 = packet.envelope.source.family() == Family::ipv4;
  if (v4 ? send_ipv4(fd, packet, port, header) : send_ipv6(fd, packet, port, header)) return {};
  return sys::errno_failure("send to " + packet.envelope.destination.text());
}

void receive_packets(int fd, Family family, const PacketReceiver& receiver) {
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
    const ssize_t size = ::recvmsg(fd, &header, 0);
    // Empty queue, or an error of the network (an ICMP answer, say) that the next packet does not share.
    if (size < 0) return;
    const auto envelope = family == Family::ipv4 ? envelope_ipv4(header) : envelope_ipv6(header);
    receiver(envelope, std::span(buffer).first(static_cast<std::size_t>(size)));
  }
}

}  // namespace vip::vrrp
