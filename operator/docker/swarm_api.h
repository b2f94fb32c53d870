// The few things we ask of a Swarm manager, in our words. Applying is idempotent: what is there already
// (under a name that says its content) and what is gone already count as done.
#pragma once

#include <string>
#include <string_view>

#include "operator/core/diff.h"
#include "operator/core/model.h"
#include "operator/docker/client.h"
#include "operator/docker/json.h"

namespace vip::swarm {

class SwarmApi {
 public:
  explicit SwarmApi(Client client) : client_(std::move(client)) {}

  [[nodiscard]] Client& client() { return client_; }

  [[nodiscard]] Result<SwarmRole> role();
  // Everything or an error.
  [[nodiscard]] Result<Observed> observe(WallTime at);

  // These three answer with the new object's id. Errors: conflict when the name is taken.
  [[nodiscard]] Result<std::string> create_config(const ConfigSpec& config);
  [[nodiscard]] Result<std::string> create_secret(std::string_view name, const Labels& labels,
                                                  std::string_view data);
  [[nodiscard]] Result<std::string> create_service(const ServiceSpec& service, const ObjectIds& ids);
  // Errors: conflict when the version is not the newest.
  [[nodiscard]] Status update_service(const UpdateService& update, const ObjectIds& ids);
  [[nodiscard]] Status remove_service(std::string_view id);
  [[nodiscard]] Status remove_config(std::string_view id);
  [[nodiscard]] Status remove_secret(std::string_view id);

 private:
  Client client_;
};

}  // namespace vip::swarm
