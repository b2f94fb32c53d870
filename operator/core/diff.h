// From what should be to what is to be done: an ordered list of steps, each explained in words. Pure, and
// idempotent: after the steps were applied, the next diff is empty. Objects that are not ours by label never
// appear in a step.
#pragma once

#include <cstdint>
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
struct RemoveConfig {
  std::string id;
};
struct RemoveSecret {
  std::string id;
};
using Action =
    std::variant<CreateSecret, CreateConfig, CreateService, UpdateService, RemoveConfig, RemoveSecret>;

struct Step {
  Action action;
  std::string words;
};

// What the shell, which knows the time, allows in this round.
enum class UpdateLeave : std::uint8_t {
  when_different,
  hold,   // the same update has just failed: wait
  again,  // ... long enough: send it again, although it looks the same
};

struct Leave {
  bool create_service = true;  // false shortly after the service vanished: its stack may be going away
  UpdateLeave update_service = UpdateLeave::when_different;
};

// Whether the Swarm gave up on the desired update of the service, so that sending it again needs a pause.
[[nodiscard]] bool is_stalled(const Service& service, const ServiceSpec& desired);

[[nodiscard]] std::vector<Step> diff(const Desired& desired, const Identity& identity,
                                     const Observed& observed, std::string_view group, const Leave& leave);

// What a new plan changes, in words: "member n3 joins with priority 92".
[[nodiscard]] std::vector<std::string> plan_changes(const plan::Plan& before, const plan::Plan& after);

}  // namespace vip::swarm
