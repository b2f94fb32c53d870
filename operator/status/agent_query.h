// Asks agents for their status over HTTP, all at once, bounded in time and size.
#pragma once

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

// One answer for each agent, in their order: the body of GET /status, or why there is none. While `stop_fd`
// (or -1) is readable, nobody is waited for.
[[nodiscard]] std::vector<Result<std::string>> ask_agents(const std::vector<AgentAddress>& agents,
                                                          int stop_fd = -1);

}  // namespace vip::swarm
