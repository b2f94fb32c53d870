// Why a node has an address or has it not, in sentences, out of what agents say of themselves and what their
// plan says of all of them. Pure: the values come from status documents and plans, the words go to people.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vip::report {

// One virtual router on one node, in its agent's words. What the agent does not say is empty.
struct RouterWord {
  std::string vrid;
  std::string family;
  std::string interface;
  std::string state;  // initialize, backup, active, fault
  std::string since;
  std::string cause;   // of its last change of state
  std::string reason;  // what is wrong, in words
  std::string remedy;  // and what to do about it
  std::string active;  // the active router's address as far as it knows
  std::string source;  // its own
  std::vector<std::string> addresses;
  std::vector<std::string> peers;
  std::optional<int> priority;
  std::optional<bool> preempt;
  std::chrono::milliseconds preempt_delay{0};
  std::chrono::milliseconds interval{0};
  int version = 3;
};

struct NodeWord {
  std::string name;
  std::vector<std::string> addresses;  // its own, by which its peers know it
  std::optional<int> priority;         // by the plan
  bool standby = false;                // by the plan: it is spoken to and says nothing
  std::string silence;                 // why there is no word of its routers; empty when there is
  std::string note;                    // drained, out of service: what a person should know besides
  std::vector<RouterWord> routers;
};

struct GroupWord {
  std::string group;
  std::vector<NodeWord> nodes;
};

// How long a backup waits after the last advertisement before it takes over: three intervals and its skew.
[[nodiscard]] std::chrono::milliseconds active_down(int version, int priority,
                                                    std::chrono::milliseconds interval);

// The sentences about one node of the group, or about all of them when `node` is empty.
[[nodiscard]] std::vector<std::string> explain(const GroupWord& group, std::string_view node = {});

}  // namespace vip::report
