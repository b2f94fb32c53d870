// Our words into Docker's JSON.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "common/base/base64.h"
#include "operator/docker/json.h"

namespace vip::swarm {
namespace {

using nlohmann::json;

// Docker writes durations as nanoseconds.
std::int64_t nanoseconds(std::chrono::seconds duration) {
  return std::chrono::nanoseconds(duration).count();
}

json update_json(const UpdatePolicy& policy) {
  return {{"Parallelism", policy.parallelism},
          {"Order", policy.order == UpdateOrder::stop_first ? "stop-first" : "start-first"},
          {"FailureAction", policy.on_failure == UpdateFailure::pause ? "pause" : "rollback"},
          {"Monitor", nanoseconds(policy.monitor)}};
}

json file_json(const FileMount& file) {
  return {{"Name", file.path}, {"UID", "0"}, {"GID", "0"}, {"Mode", file.mode}};
}

json health_json(const HealthCheck& health) {
  json check{{"Test", health.command},
             {"Interval", nanoseconds(health.interval)},
             {"Timeout", nanoseconds(health.timeout)},
             {"Retries", health.retries}};
  if (health.start_period.count() > 0) check["StartPeriod"] = nanoseconds(health.start_period);
  if (health.start_interval.count() > 0) check["StartInterval"] = nanoseconds(health.start_interval);
  return check;
}

json container_json(const ServiceSpec& service, const ObjectIds& ids) {
  json secrets = json::array();
  for (const auto& file : service.secrets) {
    secrets.push_back(
        {{"SecretID", ids.at(file.object)}, {"SecretName", file.object}, {"File", file_json(file)}});
  }
  return {{"Image", service.image},
          {"Labels", service.container_labels},
          {"Args", service.arguments},
          {"Env", service.environment},
          {"ReadOnly", true},
          // Engines before 25 do not know it, and skip it. Seccomp and AppArmor are not named: the engine's
          // default profiles are in force, and a mode that says "default" says no more.
          {"Privileges", {{"NoNewPrivileges", true}}},
          {"CapabilityDrop", json::array({"ALL"})},
          {"CapabilityAdd", service.capabilities},
          {"StopGracePeriod", nanoseconds(service.stop_grace)},
          {"Healthcheck", health_json(service.health)},
          {"Configs", json::array({{{"ConfigID", ids.at(service.plan.object)},
                                    {"ConfigName", service.plan.object},
                                    {"File", file_json(service.plan)}}})},
          {"Secrets", secrets}};
}

}  // namespace

std::string config_json(const ConfigSpec& config) {
  return json{{"Name", config.name}, {"Labels", config.labels}, {"Data", to_base64(config.data)}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
}

std::string secret_json(std::string_view name, const Labels& labels, std::string_view data) {
  // The data joins by hand: the serializer would leave a copy in its buffer on the stack.
  auto text = json{{"Name", name}, {"Labels", labels}}.dump(-1, ' ', false, json::error_handler_t::replace);
  text.pop_back();
  return text + R"(,"Data":")" + to_base64(data) + R"("})";
}

Result<std::string> service_json(const ServiceSpec& service, const ObjectIds& ids) {
  std::vector<std::string> names{service.plan.object};
  for (const auto& secret : service.secrets) names.push_back(secret.object);
  for (const auto& name : names) {
    if (!ids.contains(name)) return fail(Errc::not_found, "no id is known of " + name);
  }
  const json document{
      {"Name", service.name},
      {"Labels", service.labels},
      {"TaskTemplate",
       {{"ContainerSpec", container_json(service, ids)},
        {"Networks", json::array({{{"Target", "host"}}})},
        {"Placement", {{"Constraints", service.constraints}}},
        {"RestartPolicy", {{"Condition", "any"}, {"Delay", nanoseconds(service.restart_delay)}}},
        {"Resources", {{"Limits", {{"Pids", service.pids_max}, {"MemoryBytes", service.memory_max}}}}},
        {"LogDriver", {{"Name", "json-file"}, {"Options", service.log_options}}}}},
      {"Mode", {{"Global", json::object()}}},
      {"UpdateConfig", update_json(service.update)},
      {"RollbackConfig", update_json(service.rollback)}};
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<NodeUpdate> node_update(std::string_view node, const std::string& key,
                               const std::optional<std::string>& value) {
  json document = json::parse(node, nullptr, /*allow_exceptions=*/false);
  const bool is_node = document.is_object() && document.contains("Spec") && document["Spec"].is_object() &&
                       document.contains("Version") && document["Version"].is_object() &&
                       document["Version"].contains("Index") &&
                       document["Version"]["Index"].is_number_unsigned();
  if (!is_node) return fail(Errc::unavailable, "the engine's answer is no node");
  auto& labels = document["Spec"]["Labels"];
  if (!labels.is_object()) labels = json::object();
  if (value) {
    labels[key] = *value;
  } else {
    labels.erase(key);
  }
  return NodeUpdate{.version = document["Version"]["Index"].get<std::uint64_t>(),
                    .body = document["Spec"].dump(-1, ' ', false, json::error_handler_t::replace)};
}

std::string registry_auth(const RegistryLogin& login, std::string_view image) {
  const auto registry = login.registry.empty() ? registry_of(image) : login.registry;
  // The name by which Docker Hub's logins are known to engines.
  const auto address = registry == kDockerHub ? "https://index.docker.io/v1/" : registry;
  auto text = to_base64(
      json{{"username", login.username}, {"password", login.password}, {"serveraddress", address}}.dump(
          -1, ' ', false, json::error_handler_t::replace));
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::string filters_json(const std::map<std::string, std::vector<std::string>>& filters) {
  json document = json::object();
  for (const auto& [kind, values] : filters) {
    for (const auto& value : values) document[kind][value] = true;
  }
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace vip::swarm
