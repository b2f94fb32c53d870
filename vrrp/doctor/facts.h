// What `doctor` knows of a host when it judges: plain values, read by the shell (vrrp/sys/host_facts.h and
// its neighbours). What could not be read is empty, or an error that says why.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "vrrp/core/address_plan.h"
#include "vrrp/core/announcement.h"
#include "vrrp/core/authentication.h"
#include "vrrp/core/interface_choice.h"
#include "vrrp/core/receive_check.h"
#include "vrrp/core/router_set.h"

namespace vip::vrrp {

// A link with what an agent need not know of it.
struct HostLink {
  IfIndex index;
  std::string name;
  std::string kind;  // "veth", "bridge", ...; empty: hardware
  bool raised = false;
  bool carrier = false;
  bool loopback = false;
  bool peer_elsewhere = false;  // a veth whose other end is in another network namespace
};

// A router as this host shall be one.
struct WantedRouter {
  RouterSetup setup;
  PlacementRule placement;
  std::string group;
  std::string interface_setting = "KEEPALIVED_INTERFACE";  // what its user sets the interface with
  bool managed = false;  // by the operator, so that node labels are the remedy
  bool virtual_mac = false;
  bool auth_known = true;             // else the settings are an agent's, which does not tell
  std::optional<std::uint32_t> mark;  // of its addresses, as the agent's marks are

  [[nodiscard]] Family family() const { return setup.family(); }
};

// One agent that runs on this host, by its own word.
struct AgentWord {
  std::string group;
  std::string charge;  // "in charge", "deposed", ...
  std::string waits;   // why it does not act
  bool healthy = true;
  std::string error;  // why it says nothing
  struct Router {
    Vrid vrid;
    Family family = Family::ipv4;
    std::string state;
    std::string reason;
    std::string active;
    std::string source;
    std::vector<IpPrefix> addresses;
    std::uint64_t hellos_received = 0;
  };
  std::vector<Router> routers;
};

// A VRRP packet on one of the host's links, before any filter of the host.
struct HeardPacket {
  bool outgoing = false;
  MacAddress mac{};  // of its sender
  Envelope envelope;
  std::vector<std::uint8_t> payload;
};

// What came of one packet that was made to pass the host's filters without leaving it.
enum class Passage : std::uint8_t {
  not_tried,
  passed,
  lost,     // sent, and it never arrived
  refused,  // the kernel did not let it out: EPERM, by a rule of the output chain
  failed,   // to send, for another reason
};
struct FilterTrial {
  Passage out = Passage::not_tried;  // as we would speak to a peer
  Passage in = Passage::not_tried;   // as the peer would speak to us
  Passage hello = Passage::not_tried;
  std::string peer;   // as whose packet it was made
  std::string error;  // of `failed`
};

// A port that the agents want.
struct PortTrial {
  std::string what;  // "TCP port 9112 of 192.0.2.11"
  std::string transport;
  std::uint16_t port = 0;
  bool taken = false;
  std::string group;  // whose agents want it
};

// A program that speaks VRRP, too.
struct OtherProgram {
  std::string name;
  int pid = 0;
};

struct HostFacts {
  // --- yes or no ---
  bool in_container = false;
  bool has_ipv6 = false;
  bool ip_vs = false;         // the module is there
  bool has_settings = false;  // an agent's, or words of the command line
  bool listened = false;      // to the LAN
  bool probed = false;        // it was asked who has the addresses
  std::optional<bool> clock_synchronised;

  // --- what we are ---
  std::string missing_capabilities;
  std::string kernel;  // "6.1.0-18-amd64"
  Status raw4;         // whether these sockets can be had
  Status raw6;
  Status packet;
  std::map<std::string, std::string> sysctls;  // "net.ipv4.conf.all.arp_ignore" -> "0"
  std::map<std::string, std::string> dmi;      // "sys_vendor" -> "Amazon EC2"
  std::vector<OtherProgram> programs;          // keepalived and its like, in this network, as far as visible
  std::size_t raw_listeners = 0;  // sockets of protocol 112 of either family, ours not among them

  // --- what shall be ---
  std::vector<std::string> faults;  // of the settings, as at a start
  std::vector<std::string> warnings;
  std::vector<WantedRouter> wanted;
  Authenticator authenticator{AuthMode::off, {}, 1};
  std::chrono::seconds window{0};

  // --- what is there ---
  std::string links_error;
  std::vector<ObservedLink> links;
  std::vector<HostLink> host_links;
  std::vector<ObservedAddress> addresses;
  std::vector<AgentWord> agents;

  // --- what the LAN says ---
  std::string listen_error;
  Duration listened_for{};
  std::vector<HeardPacket> heard;
  std::set<IpAddress> arrived;                              // sources whose packets passed the host's filters
  std::map<IpAddress, std::set<MacAddress>> owners;         // who answered for a wanted address
  std::map<MacAddress, std::vector<IpAddress>> neighbours;  // what else the kernel knows of them
  std::map<std::size_t, FilterTrial> trials;                // by the index of the wanted router
  std::vector<PortTrial> ports;
};

// Where the wanted routers would be on this host; in their order.
[[nodiscard]] std::vector<Placement> places(const HostFacts& facts);

}  // namespace vip::vrrp
