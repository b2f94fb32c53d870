// What an agent of this host says about itself, read again out of its status document: for `doctor`, which
// must know whose addresses and advertisements are lawful, and for `explain`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/report/explanation.h"
#include "vrrp/doctor/facts.h"

namespace vip::vrrp {

struct StatusWord {
  std::string node;  // its id in the plan
  AgentWord agent;
  std::vector<WantedRouter> wanted;         // as far as the document tells: no password, no key
  std::vector<report::RouterWord> routers;  // in the same order
};

// Errors: invalid, when it is no status document.
[[nodiscard]] Result<StatusWord> read_status(std::string_view document);

struct HostWords {
  std::vector<AgentWord> agents;  // also those without a usable answer, each with its error
  std::vector<StatusWord> statuses;
};
// All agents of this host, over their local sockets, one after the other with a few seconds for each.
[[nodiscard]] HostWords ask_agents_here();

}  // namespace vip::vrrp
