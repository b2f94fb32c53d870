#include "vrrp/sys/ip_socket.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <netinet/in.h>
#include <netinet/ip.h>

#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

constexpr std::size_t kPacketsPerTurn = 256;  // then timers get their turn
// In one call of the kernel.
constexpr std::size_t kReceivedAtOnce = 16;
constexpr std::size_t kSentAtOnce = 32;
constexpr std::size_t kPacketMax =
    8192;  // 255 addresses of 16 bytes and all headers; what is longer is nobody's
constexpr int kReceiveBuffer = 1 << 20;
constexpr std::size_t kControlMax = 128;  // addresses, interface and hop limit take less

template <typename Raw>
IpAddress from_raw(const Raw& raw) {
  std::array<std::uint8_t, sizeof(raw)> bytes{};
  std::memcpy(bytes.data(), &raw, sizeof(raw));
  return *IpAddress::from_bytes(bytes);  // of 4 or 16 bytes
}

using Control = std::array<std::uint8_t, kControlMax>;

template <typename Value>
void read_option(const cmsghdr& option, Value& value) {
  if (option.cmsg_len >= CMSG_LEN(sizeof(value))) std::memcpy(&value, CMSG_DATA(&option), sizeof(value));
}

// What the kernel is told of a packet. Stays where it is, since its parts name each other.
class Outgoing {
 public:
  void set_up(const Packet& packet, std::uint16_t port, msghdr& header) {
    payload_ = {.iov_base = const_cast<std::uint8_t*>(packet.bytes.data()),  // NOLINT: the kernel only reads
                .iov_len = packet.bytes.size()};
    header = {};
    header.msg_iov = &payload_;
    header.msg_iovlen = 1;
    packet.envelope.source.family() == Family::ipv4 ? set_up_ipv4(packet.envelope, port, header)
                                                    : set_up_ipv6(packet.envelope, port, header);
  }

 private:
  void set_up_ipv4(const Envelope& envelope, std::uint16_t port, msghdr& header) {
    sockaddr_in destination{};
    destination.sin_family = AF_INET;
    destination.sin_port = htons(port);
    destination.sin_addr = raw_address<in_addr>(envelope.destination);
    in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(envelope.interface.value);
    info.ipi_spec_dst = raw_address<in_addr>(envelope.source);
    attach(header, destination, IPPROTO_IP, IP_PKTINFO, info);
  }

  void set_up_ipv6(const Envelope& envelope, std::uint16_t port, msghdr& header) {
    sockaddr_in6 destination{};
    destination.sin6_family = AF_INET6;
    destination.sin6_port = htons(port);
    destination.sin6_addr = raw_address<in6_addr>(envelope.destination);
    destination.sin6_scope_id = envelope.interface.value;
    in6_pktinfo info{};
    info.ipi6_ifindex = envelope.interface.value;
    info.ipi6_addr = raw_address<in6_addr>(envelope.source);
    attach(header, destination, IPPROTO_IPV6, IPV6_PKTINFO, info);
  }

  template <typename Destination, typename Info>
  void attach(msghdr& header, const Destination& destination, int level, int type, const Info& info) {
    static_assert(sizeof(destination) <= sizeof(destination_) &&
                  CMSG_SPACE(sizeof(info)) <= sizeof(control_));
    std::memcpy(&destination_, &destination, sizeof(destination));
    header.msg_name = &destination_;
    header.msg_namelen = sizeof(destination);
    header.msg_control = control_.data();
    header.msg_controllen = CMSG_SPACE(sizeof(info));
    cmsghdr* const option = CMSG_FIRSTHDR(&header);
    option->cmsg_level = level;
    option->cmsg_type = type;
    option->cmsg_len = CMSG_LEN(sizeof(info));
    std::memcpy(CMSG_DATA(option), &info, sizeof(info));
  }

  iovec payload_{};
  sockaddr_in6 destination_{};  // of either family
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> control_{};
};

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

// Where a packet and what the kernel says of it come.
class Incoming {
 public:
  void set_up(std::span<std::uint8_t> buffer, msghdr& header) {
    payload_ = {.iov_base = buffer.data(), .iov_len = buffer.size()};
    header = {};
    header.msg_name = &sender_;
    header.msg_namelen = sizeof(sender_);
    header.msg_iov = &payload_;
    header.msg_iovlen = 1;
    header.msg_control = control_.data();
    header.msg_controllen = control_.size();
  }

 private:
  iovec payload_{};
  sockaddr_in6 sender_{};  // of either family
  alignas(cmsghdr) std::array<std::uint8_t, kControlMax> control_{};
};

}  // namespace

// Beyond the system's limit where we may, else as far as it lets us.
void widen_receive_buffer(int fd) {
  if (!set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer))
    (void)set_option(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
}

void send_packets(int fd, std::span<const Packet> packets, std::uint16_t port, const SendReport& report) {
  std::array<Outgoing, kSentAtOnce> outgoing;
  std::array<mmsghdr, kSentAtOnce> headers{};
  for (std::size_t next = 0; next < packets.size();) {
    const auto count = std::min(kSentAtOnce, packets.size() - next);
    for (std::size_t i = 0; i < count; ++i)
      outgoing.at(i).set_up(packets[next + i], port, headers.at(i).msg_hdr);
    const int sent = ::sendmmsg(fd, headers.data(), static_cast<unsigned>(count), MSG_NOSIGNAL);
    for (int i = 0; i < sent; ++i) report(next++, {});
    if (sent > 0) continue;  // an error of the one behind them comes back with the next call
    const auto error = sys::errno_failure("send to " + packets[next].envelope.destination.text());
    report(next++, error);
  }
}

Status send_packet(int fd, const Packet& packet, std::uint16_t port) {
  Status result;
  send_packets(fd, {&packet, 1}, port, [&](std::size_t, const Status& sent) { result = sent; });
  return result;
}

void receive_packets(int fd, Family family, const PacketReceiver& receiver) {
  // Not set to zero: of most of it the processor sees nothing in its life.
  std::array<std::array<std::uint8_t, kPacketMax>, kReceivedAtOnce> buffers;  // NOLINT(*-member-init)
  std::array<Incoming, kReceivedAtOnce> incoming;
  std::array<mmsghdr, kReceivedAtOnce> headers{};
  for (std::size_t received = 0; received < kPacketsPerTurn;) {
    for (std::size_t i = 0; i < kReceivedAtOnce; ++i)
      incoming.at(i).set_up(buffers.at(i), headers.at(i).msg_hdr);
    const int count = ::recvmmsg(fd, headers.data(), kReceivedAtOnce, MSG_DONTWAIT, nullptr);
    // Empty queue, or an error of the network (an ICMP answer, say) that the next packet does not share.
    if (count <= 0) return;
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      auto& [header, size] = headers.at(i);
      const auto envelope = family == Family::ipv4 ? envelope_ipv4(header) : envelope_ipv6(header);
      receiver(envelope, std::span(buffers.at(i)).first(size));
    }
    received += static_cast<std::size_t>(count);
    if (static_cast<std::size_t>(count) < kReceivedAtOnce) return;
  }
}

}  // namespace vip::vrrp
