#include "operator/group_keeper.h"

#include <algorithm>
#include <chrono>

#include "common/base/text.h"
#include "common/sys/log.h"

namespace vip::swarm {
namespace {

// `docker stack rm` deletes the agents' service before ours. Whoever puts it back at once leaves agents
// behind that nobody will ever remove.
constexpr Duration kVanishedPause = std::chrono::seconds(5);

log::Level level_of(const Problem& problem) {
  switch (problem.severity) {
    case Severity::note:
      return log::Level::info;
    case Severity::warning:
      return log::Level::warning;
    case Severity::error:
      break;
  }
  return log::Level::error;
}

}  // namespace

Leave GroupKeeper::leave(const Service* service, const ServiceSpec* desired, TimePoint now, WallTime at) {
  if (desired == nullptr) {  // nothing is wanted, so what goes is no surprise
    service_seen_ = service != nullptr;
    missing_since_.reset();
    return {.create_service = false, .update_service = UpdateLeave::hold};
  }
  return {.create_service = may_create(service, now),
          .update_service = update_leave(service, *desired, now, at)};
}

void GroupKeeper::attempted(const ServiceSpec& service) {
  attempted_ = label(service.labels, kSpecLabel);
}

void GroupKeeper::report(const std::optional<plan::Plan>& plan, const std::vector<Problem>& problems) {
  const auto among = [](const std::vector<Problem>& list, const Problem& problem) {
    return std::ranges::find(list, problem) != list.end();
  };
  for (const auto& problem : problems) {
    if (among(reported_, problem)) continue;
    log::write(level_of(problem), "problem", {{"group", group_}, {"what", problem.text}});
  }
  for (const auto& problem : reported_) {
    if (among(problems, problem)) continue;
    log::info("problem_over", {{"group", group_}, {"what", problem.text}});
  }
  reported_ = problems;
  last_plan_ = plan;
}

bool GroupKeeper::may_create(const Service* service, TimePoint now) {
  if (service != nullptr) {
    service_seen_ = true;
    missing_since_.reset();
    return true;
  }
  if (!service_seen_) return true;
  if (!missing_since_) {
    missing_since_ = now;
    log::warning("service_gone",
                 {{"group", group_},
                  {"what", "the agents' service was removed; it is put back unless ours goes, too"}});
  }
  return now - *missing_since_ >= kVanishedPause;
}

UpdateLeave GroupKeeper::update_leave(const Service* service, const ServiceSpec& desired, TimePoint now,
                                      WallTime at) {
  if (service == nullptr || !is_stalled(*service, desired, at)) {
    retry_at_.reset();
    if (service != nullptr && service->update == UpdateState::completed) retry_pause_.reset();
    return UpdateLeave::when_different;
  }
  // What is paused or does not end is what is desired, whoever sent it: only sending it again helps.
  const auto wanted = label(desired.labels, kSpecLabel);
  const bool new_attempt =
      label(service->labels, kSpecLabel) != wanted && !attempted_.empty() && attempted_ != wanted;
  if (new_attempt) return UpdateLeave::when_different;
  if (!retry_at_) {
    const auto pause = retry_pause_.next();
    retry_at_ = now + pause;
    const bool endless = service->update == UpdateState::updating;
    const auto what = "the Swarm " + std::string(endless ? "does not end" : "gave up on") +
                      " this update of " + service->name + ": " + service->update_message;
    log::warning("update_held",
                 {{"group", group_},
                  {"what", what},
                  {"again_in", duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(pause))}});
  }
  if (now < *retry_at_) return UpdateLeave::hold;
  retry_at_.reset();
  return UpdateLeave::again;
}

void GroupKeeper::log_state() const {
  std::vector<std::string> members;
  if (last_plan_) {
    for (const auto& member : last_plan_->members) {
      members.push_back(member.hostname + " " + member.address.text() + " priority " +
                        std::to_string(member.priority.value));
    }
  }
  log::info("status", {{"group", group_},
                       {"generation", last_plan_ ? std::to_string(last_plan_->generation) : "none"},
                       {"members", join(members, ", ")},
                       {"problems", std::to_string(reported_.size())}});
  for (const auto& problem : reported_) {
    log::write(level_of(problem), "problem", {{"group", group_}, {"what", problem.text}});
  }
}

}  // namespace vip::swarm
