// swarm-vip-agent: the VRRP router of one node. Wires settings, agent and loop; decides exit statuses.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/assert.h"
#include "common/base/exit_status.h"
#include "common/base/text.h"
#include "common/cli/command_line.h"
#include "common/cli/completion.h"
#include "common/cli/man_page.h"
#include "common/cli/repeated.h"
#include "common/settings/settings.h"
#include "common/sys/event_loop.h"
#include "common/sys/log.h"
#include "common/sys/posix.h"
#include "vrrp/agent.h"
#include "vrrp/doctor_command.h"
#include "vrrp/explain_command.h"
#include "vrrp/print.h"
#include "vrrp/settings/agent_config.h"
#include "vrrp/settings/agent_file.h"
#include "vrrp/settings/dialects.h"
#include "vrrp/status.h"
#include "vrrp/status_command.h"
#include "vrrp/sys/capabilities.h"
#include "vrrp/sys/lasting_memory.h"
#include "vrrp/sys/packet_io.h"
#include "vrrp/sys/supervisor.h"
#include "vrrp/sys/urgency.h"
#include "vrrp/words.h"

namespace {

using namespace vip;        // NOLINT(google-build-using-namespace): a main wires everything
using namespace vip::vrrp;  // NOLINT(google-build-using-namespace)

// What the router is started with.
struct StartWords {
  std::string plan_file;
  std::string node;
  std::string config_file;
  std::vector<std::string> ignored;  // of another image's command line
};

// Takes what is for another image's start program out of the words.
std::vector<std::string> take_ignored(std::vector<std::string>& words) {
  std::vector<std::string> ignored;
  std::vector<std::string> own;
  for (std::size_t i = 0; i < words.size();) {
    const auto length = words[i] == "--" ? words.size() - i : settings::image_option_length(words, i);
    auto& whose = length > 0 ? ignored : own;
    for (const auto end = i + std::max<std::size_t>(length, 1); i < end; ++i)
      whose.push_back(std::move(words[i]));
  }
  words = std::move(own);
  return ignored;
}

Result<Secrets> read_secrets(const plan::Plan& plan) {
  Secrets secrets;
  for (const auto& file : plan::secret_files(plan)) {
    VIP_TRY(const auto text, sys::read_file(file, settings::kFileSizeMax));
    auto secret = text.substr(0, text.find_last_not_of("\r\n") + 1);
    if (secret.empty()) return fail(Errc::invalid, file + ": empty");
    secrets.emplace(file, std::move(secret));
  }
  return secrets;
}

Result<AgentConfig> managed_config(const StartWords& words, const settings::Environment& env) {
  const auto path = words.plan_file.empty() ? env.text("SWARM_VIP_PLAN") : words.plan_file;
  const auto node = words.node.empty() ? env.text("SWARM_VIP_NODE_ID") : words.node;
  if (node.empty()) {
    return fail(Errc::invalid,
                "SWARM_VIP_NODE_ID: not set; needed is our node id in the plan (or --node ID)");
  }
  const auto text = sys::read_file(path, settings::kFileSizeMax);
  if (!text) return fail(Errc::invalid, "SWARM_VIP_PLAN: " + text.error().context);
  const auto plan = plan::from_json(*text);
  if (!plan) return fail(Errc::invalid, "SWARM_VIP_PLAN: " + path + ": " + plan.error().context);
  const auto refused = [&path](const Error& error) {
    return fail(Errc::invalid, "SWARM_VIP_PLAN: " + path + ": auth: " + error.context);
  };
  const auto secrets = read_secrets(*plan);
  if (!secrets) return refused(secrets.error());
  auto config = config_from_plan(*plan, node, *secrets);
  if (!config) return refused(config.error());
  return config;
}

using ReadFile = std::function<Result<std::string>(const std::string&)>;

Result<std::string> read_file(const std::string& path) {
  return sys::read_file(path, settings::kFileSizeMax);
}

AgentConfig own_config(const std::string& path, const ReadFile& read, const settings::Environment& env,
                       settings::Findings& findings) {
  const auto text = read(path);
  if (text) return config_from_file(*text, path, &read_file, env, findings);
  findings.error(text.error().context);
  return {};
}

bool is_by_plan(const StartWords& words, const settings::Environment& env) {
  return !words.plan_file.empty() || (words.config_file.empty() && env.has("SWARM_VIP_PLAN"));
}

// Empty: there is none, or a plan comes before it.
std::string settings_file(const StartWords& words, const settings::Environment& env) {
  if (is_by_plan(words, env)) return {};
  return words.config_file.empty() ? env.text("SWARM_VIP_CONFIG") : words.config_file;
}

// A plan comes before a file, and a file before the environment. With faults in `findings` it means nothing.
// `read` is asked for the file.
AgentConfig wanted_config(const StartWords& words, const ReadFile& read, const settings::Environment& env,
                          settings::Findings& findings) {
  if (!words.ignored.empty())
    findings.warning("'" + join(words.ignored, " ") + "': words for another image's start program, ignoring");
  if (const auto file = settings_file(words, env); !file.empty())
    return own_config(file, read, env, findings);
  if (!is_by_plan(words, env)) {
    const auto exists = [](const std::string& path) {
      std::error_code unknown;
      return std::filesystem::exists(path, unknown);
    };
    return config_from_environment(env, exists, findings);
  }
  if (env.has("SWARM_VIP_LISTEN")) findings.warning("SWARM_VIP_LISTEN: the plan says where, ignoring");
  auto config = managed_config(words, env);
  if (config) return *std::move(config);
  findings.error(config.error().context);
  return {};
}

// For commands that have words of their own.
Result<AgentConfig> read_config(const std::string& plan_file, const std::string& node,
                                const settings::Environment& env, settings::Findings& findings) {
  auto config = wanted_config({.plan_file = plan_file, .node = node}, &read_file, env, findings);
  if (!findings.ok()) return fail(Errc::invalid, join(findings.errors(), "; "));
  return config;
}

// `detailed`: what is logged where SWARM_VIP_LOG_LEVEL does not say.
void set_up_log(const settings::Environment& env, bool detailed, settings::Findings& findings) {
  constexpr std::string_view kLevel = "SWARM_VIP_LOG_LEVEL";
  constexpr std::string_view kFormat = "SWARM_VIP_LOG_FORMAT";
  const auto level = log::parse_level(env.text(kLevel, detailed ? "debug" : "info"));
  const auto format = log::parse_format(env.text(kFormat, "text"));
  if (!level) findings.refuse(kLevel, env.text(kLevel), "trace, debug, info, warning or error");
  if (!format) findings.refuse(kFormat, env.text(kFormat), "text or json");
  log::setup(level.value_or(log::Level::info), format.value_or(log::Format::text));
}

Urgency wanted_urgency(const settings::Environment& env, settings::Findings& findings) {
  constexpr std::string_view kName = "SWARM_VIP_REALTIME";
  const auto wish = env.text(kName, "auto");
  if (equal_fold(wish, "auto")) return take_urgency();
  if (!equal_fold(wish, "off")) findings.refuse(kName, wish, "auto or off");
  return {};
}

void show_status(const Agent& agent, const std::string& file) {
  const auto document = to_json(agent.status());
  log::info("status", {{"document", document}});
  if (file.empty()) return;
  const auto table = status_table({document});
  const auto written = table ? sys::write_file(file, *table) : Status(std::unexpected(table.error()));
  if (!written) log::warning("status_not_written", {{"error", written.error().context}});
}

// Its text as the lives before had it, and for those to come.
Result<std::string> lasting_file(const std::string& path, LastingMemory& memory) {
  if (auto kept = memory.settings().read()) return *std::move(kept);
  VIP_TRY(auto text, read_file(path));
  VIP_CHECK(memory.settings().write(text));
  return text;
}

// The file's new settings count in the next life, which begins at once and goes on where this one was. What
// is wrong with them changes nothing.
void reload(const std::string& path, LastingMemory& memory, Agent& agent, const sys::Callback& gone) {
  if (path.empty()) {
    log::info("reload",
              {{"result", "nothing to do: there is no settings file, and a plan comes with a container"}});
    return;
  }
  settings::Findings findings;
  std::string text;
  const auto read = [&text](const std::string& file) -> Result<std::string> {
    VIP_TRY(text, read_file(file));
    return text;
  };
  const auto config = own_config(path, read, settings::Environment::of_process(), findings);
  if (findings.ok()) {
    if (const auto suits = agent.suits(config); !suits) findings.error(path + ": " + suits.error().context);
  }
  if (findings.ok()) {
    if (const auto kept = memory.settings().write(text); !kept) findings.error(kept.error().context);
  }
  if (!findings.ok()) {
    log::error("reload",
               {{"result", "refused: all stays as it was"}, {"error", join(findings.errors(), "; ")}});
    return;
  }
  log::info("reload", {{"result", "accepted"}});
  agent.make_way(config, gone);
}

// One life of the router: the whole program, but for the process that watches over it.
int live(const StartWords& words, const Life& life, LastingMemory& memory, PreparedSockets sockets,
         const StartOrder& order) {
  const auto env = settings::Environment::of_process();
  settings::Findings findings;
  const auto read = [&memory](const std::string& path) { return lasting_file(path, memory); };
  auto config = wanted_config(words, read, env, findings);
  set_up_log(env, config.detailed_log, findings);
  const auto urgency = wanted_urgency(env, findings);
  for (const auto& warning : findings.warnings()) log::warning("setting", {{"warning", warning}});
  if (!findings.ok()) return refuse(join(findings.errors(), "\nswarm-vip-agent: "));
  if (const auto missing = missing_capabilities(); !missing.empty()) {
    return refuse("missing " + missing + "; run the container with --cap-add NET_ADMIN --cap-add NET_RAW");
  }
  auto loop = sys::EventLoop::create();
  if (!loop) return print(stderr, loop.error().context + "\n"), kFailed;
  const auto origin = config.origin;
  const auto status_file = config.status_file;
  auto agent = Agent::create(*loop, std::move(config), {memory, std::move(sockets), urgency, order});
  if (!agent) {
    const bool settings_at_fault =
        agent.error().code == Errc::not_found || agent.error().code == Errc::denied;
    print(stderr, "swarm-vip-agent: " + agent.error().context + "\n");
    return settings_at_fault ? kWrongSettings : kFailed;
  }
  if (life.leaves) {
    log::error("crashed_too_often", {{"lives", std::to_string(life.number)}, {"what", "leaving for good"}});
    (*agent)->leave();
    return kFine;
  }
  std::vector<sys::Watch> signals;
  const auto on_signal = [&](int signal, sys::Callback callback) {
    signals.push_back(loop->on_signal(relayed(signal), std::move(callback)));
  };
  for (const int leave : {SIGTERM, SIGINT})
    on_signal(leave, [&] { (*agent)->retire([&] { loop->stop(); }); });
  on_signal(SIGUSR1, [&] { show_status(**agent, status_file); });
  bool makes_way = false;
  on_signal(SIGHUP, [&] {
    reload(settings_file(words, env), memory, **agent, [&] {
      makes_way = true;
      loop->stop();
    });
  });
  take_relayed_signals();
  log::info("start", {{"version", VIP_VERSION}, {"settings", origin}});
  (*agent)->start();
  loop->run();
  if (makes_way) return kNextLife;
  (*agent)->stop();
  log::info("stop", {});
  return kFine;
}

// In this order: what the router's lives have in common is there before the first.
int run(const StartWords& words) {
  auto memory = LastingMemory::create();
  if (!memory) return print(stderr, memory.error().context + "\n"), kFailed;
  auto sockets = prepare_sockets();
  const auto order = start_order(sys::monotonic_now());
  return supervise(*memory,
                   [&](const Life& life) { return live(words, life, *memory, std::move(sockets), order); });
}

int show_status(const cli::Words& words) {
  const auto form = words.has("--json") ? cli::Form::json : cli::Form::table;
  if (!words.has("--watch")) return run_status(form);
  const auto interval = cli::parse_watch_interval(words.text("--watch"));
  return interval ? watch_status(form, *interval) : refuse(interval.error().context);
}

int obey(const cli::Words& words, std::vector<std::string> ignored) {
  const auto name = words.word()->name;
  if (name == "status") return show_status(words);
  if (name == "explain") return run_explain(words.text("--plan"));
  if (name == "doctor") return run_doctor(words, read_config);
  if (name == "healthcheck") return run_healthcheck();
  if (name == "completion") return print(stdout, cli::completion(program(), words.text("SHELL"))), kFine;
  if (name == "man-page") return print(stdout, cli::man_page(program(), VIP_VERSION)), kFine;
  return run({.plan_file = words.text("--plan"),
              .node = words.text("--node"),
              .config_file = words.text("--config"),
              .ignored = std::move(ignored)});
}

}  // namespace

int main(int argc, char** argv) {
  try {
    (void)std::signal(SIGPIPE, SIG_IGN);
    const auto arguments = std::span(argv, static_cast<std::size_t>(argc)).subspan(1);
    std::vector<std::string> all(arguments.begin(), arguments.end());
    auto ignored = take_ignored(all);
    const auto read = cli::read_words(program(), VIP_VERSION, std::move(all));
    if (const auto* const answer = std::get_if<cli::Answer>(&read)) {
      print(answer->is_refusal ? stderr : stdout, answer->text);
      return answer->is_refusal ? kWrongSettings : kFine;
    }
    const auto& words = std::get<cli::Words>(read);
    VIP_ASSERT(words.word() != nullptr);  // the default one, where none stands
    return obey(words, std::move(ignored));
  } catch (const std::exception& error) {
    print(stderr, std::string("swarm-vip-agent: ") + error.what() + "\n");
    return kFailed;
  }
}
