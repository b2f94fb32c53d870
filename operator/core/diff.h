// From what should be to what is to be done: an ordered list of steps, each explained in words. Pure, and
// idempotent: after the steps were applied, the next diff is empty. Objects that are not ours by label never
// appear in a step.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "operator/core/desired.h"
#include "operator/core/model.h"

namespace vip::swarm {

struct CreateSecret {
  SecretSpec secret;
};
struct CreateConfig {
  ConfigSpec config;
};
struct CreateService {
  ServiceSpec service;
};
struct UpdateService {
  std::string id;
  std::uint64_t version = 0;
  ServiceSpec service;
};
struct RemoveService {
  std::string id;
};
struct RemoveConfig {
  std::string id;
};
struct RemoveSecret {
  std::string id;
};
// Of a node.
struct ChangeLabel {
  std::string node;  // its id
  std::string key;
  std::optional<std::string> value;  // nothing: without the label
};
using Action = std::variant<CreateSecret, CreateConfig, CreateService, UpdateService, RemoveService,
                            RemoveConfig, RemoveSecret, ChangeLabel>;

struct Step {
  Action action;
  std::string words;
};

// What the shell, which knows the time, allows in this round.
enum class UpdateLeave : std::uint8_t {
  when_different,
  hold,   // the same update has just failed: wait
  again,  // ... long enough: send it again with another attempt's number, although it looks the same
};

struct Leave {
  bool create_service = true;  // false shortly after the service vanished: its stack may be going away
  UpdateLeave update_service = UpdateLeave::when_different;
};

// How long an update of all members may take.
inline constexpr std::chrono::minutes kUpdateMax{5};

// Whether the Swarm gave up on the desired update of the service, or does not end it (a node that goes in the
// middle of one keeps it waiting), so that sending it again needs a pause.
[[nodiscard]] bool is_stalled(const Service& service, const ServiceSpec& desired, WallTime now);

[[nodiscard]] std::vector<Step> diff(const Desired& desired, const Identity& identity,
                                     const Observed& observed, std::string_view group, const Leave& leave);

// What is ours and should not be: of groups that the settings do not name any more their services first,
// whose agents leave in order, and once those are gone the rest; of a group that another operator serves, and
// did so before us, the service.
[[nodiscard]] std::vector<Step> retire(const Identity& identity, const Observed& observed,
                                       const std::vector<std::string>& groups);

}  // namespace vip::swarm
