// The few things we ask of a Swarm manager, in our words. Applying is idempotent: what is there already
// (under a name that says its content) and what is gone already count as done.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operator/core/diff.h"
#include "operator/core/model.h"
#include "operator/core/registry.h"
#include "operator/docker/client.h"
#include "operator/docker/json.h"

namespace vip::swarm {

class SwarmApi {
 public:
  explicit SwarmApi(Client client) : client_(std::move(client)) {}

  [[nodiscard]] Client& client() { return client_; }
  // What the engine's guard forbids and we do without, in words.
  [[nodiscard]] const std::vector<std::string>& forbidden() const { return forbidden_; }
  void do_without(std::string words) { forbidden_.push_back(std::move(words)); }
  // Who we are at the registries, told to the Swarm with each service that is created or updated from now on.
  // Without one that fits the image the Swarm keeps what it was told before.
  void use_logins(std::vector<RegistryLogin> logins) { logins_ = std::move(logins); }

  // Nothing where the engine's guard forbids to ask.
  [[nodiscard]] Result<std::optional<SwarmRole>> role();
  // Everything or an error. `followed`: names or ids of services whose tasks count, too.
  [[nodiscard]] Result<Observed> observe(WallTime at, const std::vector<std::string>& followed = {});

  // These three answer with the new object's id. Errors: conflict when the name is taken.
  [[nodiscard]] Result<std::string> create_config(const ConfigSpec& config);
  [[nodiscard]] Result<std::string> create_secret(std::string_view name, const Labels& labels,
                                                  std::string_view data);
  [[nodiscard]] Result<std::string> create_service(const ServiceSpec& service, const ObjectIds& ids);
  // Errors: conflict when the version is not the newest.
  [[nodiscard]] Status update_service(const UpdateService& update, const ObjectIds& ids);
  // `value` of the node as it is: what the label shall be, or nothing. A node that has it so already is left
  // alone; one that somebody else changes at the same time is looked at again. Errors: not_found.
  using LabelOf = std::function<std::optional<std::string>(const Node& node)>;
  [[nodiscard]] Status change_label(const std::string& node_id, std::string_view key, const LabelOf& value);
  [[nodiscard]] Status change_label(const ChangeLabel& change);
  // Errors: not_found when one of the services is gone.
  [[nodiscard]] Result<std::vector<Task>> tasks_of(const std::vector<std::string>& service_ids);
  // Of them, those that the Swarm wants to run.
  [[nodiscard]] Result<std::vector<Task>> wanted_tasks_of(const std::vector<std::string>& service_ids);
  // Of the whole Swarm; of a service that was removed they are there until they have ended.
  [[nodiscard]] Result<std::vector<Task>> tasks();
  [[nodiscard]] Status remove_service(std::string_view id);
  [[nodiscard]] Status remove_config(std::string_view id);
  [[nodiscard]] Status remove_secret(std::string_view id);

 private:
  // Errors: not_found when a service went in the middle of it.
  [[nodiscard]] Result<Observed> observe_once(WallTime at, const std::vector<std::string>& followed);
  [[nodiscard]] Headers headers_for(const ServiceSpec& service) const;

  Client client_;
  std::vector<RegistryLogin> logins_;
  std::vector<std::string> forbidden_;
};

}  // namespace vip::swarm
