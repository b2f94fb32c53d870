// The plan document: what the operator decides and every agent of a group obeys. One JSON object per
// group; all agents get the same one and find themselves by node id. The text is canonical (sorted keys, no
// blanks), so equal plans have equal bytes and an equal hash.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/check_settings.h"
#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/base/ip_address.h"

namespace vip::plan {

inline constexpr int kSchema = 1;
// What one advertisement can carry (RFC 9568, 5.2.5).
inline constexpr std::size_t kRouterAddressesMax = 255;
inline constexpr std::chrono::seconds kWindowMax{300};

// The names of the interface rule and of the lease rule that leave the choice to the agent.
inline constexpr std::string_view kAuto = "auto";
inline constexpr std::string_view kOff = "off";

// How long the kernel keeps an address that nobody renews.
struct Lease {
  enum class Kind : std::uint8_t { automatic, off, fixed };
  Kind kind = Kind::automatic;
  std::chrono::seconds fixed{0};  // of kind `fixed`: 2 s to 1 day

  // "auto", "off", or whole seconds such as "5s".
  static std::optional<Lease> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Lease&, const Lease&) = default;
};

struct Auth {
  enum class Mode : std::uint8_t {
    none,
    password,           // version 2's clear text
    hmac_receive_only,  // version 3 with a key: sends unsigned, takes both
    hmac_permissive,    // signs, takes both
    hmac,               // signs, takes only signed
  };
  Mode mode = Mode::none;
  std::string file;  // where the agent finds the secret; empty with `none`
  // Where it finds further keys: what they signed is believed, too, while the group moves from key to key.
  std::vector<std::string> accepts;
  // How far a signed packet's time may be from the receiver's clock; 0: it does not matter, so that no clock
  // can cost the address. For keepalived's time mode.
  std::chrono::seconds window{0};
  static std::optional<Mode> parse(std::string_view name);
  static std::string_view name(Mode mode);
  friend bool operator==(const Auth&, const Auth&) = default;
};

// A second way to speak, while a group moves from one to another (P6): who is active says everything in both,
// and all understand both, so that members with the plan before and with the plan after meet in the middle.
struct Also {
  int version = 3;
  std::chrono::milliseconds advert_interval{1000};  // of version 2, which says it; 3 says how often it speaks
  Auth auth;                                        // of version 3 as the plan's, if that has version 3, too
  friend bool operator==(const Also&, const Also&) = default;
};

// Where advertisements go: to each member, or to VRRP's group on the interface.
enum class Transport : std::uint8_t { unicast, multicast };

// What version 3 sums over IPv4: keepalived and FRR understand the pseudo header, RFC 9568 asks for the
// message.
enum class Checksum : std::uint8_t { pseudo_header, message_only };

// When a new active router announces its addresses, counted from its claim, and how often from then on.
struct Announce {
  std::vector<std::chrono::milliseconds> at{std::chrono::milliseconds(0), std::chrono::milliseconds(100),
                                            std::chrono::milliseconds(500), std::chrono::milliseconds(1000)};
  std::chrono::milliseconds refresh{60000};  // 0: never again
  friend bool operator==(const Announce&, const Announce&) = default;
};
inline constexpr std::size_t kAnnounceCountMax = 32;

// One virtual router: an identifier and the addresses that move together, all of one family.
struct Router {
  Vrid vrid;
  std::optional<Vrid> also_vrid;  // its id in the plan's second way to speak, where that is another
  std::vector<IpPrefix> addresses;
  std::string sync;  // routers of the same name here are active together or not at all; empty: on its own
  // By member id, of members that have another priority here than elsewhere: so that the addresses of a group
  // can live on several nodes.
  std::map<std::string, Priority, std::less<>> priorities;

  [[nodiscard]] Family family() const {
    return addresses.empty() ? Family::ipv4 : addresses.front().address.family();
  }
  friend bool operator==(const Router&, const Router&) = default;
};

struct Member {
  std::string id;  // the Swarm's node id
  std::string hostname;
  IpAddress address;                  // of either family; here its status is asked for
  std::optional<IpAddress> address6;  // IPv6, beside an IPv4 address
  Priority priority;                  // as on the wire, distinct within the group
  std::string interface;              // empty: the group's rule
  // It is spoken to and says nothing: it is about to join or to leave a group without a key, whose members
  // believe only whom their plan lists; or a keepalived speaks for it.
  bool standby = false;
  // A person said so: to have the addresses only when nobody else can, or before all others. Its priority
  // goes with it; beyond that it means that they move at once, whatever `preempt` says.
  bool drained = false;
  bool preferred = false;

  // The one from which it speaks in a family.
  [[nodiscard]] std::optional<IpAddress> address_of(Family family) const;
  friend bool operator==(const Member&, const Member&) = default;
};

struct Plan {
  std::string group;
  std::uint64_t generation = 1;  // grows with each change of the rest
  int version = 3;               // VRRP 2 or 3
  std::chrono::milliseconds advert_interval{250};
  bool preempt = true;
  std::chrono::milliseconds preempt_delay{5000};
  Lease lease;
  std::string interface{kAuto};
  Auth auth;
  std::optional<Also> also;
  Transport transport = Transport::unicast;
  bool any_source = false;     // else only members, and whoever holds the key, are believed (unicast)
  std::uint8_t ttl_min = 255;  // of what is believed
  Checksum checksum = Checksum::pseudo_header;
  // How long to listen at the start; 0: the active-down interval; not said: in version 3 at least as long as
  // beside a router that speaks once in a second, whatever our own interval.
  std::optional<std::chrono::milliseconds> start_wait;
  // How long who starts and hears nobody at all waits for its network to work; with a key and over unicast,
  // since only peers that can be asked give a sign of life.
  std::chrono::milliseconds start_grace{0};
  bool duplicate_check = true;  // ask the LAN before a first claim whether another host has the addresses
  Announce announce;
  bool virtual_mac = false;  // 00-00-5e-00-01-VRID instead of the interface's own
  bool accept = true;        // else only the addresses' neighbours are answered, and no packet to them
  std::uint16_t status_port = 9112;
  std::vector<CheckSettings> checks;  // asked by each member of its own host
  NotifyScripts notify;
  std::vector<Router> routers;
  std::vector<Member> members;  // sorted by id

  [[nodiscard]] const Member* member(std::string_view id) const;
  friend bool operator==(const Plan&, const Plan&) = default;
};

[[nodiscard]] Priority priority_of(const Router& router, const Member& member);

// Where a level begins that a person asked for: above all who are drained, and at whoever is preferred. Empty
// where nobody is either.
[[nodiscard]] std::vector<Priority> levels(const Plan& plan, const Router& router);

// The files of all secrets that an agent with this plan needs, each once.
[[nodiscard]] std::vector<std::string> secret_files(const Plan& plan);

// Whether two plans ask the same of the agents, whatever their generation.
[[nodiscard]] bool same_but_generation(const Plan& a, const Plan& b);

// Every reason for which an agent must refuse the plan, in words; empty when it is sound.
[[nodiscard]] std::vector<std::string> problems(const Plan& plan);

[[nodiscard]] std::string to_json(const Plan& plan);
// Errors: invalid, with all problems in the context. Unknown keys are ignored, so that an older agent reads
// a newer operator's plan of the same schema.
[[nodiscard]] Result<Plan> from_json(std::string_view text);

// The first 12 hexadecimal digits of the SHA-256 of a text.
[[nodiscard]] std::string short_hash(std::string_view text);

}  // namespace vip::plan
