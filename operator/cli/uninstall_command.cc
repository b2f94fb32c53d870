#include "operator/cli/uninstall_command.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/exit_status.h"
#include "common/base/text.h"
#include "common/sys/posix.h"
#include "operator/cli/outcome.h"
#include "operator/core/uninstall.h"
#include "operator/start.h"

namespace vip::swarm {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{250};

class Uninstaller {
 public:
  Uninstaller(SwarmApi api, std::chrono::milliseconds timeout) : api_(std::move(api)), timeout_(timeout) {}

  Status say_all() {
    VIP_TRY(const auto plan, look());
    if (!plan.empty()) say("this would be done; nothing was changed, swarm-vip uninstall --yes does it:");
    for (const auto* const steps : {&plan.operators, &plan.agents, &plan.objects, &plan.labels})
      for (const auto& step : *steps) say("  " + step.words);
    if (plan.empty()) say("nothing of swarm-vip is there");
    for (const auto& remark : plan.remarks) say(remark);
    return {};
  }

  Status act() {
    VIP_TRY(const auto first, look());
    // Whoever would put the rest back goes first, and has to be gone.
    VIP_CHECK(apply(first.operators));
    VIP_CHECK(wait_for_end(first.operators, "the operator"));
    VIP_CHECK(apply(first.agents));
    VIP_CHECK(wait_for_end(first.agents, "an agent"));
    VIP_TRY(const auto rest, look());
    if (!rest.agents.empty()) {
      return fail(Errc::unavailable,
                  rest.agents.front().words +
                      ", which somebody made again: an operator outside the Swarm's services runs; "
                      "stop it first, then once more");
    }
    VIP_CHECK(apply(rest.objects));
    VIP_CHECK(apply(rest.labels));
    say(first.empty() ? "nothing of swarm-vip is there" : "all is gone");
    for (const auto& remark : first.remarks) say(remark);
    return {};
  }

 private:
  Result<Uninstall> look() {
    VIP_TRY(const auto observed, api_.observe(WallTime(sys::wall_clock())));
    return plan_uninstall(observed);
  }

  Status apply(const std::vector<Step>& steps) {
    for (const auto& step : steps) {
      if (auto done = apply(step.action); !done) return within(step.words, std::move(done).error());
      say(step.words);
    }
    return {};
  }

  Status apply(const Action& action) {
    if (const auto* const service = std::get_if<RemoveService>(&action))
      return api_.remove_service(service->id);
    if (const auto* const config = std::get_if<RemoveConfig>(&action)) return api_.remove_config(config->id);
    if (const auto* const secret = std::get_if<RemoveSecret>(&action)) return api_.remove_secret(secret->id);
    if (const auto* const label = std::get_if<ChangeLabel>(&action)) return api_.change_label(*label);
    return {};  // an uninstall makes nothing
  }

  // Until no task of the removed services is alive: so long agents leave in order.
  Status wait_for_end(const std::vector<Step>& removed, const std::string& who) {
    std::vector<std::string> ids(removed.size());
    std::ranges::transform(removed, ids.begin(),
                           [](const Step& step) { return std::get<RemoveService>(step.action).id; });
    const auto begin = sys::monotonic_now();
    for (;;) {
      VIP_TRY(const auto tasks, api_.tasks());
      VIP_TRY(const auto observed, api_.observe(WallTime(sys::wall_clock())));
      const auto alive = std::ranges::find_if(tasks, [&](const Task& task) {
        const auto node = std::ranges::find(observed.nodes, task.node_id, &Node::id);
        const bool can_tell = node != observed.nodes.end() && node->state != NodeState::down;
        const bool is_theirs = std::ranges::find(ids, task.service_id) != ids.end();
        return is_theirs && is_alive(task) && can_tell;
      });
      if (alive == tasks.end()) return {};
      if (sys::monotonic_now() - begin >= timeout_) {
        return fail(Errc::unavailable, who + " still runs on node " + alive->node_id + " after " +
                                           duration_text(timeout_) + "; once more when it has ended");
      }
      std::this_thread::sleep_for(kBetweenLooks);
    }
  }

  SwarmApi api_;
  std::chrono::milliseconds timeout_;
};

}  // namespace

int run_uninstall(const settings::Environment& env, Uninstalling what, std::chrono::milliseconds timeout) {
  auto api = connect_to_manager(env, -1);
  if (!api) return complain(api.error());
  Uninstaller uninstaller(*std::move(api), timeout);
  const auto done = what == Uninstalling::act ? uninstaller.act() : uninstaller.say_all();
  return done ? kFine : complain(done.error());
}

}  // namespace vip::swarm
