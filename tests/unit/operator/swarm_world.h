// A Swarm as a value, for tests: builders for what is in it, and what applying steps does to it.
#pragma once

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "operator/core/diff.h"
#include "operator/core/ownership.h"

namespace vip::swarm {

inline WallTime at_second(int second) {
  return WallTime(std::chrono::seconds(1'700'000'000 + second));
}

inline Node make_node(int number, Labels labels = {}) {
  labels.emplace("keepalived_group", "production");
  return {.id = "id" + std::to_string(number),
          .hostname = "n" + std::to_string(number),
          .created_at = at_second(number),
          .labels = std::move(labels),
          .status_address = "192.0.2." + std::to_string(number),
          .manager_address = {},
          .availability = Availability::active,
          .state = NodeState::ready};
}

inline GroupSettings make_group() {
  GroupSettings settings;
  settings.name = "production";
  settings.addresses = {IpPrefix::parse("192.0.2.201").value()};
  return settings;
}

inline std::shared_ptr<const plan::Plan> shared(plan::Plan plan) {
  return std::make_shared<const plan::Plan>(std::move(plan));
}

inline const Identity kIdentity{.service_id = "own",
                                .service_name = "vip_operator",
                                .stack = "vip",
                                .image = "img@sha256:1",
                                .images = {}};

// Observed, and a hand that changes it as Docker would.
class World {
 public:
  World() {
    observed_.at = at_second(1000);
    add_service("own", "vip_operator", {});
  }

  Observed& observed() { return observed_; }
  [[nodiscard]] const Observed& observed() const { return observed_; }
  Service& service(std::string_view name) {
    return *std::ranges::find(observed_.services, name, &Service::name);
  }

  Service& add_service(const std::string& id, const std::string& name, Labels labels) {
    Service service;
    service.id = id;
    service.name = name;
    service.labels = std::move(labels);
    service.created_at = tick();
    observed_.services.push_back(std::move(service));
    return observed_.services.back();
  }
  Secret& add_secret(const std::string& name, Labels labels) {
    observed_.secrets.push_back(
        {.id = "secret-" + name, .name = name, .created_at = tick(), .labels = std::move(labels)});
    return observed_.secrets.back();
  }
  Config& add_config(const std::string& name, Labels labels, std::string data) {
    observed_.configs.push_back({.id = "config-" + name,
                                 .name = name,
                                 .created_at = tick(),
                                 .labels = std::move(labels),
                                 .data = std::move(data)});
    return observed_.configs.back();
  }

  void apply(const std::vector<Step>& steps) {
    for (const auto& step : steps) std::visit([this](const auto& action) { apply(action); }, step.action);
  }
  // One agent of each service on every node, with its newest spec and healthy.
  void run_agents() {
    observed_.tasks.clear();
    for (const auto& service : observed_.services) {
      if (label(service.labels, kRoleLabel) != kRoleAgent) continue;
      for (const auto& node : observed_.nodes) {
        observed_.tasks.push_back({.id = "task-" + node.id,
                                   .service_id = service.id,
                                   .node_id = node.id,
                                   .created_at = tick(),
                                   .changed_at = tick(),
                                   .state = TaskState::running,
                                   .rejected = false,
                                   .wanted = true,
                                   .error = {},
                                   .spec = service.spec});
      }
    }
  }
  [[nodiscard]] const std::set<std::string>& matching() const { return matching_; }
  void password_changed() { matching_.clear(); }

 private:
  WallTime tick() { return at_second(seconds_++); }

  void apply(const CreateSecret& action) {
    const auto& made = add_secret(action.secret.name, action.secret.labels);
    if (action.secret.content != SecretContent::fresh_key) matching_.insert(made.id);
  }
  void apply(const CreateConfig& action) {
    add_config(action.config.name, action.config.labels, action.config.data);
  }
  void apply(const CreateService& action) {
    fill(add_service("service-" + action.service.name, action.service.name, {}), action.service);
  }
  void apply(const UpdateService& action) {
    auto& service = *std::ranges::find(observed_.services, action.id, &Service::id);
    EXPECT_EQ(action.version, service.version);
    service.previous = service.spec;
    service.update = UpdateState::completed;
    fill(service, action.service);
  }
  void apply(const RemoveService& action) {
    EXPECT_EQ(std::erase_if(observed_.services, [&](const Service& s) { return s.id == action.id; }), 1U);
  }
  void apply(const RemoveConfig& action) {
    EXPECT_EQ(std::erase_if(observed_.configs, [&](const Config& c) { return c.id == action.id; }), 1U);
  }
  void apply(const RemoveSecret& action) {
    EXPECT_EQ(std::erase_if(observed_.secrets, [&](const Secret& s) { return s.id == action.id; }), 1U);
  }
  void apply(const ChangeLabel& action) {
    auto& labels = std::ranges::find(observed_.nodes, action.node, &Node::id)->labels;
    labels.erase(action.key);
    if (action.value) labels.emplace(action.key, *action.value);
  }
  void fill(Service& service, const ServiceSpec& spec) {
    ++service.version;
    service.labels = spec.labels;
    service.spec.image = spec.image;
    service.spec.environment = spec.environment;
    service.spec.constraints = spec.constraints;
    service.spec.configs = {{.id = "config-" + spec.plan.object, .name = spec.plan.object}};
    service.spec.secrets.clear();
    for (const auto& file : spec.secrets) {
      service.spec.secrets.push_back({.id = "secret-" + file.object, .name = file.object});
    }
  }

  Observed observed_;
  std::set<std::string> matching_;
  int seconds_ = 100;
};

}  // namespace vip::swarm
