#include "operator/reconciler.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/sys/log.h"
#include "operator/core/ownership.h"
#include "operator/secret_material.h"

namespace vip::swarm {
namespace {

// `docker stack rm` deletes the agents' service before ours. Whoever puts it back at once leaves agents
// behind that nobody will ever remove.
constexpr Duration kVanishedPause = std::chrono::seconds(5);

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

log::Level level_of(const Problem& problem) {
  return problem.severity == Severity::error ? log::Level::error : log::Level::warning;
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
    : api_(api), identity_(std::move(identity)), settings_(std::move(settings)) {}

Result<Picture> Reconciler::observe(WallTime at) {
  Picture picture;
  VIP_TRY(picture.observed, api_.observe(at));
  const auto& observed = picture.observed;
  const auto& group = settings_.group;
  const Service* const service = agent_service(observed, identity_, group.name);
  picture.group = make_plan(group, observed.nodes, known_plans(observed, service, group.name));
  const auto& plan = picture.group.plan;
  picture.problems = group_problems(group, picture.group, identity_, observed, settings_.beside);
  if (service != nullptr && plan) {
    std::ranges::copy(service_problems(*service, *plan, observed), std::back_inserter(picture.problems));
  }
  if (!plan || any_blocks(picture.problems)) return picture;
  const AgentSettings agent{.image = settings_.image.empty() ? identity_.image : settings_.image,
                            .environment = settings_.agent_environment};
  picture.desired = make_desired(group, *plan, agent, identity_, observed, matching_passwords(observed));
  return picture;
}

std::vector<Step> Reconciler::steps(const Picture& picture) const {
  if (!picture.desired) return {};
  return diff(*picture.desired, identity_, picture.observed, settings_.group.name, Leave{});
}

Result<Reconciler::Outcome> Reconciler::reconcile(TimePoint now, WallTime at) {
  VIP_TRY(const auto picture, observe(at));
  report(picture);
  const Service* const service = agent_service(picture.observed, identity_, settings_.group.name);
  const Leave leave{.create_service = may_create(service, now),
                    .update_service = picture.desired ? update_leave(service, picture.desired->service, now)
                                                      : UpdateLeave::hold};
  if (!picture.desired) return Outcome::settled;
  const auto steps = diff(*picture.desired, identity_, picture.observed, settings_.group.name, leave);
  auto ids = known_ids(picture.observed);
  for (const auto& step : steps) {
    if (auto applied = apply(step, ids); !applied) return within(step.words, std::move(applied).error());
    log::info("change", {{"group", settings_.group.name}, {"what", step.words}});
  }
  if (!steps.empty() || !leave.create_service) return Outcome::look_again;
  return all_run(picture.observed, service) ? Outcome::settled : Outcome::watch;
}

std::set<std::string> Reconciler::matching_passwords(const Observed& observed) {
  std::set<std::string> ids;
  if (settings_.group.auth != plan::Auth::Mode::password) return ids;
  for (const auto& secret : observed.secrets) {
    if (!is_ours(secret.labels, kRolePassword, settings_.group.name)) continue;
    const std::string verifier(label(secret.labels, kVerifierLabel));
    const auto known = verified_.find(verifier);
    const bool matches = known != verified_.end() ? known->second : verifies(verifier, settings_.password);
    verified_[verifier] = matches;
    if (matches) ids.insert(secret.id);
  }
  return ids;
}

void Reconciler::report(const Picture& picture) {
  const auto among = [](const std::vector<Problem>& problems, const Problem& problem) {
    return std::ranges::find(problems, problem) != problems.end();
  };
  for (const auto& problem : picture.problems) {
    if (among(reported_, problem)) continue;
    log::write(level_of(problem), "problem", {{"group", settings_.group.name}, {"what", problem.text}});
  }
  for (const auto& problem : reported_) {
    if (among(picture.problems, problem)) continue;
    log::info("problem_over", {{"group", settings_.group.name}, {"what", problem.text}});
  }
  reported_ = picture.problems;
  last_plan_ = picture.group.plan;
}

bool Reconciler::may_create(const Service* service, TimePoint now) {
  if (service != nullptr) {
    service_seen_ = true;
    missing_since_.reset();
    return true;
  }
  if (!service_seen_) return true;
  if (!missing_since_) {
    missing_since_ = now;
    log::warning("service_gone",
                 {{"group", settings_.group.name},
                  {"what", "the agents' service was removed; it is put back unless ours goes, too"}});
  }
  return now - *missing_since_ >= kVanishedPause;
}

UpdateLeave Reconciler::update_leave(const Service* service, const ServiceSpec& desired, TimePoint now) {
  if (service == nullptr || !is_stalled(*service, desired)) {
    retry_at_.reset();
    if (service != nullptr && service->update == UpdateState::completed) retry_pause_.reset();
    return UpdateLeave::when_different;
  }
  // What was paused is what is desired, whoever sent it: only sending it again helps.
  const bool new_attempt = service->update != UpdateState::paused && !attempted_.empty() &&
                           attempted_ != label(desired.labels, kSpecLabel);
  if (new_attempt) return UpdateLeave::when_different;
  if (!retry_at_) {
    const auto pause = retry_pause_.next();
    retry_at_ = now + pause;
    log::warning(
        "update_held",
        {{"group", settings_.group.name},
         {"what", "the Swarm gave up on this update of " + service->name + ": " + service->update_message},
         {"again_in", duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(pause))}});
  }
  if (now < *retry_at_) return UpdateLeave::hold;
  retry_at_.reset();
  return UpdateLeave::again;
}

Status Reconciler::apply(const Step& step, ObjectIds& ids) {
  return std::visit(Overloaded{
                        [&](const CreateSecret& action) {
                          return remember(create(action.secret), action.secret.name, ids);
                        },
                        [&](const CreateConfig& action) {
                          return remember(api_.create_config(action.config), action.config.name, ids);
                        },
                        [&](const CreateService& action) -> Status {
                          attempted_ = label(action.service.labels, kSpecLabel);
                          VIP_TRY([[maybe_unused]] const auto id, api_.create_service(action.service, ids));
                          return {};
                        },
                        [&](const UpdateService& action) -> Status {
                          attempted_ = label(action.service.labels, kSpecLabel);
                          return api_.update_service(action, ids);
                        },
                        [&](const RemoveConfig& action) { return api_.remove_config(action.id); },
                        [&](const RemoveSecret& action) { return api_.remove_secret(action.id); },
                    },
                    step.action);
}

Result<std::string> Reconciler::create(const SecretSpec& secret) {
  if (secret.content == SecretContent::fresh_key) {
    VIP_TRY(const auto key, fresh_key());
    return api_.create_secret(secret.name, secret.labels, key);
  }
  VIP_TRY(auto verifier, make_verifier(settings_.password));
  auto labels = secret.labels;
  verified_[verifier] = true;
  labels.emplace(kVerifierLabel, std::move(verifier));
  return api_.create_secret(secret.name, labels, settings_.password);
}

void Reconciler::log_state() const {
  std::vector<std::string> members;
  if (last_plan_) {
    for (const auto& member : last_plan_->members) {
      members.push_back(member.hostname + " " + member.address.text() + " priority " +
                        std::to_string(member.priority.value));
    }
  }
  log::info("state", {{"group", settings_.group.name},
                      {"generation", last_plan_ ? std::to_string(last_plan_->generation) : "none"},
                      {"members", join(members, ", ")},
                      {"problems", std::to_string(reported_.size())}});
  for (const auto& problem : reported_) {
    log::write(level_of(problem), "problem", {{"group", settings_.group.name}, {"what", problem.text}});
  }
}

}  // namespace vip::swarm
