// What Docker's HTTP answers mean to a caller.
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"

namespace vip::swarm {

// For a status of 400 and above, with the answer's message. Some of Swarm's conditions come as a plain 500
// and are told apart by their text only.
[[nodiscard]] Error docker_error(long status, std::string_view message);

// Whether the API is there and somebody before it does not let this request through.
[[nodiscard]] inline bool is_forbidden(const Error& error) {
  return error.code == Errc::denied && error.os_errno == 0;
}

}  // namespace vip::swarm
