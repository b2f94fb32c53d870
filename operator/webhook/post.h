// One POST to a receiver: bounded in time, abandoned on request, never redirected.
#pragma once

#include <chrono>
#include <string>

#include "common/base/error.h"
#include "operator/webhook/target.h"

namespace vip::swarm {

// The HTTP status of the answer, whose body nobody reads. Ends at once with Errc::unavailable while `stop_fd`
// is readable. Errors: unavailable, in words without anything of the URL.
[[nodiscard]] Result<long> post_json(const WebhookTarget& target, const std::string& body,
                                     std::chrono::milliseconds timeout, int stop_fd);

}  // namespace vip::swarm
