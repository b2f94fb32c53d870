// Looks at the LAN for a moment: who speaks VRRP, who answers for addresses, and whether this host's filters
// let VRRP through. Changes nothing, and is no router: what it sends is ARP probes, neighbour solicitations,
// and packets that never leave the host.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "common/base/error.h"
#include "vrrp/doctor/facts.h"

namespace vip::vrrp {

struct LanQuestion {
  std::set<IfIndex> interfaces;  // where; empty: everywhere
  std::set<Family> families;
  struct Probe {
    IfIndex interface;
    MacAddress from{};
    IpAddress address;
  };
  std::vector<Probe> probes;
  Duration patience{};
};

struct LanAnswer {
  std::vector<HeardPacket> heard;
  std::set<IpAddress> arrived;  // sources of what reached a socket of protocol 112
  std::map<IpAddress, std::set<MacAddress>> owners;
  bool probed = false;  // somebody was asked
};

// Listens for as long as asked; at most so many packets are kept. Errors: denied without NET_RAW,
// unavailable.
[[nodiscard]] Result<LanAnswer> look_at_lan(const LanQuestion& question);
inline constexpr std::size_t kHeardMax = 4096;

struct FilterQuestion {
  IfIndex interface;
  IpAddress own;
  IpAddress peer;
  bool multicast = false;                   // how the router speaks
  Vrid unused;                              // nobody's router id, so that nobody minds
  std::optional<std::uint16_t> hello_port;  // tried where nobody has it
};

// Sends packets through the filters of output and input as if to the peer and as if from it. With a TTL of 0
// and by way of multicast loopback they stay on this host: nothing is proved about what lies beyond.
[[nodiscard]] FilterTrial try_filters(const FilterQuestion& question);

// Whether a program has the TCP port of the address. An address that is not here counts as free.
[[nodiscard]] bool is_tcp_port_taken(const IpAddress& address, std::uint16_t port);
[[nodiscard]] bool is_udp_port_taken(Family family, std::uint16_t port);

}  // namespace vip::vrrp
