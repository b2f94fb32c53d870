#include "vrrp/sys/announcer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include "common/base/text.h"
#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

constexpr int kFramesPerTurn = 64;
constexpr std::size_t kFrameMax = 256;  // what is longer says nothing more
constexpr std::size_t kSysctlMax = 16;

// Classic BPF over an Ethernet frame: IPv6 with ICMPv6 directly behind its header, neighbour solicitation or
// advertisement. Everything else, the host's whole IPv6 traffic, stays in the kernel.
std::array<sock_filter, 7> neighbours_only() {
  constexpr std::uint32_t kNextHeader = 20;
  constexpr std::uint32_t kType = 54;
  return {{{.code = BPF_LD | BPF_B | BPF_ABS, .jt = 0, .jf = 0, .k = kNextHeader},
           {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 0, .jf = 4, .k = IPPROTO_ICMPV6},
           {.code = BPF_LD | BPF_B | BPF_ABS, .jt = 0, .jf = 0, .k = kType},
           {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 1, .jf = 0, .k = 135},
           {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 0, .jf = 1, .k = 136},
           {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = kFrameMax},
           {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0}}};
}

Status filter(int fd) {
  auto program = neighbours_only();
  const sock_fprog code{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &code, sizeof(code)) == 0) return {};
  return sys::errno_failure("packet socket: filter");
}

Status bind_to(int fd, int protocol) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(static_cast<std::uint16_t>(protocol));
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return {};
  return sys::errno_failure("packet socket");
}

// Protocol 0 hears nothing.
Result<sys::UniqueFd> packet_socket() {
  sys::UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return sys::errno_failure("packet socket");
  return fd;
}

}  // namespace

Result<Announcer> Announcer::open() {
  VIP_TRY(auto fd, packet_socket());
  return Announcer(std::move(fd));
}

Status Announcer::send(IfIndex interface, std::span<const std::uint8_t> frame) const {
  sockaddr_ll destination{};
  destination.sll_family = AF_PACKET;
  destination.sll_ifindex = static_cast<int>(interface.value);
  destination.sll_halen = ETH_ALEN;
  std::ranges::copy_n(frame.begin(), ETH_ALEN, destination.sll_addr);
  std::memcpy(&destination.sll_protocol, frame.data() + std::ptrdiff_t{2} * ETH_ALEN,
              sizeof(destination.sll_protocol));
  const auto* const target = reinterpret_cast<const sockaddr*>(&destination);
  if (::sendto(fd_.get(), frame.data(), frame.size(), MSG_NOSIGNAL, target, sizeof(destination)) < 0)
    return sys::errno_failure("send to the neighbours");
  return {};
}

bool is_ipv6_router(const std::string& interface) {
  const auto value = sys::read_file("/proc/sys/net/ipv6/conf/" + interface + "/forwarding", kSysctlMax);
  return value && trim(*value) != "0";
}

Result<NeighbourWatch> NeighbourWatch::open(Family family) {
  VIP_TRY(auto fd, packet_socket());
  if (family == Family::ipv6) VIP_CHECK(filter(fd.get()));  // before it hears anything
  VIP_CHECK(bind_to(fd.get(), family == Family::ipv4 ? ETH_P_ARP : ETH_P_IPV6));
  return NeighbourWatch(family, std::move(fd));
}

Status NeighbourWatch::hear_all(IfIndex interface) {
  if (hearing_all_.contains(interface)) return {};
  packet_mreq request{};
  request.mr_ifindex = static_cast<int>(interface.value);
  request.mr_type = PACKET_MR_ALLMULTI;
  if (::setsockopt(fd_.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)) != 0)
    return sys::errno_failure("hear all multicast");
  hearing_all_.insert(interface);
  return {};
}

void NeighbourWatch::receive(const Receiver& receiver) const {
  std::array<std::uint8_t, kFrameMax> frame{};
  for (int i = 0; i < kFramesPerTurn; ++i) {
    sockaddr_ll sender{};
    socklen_t length = sizeof(sender);
    const ssize_t size =
        ::recvfrom(fd_.get(), frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&sender), &length);
    if (size < 0) return;
    if (sender.sll_pkttype == PACKET_OUTGOING) continue;
    receiver(IfIndex(static_cast<std::uint32_t>(sender.sll_ifindex)),
             std::span(frame).first(static_cast<std::size_t>(size)));
  }
}

}  // namespace vip::vrrp
