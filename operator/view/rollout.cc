#include "operator/view/rollout.h"

#include "common/base/text.h"

namespace vip::swarm {
namespace {

std::string with_message(std::string words, const Service& service) {
  return service.update_message.empty() ? words
                                        : words.append(": ").append(printable(service.update_message));
}

}  // namespace

std::string_view name(Rollout::State state) {
  switch (state) {
    case Rollout::State::idle:
      return "idle";
    case Rollout::State::updating:
      return "updating";
    case Rollout::State::rolled_back:
      return "rolled_back";
    case Rollout::State::paused:
      return "paused";
    case Rollout::State::waiting:
      break;
  }
  return "waiting";
}

Rollout rollout_of(const Service* service, const GroupPlan& group) {
  switch (service != nullptr ? service->update : UpdateState::none) {
    case UpdateState::updating:
      return {.state = Rollout::State::updating, .text = "the Swarm gives the agents what is new"};
    case UpdateState::rollback_started:
      return {.state = Rollout::State::rolled_back,
              .text = with_message("the Swarm takes the last change back", *service)};
    case UpdateState::rollback_completed:
      return {.state = Rollout::State::rolled_back,
              .text = with_message("the Swarm took the last change back", *service)};
    case UpdateState::paused:
    case UpdateState::rollback_paused:
      return {.state = Rollout::State::paused,
              .text = with_message("the Swarm stopped in the middle of the last change", *service)};
    case UpdateState::none:
    case UpdateState::completed:
      break;
  }
  if (group.later.empty()) return {};
  return {.state = Rollout::State::waiting, .text = "then: " + join(group.later, "; ")};
}

}  // namespace vip::swarm
