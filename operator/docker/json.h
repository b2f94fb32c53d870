// Docker's JSON and our words. What we do not know is skipped; what is not as Docker's API promises is an
// error value (Errc::unavailable), never an exception and never a shorter list.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "operator/core/desired.h"
#include "operator/core/model.h"
#include "operator/core/registry.h"

namespace vip::swarm {

[[nodiscard]] Result<std::vector<Node>> parse_nodes(std::string_view text);
[[nodiscard]] Result<Node> parse_node(std::string_view text);
[[nodiscard]] Result<std::vector<Service>> parse_services(std::string_view text);
[[nodiscard]] Result<Service> parse_service(std::string_view text);
[[nodiscard]] Result<std::vector<Config>> parse_configs(std::string_view text);
[[nodiscard]] Result<std::vector<Secret>> parse_secrets(std::string_view text);
[[nodiscard]] Result<std::vector<Task>> parse_tasks(std::string_view text);
// Of such a list, the service of the task that runs in the container; empty when none does.
[[nodiscard]] Result<std::string> parse_service_of_container(std::string_view text,
                                                             std::string_view container);

// The "ID" or "Id" of an object's description, such as the answer to a creation.
[[nodiscard]] Result<std::string> parse_id(std::string_view text);

// What a container tells about the program inside it.
struct Container {
  std::string image;     // the reference it was made from
  std::string image_id;  // "sha256:..."
  Labels labels;
};
[[nodiscard]] Result<Container> parse_container(std::string_view text);

// "repository@sha256:..." names of an image, none for one that never saw a registry.
[[nodiscard]] Result<std::vector<std::string>> parse_digests(std::string_view text);

// Of GET /info: whether the engine is part of a Swarm, and may change it.
struct SwarmRole {
  std::string state;  // "active", "inactive", ...
  bool is_manager = false;
};
[[nodiscard]] Result<SwarmRole> parse_role(std::string_view text);

// "1.44".
[[nodiscard]] std::optional<ApiVersion> parse_api_version(std::string_view text);

// The newest API version that the engine of this GET /version answer and we both speak.
[[nodiscard]] Result<std::string> choose_api_version(std::string_view text);

// The "message" of an error answer, or the text itself where it is none.
[[nodiscard]] std::string error_message(std::string_view body);

// A node's whole specification with one label set, or taken away, and all else as it was: the body of its
// update.
struct NodeUpdate {
  std::uint64_t version = 0;
  std::string body;
};
[[nodiscard]] Result<NodeUpdate> node_update(std::string_view node, const std::string& key,
                                             const std::optional<std::string>& value);

// Names of configs and secrets to their ids.
using ObjectIds = std::map<std::string, std::string, std::less<>>;

[[nodiscard]] std::string config_json(const ConfigSpec& config);
[[nodiscard]] std::string secret_json(std::string_view name, const Labels& labels, std::string_view data);
// Errors: not_found for a config or secret without an id.
[[nodiscard]] Result<std::string> service_json(const ServiceSpec& service, const ObjectIds& ids);
// The value of X-Registry-Auth: base64url of {"username", "password", "serveraddress"}.
[[nodiscard]] std::string registry_auth(const RegistryLogin& login, std::string_view image);
// {"kind": {"value": true}}, the filter of list requests and of the event stream.
[[nodiscard]] std::string filters_json(const std::map<std::string, std::vector<std::string>>& filters);

}  // namespace vip::swarm
