// Which scripts are told of a router's state, and what they call it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/check_settings.h"
#include "vrrp/core/virtual_router.h"

namespace vip::vrrp {

using vip::NotifyScripts;  // NOLINT(misc-unused-using-decls): ours, too

// In the order in which they are to run: the one for the state alone first, as with keepalived.
[[nodiscard]] std::vector<std::string> scripts_for(const NotifyScripts& scripts, State state);

// What scripts call a state: initialize is STOP to them.
[[nodiscard]] std::string_view script_name(State state);

}  // namespace vip::vrrp
