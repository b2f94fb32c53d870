// What the operator tells the world: something that has changed, as a value and in words. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "operator/core/model.h"

namespace vip::swarm {

// A node that has an address.
struct Holder {
  std::string node;  // its id
  std::string hostname;
  friend bool operator==(const Holder&, const Holder&) = default;
};

enum class EventKind : std::uint8_t {
  holder,           // one node has the addresses, and did not before, as far as was known
  no_holder,        // all agents answer, and nobody has them
  several_holders,  // for longer than a hand-over takes
  problem,          // something needs a person
  problem_over,
};

// "holder", "no_holder", ...: what programs know it by.
[[nodiscard]] std::string_view name(EventKind kind);

struct Event {
  EventKind kind = EventKind::holder;
  std::string group;
  std::vector<std::string> addresses;  // those that it is about; none of a problem
  std::vector<Holder> holders;         // who has them
  std::string previous;                // the host name of who had them last; empty: nobody is known
  std::string problem;                 // in words
  WallTime at;                         // when it was seen
  friend bool operator==(const Event&, const Event&) = default;
};

// "192.0.2.100 (group web) is on n2, before on n1", on one line.
[[nodiscard]] std::string text(const Event& event);

}  // namespace vip::swarm
