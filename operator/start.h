// What `operator`, `plan` and `status` do first: find the engine, see that it is a manager, know ourselves.
#pragma once

#include <string>
#include <string_view>

#include "common/settings/settings.h"
#include "operator/core/model.h"
#include "operator/docker/swarm_api.h"
#include "operator/settings/operator_settings.h"

namespace vip::swarm {

// How the error of connect_to_manager() begins on a worker, and outside a Swarm.
inline constexpr std::string_view kNotAManager = "this node is not a Swarm manager";

// Errors that no waiting cures are invalid, not_found and denied, in words that name the remedy; all others
// may pass. While `stop_fd` (or -1) is readable, requests end at once.
[[nodiscard]] Result<SwarmApi> connect_to_manager(const settings::Environment& env, int stop_fd);

[[nodiscard]] inline bool may_pass(const Error& error) {
  return error.code != Errc::invalid && error.code != Errc::not_found && error.code != Errc::denied;
}

// Reads KEEPALIVED_* and SWARM_VIP_*, and files that they name; of DOCKER_* only what is wrong with them.
[[nodiscard]] OperatorSettings read_settings(const settings::Environment& env, settings::Findings& findings);

// Nothing to deploy: neither do the settings name an image, nor do we run from one. Errors: invalid.
[[nodiscard]] Status check_image(const OperatorSettings& settings, const Identity& identity);

}  // namespace vip::swarm
