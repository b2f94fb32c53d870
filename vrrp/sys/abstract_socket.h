// Unix sockets with abstract names: they need no file system, belong to a network namespace and go with the
// last process that has them open.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/sys/unique_fd.h"

namespace vip::vrrp {

// A non-blocking listening stream socket. Errors: conflict when somebody has the name; denied, unavailable.
[[nodiscard]] Result<sys::UniqueFd> listen_abstract(std::string_view name);

// A connection to whoever listens under the name. The kernel answers at once, also for a listener that
// sleeps. Errors: not_found when nobody has the name; unavailable when too many wait there already.
[[nodiscard]] Result<sys::UniqueFd> connect_abstract(std::string_view name);

// The names that begin so and are listened at, of this network namespace. Needs no unix socket itself.
// Errors: unavailable, denied, exhausted.
[[nodiscard]] Result<std::vector<std::string>> abstract_listeners(std::string_view prefix);

// Whether this process may have unix sockets at all: AppArmor denies them to containers of some hosts.
// Errors: as the kernel says it.
[[nodiscard]] Status try_unix_sockets();
// Whether an error of the above says that it may not.
[[nodiscard]] bool is_unix_denial(const Error& error);

}  // namespace vip::vrrp
