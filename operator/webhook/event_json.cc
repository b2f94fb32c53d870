#include "operator/webhook/event_json.h"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/base/text.h"

namespace vip::swarm {

std::string event_json(const Outbox::Letter& letter) {
  using nlohmann::ordered_json;
  const auto& event = letter.event;
  const bool has_one = event.kind == EventKind::holder;
  ordered_json document{{"event", name(event.kind)},
                        {"group", event.group},
                        {"time", time_text(event.at.time_since_epoch())},
                        {"text", printable("swarm-vip: " + text(event))}};
  if (event.addresses.empty()) {
    document["problem"] = event.problem;
  } else {
    std::vector<std::string> nodes(event.holders.size());
    std::ranges::transform(event.holders, nodes.begin(), &Holder::hostname);
    document["addresses"] = event.addresses;
    document["node"] = has_one ? event.holders.front().hostname : "";
    document["node_id"] = has_one ? event.holders.front().node : "";
    document["nodes"] = nodes;
    document["previous_node"] = event.previous;
  }
  if (letter.lost > 0) document["lost"] = letter.lost;
  return document.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace vip::swarm
