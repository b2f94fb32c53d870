// Where an agent and the command line on the same host meet: an abstract unix socket in the host's network
// namespace, "swarm-vip/agent/<pid namespace>/<pid>/<group>". It needs no writable file system and goes with
// its process. The pid namespace in the name is what tells a container's own agent from its neighbours: a
// health check must never be answered by another container's agent.
// Where unix sockets are denied it is TCP port 9110 of a loopback address, one of a few that the pid
// namespace decides.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/ip_address.h"
#include "common/sys/unique_fd.h"

namespace vip::vrrp {

struct LocalAgent {
  std::string socket;                 // the abstract name, without the leading zero byte
  std::optional<IpAddress> loopback;  // where it is, instead
  std::string group;                  // of the name; unknown where it has none
  bool same_container = false;        // it lives in our pid namespace
};

// Listens under this process's name, or where that is denied at loopback. Errors: conflict, unavailable.
[[nodiscard]] Result<sys::UniqueFd> listen_locally(std::string_view group);

// Whom a message is about.
[[nodiscard]] std::string name(const LocalAgent& agent);

// All agents of this network namespace, sorted. Errors: unavailable.
[[nodiscard]] Result<std::vector<LocalAgent>> local_agents();

// GET of a path, at most `limit` and 16 MiB; the body of a 200. Errors: unavailable, and whatever else came.
[[nodiscard]] Result<std::string> ask_locally(const LocalAgent& agent, std::string_view path,
                                              std::chrono::seconds limit);

}  // namespace vip::vrrp
