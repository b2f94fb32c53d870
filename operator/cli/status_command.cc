#include "operator/cli/status_command.h"

#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/exit_status.h"
#include "common/base/text.h"
#include "common/cli/repeated.h"
#include "common/sys/posix.h"
#include "operator/cli/hand_over.h"
#include "operator/cli/outcome.h"
#include "operator/cli/swarm_look.h"
#include "operator/start.h"
#include "operator/status/report.h"

namespace vip::swarm {
namespace {

std::vector<GroupStatus> statuses_of(const SwarmLook& look) {
  std::vector<GroupStatus> statuses;
  statuses.reserve(look.groups.size());
  for (const auto& group : look.groups)
    statuses.push_back({.agents = group.agents, .problems = group.problems});
  return statuses;
}

bool nobody_answered(const std::vector<GroupStatus>& groups) {
  bool asked = false;
  for (const auto& group : groups) {
    for (const auto& node : group.agents.nodes) {
      if (!node.address) continue;
      if (node.word != AgentWord::unknown) return false;
      asked = true;
    }
  }
  return asked;
}

std::vector<std::string> words_for_agent(cli::Form form) {
  std::vector<std::string> words{"status"};
  if (form == cli::Form::json) words.emplace_back("--json");
  return words;
}

// Shows what the Swarm said last as long as it says nothing new.
class Onlooker {
 public:
  Onlooker(const settings::Environment& env, cli::Form form, std::chrono::milliseconds interval)
      : env_(env), interval_(interval), form_(form) {}

  void look(int stop_fd) {
    const auto look = look_at_swarm(env_, own_settings(env_), Extent::groups, stop_fd);
    error_.reset();
    if (!look) {
      error_ = look.error();
      return;
    }
    const auto statuses = statuses_of(*look);
    last_ = form_ == cli::Form::json ? report_line(statuses) : report_table(statuses);
    last_time_ = sys::wall_clock_text();
  }

  // Of the last look.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  [[nodiscard]] std::string text() const {
    if (!error_) return last_;
    if (form_ == cli::Form::json) return error_line(error_->context);
    const auto error =
        "error: " + printable(error_->context) + "; tried again every " + duration_text(interval_) + "\n";
    return last_.empty() ? error : error + "as it was at " + last_time_ + "\n" + last_;
  }

 private:
  const settings::Environment& env_;
  std::chrono::milliseconds interval_;
  std::optional<Error> error_;
  std::string last_;  // what was seen by the last one that saw something
  std::string last_time_;
  cli::Form form_;
};

}  // namespace

int run_status(const settings::Environment& env, cli::Form form) {
  const auto look = look_at_swarm(env, own_settings(env));
  if (!look) {
    // Without a socket or on a worker there is no more to see than this host's agents. When a manager does
    // not answer, that is still better than nothing.
    if (may_pass(look.error())) {
      (void)std::fprintf(stderr, "swarm-vip: %s; this host's agents only\n", look.error().context.c_str());
    }
    return hand_over_to_agent(words_for_agent(form));
  }
  const auto statuses = statuses_of(*look);
  const auto text = form == cli::Form::json ? report_json(statuses) : report_table(statuses);
  (void)std::fputs(text.c_str(), stdout);
  return nobody_answered(statuses) ? kFailed : kFine;
}

int watch_status(const settings::Environment& env, cli::Form form, std::chrono::milliseconds interval) {
  Onlooker onlooker(env, form, interval);
  {
    auto repeated = cli::Repeated::create(form, interval, env.text("TERM"));
    if (!repeated) return complain(repeated.error());
    // What no waiting cures at the start is how most nodes are: only their own agents are to be seen there.
    onlooker.look(repeated->stop_fd());
    if (!onlooker.error() || may_pass(*onlooker.error())) {
      bool is_fresh = true;
      repeated->run([&] {
        if (!std::exchange(is_fresh, false)) onlooker.look(repeated->stop_fd());
        return onlooker.text();
      });
      return kFine;
    }
  }
  auto words = words_for_agent(form);
  words.insert(words.end(), {"--watch", duration_text(interval)});
  return hand_over_to_agent(words);
}

}  // namespace vip::swarm
