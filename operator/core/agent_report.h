// What agents say of themselves, in our words, and what a person should know of it. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/ip_address.h"
#include "operator/core/problems.h"

namespace vip::swarm {

// A change of state that a router remembers.
struct TransitionReport {
  WallTime at;  // by its agent's clock
  std::string from;
  std::string to;
  std::string cause;
  std::string peer;                                  // whose advertisement it was, if one was the cause
  std::string reason;                                // of a fault, in words
  std::chrono::milliseconds after{0};                // how long it was in `from`
  std::optional<std::chrono::milliseconds> silence;  // of the one it took over from, when that fell silent
  friend bool operator==(const TransitionReport&, const TransitionReport&) = default;
};

// One router of an agent. The texts came over the network, without control characters.
struct RouterReport {
  std::string vrid;
  std::string family;
  std::string interface;
  std::string state;
  std::string since;
  std::string priority;
  std::vector<std::string> addresses;
  std::string reason;    // what is wrong, in words; empty when nothing is
  std::string trouble;   // the same as the agent's word for programs (vrrp/core/trouble.h); may be missing
  std::string document;  // all that the agent said of it, as JSON
  std::string active;    // the active router's address as far as it knows
  std::string source;    // its own
  std::string network;   // its own with the length of its network, "192.0.2.11/24"
  std::string cause;     // why it is in its state
  std::vector<std::string> peers;
  std::optional<bool> preempt;
  std::chrono::milliseconds preempt_delay{0};
  std::chrono::milliseconds interval{0};
  int version = 3;
  std::vector<TransitionReport> transitions;  // the last ones, as many as the agent tells
};

// A check that an agent makes of its host.
struct CheckReport {
  std::string name;
  std::string result;  // "passes", "fails" or "unknown"
  std::string why;     // of the last bad result
};

enum class AgentWord : std::uint8_t {
  reports,    // see `routers`
  stands_by,  // it runs and acts for nothing
  unknown,    // nobody answered
};

struct NodeReport {
  std::string node;  // its id
  std::string hostname;
  std::optional<IpAddress> address;  // where it was asked
  AgentWord word = AgentWord::unknown;
  std::string reason;  // why it stands by or is unknown
  std::vector<RouterReport> routers;
  std::optional<WallTime> now_at;  // its clock when it answered, where it tells
  std::uint64_t generation = 0;    // of the plan that it has; 0: not known
  std::vector<CheckReport> checks;
};

struct GroupReport {
  std::string group;
  std::uint16_t status_port = 0;  // of its deployed plan
  std::vector<NodeReport> nodes;
};

// The trouble of a router whose addresses another host has, too.
inline constexpr std::string_view kDuplicateOwner = "duplicate_owner";

// What no agent can see alone: two of them that both have the address.
void find_rivals(GroupReport& group);

// "interface eth0 is down; ...", with the remedy; empty for a router without trouble.
[[nodiscard]] std::string trouble_words(const GroupReport& group, const NodeReport& node,
                                        const RouterReport& router);

// "node n1: router 51 (ipv4): interface eth0 is down; ..."; empty for a router without trouble.
[[nodiscard]] std::string complaint_words(const GroupReport& group, const NodeReport& node,
                                          const RouterReport& router);

// Those of all nodes.
[[nodiscard]] std::vector<Problem> troubles(const GroupReport& group);

// A router's state, or why there is none, on one line: "active on eth0 since 2026-...", "stands by: ...".
[[nodiscard]] std::vector<std::string> now_words(const GroupReport& group, const NodeReport& node);

}  // namespace vip::swarm
