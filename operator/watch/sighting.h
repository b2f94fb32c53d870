// Who has which address and what is wrong, as one round of questions to the agents tells it. Pure. Who does
// not answer is silent, and what it has is not known: that is never "nobody".
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/plan/plan.h"
#include "operator/core/agent_report.h"
#include "operator/core/problems.h"
#include "operator/watch/event.h"

namespace vip::swarm {

struct AddressSighting {
  std::string address;          // without the length of its network
  std::vector<Holder> holders;  // by host name
};

// What needs a person, in words.
struct Complaint {
  std::string node;  // the id of whose agent says it; empty: the operator itself
  std::string words;
};

struct GroupSighting {
  std::string group;
  std::vector<AddressSighting> addresses;  // of the deployed plan, in its order
  std::set<std::string> silent;            // ids of the nodes that do not answer
  std::vector<Complaint> complaints;
};

struct Sighting {
  WallTime at;
  std::vector<GroupSighting> groups;
};

// Who says that it has the address, by host name.
[[nodiscard]] std::vector<Holder> holders_of(const GroupReport& report, const IpAddress& address);

// `report`: rivals found. Of the problems notes are left out: they are what somebody asked for.
[[nodiscard]] GroupSighting sight(const GroupReport& report, const plan::Plan& plan,
                                  const std::vector<Problem>& problems);

}  // namespace vip::swarm
