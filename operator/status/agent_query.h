// Asks agents for their status over HTTP, all at once, bounded in time and size.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/ip_address.h"

namespace vip::swarm {

struct AgentAddress {
  IpAddress address;
  std::uint16_t port = 0;
};

struct Waiting {
  std::chrono::milliseconds limit{2'000};  // of each agent; all have it at the same time
  int stop_fd = -1;                        // while it is readable, nobody is waited for; -1: none
};

// One answer for each agent, in their order: the body of GET /status, or why there is none. Errors:
// unavailable; exhausted, when it was too large.
[[nodiscard]] std::vector<Result<std::string>> ask_agents(const std::vector<AgentAddress>& agents,
                                                          const Waiting& waiting = {});

}  // namespace vip::swarm
