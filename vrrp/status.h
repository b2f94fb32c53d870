// What an agent says about itself: the picture behind /status, the command line and the log's dump.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/ip_address.h"
#include "common/metrics/takeovers.h"
#include "vrrp/core/router_set.h"
#include "vrrp/core/transition.h"
#include "vrrp/core/trouble.h"
#include "vrrp/core/virtual_router.h"

namespace vip::vrrp {

// Since this process began; who goes on from another one counts anew.
struct RouterCounters {
  std::uint64_t advertisements_sent = 0;
  std::uint64_t advertisements_received = 0;
  std::uint64_t priority_zero_sent = 0;
  std::uint64_t priority_zero_received = 0;
  std::uint64_t hellos_sent = 0;
  std::uint64_t hellos_received = 0;
  std::uint64_t send_errors = 0;
  std::uint64_t announcements = 0;
  std::uint64_t transitions = 0;
  std::uint64_t became_active = 0;
  std::uint64_t left_active = 0;
  std::uint64_t put_back = 0;
  std::uint64_t foreign_owners = 0;
  std::uint64_t unheard = 0;
  DiscardCounts discards{};
  NoticeCounts notices{};
};

struct RouterStatus {
  Vrid vrid;
  Version version = Version::v3;
  Family family = Family::ipv4;
  std::string interface;
  State state = State::initialize;
  std::string reason;               // of a fault, or what is wrong with an active router, in words
  Trouble trouble = Trouble::none;  // the same for programs
  Priority priority;
  std::string active;  // the active router's address, empty when unknown
  std::string source;
  std::string network;  // the source with the length of its network
  std::string sync_group;
  bool multicast = false;
  bool preempt = true;
  std::vector<IpPrefix> addresses;
  std::vector<IpAddress> peers;
  Duration advert_interval{};
  Duration preempt_delay{};
  std::vector<Transition> transitions;  // the last ones, newest last: since when and why it is in its state
  RouterCounters counters;
  metrics::Takeovers takeovers;
};

struct CheckStatus {
  std::string name;
  std::string kind;
  std::string result;  // "passes", "fails", or "unknown" before the first result
  std::string why;     // of the last bad result
  int weight = 0;
  std::uint64_t results = 0;
  std::uint64_t bad = 0;
  std::uint64_t changes = 0;
};

struct AgentStatus {
  int pid = 0;  // whom to send a signal
  std::string group;
  std::string node;
  std::string hostname;  // of the node; empty when not known
  std::uint64_t generation = 0;
  bool managed = false;
  bool acts = false;
  std::string charge;  // this agent's share in who acts on this host: "in charge", "deposed", ...
  std::string waits;   // why it does not act, in words; empty when it does
  bool healthy = true;
  std::uint32_t restarts = 0;  // after crashes
  bool realtime = false;
  bool memory_locked = false;
  std::chrono::seconds lease{0};  // 0: off
  std::string since;              // wall clock
  Duration clock{};               // the wall clock when this was said, since the epoch
  std::uint64_t lease_renewals = 0;
  DiscardCounts strays{};  // packets that belonged to no router
  std::vector<CheckStatus> checks;
  std::vector<RouterStatus> routers;
};

[[nodiscard]] std::string to_json(const AgentStatus& status);

// The status documents of several agents as one, {"agents": [...], "routers": [...]}. Errors: invalid.
[[nodiscard]] Result<std::string> merged_status(const std::vector<std::string>& documents);
// The same in one line, with what is wrong besides ("error"; empty: nothing).
[[nodiscard]] Result<std::string> status_line(const std::vector<std::string>& documents,
                                              const std::string& error);
// The same as a table for people.
[[nodiscard]] Result<std::string> status_table(const std::vector<std::string>& documents);

}  // namespace vip::vrrp
