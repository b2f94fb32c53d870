// What this process may do.
#pragma once

#include <string>

namespace vip::vrrp {

// "NET_ADMIN", "NET_RAW", or both with a comma: what a router needs and this process lacks. Empty: all there.
[[nodiscard]] std::string missing_capabilities();
[[nodiscard]] bool may_lock_memory_without_limit();

}  // namespace vip::vrrp
