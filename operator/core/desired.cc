#include "operator/core/desired.h"

#include <algorithm>
#include <utility>

#include "operator/core/membership.h"
#include "operator/core/names.h"

namespace vip::swarm {
namespace {

Labels labels_of(std::string_view role, std::string_view group, const Identity& identity) {
  Labels labels{{std::string(kRoleLabel), std::string(role)}, {std::string(kGroupLabel), std::string(group)}};
  if (!identity.stack.empty()) labels.emplace(kStackLabel, identity.stack);
  return labels;
}

// Of what outlives a change of the settings: whose it is. Not of containers, or a renamed operator would
// restart them.
Labels owned(Labels labels, const Identity& identity) {
  if (!identity.service_name.empty()) labels.emplace(kOperatorLabel, identity.service_name);
  return labels;
}

// One canonical line for each thing a task or the service is made of; equal specs have equal text.
class SpecText {
 public:
  void add(std::string_view name, std::string_view value) {
    // Lengths keep neighbouring values apart, whatever characters they hold.
    text_ += std::string(name) + "[" + std::to_string(value.size()) + "]=" + std::string(value) + "\n";
  }
  void add(std::string_view name, std::uint64_t value) { add(name, std::to_string(value)); }
  void add(std::string_view name, std::chrono::seconds value) { add(name, std::to_string(value.count())); }
  void add(std::string_view name, const std::vector<std::string>& values) {
    for (const auto& value : values) add(name, value);
  }
  void add(std::string_view name, const Labels& values) {
    for (const auto& [key, value] : values) {
      add(name, key);
      add(name, value);
    }
  }
  void add(const FileMount& file) {
    add("file", file.object);
    add("path", file.path);
    add("mode", std::uint64_t{file.mode});
  }
  void add(const UpdatePolicy& policy) {
    add("parallelism", std::uint64_t{policy.parallelism});
    add("order", static_cast<std::uint64_t>(policy.order));
    add("on_failure", static_cast<std::uint64_t>(policy.on_failure));
    add("monitor", policy.monitor);
  }
  [[nodiscard]] std::string hash() const { return plan::short_hash(text_); }

 private:
  std::string text_;
};

std::string spec_hash(const ServiceSpec& spec) {
  SpecText text;
  text.add("label", spec.labels);
  text.add("container_label", spec.container_labels);
  text.add("image", spec.image);
  text.add("constraint", spec.constraints);
  text.add("argument", spec.arguments);
  text.add("environment", spec.environment);
  text.add("capability", spec.capabilities);
  text.add(spec.plan);
  for (const auto& secret : spec.secrets) text.add(secret);
  text.add("health", spec.health.command);
  text.add("interval", spec.health.interval);
  text.add("timeout", spec.health.timeout);
  text.add("retries", std::uint64_t{spec.health.retries});
  text.add("start_period", spec.health.start_period);
  text.add("start_interval", spec.health.start_interval);
  text.add(spec.update);
  text.add(spec.rollback);
  text.add("stop_grace", spec.stop_grace);
  text.add("restart_delay", spec.restart_delay);
  text.add("pids_max", std::uint64_t{spec.pids_max});
  text.add("memory_max", spec.memory_max);
  text.add("log_option", spec.log_options);
  return text.hash();
}

constexpr std::uint32_t kPlanMode = 0444;
constexpr std::uint32_t kSecretMode = 0400;

}  // namespace

HealthCheck health_check(const Observed& observed, const plan::Plan& plan) {
  constexpr ApiVersion kApi{1, 44};
  constexpr int kEngineMajor = 25;
  const bool all_can = std::ranges::all_of(plan.members, [&](const plan::Member& member) {
    const auto* const node = node_with_id(observed.nodes, member.id);
    return node != nullptr && engine_major(*node).value_or(0) >= kEngineMajor;
  });
  if (observed.api_version < kApi || !all_can) return {};
  return {.interval = std::chrono::minutes(1),
          .retries = 2,
          .start_period = std::chrono::minutes(1),
          .start_interval = std::chrono::seconds(2)};
}

Desired make_desired(const GroupSettings& settings, const plan::Plan& plan, const AgentSettings& agent,
                     const Identity& identity) {
  Desired desired;
  desired.plan.data = plan::to_json(plan);
  const auto plan_hash = plan::short_hash(desired.plan.data);
  desired.plan.name = plan_name(settings.name, plan_hash);
  desired.plan.labels = owned(labels_of(kRolePlan, settings.name, identity), identity);
  desired.plan.labels.emplace(kPlanLabel, plan_hash);
  desired.secrets = secrets_of(settings, plan);
  for (auto& secret : desired.secrets) {
    const auto role = label(secret.labels, kRoleLabel);
    secret.labels.merge(owned(labels_of(role, settings.name, identity), identity));
  }

  auto& service = desired.service;
  service.name = service_name(identity.stack, settings.name);
  service.labels = labels_of(kRoleAgent, settings.name, identity);
  service.container_labels = service.labels;
  service.labels = owned(std::move(service.labels), identity);
  service.labels.emplace(kPlanLabel, plan_hash);
  service.image = agent.image;
  service.health = agent.health;
  service.constraints = {"node.labels." + settings.label_key + "==" + settings.name,
                         "node.labels." + std::string(kKeepalivedNodeLabel) + "!=" + settings.name};
  service.environment = {"SWARM_VIP_PLAN=" + std::string(kPlanPath), "SWARM_VIP_NODE_ID={{.Node.ID}}",
                         "SWARM_VIP_TASK_ID={{.Task.ID}}"};
  service.environment.insert(service.environment.end(), agent.environment.begin(), agent.environment.end());
  service.plan = {.object = desired.plan.name, .path = std::string(kPlanPath), .mode = kPlanMode};
  for (const auto& secret : desired.secrets) {
    service.secrets.push_back(
        {.object = secret.name, .path = std::string(kSecretFolder) + secret.name, .mode = kSecretMode});
  }
  service.labels.emplace(kSpecLabel, spec_hash(service));
  return desired;
}

}  // namespace vip::swarm
