// `swarm-vip-agent explain`: why this node has an address or has it not, and who would follow.
#pragma once

#include <string>

namespace vip::vrrp {

// `plan_file`: empty: as the environment says. Gives the program's exit status.
[[nodiscard]] int run_explain(const std::string& plan_file);

}  // namespace vip::vrrp
