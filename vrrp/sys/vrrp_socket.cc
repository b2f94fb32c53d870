#include "vrrp/sys/vrrp_socket.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

constexpr int kProtocolVrrp = 112;
constexpr int kTtl = 255;            // RFC 9568, 5.1.1.3
constexpr int kTrafficClass = 0xC0;  // internetwork control
constexpr int kOn = 1;
constexpr int kPacketsPerTurn = 256;      // then timers get their turn
constexpr std::size_t kPacketMax = 2048;  // 255 addresses of 4 bytes and all headers

template <typename Value>
bool set_option(int fd, int level, int option, const Value& value) {
  return ::setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

in_addr to_in_addr(const IpAddress& address) {
  in_addr raw{};
  std::memcpy(&raw, address.bytes().data(), sizeof(raw));
  return raw;
}

IfIndex arrival_of(msghdr& header) {
  const cmsghdr* const option = CMSG_FIRSTHDR(&header);
  if (option == nullptr || option->cmsg_level != IPPROTO_IP || option->cmsg_type != IP_PKTINFO)
    return IfIndex(0);
  in_pktinfo info{};
  std::memcpy(&info, CMSG_DATA(option), sizeof(info));
  return IfIndex(static_cast<std::uint32_t>(info.ipi_ifindex));
}

// The payload after the header whose length the packet itself says (options may be there).
void hand_over(std::span<const std::uint8_t> packet, IfIndex interface,
               const VrrpSocket::Receiver& receiver) {
  if (packet.size() < sizeof(iphdr)) return;
  const std::size_t header = std::size_t{packet[0] & 0x0FU} * 4;
  if (header < sizeof(iphdr) || header > packet.size()) return;
  const auto source = IpAddress::from_bytes(packet.subspan(12, 4));
  const auto destination = IpAddress::from_bytes(packet.subspan(16, 4));
  if (!source || !destination) return;
  receiver(Envelope{.source = *source, .destination = *destination, .ttl = packet[8], .interface = interface},
           packet.subspan(header));
}

}  // namespace

Result<VrrpSocket> VrrpSocket::open() {
  sys::UniqueFd fd(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, kProtocolVrrp));
  if (!fd.valid()) return sys::errno_failure("raw socket of protocol 112");
  const bool set = set_option(fd.get(), IPPROTO_IP, IP_TTL, kTtl) &&
                   set_option(fd.get(), IPPROTO_IP, IP_TOS, kTrafficClass) &&
                   set_option(fd.get(), IPPROTO_IP, IP_PKTINFO, kOn);
  if (!set) return sys::errno_failure("raw socket of protocol 112: options");
  return VrrpSocket(std::move(fd));
}

Status VrrpSocket::send(const Envelope& envelope, std::span<const std::uint8_t> message) const {
  sockaddr_in destination{};
  destination.sin_family = AF_INET;
  destination.sin_addr = to_in_addr(envelope.destination);
  iovec payload{.iov_base = const_cast<std::uint8_t*>(message.data()),
                .iov_len = message.size()};  // NOLINT: sendmsg only reads
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in_pktinfo))> control{};
  msghdr header{};
  header.msg_name = &destination;
  header.msg_namelen = sizeof(destination);
  header.msg_iov = &payload;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* const option = CMSG_FIRSTHDR(&header);
  option->cmsg_level = IPPROTO_IP;
  option->cmsg_type = IP_PKTINFO;
  option->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo info{};
  info.ipi_spec_dst = to_in_addr(envelope.source);
  std::memcpy(CMSG_DATA(option), &info, sizeof(info));
  if (::sendmsg(fd_.get(), &header, MSG_NOSIGNAL) < 0)
    return sys::errno_failure("send to " + envelope.destination.text());
  return {};
}

void VrrpSocket::receive(const Receiver& receiver) const {
  std::array<std::uint8_t, kPacketMax> buffer{};
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in_pktinfo))> control{};
  for (int i = 0; i < kPacketsPerTurn; ++i) {
    iovec payload{.iov_base = buffer.data(), .iov_len = buffer.size()};
    msghdr header{};
    header.msg_iov = &payload;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(fd_.get(), &header, 0);
    // Empty queue, or an error of the network (an ICMP answer, say) that the next packet does not share.
    if (size < 0) return;
    hand_over(std::span(buffer).first(static_cast<std::size_t>(size)), arrival_of(header), receiver);
  }
}

}  // namespace vip::vrrp
