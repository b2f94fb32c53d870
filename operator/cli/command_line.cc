#include "operator/cli/command_line.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/assert.h"
#include "common/base/exit_status.h"
#include "common/base/text.h"
#include "common/cli/command_line.h"
#include "common/cli/completion.h"
#include "common/cli/help.h"
#include "common/cli/man_page.h"
#include "common/cli/repeated.h"
#include "common/settings/dialect.h"
#include "operator/cli/by_hand_commands.h"
#include "operator/cli/doctor_command.h"
#include "operator/cli/hand_over.h"
#include "operator/cli/names_command.h"
#include "operator/cli/outcome.h"
#include "operator/cli/plan_command.h"
#include "operator/cli/probe_command.h"
#include "operator/cli/status_command.h"
#include "operator/cli/swarm_look.h"
#include "operator/cli/uninstall_command.h"
#include "operator/cli/words.h"
#include "operator/operator_loop.h"

namespace vip::swarm {
namespace {

using settings::Environment;

constexpr std::chrono::minutes kTimeoutMax{60};

// What is behind a word, with all that stood on the command line.
struct Request {
  const Environment& env;
  const cli::Words& words;
  const std::vector<std::string>& arguments;  // behind the word, as they stood
};

// Somebody replaced the image of a keepalived container with ours.
bool is_for_agent(const Environment& env) {
  return env.has("SWARM_VIP_PLAN") || env.has(settings::kDialectVariable) ||
         settings::detect_dialect(env) != settings::Dialect::none;
}

int print(std::string_view text) {
  const bool is_written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return is_written && std::fflush(stdout) == 0 ? kFine : kFailed;
}

Result<std::chrono::milliseconds> timeout_of(const cli::Words& words) {
  const auto text = words.text("--timeout", "60s");
  const auto timeout = parse_duration(text);
  if (timeout && *timeout <= kTimeoutMax) return *timeout;
  return fail(Errc::invalid,
              "--timeout: '" + printable(text) + "' is not allowed; such as 30s or 2m, at most 60m");
}

// The words that move addresses.
template <typename Run>
int with_patience(const cli::Words& words, Run run) {
  const auto timeout = timeout_of(words);
  if (!timeout) return complain(timeout.error());
  return run(Patience{.timeout = *timeout, .waits = !words.has("--no-wait")});
}

int drain(const Request& request) {
  return with_patience(request.words, [&](const Patience& patience) {
    return run_drain(request.env, request.words.text("NODE"), patience);
  });
}

int undrain(const Request& request) {
  return with_patience(request.words, [&](const Patience& patience) {
    return run_undrain(request.env, request.words.text("NODE"), patience);
  });
}

int failover(const Request& request) {
  const auto& words = request.words;
  return with_patience(words, [&](const Patience& patience) {
    const auto group = words.text("GROUP");
    if (words.has("--undo")) return run_failover_undo(request.env, group, patience);
    const auto node = words.has("NODE") ? std::optional(words.text("NODE")) : std::nullopt;
    return run_failover(request.env, group, node, patience);
  });
}

int uninstall(const Request& request) {
  const auto timeout = timeout_of(request.words);
  if (!timeout) return complain(timeout.error());
  const auto what = request.words.has("--yes") ? Uninstalling::act : Uninstalling::say;
  return run_uninstall(request.env, what, *timeout);
}

int status(const Request& request) {
  const auto& words = request.words;
  const auto form = words.has("--json") ? cli::Form::json : cli::Form::table;
  if (!words.has("--watch")) return run_status(request.env, form);
  const auto interval = cli::parse_watch_interval(words.text("--watch"));
  return interval ? watch_status(request.env, form, *interval) : complain(interval.error());
}

int probe(const Request& request) {
  const auto& words = request.words;
  const ProbeWords defaults;
  return run_probe({.url = words.text("URL"),
                    .timeout = words.text("--timeout", defaults.timeout),
                    .statuses = words.text("--status", defaults.statuses),
                    .host = words.text("--host")});
}

int show_completion(const Request& request) {
  return print(cli::completion(program(), request.words.text("SHELL")));
}

using Run = int (*)(const Request&);
constexpr auto kRuns = std::to_array<std::pair<std::string_view, Run>>({
    {"operator", [](const Request& request) { return run_operator(request.env); }},
    {"agent", [](const Request& request) { return hand_over_to_agent(request.arguments); }},
    {"healthcheck", [](const Request&) { return hand_over_to_agent({"healthcheck"}); }},
    {"status", status},
    {"plan", [](const Request& request) { return run_plan(request.env); }},
    {"explain",
     [](const Request& request) {
       return run_explain(request.env, request.words.text("GROUP"), request.words.text("NODE"));
     }},
    {"doctor",
     [](const Request& request) {
       const auto form = request.words.has("--json") ? cli::Form::json : cli::Form::table;
       return run_doctor(request.env, form, request.arguments);
     }},
    {"drain", drain},
    {"undrain", undrain},
    {"failover", failover},
    {"uninstall", uninstall},
    {"probe", probe},
    {"completion", show_completion},
    {"version", [](const Request&) { return print("swarm-vip " VIP_VERSION "\n"); }},
    {"names", [](const Request& request) { return run_names(request.env, request.words.text("WHAT")); }},
    {"man-page", [](const Request&) { return print(cli::man_page(program(), VIP_VERSION)); }},
});

int run_without_word(const Environment& env) {
  if (has_operator_settings(env)) return run_operator(env);
  if (is_for_agent(env)) return hand_over_to_agent({});
  (void)std::fputs(cli::program_help(program()).c_str(), stderr);
  return kWrongSettings;
}

}  // namespace

int run_command_line(std::span<char*> arguments, const Environment& env) {
  const std::vector<std::string> all(arguments.begin() + 1, arguments.end());
  // What stood behind the other image's name stands behind ours.
  const bool is_image_option =
      !all.empty() && (all.front() == "--" || settings::image_option_length(all, 0) > 0);
  if (is_image_option && !has_operator_settings(env) && is_for_agent(env)) return hand_over_to_agent(all);

  const auto read = cli::read_words(program(), VIP_VERSION, all);
  if (const auto* const answer = std::get_if<cli::Answer>(&read)) {
    if (!answer->is_refusal) return print(answer->text);
    (void)std::fputs(answer->text.c_str(), stderr);
    return kWrongSettings;
  }
  const auto& words = std::get<cli::Words>(read);
  if (words.word() == nullptr) return run_without_word(env);
  const std::vector<std::string> behind(all.begin() + 1, all.end());
  const auto* const run =
      std::ranges::find(kRuns, words.word()->name, &std::pair<std::string_view, Run>::first);
  VIP_ASSERT(run != kRuns.end());
  return run->second({.env = env, .words = words, .arguments = behind});
}

}  // namespace vip::swarm
