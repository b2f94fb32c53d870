#include "vrrp/sys/announcer.h"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <sys/socket.h>

#include "common/base/bytes.h"
#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

constexpr MacAddress kBroadcast{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

// RFC 826 over Ethernet; the target's hardware address is all ones (RFC 9568 errata 7947 and 7949).
std::vector<std::uint8_t> gratuitous_arp(const MacAddress& mac, const IpAddress& address) {
  ByteWriter frame;
  frame.bytes(kBroadcast);
  frame.bytes(mac);
  frame.u16(ETHERTYPE_ARP);
  frame.u16(ARPHRD_ETHER);
  frame.u16(ETHERTYPE_IP);
  frame.u8(static_cast<std::uint8_t>(mac.size()));
  frame.u8(4);
  frame.u16(ARPOP_REQUEST);
  frame.bytes(mac);
  frame.bytes(address.bytes());
  frame.bytes(kBroadcast);
  frame.bytes(address.bytes());
  return std::move(frame).take();
}

}  // namespace

Result<Announcer> Announcer::open() {
  sys::UniqueFd fd(
      ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));  // protocol 0: sends only
  if (!fd.valid()) return sys::errno_failure("packet socket");
  return Announcer(std::move(fd));
}

Status Announcer::announce(const ObservedLink& link, const IpAddress& address) const {
  const auto frame = gratuitous_arp(link.mac, address);
  sockaddr_ll destination{};
  destination.sll_family = AF_PACKET;
  destination.sll_protocol = htons(ETHERTYPE_ARP);
  destination.sll_ifindex = static_cast<int>(link.index.value);
  destination.sll_halen = static_cast<unsigned char>(kBroadcast.size());
  std::ranges::copy(kBroadcast, destination.sll_addr);
  const auto* const target = reinterpret_cast<const sockaddr*>(&destination);
  if (::sendto(fd_.get(), frame.data(), frame.size(), MSG_NOSIGNAL, target, sizeof(destination)) < 0) {
    return sys::errno_failure("announce " + address.text() + " on " + link.name);
  }
  return {};
}

}  // namespace vip::vrrp
