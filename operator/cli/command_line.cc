// The only file that knows the command line library.
#include "operator/cli/command_line.h"

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "common/base/text.h"
#include "common/settings/dialect.h"
#include "operator/cli/by_hand_commands.h"
#include "operator/cli/doctor_command.h"
#include "operator/cli/hand_over.h"
#include "operator/cli/plan_command.h"
#include "operator/cli/probe_command.h"
#include "operator/cli/status_command.h"
#include "operator/cli/uninstall_command.h"
#include "operator/exit_status.h"
#include "operator/operator_loop.h"

namespace vip::swarm {
namespace {

constexpr std::string_view kFooter =
    R"(Without a word: the operator when KEEPALIVED_GROUP or SWARM_VIP_CONFIG is set, else the agent when the
environment is that of a keepalived image (osixia, arcts, NeoAssist, shawly; or SWARM_VIP_DIALECT says so).

Settings of operator and plan
  KEEPALIVED_GROUP, KEEPALIVED_VIRTUAL_IPS   of one group: the nodes' label value, the addresses
  SWARM_VIP_CONFIG                           a JSON file with several groups
  KEEPALIVED_INTERFACE, _ROUTER_ID, _PRIORITY, _PASSWORD, _PASSWORD_FILE, _NOTIFY
  SWARM_VIP_VERSION, _AUTH, _ADVERT_INTERVAL, _PREEMPT, _PREEMPT_DELAY, _START_GRACE, _DUPLICATE_CHECK,
  _LEASE, _CHECKS, _CHECK_INTERVAL, _CHECK_TIMEOUT, _CHECK_RISE, _CHECK_FALL, _CHECK_WEIGHT, _SPREAD, _GROUP_LABEL, _IMAGE, _REGISTRY_AUTH_FILE, _STATUS_PORT, _RESYNC, _DRY_RUN, _BESIDE_KEEPALIVED,
  _HOLDER_LABEL, _WEBHOOK, _WEBHOOK_FILE, _WEBHOOK_TOKEN_FILE,
  _REALTIME, _LOG_LEVEL, _LOG_FORMAT
  DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH, DOCKER_API_VERSION

Signals: SIGTERM ends, SIGHUP reads the settings again and looks now, SIGUSR1 writes the state to the log.
Exit status: 0 fine, 1 failed while running, 2 wrong settings.)";

// Somebody replaced the image of a keepalived container with ours.
bool is_for_agent(const settings::Environment& env) {
  return env.has("SWARM_VIP_PLAN") || env.has(settings::kDialectVariable) ||
         settings::detect_dialect(env) != settings::Dialect::none;
}

bool is_for_operator(const settings::Environment& env) {
  return env.has("KEEPALIVED_GROUP") || env.has("SWARM_VIP_CONFIG");
}

// What the words that move addresses have in common.
class MovingWords {
 public:
  explicit MovingWords(CLI::App& app)
      : drain_(
            add(app, "drain", "NODE gives its addresses to others, and has them only when nobody else can")),
        undrain_(add(app, "undrain", "NODE takes part again")),
        failover_(add(app, "failover", "the addresses of GROUP go to NODE, without one to the next in line")),
        uninstall_(app.add_subcommand("uninstall", "remove all that operators made, and the operators")) {
    for (auto* const word : {drain_, undrain_})
      word->add_option("NODE", node_, "its name or its id")->required();
    failover_->add_option("GROUP", group_, "the value of its members' label")->required();
    auto* const node = failover_->add_option("NODE", node_, "its name or its id");
    failover_->add_flag("--undo", undoes_, "nobody is preferred any more: the group goes by its own rules")
        ->excludes(node);
    uninstall_->add_flag("--yes", is_sure_, "do it; without it the program only says what would be done");
    add_timeout(*uninstall_, "how long operators and agents may take to end");
  }

  // Nothing when the word was none of these.
  [[nodiscard]] std::optional<int> run(const settings::Environment& env) const {
    const auto timeout = parse_duration(timeout_);
    const bool parsed = drain_->parsed() || undrain_->parsed() || failover_->parsed() || uninstall_->parsed();
    if (!parsed) return std::nullopt;
    if (!timeout || *timeout > kTimeoutMax) {
      (void)std::fprintf(stderr,
                         "swarm-vip: --timeout: '%s' is not allowed; such as 30s or 2m, at most 60m\n",
                         printable(timeout_).c_str());
      return kWrongSettings;
    }
    const Patience patience{.timeout = *timeout, .waits = !hurries_};
    if (drain_->parsed()) return run_drain(env, node_, patience);
    if (undrain_->parsed()) return run_undrain(env, node_, patience);
    if (uninstall_->parsed())
      return run_uninstall(env, is_sure_ ? Uninstalling::act : Uninstalling::say, *timeout);
    if (undoes_) return run_failover_undo(env, group_, patience);
    return run_failover(env, group_, node_.empty() ? std::nullopt : std::optional(node_), patience);
  }

 private:
  static constexpr std::chrono::minutes kTimeoutMax{60};

  CLI::App* add(CLI::App& app, const std::string& name, const std::string& what) {
    auto* const word = app.add_subcommand(name, what);
    word->add_flag("--no-wait", hurries_,
                   "leave the word and end; else the program waits until it has come true");
    add_timeout(*word, "how long to wait");
    return word;
  }
  void add_timeout(CLI::App& word, const std::string& what) {
    word.add_option("--timeout", timeout_, what + ", such as 30s or 2m")->capture_default_str();
  }

  std::string node_;
  std::string group_;
  std::string timeout_ = "60s";
  bool hurries_ = false;
  bool undoes_ = false;
  bool is_sure_ = false;
  CLI::App* drain_;
  CLI::App* undrain_;
  CLI::App* failover_;
  CLI::App* uninstall_;
};

int run_without_word(const CLI::App& app, const settings::Environment& env) {
  if (is_for_operator(env)) return run_operator(env);
  if (is_for_agent(env)) return hand_over_to_agent({});
  (void)std::fputs(app.help().c_str(), stderr);
  return kWrongSettings;
}

}  // namespace

int run_command_line(std::span<char*> arguments, const settings::Environment& env) {
  const std::vector<std::string> words(arguments.begin() + 1, arguments.end());
  // These two take whatever the agent's own command line takes.
  if (!words.empty() && words.front() == "agent") return hand_over_to_agent({words.begin() + 1, words.end()});
  if (!words.empty() && words.front() == "healthcheck") return hand_over_to_agent(words);
  // And these have words of their own.
  if (!words.empty() && words.front() == "doctor") return run_doctor(env, {words.begin() + 1, words.end()});
  if (!words.empty() && words.front() == "explain") return run_explain(env, {words.begin() + 1, words.end()});

  // What stood behind the other image's name stands behind ours.
  const bool is_image_option =
      !words.empty() && (words.front() == "--" || settings::image_option_length(words, 0) > 0);
  if (is_image_option && !is_for_operator(env) && is_for_agent(env)) return hand_over_to_agent(words);

  CLI::App app("A virtual IP address that survives its node, for Docker Swarm", "swarm-vip");
  app.set_version_flag("--version", "swarm-vip " VIP_VERSION);
  const auto* const operator_word = app.add_subcommand(
      "operator", "deploy agents to the labelled nodes (on a manager, settings from the environment)");
  app.add_subcommand("agent", "be the VRRP router of this node: swarm-vip-agent");
  app.add_subcommand("healthcheck", "whether this container's agent is well");
  auto* const status_word = app.add_subcommand("status", "who holds which address");
  bool as_json = false;
  status_word->add_flag("--json", as_json, "as one JSON object");
  const auto* const plan_word =
      app.add_subcommand("plan", "what the operator would do and why; changes nothing");
  ProbeWords probe;
  auto* const probe_word = app.add_subcommand("probe", "ask a URL once, as a check of an agent does");
  probe_word->add_option("URL", probe.url, "http://... or https://...")->required();
  probe_word->add_option("--timeout", probe.timeout, "for all of it, such as 500ms")->capture_default_str();
  probe_word->add_option("--status", probe.statuses, "what is good")->capture_default_str();
  probe_word->add_option("--host", probe.host, "the Host header");
  app.add_subcommand("doctor", "what is wrong with the Swarm and this host, and what to do");
  app.add_subcommand("explain", "[GROUP] [NODE]: why a node has the addresses or has them not");
  const MovingWords moving_words(app);
  const auto* const version_word = app.add_subcommand("version", "the version of this program");
  app.require_subcommand(0, 1);
  app.footer(std::string(kFooter));
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kFine : kWrongSettings;
  }
  if (operator_word->parsed()) return run_operator(env);
  if (status_word->parsed()) return run_status(env, as_json ? StatusForm::json : StatusForm::table);
  if (probe_word->parsed()) return run_probe(probe);
  if (plan_word->parsed()) return run_plan(env);
  if (const auto status = moving_words.run(env)) return *status;
  if (version_word->parsed()) return std::puts("swarm-vip " VIP_VERSION) < 0 ? kFailed : kFine;
  return run_without_word(app, env);
}

}  // namespace vip::swarm
