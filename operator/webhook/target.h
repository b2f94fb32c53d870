// Where events go.
#pragma once

#include <string>

namespace vip::swarm {

struct WebhookTarget {
  std::string url;  // http or https; may hold a secret, so that only `host` is ever shown
  std::string host;
  std::string token;  // sent as a bearer's; empty: none; a secret
  friend bool operator==(const WebhookTarget&, const WebhookTarget&) = default;
};

}  // namespace vip::swarm
