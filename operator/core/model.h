// What the operator sees of a Swarm, in our words: plain values without Docker's JSON. An Observed is
// whole or it does not exist: a failed request yields an error, never a shorter list.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vip::swarm {

using Labels = std::map<std::string, std::string, std::less<>>;
// A moment of the world's clock as the Swarm wrote it down; the core never asks what time it is.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

// The labels by which we know our own objects; what lacks them is never touched.
inline constexpr std::string_view kRoleLabel = "swarm-vip.role";
inline constexpr std::string_view kGroupLabel = "swarm-vip.group";
inline constexpr std::string_view kPlanLabel = "swarm-vip.plan";
inline constexpr std::string_view kSpecLabel = "swarm-vip.spec";
// The service of the operator that looks after an object.
inline constexpr std::string_view kOperatorLabel = "swarm-vip.operator";
// A number that only grows: another one makes the Swarm take up an update again, and restarts nothing.
inline constexpr std::string_view kAttemptLabel = "swarm-vip.attempt";
// Of a secret from the settings, by which it is known again; and the number of a generated key.
inline constexpr std::string_view kVerifierLabel = "swarm-vip.verifier";
inline constexpr std::string_view kRotationLabel = "swarm-vip.rotation";
// `docker stack rm` removes whatever carries this label.
inline constexpr std::string_view kStackLabel = "com.docker.stack.namespace";

inline constexpr std::string_view kRoleAgent = "agent";
inline constexpr std::string_view kRolePlan = "plan";
inline constexpr std::string_view kRoleKey = "key";
inline constexpr std::string_view kRolePassword = "password";

enum class Availability : std::uint8_t { active, pause, drain };
enum class NodeState : std::uint8_t { unknown, down, ready, disconnected };

struct Node {
  std::string id;
  std::string hostname;
  WallTime created_at;
  Labels labels;                // the managers' own; what a node says of itself is not trusted
  std::string status_address;   // the source of its connection, may be 0.0.0.0
  std::string manager_address;  // "host:port" on managers, else empty
  Availability availability = Availability::active;
  NodeState state = NodeState::unknown;
  std::string engine_version;   // "24.0.7"
  bool manager_reached = true;  // a manager that its fellows reach; of others it says nothing
};

// How a service or task refers to a config or secret.
struct ObjectRef {
  std::string id;
  std::string name;
  friend bool operator==(const ObjectRef&, const ObjectRef&) = default;
};

// What the tasks of a service are made from.
struct TaskTemplate {
  std::string image;
  std::vector<std::string> environment;  // "NAME=value"
  std::vector<std::string> constraints;  // "node.labels.x==y"
  std::vector<ObjectRef> configs;
  std::vector<ObjectRef> secrets;
};

enum class UpdateState : std::uint8_t {
  none,
  updating,
  paused,
  completed,
  rollback_started,
  rollback_paused,
  rollback_completed,
};

struct Service {
  std::string id;
  std::string name;
  std::uint64_t version = 0;  // of the object: an update must name the newest
  WallTime created_at;
  Labels labels;
  TaskTemplate spec;
  bool idle = false;                     // scaled to 0
  std::optional<TaskTemplate> previous;  // what a rollback would restore
  UpdateState update = UpdateState::none;
  std::string update_message;
  WallTime update_started_at;
};

struct Config {
  std::string id;
  std::string name;
  WallTime created_at;
  Labels labels;
  std::string data;
};

// The content of a secret cannot be read back.
struct Secret {
  std::string id;
  std::string name;
  WallTime created_at;
  Labels labels;
};

enum class TaskState : std::uint8_t {
  coming,  // anything from new to starting: not yet judged healthy
  running,
  complete,  // ended as asked, or left over: shutdown, complete, remove, orphaned
  failed,    // failed or rejected, see `error`
};

struct Task {
  std::string id;
  std::string service_id;
  std::string node_id;
  WallTime created_at;
  WallTime changed_at;  // since when it is in its state
  TaskState state = TaskState::coming;
  bool rejected = false;  // failed by the managers' word, not by the node's
  bool wanted = false;    // the Swarm wants it to run
  std::string error;
  TaskTemplate spec;
};

// Whether it has not ended; also when nobody wants it to run any more.
[[nodiscard]] inline bool is_alive(const Task& task) {
  return task.state == TaskState::coming || task.state == TaskState::running;
}

// From a task's rejection (its node lost the label) until its container is gone: Swarm waits 3 s before it
// asks it to stop, and 10 s for its end.
inline constexpr std::chrono::seconds kStopMax{15};

// Whether its agent may act.
[[nodiscard]] inline bool may_act(const Task& task, WallTime now) {
  return is_alive(task) || (task.rejected && now - task.changed_at < kStopMax);
}

// Who we are: the service that runs this operator. All empty outside a Swarm service.
struct Identity {
  std::string service_id;
  std::string service_name;
  std::string stack;
  std::string image;  // pinned: by digest, else by image id
  // Other names of the same bytes. Another manager's engine may know the image by one of these only.
  std::vector<std::string> images;
};

using ApiVersion = std::pair<int, int>;

struct Observed {
  WallTime at;
  ApiVersion api_version;  // of Docker, in which it was asked
  std::vector<Node> nodes;
  std::vector<Service> services;  // all of the Swarm
  std::vector<Config> configs;    // ours only
  std::vector<Secret> secrets;    // all of the Swarm: a name may be taken
  std::vector<Task> tasks;        // of agent services, and of those that groups follow
};

[[nodiscard]] inline std::string_view label(const Labels& labels, std::string_view key) {
  const auto found = labels.find(key);
  return found == labels.end() ? std::string_view{} : std::string_view(found->second);
}

}  // namespace vip::swarm
