// An event as the JSON object that receivers get (packaging/doc/events.md).
#pragma once

#include <string>

#include "operator/webhook/outbox.h"

namespace vip::swarm {

[[nodiscard]] std::string event_json(const Outbox::Letter& letter);

}  // namespace vip::swarm
