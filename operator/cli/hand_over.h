// The other program of the image, in our place.
#pragma once

#include <string>
#include <vector>

namespace vip::swarm {

// Becomes swarm-vip-agent with these arguments. Comes back only on failure, with the exit status.
[[nodiscard]] int hand_over_to_agent(const std::vector<std::string>& arguments);

}  // namespace vip::swarm
