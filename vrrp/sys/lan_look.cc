#include "vrrp/sys/lan_look.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sys/socket.h>

#include "common/sys/posix.h"
#include "common/sys/unique_fd.h"
#include "vrrp/core/announcement.h"
#include "vrrp/core/duplicate_check.h"
#include "vrrp/core/hello.h"
#include "vrrp/core/ip_packet.h"
#include "vrrp/sys/announcer.h"
#include "vrrp/sys/hello_socket.h"
#include "vrrp/sys/vrrp_socket.h"

namespace vip::vrrp {
namespace {

constexpr int kProtocolVrrp = 112;
constexpr int kIpv6HeaderIncluded = 36;  // IPV6_HDRINCL, which the C library's headers lack
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kPacketMax = 8192;
constexpr int kPacketsPerTurn = 64;
constexpr int kOn = 1;
constexpr Duration kLoopbackPatience = std::chrono::milliseconds(200);

// Classic BPF over a packet without its link header: IPv4 or IPv6 of protocol 112.
std::array<sock_filter, 9> vrrp_only() {
  constexpr std::uint32_t kIpv4Protocol = 9;
  constexpr std::uint32_t kIpv6NextHeader = 6;
  return {{{.code = BPF_LD | BPF_B | BPF_ABS, .jt = 0, .jf = 0, .k = 0},
           {.code = BPF_ALU | BPF_RSH | BPF_K, .jt = 0, .jf = 0, .k = 4},
           {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 2, .jf = 0, .k = 4},
           {.code = BPF_LD | BPF_B | BPF_ABS, .jt = 0, .jf = 0, .k = kIpv6NextHeader},
           {.code = BPF_JMP | BPF_JA, .jt = 0, .jf = 0, .k = 1},
           {.code = BPF_LD | BPF_B | BPF_ABS, .jt = 0, .jf = 0, .k = kIpv4Protocol},
           {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 0, .jf = 1, .k = kProtocolVrrp},
           {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = kPacketMax},
           {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0}}};
}

// Hears VRRP on all links as it is on the wire: what comes in before any filter, what goes out after all.
class Tap {
 public:
  static Result<Tap> open() {
    sys::UniqueFd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.valid()) return sys::errno_failure("packet socket");
    auto program = vrrp_only();
    const sock_fprog code{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
    if (!set_option(fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, code))
      return sys::errno_failure("packet socket: filter");
    sockaddr_ll all{};
    all.sll_family = AF_PACKET;
    all.sll_protocol = htons(ETH_P_ALL);  // less would not hear what goes out
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&all), sizeof(all)) !=
        0)  // NOLINT: the socket API's cast
      return sys::errno_failure("packet socket");
    return Tap(std::move(fd));
  }

  [[nodiscard]] int fd() const { return fd_.get(); }

  void receive(const std::set<IfIndex>& interfaces, std::vector<HeardPacket>& heard) const {
    std::array<std::uint8_t, kPacketMax> buffer{};
    for (int i = 0; i < kPacketsPerTurn; ++i) {
      sockaddr_ll sender{};
      socklen_t length = sizeof(sender);
      const ssize_t size = ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0,
                                      reinterpret_cast<sockaddr*>(&sender), &length);  // NOLINT
      if (size < 0) return;
      const IfIndex interface(static_cast<std::uint32_t>(sender.sll_ifindex));
      const bool asked = interfaces.empty() || interfaces.contains(interface);
      if (!asked || sender.sll_pkttype == PACKET_LOOPBACK || heard.size() >= kHeardMax) continue;
      keep(sender, interface, std::span(buffer).first(static_cast<std::size_t>(size)), heard);
    }
  }

 private:
  explicit Tap(sys::UniqueFd fd) : fd_(std::move(fd)) {}

  static void keep(const sockaddr_ll& sender, IfIndex interface, std::span<const std::uint8_t> bytes,
                   std::vector<HeardPacket>& heard) {
    HeardPacket packet{.outgoing = sender.sll_pkttype == PACKET_OUTGOING};
    std::copy_n(std::begin(sender.sll_addr), packet.mac.size(), packet.mac.begin());
    auto payload = bytes;
    if (const auto ipv4 = parse_ipv4(bytes)) {
      packet.envelope = ipv4->envelope;
      payload = ipv4->payload;
    } else if (bytes.size() >= kIpv6Header && bytes[0] >> 4U == 6) {
      packet.envelope = {.source = *IpAddress::from_bytes(bytes.subspan(8, 16)),
                         .destination = *IpAddress::from_bytes(bytes.subspan(24, 16)),
                         .ttl = bytes[7]};
      payload = bytes.subspan(kIpv6Header);
    } else {
      return;
    }
    packet.envelope.interface = interface;
    packet.payload.assign(payload.begin(), payload.end());
    heard.push_back(std::move(packet));
  }

  sys::UniqueFd fd_;
};

// All that listens during a look.
class Look {
 public:
  static Result<Look> open(const LanQuestion& question) {
    VIP_TRY(auto tap, Tap::open());
    VIP_TRY(auto announcer, Announcer::open());
    Look look(question, std::move(tap), std::move(announcer));
    for (const auto family : question.families) {
      VIP_TRY(auto prepared, VrrpSocket::prepare(family));
      look.sockets_.emplace_back(family, std::move(prepared));
      // In the group also where the agents speak by unicast: a stranger may not.
      for (const auto interface : question.interfaces) VIP_CHECK(look.sockets_.back().join(interface));
      VIP_TRY(auto watch, NeighbourWatch::open(family));
      if (family == Family::ipv6)
        for (const auto interface : question.interfaces) VIP_CHECK(watch.hear_all(interface));
      look.neighbours_.push_back(std::move(watch));
    }
    return look;
  }

  LanAnswer listen() {
    const auto begin = sys::monotonic_now();
    const auto end = begin + question_.patience;
    auto next_probe = begin;
    int probes_left = question_.probes.empty() ? 0 : DuplicateCheck::kTimes;
    for (auto now = begin; now < end; now = sys::monotonic_now()) {
      if (probes_left > 0 && now >= next_probe) {
        probe();
        --probes_left;
        next_probe = now + DuplicateCheck::kSpacing;
      }
      wait(probes_left > 0 ? std::min(end, next_probe) - now : end - now);
      receive();
    }
    return std::move(answer_);
  }

 private:
  Look(const LanQuestion& question, Tap tap, Announcer announcer)
      : question_(question), tap_(std::move(tap)), announcer_(std::move(announcer)) {}

  void probe() {
    for (const auto& probe : question_.probes)
      if (announcer_.send(probe.interface, encode_probe(probe.address, probe.from))) answer_.probed = true;
  }

  void wait(Duration time) const {
    std::vector<pollfd> all{{.fd = tap_.fd(), .events = POLLIN, .revents = 0}};
    for (const auto& socket : sockets_) all.push_back({.fd = socket.fd(), .events = POLLIN, .revents = 0});
    for (const auto& watch : neighbours_) all.push_back({.fd = watch.fd(), .events = POLLIN, .revents = 0});
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(std::max(time, Duration::zero()));
    (void)::poll(all.data(), all.size(), static_cast<int>(whole.count()));  // a hint only
  }

  void receive() {
    tap_.receive(question_.interfaces, answer_.heard);
    for (const auto& socket : sockets_) {
      socket.receive([this](const Envelope& envelope, std::span<const std::uint8_t>) {
        answer_.arrived.insert(envelope.source);
      });
    }
    for (const auto& watch : neighbours_) {
      watch.receive([this](IfIndex, std::span<const std::uint8_t> frame) {
        const auto owner = parse_owner(frame);
        const auto asked = [&](const auto& probe) { return owner && probe.address == owner->address; };
        if (std::ranges::any_of(question_.probes, asked)) answer_.owners[owner->address].insert(owner->mac);
      });
    }
  }

  const LanQuestion& question_;
  Tap tap_;
  Announcer announcer_;
  std::vector<VrrpSocket> sockets_;
  std::vector<NeighbourWatch> neighbours_;
  LanAnswer answer_;
};

// --- filters
// ------------------------------------------------------------------------------------------------

// The header in front of a payload, with a TTL that keeps the packet on this host.
std::vector<std::uint8_t> with_header(const IpAddress& from, const IpAddress& to, std::uint8_t protocol,
                                      const std::vector<std::uint8_t>& payload) {
  std::vector<std::uint8_t> packet;
  const auto append = [&packet](std::span<const std::uint8_t> bytes) {
    packet.insert(packet.end(), bytes.begin(), bytes.end());
  };
  if (from.family() == Family::ipv4) {
    packet.assign(kIpv4Header - 8, 0);  // the kernel fills in length, id and checksum
    packet[0] = 0x45;
    packet[1] = 0xC0;
    packet[9] = protocol;
  } else {
    packet.assign(kIpv6Header - 32, 0);
    packet[0] = 0x60;
    packet[4] = static_cast<std::uint8_t>(payload.size() >> 8U);
    packet[5] = static_cast<std::uint8_t>(payload.size());
    packet[6] = protocol;
  }
  append(from.bytes());
  append(to.bytes());
  append(payload);
  return packet;
}

// Sends ready packets by way of VRRP's group on the interface, with or without hearing them again.
class Sender {
 public:
  static Result<Sender> open(const FilterQuestion& question, bool loops) {
    const bool v4 = question.own.family() == Family::ipv4;
    sys::UniqueFd fd(
        ::socket(v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, kProtocolVrrp));
    if (!fd.valid()) return sys::errno_failure("raw socket");
    if (!(v4 ? set_up_ipv4(fd.get(), question, loops) : set_up_ipv6(fd.get(), question, loops)))
      return sys::errno_failure("raw socket: options");
    return Sender(std::move(fd), question);
  }

  // Errors: denied, by a filter.
  [[nodiscard]] Status send(const std::vector<std::uint8_t>& packet) const {
    const auto group = multicast_group(family_);
    sockaddr_in6 destination{};
    socklen_t size = sizeof(destination);
    if (family_ == Family::ipv4) {
      sockaddr_in ipv4{};
      ipv4.sin_family = AF_INET;
      ipv4.sin_addr = raw_address<in_addr>(group);
      size = sizeof(ipv4);
      std::memcpy(&destination, &ipv4, sizeof(ipv4));
    } else {
      destination.sin6_family = AF_INET6;
      destination.sin6_addr = raw_address<in6_addr>(group);
      destination.sin6_scope_id = interface_.value;
    }
    const auto* const to = reinterpret_cast<const sockaddr*>(&destination);  // NOLINT: the socket API's cast
    if (::sendto(fd_.get(), packet.data(), packet.size(), MSG_NOSIGNAL, to, size) >= 0) return {};
    return sys::errno_failure("send");
  }

 private:
  Sender(sys::UniqueFd fd, const FilterQuestion& question)
      : fd_(std::move(fd)), family_(question.own.family()), interface_(question.interface) {}

  static bool set_up_ipv4(int fd, const FilterQuestion& question, bool loops) {
    ip_mreqn group{};
    group.imr_multiaddr = raw_address<in_addr>(multicast_group(Family::ipv4));
    group.imr_ifindex = static_cast<int>(question.interface.value);
    return set_option(fd, IPPROTO_IP, IP_HDRINCL, kOn) &&
           set_option(fd, IPPROTO_IP, IP_MULTICAST_IF, group) &&
           set_option(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, group) &&
           set_option(fd, IPPROTO_IP, IP_MULTICAST_LOOP, loops ? 1 : 0);
  }

  static bool set_up_ipv6(int fd, const FilterQuestion& question, bool loops) {
    ipv6_mreq group{};
    group.ipv6mr_multiaddr = raw_address<in6_addr>(multicast_group(Family::ipv6));
    group.ipv6mr_interface = question.interface.value;
    const int interface = static_cast<int>(question.interface.value);
    return set_option(fd, IPPROTO_IPV6, kIpv6HeaderIncluded, kOn) &&
           set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, interface) &&
           set_option(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, group) &&
           set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, loops ? 1 : 0);
  }

  sys::UniqueFd fd_;
  Family family_;
  IfIndex interface_;
};

// What came to a raw socket, with its header over IPv4 and without over IPv6.
bool arrives(int fd, Family family, const std::vector<std::uint8_t>& payload) {
  const auto end = sys::monotonic_now() + kLoopbackPatience;
  std::array<std::uint8_t, kPacketMax> buffer{};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - sys::monotonic_now());
    if (left.count() <= 0) return false;
    pollfd waited{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&waited, 1, static_cast<int>(left.count())) <= 0) continue;
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (size < 0) continue;
    const auto bytes = std::span<const std::uint8_t>(buffer).first(static_cast<std::size_t>(size));
    const auto packet = family == Family::ipv4 ? parse_ipv4(bytes) : std::nullopt;
    const auto found = packet ? packet->payload : bytes;
    if (std::ranges::equal(found, payload)) return true;
  }
}

class FilterTester {
 public:
  explicit FilterTester(const FilterQuestion& question)
      : question_(question), family_(question.own.family()) {}

  FilterTrial run() {
    trial_.peer = question_.peer.text();
    trial_.out = out(kProtocolVrrp, advertisement(question_.own, question_.peer));
    trial_.in = in(kProtocolVrrp, advertisement(question_.peer, question_.own));
    if (!question_.hello_port) return trial_;
    const auto hello = datagram(*question_.hello_port);
    trial_.hello = out(IPPROTO_UDP, hello);
    if (trial_.hello == Passage::passed) trial_.hello = in(IPPROTO_UDP, hello);
    // Sent in a peer's name it may be refused for that alone, which proves nothing.
    if (trial_.hello == Passage::refused && trial_.out == Passage::passed) trial_.hello = Passage::failed;
    return trial_;
  }

 private:
  // Of a router id that nobody has: agents and keepalived alike pass it over.
  [[nodiscard]] std::vector<std::uint8_t> advertisement(const IpAddress& from, const IpAddress& to) const {
    return encode(Advertisement{.version = Version::v3,
                                .vrid = question_.unused,
                                .priority = Priority(1),
                                .interval = std::chrono::seconds(1),
                                .addresses = {question_.own}},
                  {.source = from, .destination = target(to)});
  }

  [[nodiscard]] std::vector<std::uint8_t> datagram(std::uint16_t port) const {
    auto hello =
        encode(Hello{.vrid = question_.unused, .priority = Priority(1), .interval = std::chrono::seconds(1)});
    hello.resize(hello.size() + kTrailerSize);
    std::vector<std::uint8_t> bytes(kUdpHeader, 0);  // with a checksum of 0
    const auto size = kUdpHeader + hello.size();
    bytes[0] = bytes[2] = static_cast<std::uint8_t>(port >> 8U);
    bytes[1] = bytes[3] = static_cast<std::uint8_t>(port);
    bytes[4] = static_cast<std::uint8_t>(size >> 8U);
    bytes[5] = static_cast<std::uint8_t>(size);
    bytes.insert(bytes.end(), hello.begin(), hello.end());
    return bytes;
  }

  // Over IPv6 the kernel loops back only what goes to a group.
  [[nodiscard]] IpAddress target(const IpAddress& address) const {
    return question_.multicast || family_ == Family::ipv6 ? multicast_group(family_) : address;
  }

  Passage out(std::uint8_t protocol, const std::vector<std::uint8_t>& payload) {
    const auto sender = Sender::open(question_, /*loops=*/false);
    if (!sender) return failed(sender.error());
    const auto sent = sender->send(with_header(question_.own, target(question_.peer), protocol, payload));
    if (sent) return Passage::passed;
    return sent.error().code == Errc::denied ? Passage::refused : failed(sent.error());
  }

  Passage in(std::uint8_t protocol, const std::vector<std::uint8_t>& payload) {
    const auto sender = Sender::open(question_, /*loops=*/true);
    if (!sender) return failed(sender.error());
    const sys::UniqueFd receiver(::socket(family_ == Family::ipv4 ? AF_INET : AF_INET6,
                                          SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (!receiver.valid()) return failed(sys::errno_failure("raw socket").error());
    const auto sent = sender->send(with_header(question_.peer, target(question_.own), protocol, payload));
    if (!sent) return sent.error().code == Errc::denied ? Passage::refused : failed(sent.error());
    return arrives(receiver.get(), family_, payload) ? Passage::passed : Passage::lost;
  }

  Passage failed(const Error& error) {
    trial_.error = error.context;
    return Passage::failed;
  }

  const FilterQuestion& question_;
  Family family_;
  FilterTrial trial_;
};

}  // namespace

Result<LanAnswer> look_at_lan(const LanQuestion& question) {
  VIP_TRY(auto look, Look::open(question));
  return look.listen();
}

FilterTrial try_filters(const FilterQuestion& question) {
  return FilterTester(question).run();
}

bool is_tcp_port_taken(const IpAddress& address, std::uint16_t port) {
  const bool v4 = address.family() == Family::ipv4;
  const sys::UniqueFd fd(::socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid() || !set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, kOn)) return false;
  sockaddr_in6 where{};
  socklen_t size = sizeof(where);
  if (v4) {
    sockaddr_in ipv4{};
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(port);
    ipv4.sin_addr = raw_address<in_addr>(address);
    size = sizeof(ipv4);
    std::memcpy(&where, &ipv4, sizeof(ipv4));
  } else {
    where.sin6_family = AF_INET6;
    where.sin6_port = htons(port);
    where.sin6_addr = raw_address<in6_addr>(address);
  }
  const auto* const name = reinterpret_cast<const sockaddr*>(&where);  // NOLINT: the socket API's cast
  return ::bind(fd.get(), name, size) != 0 && errno == EADDRINUSE;
}

bool is_udp_port_taken(Family family, std::uint16_t port) {
  const auto opened = HelloSocket::open(family, port);
  return !opened && opened.error().code == Errc::conflict;
}

}  // namespace vip::vrrp
