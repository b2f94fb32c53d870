// What should exist in the Swarm for one group: a plan config, its secrets and the agent service. Objects
// refer to each other by name; ids belong to the moment of applying.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/plan/plan.h"
#include "operator/core/model.h"
#include "operator/core/plan.h"
#include "operator/core/secrets.h"

namespace vip::swarm {

struct ConfigSpec {
  std::string name;
  Labels labels;
  std::string data;
};

// A config or secret as a file in the container.
struct FileMount {
  std::string object;  // its name in the Swarm
  std::string path;
  std::uint32_t mode = 0;
};

enum class UpdateOrder : std::uint8_t { stop_first, start_first };
enum class UpdateFailure : std::uint8_t { pause, rollback };

// How a change of the service reaches the nodes: the new agent starts beside the old one and takes over from
// it, on all nodes at once, since one node after the other would wait for ever for one that died meanwhile.
// What never gets healthy is taken back, and the old agents never heard of it.
struct UpdatePolicy {
  unsigned parallelism = 0;  // all
  UpdateOrder order = UpdateOrder::start_first;
  UpdateFailure on_failure = UpdateFailure::rollback;
  std::chrono::seconds monitor{5};
};

// Lenient on purpose: the check gates the start of a new agent; a slow disk later must not stop a good one.
struct HealthCheck {
  std::vector<std::string> command{"CMD", "/usr/sbin/swarm-vip-agent", "healthcheck"};
  std::chrono::seconds interval{2};
  std::chrono::seconds timeout{30};
  unsigned retries = 30;
  std::chrono::seconds start_period{0};    // in which a failure does not count
  std::chrono::seconds start_interval{0};  // in that period, until it is well once; zero: as later
};

// Engines that can (Docker 25, API 1.44) check often at the start alone, since a check costs them many times
// what an agent does in a second. All members' engines must, or a new agent would wait a minute.
[[nodiscard]] HealthCheck health_check(const Observed& observed, const plan::Plan& plan);

struct ServiceSpec {
  std::string name;
  Labels labels;
  Labels container_labels;
  std::string image;
  std::vector<std::string> constraints;
  std::vector<std::string> arguments{"agent"};
  std::vector<std::string> environment;
  std::vector<std::string> capabilities{"CAP_NET_ADMIN", "CAP_NET_RAW"};  // all others are dropped
  FileMount plan;
  std::vector<FileMount> secrets;
  HealthCheck health;
  UpdatePolicy update;
  UpdatePolicy rollback{.on_failure = UpdateFailure::pause};  // what the Swarm allows there
  std::chrono::seconds stop_grace{10};
  std::chrono::seconds restart_delay{1};
  unsigned pids_max = 64;
  std::uint64_t memory_max = 128U << 20U;                      // bytes; an agent has 2 to 5 MiB
  Labels log_options{{"max-file", "3"}, {"max-size", "10m"}};  // of driver json-file
};

struct Desired {
  ConfigSpec plan;
  std::vector<SecretSpec> secrets;
  ServiceSpec service;
};

// What the operator's own settings say about agents, whatever the group.
struct AgentSettings {
  std::string image;
  std::vector<std::string> environment;  // handed on as it is, "NAME=value"
  HealthCheck health = {};
};

[[nodiscard]] Desired make_desired(const GroupSettings& settings, const plan::Plan& plan,
                                   const AgentSettings& agent, const Identity& identity);

}  // namespace vip::swarm
