// A service that a group follows, as the Swarm has it: where it runs, and what to say of it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/plan/plan.h"
#include "operator/core/follower.h"
#include "operator/core/model.h"
#include "operator/core/plan.h"

namespace vip::swarm {

// The service of that id or name, or nothing.
[[nodiscard]] const Service* followed_service(const std::vector<Service>& services, std::string_view word);

// The nodes where a task of the service runs and is wanted. The Swarm calls a task running only when its
// health check has passed.
[[nodiscard]] NodeIds served_nodes(const std::vector<Task>& tasks, std::string_view service_id);

// The group's members as a Follower looks at them. `deployed`: the group's plan, or null.
[[nodiscard]] std::vector<FollowingMember> following_members(const GroupSettings& settings,
                                                             const std::vector<Node>& nodes,
                                                             const plan::Plan* deployed);

// Who is put back, one sentence each.
[[nodiscard]] std::vector<std::string> notes_of_following(const plan::Plan& plan);

// Why following decides nothing at the moment, in words; empty when it does, or where nothing is followed.
[[nodiscard]] std::string fault_of_following(const plan::Plan& plan, const Observed& observed);

}  // namespace vip::swarm
