// What the operator computes at each look, of a whole Swarm: from what was observed to plans, what is wrong,
// what should be there, and the steps to it. Without the engine's answers: reading those is measured apart,
// from their JSON on.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "common/plan/plan.h"
#include "operator/core/diff.h"
#include "operator/core/ownership.h"
#include "operator/core/problems.h"
#include "operator/core/secrets.h"

namespace vip::swarm {
namespace {

const Identity kOperator{.service_id = "own",
                         .service_name = "vip_operator",
                         .stack = "vip",
                         .image = "img@sha256:1",
                         .images = {}};

WallTime at_second(std::size_t second) {
  return WallTime(std::chrono::seconds(1'700'000'000 + second));
}

// 25 letters, of which the first ones tell two apart, as the Swarm's.
std::string id_of(std::size_t number) {
  return plan::short_hash(std::to_string(number)) + "zzzzzzzzzzzzz";
}

// Steps of one group, and whether anything is wrong with it.
struct Round {
  std::vector<std::vector<Step>> steps;  // by group
  std::size_t problems = 0;
};

class LargeSwarm {
 public:
  LargeSwarm(std::size_t nodes, std::size_t groups) {
    observed_.at = at_second(1'000'000);
    Service own;
    own.id = kOperator.service_id;
    own.name = kOperator.service_name;
    observed_.services.push_back(own);
    for (std::size_t i = 0; i < groups; ++i) {
      GroupSettings settings;
      settings.name = "g" + std::to_string(i);
      settings.addresses = {IpPrefix::parse("10.0." + std::to_string(i) + ".1").value()};
      settings.router_id = Vrid(static_cast<std::uint8_t>(i + 1));
      groups_.push_back(std::move(settings));
    }
    for (std::size_t i = 0; i < nodes; ++i) {
      Node node;
      node.id = id_of(i);
      node.hostname = "n" + std::to_string(i);
      node.created_at = at_second(i);
      node.labels.emplace("keepalived_group", groups_[i % groups].name);
      node.status_address = "10.1." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250);
      node.state = NodeState::ready;
      observed_.nodes.push_back(std::move(node));
    }
    std::ranges::sort(observed_.nodes, {}, &Node::id);  // as the adapter for Docker does
  }

  [[nodiscard]] Round round() const {
    Round result;
    const DeployedPlans deployed(observed_);
    std::vector<std::shared_ptr<const plan::Plan>> planned;
    std::vector<std::string> names;
    result.steps.push_back({});
    for (const auto& group : groups_) {
      names.push_back(group.name);
      const auto* const service = agent_service(observed_, kOperator, group.name);
      auto known = deployed.known_to(service, group.name);
      for (const auto& plan : planned) expect(plan, known);
      const auto secrets = choose_secrets(group, service, observed_, {});
      const auto made = make_plan(group, observed_.nodes, known, secrets);
      if (!made.plan) std::abort();  // a benchmark of nothing
      auto problems = group_problems(group, made, known, kOperator, observed_, Beside::refuse);
      if (service != nullptr) {
        for (auto& problem : service_problems(*service, *made.plan, observed_)) problems.push_back(problem);
      }
      const auto desired =
          make_desired(group, *made.plan, {.image = kOperator.image, .environment = {}}, kOperator);
      result.steps.push_back(diff(desired, kOperator, observed_, group.name, Leave{}));
      result.problems += problems.size();
      planned.push_back(std::make_shared<const plan::Plan>(*made.plan));
    }
    result.steps.front() = retire(kOperator, observed_, names);
    return result;
  }

  // As the Swarm would, and all agents run.
  void apply(const Round& round) {
    for (const auto& steps : round.steps)
      for (const auto& step : steps) std::visit([this](const auto& action) { apply(action); }, step.action);
    observed_.tasks.clear();
    for (const auto& node : observed_.nodes) {
      for (const auto& service : observed_.services) {
        if (label(service.labels, kGroupLabel) == label(node.labels, "keepalived_group"))
          add_task(service, node);
      }
    }
  }

  void change_priority(std::size_t node, int priority) {
    observed_.nodes[node].labels.insert_or_assign(std::string(kPriorityNodeLabel), std::to_string(priority));
  }

 private:
  void add_task(const Service& service, const Node& node) {
    Task task;
    task.id = "t" + node.id;
    task.service_id = service.id;
    task.node_id = node.id;
    task.created_at = task.changed_at = at_second(500'000);
    task.state = TaskState::running;
    task.wanted = true;
    task.spec = service.spec;
    observed_.tasks.push_back(std::move(task));
  }

  void apply(const CreateSecret& action) {
    observed_.secrets.push_back({.id = "secret-" + action.secret.name,
                                 .name = action.secret.name,
                                 .created_at = at_second(400'000),
                                 .labels = action.secret.labels});
  }
  void apply(const CreateConfig& action) {
    observed_.configs.push_back({.id = "config-" + action.config.name,
                                 .name = action.config.name,
                                 .created_at = at_second(400'000),
                                 .labels = action.config.labels,
                                 .data = action.config.data});
  }
  void apply(const CreateService& action) {
    Service service;
    service.id = "service-" + action.service.name;
    service.name = action.service.name;
    service.created_at = at_second(400'000);
    fill(service, action.service);
    observed_.services.push_back(std::move(service));
  }
  void apply(const UpdateService& action) {
    fill(*std::ranges::find(observed_.services, action.id, &Service::id), action.service);
  }
  void apply(const RemoveConfig& action) {
    std::erase_if(observed_.configs, [&](const Config& config) { return config.id == action.id; });
  }
  template <typename Other>
  void apply(const Other&) {
    std::abort();  // nothing here asks for it
  }

  static void fill(Service& service, const ServiceSpec& spec) {
    service.labels = spec.labels;
    service.update = UpdateState::completed;
    service.spec.image = spec.image;
    service.spec.environment = spec.environment;
    service.spec.constraints = spec.constraints;
    service.spec.configs = {{.id = "config-" + spec.plan.object, .name = spec.plan.object}};
    service.spec.secrets.clear();
    for (const auto& secret : spec.secrets)
      service.spec.secrets.push_back({.id = "secret-" + secret.object, .name = secret.object});
  }

  std::vector<GroupSettings> groups_;
  Observed observed_;
};

std::size_t count(const Round& round) {
  std::size_t steps = 0;
  for (const auto& of_group : round.steps) steps += of_group.size();
  return steps;
}

// Nothing to do, or one label that has changed.
void look(benchmark::State& state, bool is_changed) {
  LargeSwarm swarm(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  constexpr int kRoundsMax = 5;
  for (int i = 0; i < kRoundsMax; ++i) swarm.apply(swarm.round());
  if (count(swarm.round()) != 0 || swarm.round().problems != 0) {
    state.SkipWithError("the Swarm does not come to rest");
    return;
  }
  if (is_changed) swarm.change_priority(1, 200);
  for (auto _ : state) {
    const auto round = swarm.round();
    if ((count(round) != 0) != is_changed) state.SkipWithError("not the steps that there should be");
  }
  state.SetLabel(is_changed ? "one label changed" : "nothing to do");
}
BENCHMARK_CAPTURE(look, idle, false)->Args({3, 1})->Args({1000, 50})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(look, change, true)->Args({3, 1})->Args({1000, 50})->Unit(benchmark::kMillisecond);

// All that there is, out of nothing.
void begin(benchmark::State& state) {
  const LargeSwarm swarm(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  for (auto _ : state) {
    if (count(swarm.round()) < static_cast<std::size_t>(state.range(1))) state.SkipWithError("no steps");
  }
}
BENCHMARK(begin)->Args({3, 1})->Args({1000, 50})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vip::swarm

BENCHMARK_MAIN();
