// What the routers remember (vrrp/core/router_set.h) as JSON text, for another process on this host: of this
// version, the next or the one before. Unknown members are ignored, missing ones have their defaults; a state
// of a later version reads as initialize, so that the router starts anew.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "vrrp/core/router_set.h"

namespace vip::vrrp {

[[nodiscard]] std::string to_json(const SetMemory& memory);
[[nodiscard]] std::string to_json(const SetMemory::Router& memory);
[[nodiscard]] std::string to_json(const AuthenticatorMemory& memory);

// Errors: invalid.
[[nodiscard]] Result<SetMemory> read_set_memory(std::string_view text);
[[nodiscard]] Result<SetMemory::Router> read_router_memory(std::string_view text);
[[nodiscard]] Result<AuthenticatorMemory> read_authenticator_memory(std::string_view text);

}  // namespace vip::vrrp
