#include "operator/docker/swarm_api.h"

#include <algorithm>
#include <set>

#include "operator/core/following.h"
#include "operator/docker/http_error.h"

namespace vip::swarm {
namespace {

std::string agent_filter() {
  return filters_json({{"label", {std::string(kRoleLabel)}}});
}

Status done_when_gone(Status status) {
  if (!status && status.error().code == Errc::not_found) return {};
  return status;
}

}  // namespace

Headers SwarmApi::headers_for(const ServiceSpec& service) const {
  const auto* const login = login_for(service.image, logins_);
  if (login == nullptr) return {};
  return {"X-Registry-Auth: " + registry_auth(*login, service.image)};
}

Result<std::optional<SwarmRole>> SwarmApi::role() {
  const auto body = client_.get("/info");
  if (!body && is_forbidden(body.error())) {
    do_without(body.error().context + ", or else GET /nodes tells whether this node is a manager");
    return std::nullopt;
  }
  if (!body) return std::unexpected(body.error());
  return parse_role(*body);
}

Result<Observed> SwarmApi::observe(WallTime at, const std::vector<std::string>& followed) {
  constexpr int kTries = 5;
  auto observed = observe_once(at, followed);
  // A service that went between the question for services and that for their tasks is nothing to speak of.
  for (int tries = 1; tries < kTries && !observed && observed.error().code == Errc::not_found; ++tries)
    observed = observe_once(at, followed);
  return observed;
}

Result<Observed> SwarmApi::observe_once(WallTime at, const std::vector<std::string>& followed) {
  Observed observed{
      .at = at, .api_version = {}, .nodes = {}, .services = {}, .configs = {}, .secrets = {}, .tasks = {}};
  VIP_TRY(const auto nodes, client_.get("/nodes"));
  observed.api_version = parse_api_version(client_.api_version()).value_or(ApiVersion());
  VIP_TRY(observed.nodes, parse_nodes(nodes));
  std::ranges::sort(observed.nodes, {}, &Node::id);  // where many of them are looked up
  VIP_TRY(const auto services, client_.get("/services"));
  VIP_TRY(observed.services, parse_services(services));
  VIP_TRY(const auto configs, client_.get("/configs", {{"filters", agent_filter()}}));
  VIP_TRY(observed.configs, parse_configs(configs));
  VIP_TRY(const auto secrets, client_.get("/secrets"));
  VIP_TRY(observed.secrets, parse_secrets(secrets));
  std::set<std::string> watched;
  for (const auto& service : observed.services)
    if (label(service.labels, kRoleLabel) == kRoleAgent) watched.insert(service.id);
  for (const auto& word : followed)
    if (const auto* const service = followed_service(observed.services, word)) watched.insert(service->id);
  VIP_TRY(observed.tasks, tasks_of({watched.begin(), watched.end()}));
  return observed;
}

Result<std::string> SwarmApi::create_config(const ConfigSpec& config) {
  VIP_TRY(const auto body, client_.post("/configs/create", config_json(config)));
  return parse_id(body);
}

Result<std::string> SwarmApi::create_secret(std::string_view name, const Labels& labels,
                                            std::string_view data) {
  VIP_TRY(const auto body, client_.post("/secrets/create", secret_json(name, labels, data)));
  return parse_id(body);
}

Result<std::string> SwarmApi::create_service(const ServiceSpec& service, const ObjectIds& ids) {
  VIP_TRY(const auto document, service_json(service, ids));
  VIP_TRY(const auto body, client_.post("/services/create", document, {}, headers_for(service)));
  return parse_id(body);
}

Status SwarmApi::update_service(const UpdateService& update, const ObjectIds& ids) {
  VIP_TRY(const auto document, service_json(update.service, ids));
  VIP_TRY([[maybe_unused]] const auto body,
          client_.post("/services/" + update.id + "/update", document,
                       {{"version", std::to_string(update.version)}}, headers_for(update.service)));
  return {};
}

Status SwarmApi::change_label(const std::string& node_id, std::string_view key, const LabelOf& value) {
  constexpr int kTries = 10;
  const auto path = "/nodes/" + node_id;
  Status done;
  for (int tries = 0; tries < kTries; ++tries) {
    VIP_TRY(const auto text, client_.get(path));
    VIP_TRY(const auto node, parse_node(text));
    const auto wanted = value(node);
    const auto found = node.labels.find(key);
    if (found == node.labels.end() ? !wanted : wanted == found->second) return {};
    VIP_TRY(const auto update, node_update(text, std::string(key), wanted));
    const auto answer =
        client_.post(path + "/update", update.body, {{"version", std::to_string(update.version)}});
    if (answer) return {};
    done = std::unexpected(answer.error());
    if (answer.error().code != Errc::conflict) break;
  }
  return done;
}

Status SwarmApi::change_label(const ChangeLabel& change) {
  return change_label(change.node, change.key, [&](const Node&) { return change.value; });
}

Result<std::vector<Task>> SwarmApi::tasks_of(const std::vector<std::string>& service_ids) {
  if (service_ids.empty()) return std::vector<Task>{};  // an empty filter would ask for all tasks
  VIP_TRY(const auto tasks, client_.get("/tasks", {{"filters", filters_json({{"service", service_ids}})}}));
  return parse_tasks(tasks);
}

Result<std::vector<Task>> SwarmApi::wanted_tasks_of(const std::vector<std::string>& service_ids) {
  if (service_ids.empty()) return std::vector<Task>{};
  VIP_TRY(
      const auto tasks,
      client_.get("/tasks",
                  {{"filters", filters_json({{"service", service_ids}, {"desired-state", {"running"}}})}}));
  return parse_tasks(tasks);
}

Result<std::vector<Task>> SwarmApi::tasks() {
  VIP_TRY(const auto tasks, client_.get("/tasks"));
  return parse_tasks(tasks);
}

Status SwarmApi::remove_service(std::string_view id) {
  return done_when_gone(client_.remove("/services/" + std::string(id)));
}

Status SwarmApi::remove_config(std::string_view id) {
  return done_when_gone(client_.remove("/configs/" + std::string(id)));
}

Status SwarmApi::remove_secret(std::string_view id) {
  return done_when_gone(client_.remove("/secrets/" + std::string(id)));
}

}  // namespace vip::swarm
