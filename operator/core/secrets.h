// Which of the Swarm's secrets a group uses, and which are to be made. Their content cannot be read back, so
// labels tell what it is: from which settings (a verifier), or the how manieth generated key.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "operator/core/model.h"
#include "operator/core/plan.h"

namespace vip::swarm {

// What a new secret holds. The bytes themselves never enter the core.
enum class SecretContent : std::uint8_t { fresh_key, own_key, password };

struct SecretSpec {
  std::string name;
  Labels labels;
  SecretContent content = SecretContent::fresh_key;
};

// Those that the settings ask for: what is in use, else what was made last, else new ones with the next
// number. `matching`: the ids of secrets that are known to hold the settings' own key or password.
[[nodiscard]] SecretNames choose_secrets(const GroupSettings& settings, const Service* service,
                                         const Observed& observed, const std::set<std::string>& matching);

// The secrets of a plan's files, there or to be made, without their owner's labels.
[[nodiscard]] std::vector<SecretSpec> secrets_of(const GroupSettings& settings, const plan::Plan& plan);

// Whether the plan's file is one of the group's secrets.
[[nodiscard]] bool is_secret_of(std::string_view group, std::string_view file);

}  // namespace vip::swarm
