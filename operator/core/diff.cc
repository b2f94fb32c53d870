#include "operator/core/diff.h"

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include "common/base/text.h"
#include "operator/core/ownership.h"
#include "operator/core/plan_changes.h"

namespace vip::swarm {
namespace {

// Whether a hand on the service itself changed what our label claims to be there.
bool was_edited(const Service& observed, const ServiceSpec& desired) {
  const auto has = [](const std::vector<ObjectRef>& refs, const std::string& name) {
    return std::ranges::find(refs, name, &ObjectRef::name) != refs.end();
  };
  if (observed.spec.image != desired.image || !has(observed.spec.configs, desired.plan.object)) return true;
  return !std::ranges::all_of(desired.secrets,
                              [&](const FileMount& file) { return has(observed.spec.secrets, file.object); });
}

bool differs(const Service& observed, const ServiceSpec& desired) {
  return label(observed.labels, kSpecLabel) != label(desired.labels, kSpecLabel) ||
         was_edited(observed, desired);
}

class Differ {
 public:
  Differ(const Desired& desired, const Identity& identity, const Observed& observed, std::string_view group,
         const Leave& leave)
      : desired_(desired),
        observed_(observed),
        group_(group),
        leave_(leave),
        service_(agent_service(observed, identity, group)) {}

  std::vector<Step> steps() {
    const bool create = service_ == nullptr && leave_.create_service;
    const bool update = service_ != nullptr && must_update();
    if (create || update) add_missing_objects();
    if (create) add(CreateService{desired_.service}, "create service " + desired_.service.name);
    if (update) add(UpdateService{service_->id, service_->version, service()}, update_words());
    if (!create && !update) collect_garbage();
    return std::move(steps_);
  }

 private:
  template <typename Kind>
  void add(Kind action, const std::string& words) {
    steps_.push_back({.action = std::move(action), .words = words});
  }

  [[nodiscard]] ServiceSpec service() const {
    auto spec = desired_.service;
    if (leave_.update_service != UpdateLeave::again) return spec;
    const auto attempt = parse_number<std::uint64_t>(label(service_->labels, kAttemptLabel)).value_or(0);
    spec.labels.insert_or_assign(std::string(kAttemptLabel), std::to_string(attempt + 1));
    return spec;
  }

  [[nodiscard]] bool must_update() const {
    switch (leave_.update_service) {
      case UpdateLeave::when_different:
        return differs(*service_, desired_.service);
      case UpdateLeave::again:
        return true;
      case UpdateLeave::hold:
        return false;
    }
    return false;
  }

  void add_missing_objects() {
    for (const auto& secret : desired_.secrets) {
      if (std::ranges::find(observed_.secrets, secret.name, &Secret::name) != observed_.secrets.end())
        continue;
      add(CreateSecret{secret}, "create secret " + secret.name);
    }
    if (std::ranges::find(observed_.configs, desired_.plan.name, &Config::name) == observed_.configs.end()) {
      add(CreateConfig{desired_.plan}, "create plan " + desired_.plan.name);
    }
  }

  [[nodiscard]] std::string update_words() const {
    std::vector<std::string> changes;
    if (const auto before = plan_of(observed_, *service_)) {
      if (const auto after = plan::from_json(desired_.plan.data)) changes = plan_changes(*before, *after);
    }
    if (service_->spec.image != desired_.service.image) {
      changes.push_back("image " + service_->spec.image + " -> " + desired_.service.image);
    }
    for (const auto& secret : desired_.service.secrets) {
      const auto& known = service_->spec.secrets;
      if (std::ranges::find(known, secret.object, &ObjectRef::name) == known.end()) {
        changes.push_back("secret " + secret.object);
      }
    }
    if (changes.empty()) {
      changes.emplace_back(leave_.update_service == UpdateLeave::again ? "the same again"
                                                                       : "how its agents are run");
    }
    return "update service " + service_->name + ": " + join(changes, "; ");
  }

  // Everything a living task, the service or its rollback could still ask for.
  [[nodiscard]] std::set<std::string> referenced() const {
    std::set<std::string> ids;
    const auto add_refs = [&ids](const TaskTemplate& spec) {
      for (const auto& ref : spec.configs) ids.insert(ref.id);
      for (const auto& ref : spec.secrets) ids.insert(ref.id);
    };
    add_refs(service_->spec);
    if (service_->previous) add_refs(*service_->previous);
    for (const auto& task : observed_.tasks) {
      if (task.service_id == service_->id && is_alive(task)) add_refs(task.spec);
    }
    return ids;
  }

  void collect_garbage() {
    const bool settled = service_ != nullptr && (service_->update == UpdateState::none ||
                                                 service_->update == UpdateState::completed ||
                                                 service_->update == UpdateState::rollback_completed);
    if (!settled || leave_.update_service == UpdateLeave::hold) return;
    const auto kept = referenced();
    for (const Config* config : obsolete(observed_.configs, kRolePlan, {desired_.plan.name})) {
      if (!kept.contains(config->id)) add(RemoveConfig{config->id}, "remove old plan " + config->name);
    }
    std::set<std::string> secrets;
    for (const auto& secret : desired_.secrets) secrets.insert(secret.name);
    for (const auto role : {kRoleKey, kRolePassword}) {
      for (const Secret* secret : obsolete(observed_.secrets, role, secrets)) {
        if (!kept.contains(secret->id)) add(RemoveSecret{secret->id}, "remove old secret " + secret->name);
      }
    }
  }

  // The group's objects of a role but the desired ones and the latest before them.
  template <typename Object>
  [[nodiscard]] std::vector<const Object*> obsolete(const std::vector<Object>& objects, std::string_view role,
                                                    const std::set<std::string>& current) const {
    std::vector<const Object*> old;
    for (const auto& object : objects) {
      if (is_ours(object.labels, role, group_) && !current.contains(object.name)) old.push_back(&object);
    }
    std::ranges::sort(old, [](const Object* a, const Object* b) {
      return std::pair(a->created_at, std::string_view(a->id)) >
             std::pair(b->created_at, std::string_view(b->id));
    });
    if (!old.empty()) old.erase(old.begin());
    return old;
  }

  const Desired& desired_;
  const Observed& observed_;
  std::string_view group_;
  Leave leave_;
  const Service* service_;
  std::vector<Step> steps_;
};

}  // namespace

bool is_stalled(const Service& service, const ServiceSpec& desired, WallTime now) {
  switch (service.update) {
    // Pausing leaves the spec that failed in place, a rollback the one before it.
    case UpdateState::paused:
      return !differs(service, desired);
    case UpdateState::rollback_started:
    case UpdateState::rollback_paused:
    case UpdateState::rollback_completed:
      return differs(service, desired);
    case UpdateState::updating:
      return !differs(service, desired) && now - service.update_started_at > kUpdateMax;
    case UpdateState::none:
    case UpdateState::completed:
      return false;
  }
  return false;
}

std::vector<Step> diff(const Desired& desired, const Identity& identity, const Observed& observed,
                       std::string_view group, const Leave& leave) {
  if (!own_service_exists(observed, identity)) return {};
  return Differ(desired, identity, observed, group, leave).steps();
}

std::vector<Step> retire(const Identity& identity, const Observed& observed,
                         const std::vector<std::string>& groups) {
  if (identity.service_name.empty() || !own_service_exists(observed, identity)) return {};
  const auto is_left_over = [&](const Labels& labels) {
    const auto group = label(labels, kGroupLabel);
    return label(labels, kOperatorLabel) == identity.service_name &&
           std::ranges::none_of(groups, [&](const std::string& name) { return equal_fold(name, group); });
  };
  const auto words = [](std::string_view what, const std::string& name, const Labels& labels) {
    return "remove " + std::string(what) + " " + name + ": group " + std::string(label(labels, kGroupLabel)) +
           " is not in the settings any more";
  };
  std::vector<Step> steps;
  for (const auto& group : groups) {
    const auto* const own = agent_service(observed, identity, group);
    const auto* const earlier = earlier_agent_service(observed, identity, group);
    if (own == nullptr || earlier == nullptr) continue;
    steps.push_back({RemoveService{own->id}, "remove service " + own->name + ": " + earlier->name +
                                                 " of another operator was there first"});
  }
  for (const auto& service : observed.services) {
    if (label(service.labels, kRoleLabel) != kRoleAgent || !is_left_over(service.labels)) continue;
    steps.push_back({RemoveService{service.id}, words("service", service.name, service.labels)});
  }
  if (!steps.empty()) return steps;
  for (const auto& config : observed.configs) {
    if (is_left_over(config.labels))
      steps.push_back({RemoveConfig{config.id}, words("plan", config.name, config.labels)});
  }
  for (const auto& secret : observed.secrets) {
    if (is_left_over(secret.labels))
      steps.push_back({RemoveSecret{secret.id}, words("secret", secret.name, secret.labels)});
  }
  return steps;
}

}  // namespace vip::swarm
