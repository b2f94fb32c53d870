// The names of a group's objects in the Swarm. A group's own name may hold characters and lengths that an
// object's name cannot; then it is made to fit and told apart by a short hash.
#pragma once

#include <string>
#include <string_view>

namespace vip::swarm {

// The group as part of a name: letters, digits, '-' and '_', with a letter or digit at either end; at
// most 40.
[[nodiscard]] std::string name_part(std::string_view group);
// "<stack>_agent-<group>", without a stack "swarm-vip-agent-<group>"; at most 63 characters.
[[nodiscard]] std::string service_name(std::string_view stack, std::string_view group);
// "<group>-plan-<hash>"; at most 64 characters, as the next.
[[nodiscard]] std::string plan_name(std::string_view group, std::string_view hash);
// "<group>-<role>-<n>".
[[nodiscard]] std::string secret_name(std::string_view group, std::string_view role, unsigned number);
// The n of such a name; 0 for any other name.
[[nodiscard]] unsigned secret_number(std::string_view group, std::string_view role, std::string_view name);

}  // namespace vip::swarm
