// Where an agent and the command line on the same host meet: an abstract unix socket in the host's network
// namespace, "swarm-vip/agent/<pid namespace>/<pid>/<group>". It needs no writable file system and goes with
// its process. The pid namespace in the name is what tells a container's own agent from its neighbours: a
// health check must never be answered by another container's agent.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/sys/unique_fd.h"

namespace vip::vrrp {

struct LocalAgent {
  std::string socket;  // the abstract name, without the leading zero byte
  std::string group;
  bool same_container = false;  // it lives in our pid namespace
};

// Listens under this process's name. Errors: conflict, unavailable.
[[nodiscard]] Result<sys::UniqueFd> listen_locally(std::string_view group);

// All agents of this network namespace, sorted. Errors: unavailable.
[[nodiscard]] Result<std::vector<LocalAgent>> local_agents();

// GET of a path, at most `limit` and 1 MiB; the body of a 200. Errors: unavailable, and whatever else came.
[[nodiscard]] Result<std::string> ask_locally(const std::string& socket, std::string_view path,
                                              std::chrono::seconds limit);

}  // namespace vip::vrrp
