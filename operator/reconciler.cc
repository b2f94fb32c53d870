#include "operator/reconciler.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/base/assert.h"
#include "common/sys/log.h"
#include "operator/core/following.h"
#include "operator/core/ownership.h"
#include "operator/secret_material.h"

namespace vip::swarm {
namespace {

ObjectIds known_ids(const Observed& observed) {
  ObjectIds ids;
  for (const auto& config : observed.configs) ids.emplace(config.name, config.id);
  for (const auto& secret : observed.secrets) ids.emplace(secret.name, secret.id);
  return ids;
}

// Whether every agent the Swarm wants to run does.
bool all_run(const Observed& observed, const Service* service) {
  return std::ranges::all_of(observed.tasks, [&](const Task& task) {
    const bool ours = service != nullptr && task.service_id == service->id;
    return !ours || !task.wanted || task.state == TaskState::running;
  });
}

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

Status remember(Result<std::string> created, const std::string& name, ObjectIds& ids) {
  if (!created) return std::unexpected(std::move(created).error());
  ids[name] = *std::move(created);
  return {};
}

}  // namespace

Reconciler::Reconciler(SwarmApi& api, Identity identity, OperatorSettings settings)
    : api_(api), identity_(std::move(identity)) {
  set(std::move(settings));
}

void Reconciler::set(OperatorSettings settings) {
  settings_ = std::move(settings);
  api_.use_logins(settings_.logins);
  verified_.clear();
  const auto wanted = names();
  std::erase_if(keepers_,
                [&](const auto& entry) { return std::ranges::find(wanted, entry.first) == wanted.end(); });
  for (const auto& name : wanted) keepers_.try_emplace(name, name);
  std::map<std::string, Following> following;
  for (const auto& group : settings_.groups) {
    const auto& name = group.settings.name;
    const auto& service = group.settings.follow;
    if (service.empty()) continue;
    const auto known = following_.find(name);
    const bool stays = known != following_.end() && known->second.service == service;
    following.emplace(name, stays ? known->second : Following{.service = service, .id = {}, .follower = {}});
  }
  following_ = std::move(following);
}

std::vector<std::string> Reconciler::names() const {
  std::vector<std::string> names(settings_.groups.size());
  std::ranges::transform(settings_.groups, names.begin(),
                         [](const auto& group) { return group.settings.name; });
  return names;
}

GroupKeeper& Reconciler::keeper(const ConfiguredGroup& group) {
  const auto found = keepers_.find(group.settings.name);
  VIP_ASSERT(found != keepers_.end());
  return found->second;
}

Result<Picture> Reconciler::observe(TimePoint now, WallTime at) {
  Picture picture;
  std::vector<std::string> followed(following_.size());
  std::ranges::transform(following_, followed.begin(),
                         [](const auto& entry) { return entry.second.service; });
  VIP_TRY(picture.observed, api_.observe(at, followed));
  const DeployedPlans deployed(picture.observed);
  std::vector<const ConfiguredGroup*> order(settings_.groups.size());
  std::ranges::transform(settings_.groups, order.begin(), [](const auto& group) { return &group; });
  // Who was given an id has it; the others choose among what is left.
  std::ranges::stable_partition(order,
                                [](const auto* group) { return group->settings.router_id.has_value(); });
  std::vector<std::shared_ptr<const plan::Plan>> planned;
  for (const auto* const group : order) {
    const auto* const service = agent_service(picture.observed, identity_, group->settings.name);
    auto known = deployed.known_to(service, group->settings.name);
    for (const auto& plan : planned) expect(plan, known);
    auto& made = picture.groups.emplace_back(picture_of(*group, picture.observed, known, now));
    if (made.group.plan) planned.push_back(std::make_shared<const plan::Plan>(*made.group.plan));
  }
  std::ranges::sort(picture.groups, {}, [](const GroupPicture& made) { return made.configured; });
  return picture;
}

GroupPicture Reconciler::picture_of(const ConfiguredGroup& configured, const Observed& observed,
                                    const KnownPlans& known, TimePoint now) {
  const auto& group = configured.settings;
  const auto* const service = agent_service(observed, identity_, group.name);
  const auto secrets = choose_secrets(group, service, observed, matching_secrets(configured, observed));
  GroupPicture picture{
      .configured = &configured,
      .service = service,
      .group = make_plan(group, observed.nodes, known, secrets, unserved(group, observed, known, now)),
      .problems = {},
      .desired = {}};
  const auto& plan = picture.group.plan;
  picture.problems = group_problems(group, picture.group, known, identity_, observed, settings_.beside);
  if (picture.service != nullptr && plan) {
    std::ranges::copy(service_problems(*picture.service, *plan, observed),
                      std::back_inserter(picture.problems));
  }
  if (!plan || any_blocks(picture.problems)) return picture;
  const AgentSettings agent{
      .image = settings_.image.empty() ? own_image(identity_, picture.service) : settings_.image,
      .environment = settings_.agent_environment,
      .health = health_check(observed, *plan)};
  picture.desired = make_desired(group, *plan, agent, identity_);
  return picture;
}

NodeIds Reconciler::unserved(const GroupSettings& group, const Observed& observed, const KnownPlans& known,
                             TimePoint now) {
  const auto found = following_.find(group.name);
  if (found == following_.end()) return {};
  auto& [word, id, follower] = found->second;
  const auto* const service = followed_service(observed.services, word);
  id = service != nullptr ? service->id : std::string();
  follower.look(now, following_members(group, observed.nodes, known.earlier()),
                service != nullptr ? served_nodes(observed.tasks, id) : NodeIds{});
  return follower.decide(now);
}

std::vector<std::string> Reconciler::followed_ids() const {
  std::vector<std::string> ids;
  for (const auto& entry : following_)
    if (!entry.second.id.empty()) ids.push_back(entry.second.id);
  return ids;
}

Result<bool> Reconciler::look_at_tasks(TimePoint now) {
  const auto tasks = api_.wanted_tasks_of(followed_ids());
  if (!tasks && tasks.error().code == Errc::not_found) return true;  // a service is gone
  if (!tasks) return std::unexpected(tasks.error());
  bool is_due = false;
  for (auto& [group, following] : following_) {
    if (following.id.empty()) continue;
    following.follower.see(now, served_nodes(*tasks, following.id));
    is_due |= following.follower.is_due(now);
  }
  return is_due;
}

std::vector<Step> Reconciler::steps(const Picture& picture, const KnownHolders& holders) const {
  auto steps = retire(identity_, picture.observed, names());
  for (const auto& group : picture.groups) {
    if (!group.desired) continue;
    std::ranges::move(
        diff(*group.desired, identity_, picture.observed, group.configured->settings.name, Leave{}),
        std::back_inserter(steps));
  }
  std::ranges::move(steps_of_labels(picture, holders), std::back_inserter(steps));
  return steps;
}

std::vector<Step> Reconciler::steps_of_labels(const Picture& picture, const KnownHolders& holders) const {
  std::vector<LabelledGroup> groups(picture.groups.size());
  std::ranges::transform(picture.groups, groups.begin(), [](const GroupPicture& group) {
    return LabelledGroup{.name = group.configured->settings.name,
                         .wanted = group.configured->holder_label,
                         .agents = group.desired ? group.service : nullptr};
  });
  return label_steps(groups, identity_, picture.observed, holders);
}

Result<Reconciler::Outcome> Reconciler::reconcile(const Picture& picture, const KnownHolders& holders,
                                                  TimePoint now) {
  if (settings_.dry_run) {
    say(picture, holders);
    return Outcome::settled;
  }
  auto ids = known_ids(picture.observed);
  std::optional<Error> first_error;
  auto outcome = Outcome::settled;
  const auto note = [&](const Result<Outcome>& of_group) {
    if (of_group) {
      outcome = std::max(outcome, *of_group);
    } else if (!first_error) {
      first_error = of_group.error();
    }
  };
  const auto left_over = retire(identity_, picture.observed, names());
  const auto retired = apply(left_over, nullptr, ids);
  note(retired ? Result<Outcome>(left_over.empty() ? Outcome::settled : Outcome::look_again)
               : std::unexpected(retired.error()));
  for (const auto& group : picture.groups) note(reconcile(group, picture.observed, ids, now));
  // Not before an update of agents that has just been sent has begun and ended.
  if (outcome != Outcome::look_again && !first_error) {
    const auto labels = steps_of_labels(picture, holders);
    if (const auto labelled = apply(labels, nullptr, ids); !labelled) first_error = labelled.error();
  }
  if (first_error) return std::unexpected(*std::move(first_error));
  return outcome;
}

// What has not been said yet.
void Reconciler::say(const Picture& picture, const KnownHolders& holders) {
  for (const auto& group : picture.groups) keeper(*group.configured).report(group.group.plan, group.problems);
  const auto before = std::exchange(would_, {});
  for (const auto& step : steps(picture, holders)) {
    would_.insert(step.words);
    if (!before.contains(step.words)) log::info("would_change", {{"what", step.words}});
  }
}

Result<Reconciler::Outcome> Reconciler::reconcile(const GroupPicture& picture, const Observed& observed,
                                                  ObjectIds& ids, TimePoint now) {
  auto& memory = keeper(*picture.configured);
  memory.report(picture.group.plan, picture.problems);
  const auto leave =
      memory.leave(picture.service, picture.desired ? &picture.desired->service : nullptr, now, observed.at);
  if (!picture.desired) return Outcome::settled;
  const auto steps = diff(*picture.desired, identity_, observed, picture.configured->settings.name, leave);
  VIP_CHECK(apply(steps, picture.configured, ids));
  if (!steps.empty() || !leave.create_service) return Outcome::look_again;
  const bool steps_follow = !picture.group.later.empty() && !picture.group.waits;
  return all_run(observed, picture.service) && !steps_follow ? Outcome::settled : Outcome::watch;
}

std::set<std::string> Reconciler::matching_secrets(const ConfiguredGroup& configured,
                                                   const Observed& observed) {
  std::set<std::string> ids;
  const auto& group = configured.settings.name;
  for (const auto& secret : observed.secrets) {
    const bool is_key = is_ours(secret.labels, kRoleKey, group);
    const auto& wanted = is_key ? configured.key : configured.password;
    const std::string verifier(label(secret.labels, kVerifierLabel));
    if (wanted.empty() || verifier.empty() || (!is_key && !is_ours(secret.labels, kRolePassword, group)))
      continue;
    const auto [known, is_new] = verified_.try_emplace({group, verifier}, false);
    if (is_new) known->second = verifies(verifier, wanted);
    if (known->second) ids.insert(secret.id);
  }
  return ids;
}

Status Reconciler::apply(const std::vector<Step>& steps, const ConfiguredGroup* group, ObjectIds& ids) {
  for (const auto& step : steps) {
    if (auto applied = apply(step, group, ids); !applied)
      return within(step.words, std::move(applied).error());
    ++changes_;
    log::info("change", {{"group", group != nullptr ? group->settings.name : "-"}, {"what", step.words}});
  }
  return {};
}

Status Reconciler::apply(const Step& step, const ConfiguredGroup* group, ObjectIds& ids) {
  return std::visit(Overloaded{
                        [&](const CreateSecret& action) {
                          VIP_ASSERT(group != nullptr);
                          return remember(create(action.secret, *group), action.secret.name, ids);
                        },
                        [&](const CreateConfig& action) {
                          return remember(api_.create_config(action.config), action.config.name, ids);
                        },
                        [&](const CreateService& action) -> Status {
                          VIP_ASSERT(group != nullptr);
                          keeper(*group).attempted(action.service);
                          VIP_TRY([[maybe_unused]] const auto id, api_.create_service(action.service, ids));
                          return {};
                        },
                        [&](const UpdateService& action) -> Status {
                          VIP_ASSERT(group != nullptr);
                          keeper(*group).attempted(action.service);
                          return api_.update_service(action, ids);
                        },
                        [&](const RemoveService& action) { return api_.remove_service(action.id); },
                        [&](const RemoveConfig& action) { return api_.remove_config(action.id); },
                        [&](const RemoveSecret& action) { return api_.remove_secret(action.id); },
                        [&](const ChangeLabel& action) { return api_.change_label(action); },
                    },
                    step.action);
}

Result<std::string> Reconciler::create(const SecretSpec& secret, const ConfiguredGroup& group) {
  if (secret.content == SecretContent::fresh_key) {
    VIP_TRY(const auto key, fresh_key());
    return api_.create_secret(secret.name, secret.labels, key);
  }
  const auto& text = secret.content == SecretContent::own_key ? group.key : group.password;
  VIP_TRY(auto verifier, make_verifier(text));
  auto labels = secret.labels;
  verified_[{group.settings.name, verifier}] = true;
  labels.emplace(kVerifierLabel, std::move(verifier));
  return api_.create_secret(secret.name, labels, text);
}

void Reconciler::log_state() const {
  for (const auto& [name, memory] : keepers_) memory.log_state();
}

}  // namespace vip::swarm
