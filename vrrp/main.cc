// swarm-vip-agent: the VRRP router of one node. Wires settings, agent and loop; decides exit statuses.
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <span>
#include <system_error>

#include "common/base/text.h"
#include "common/settings/settings.h"
#include "common/sys/event_loop.h"
#include "common/sys/log.h"
#include "common/sys/posix.h"
#include "vrrp/agent.h"
#include "vrrp/doctor_command.h"
#include "vrrp/settings/agent_config.h"
#include "vrrp/settings/agent_file.h"
#include "vrrp/settings/dialects.h"
#include "vrrp/status.h"
#include "vrrp/sys/capabilities.h"
#include "vrrp/sys/lasting_memory.h"
#include "vrrp/sys/local_socket.h"
#include "vrrp/sys/packet_io.h"
#include "vrrp/sys/supervisor.h"
#include "vrrp/sys/urgency.h"

namespace {

using namespace vip;        // NOLINT(google-build-using-namespace): a main wires everything
using namespace vip::vrrp;  // NOLINT(google-build-using-namespace)

constexpr int kFine = 0;
constexpr int kFailed = 1;
constexpr int kWrongSettings = 2;
constexpr std::chrono::seconds kPatience{5};

constexpr std::string_view kHelp =
    R"(swarm-vip-agent: a VRRP router that keeps virtual addresses alive

  swarm-vip-agent [run] [--plan FILE --node ID | --config FILE]
                              be a router: of a plan document, of a settings file of its own, or of the
                              environment that a keepalived image takes: osixia's, arcts', NeoAssist's,
                              shawly's
  swarm-vip-agent status [--json]
                              what the agents of this host do
  swarm-vip-agent explain     why this node has the addresses or has them not
  swarm-vip-agent doctor [--json]
                              what is wrong with this host and what to do; see doctor --help
  swarm-vip-agent healthcheck exit status 0 when this container's agent is in charge, or rightly waits
  swarm-vip-agent --version | --help

Settings
  SWARM_VIP_PLAN, SWARM_VIP_NODE_ID   the plan document and our node id in it
  SWARM_VIP_CONFIG       the settings file: packaging/agent.schema.json, packaging/doc/agent-file.md
  SWARM_VIP_LEASE        how long an address outlives a dead agent: auto, off, 2s to 86400s
  SWARM_VIP_REALTIME     auto: before other programs, where that is allowed; off
  SWARM_VIP_LOG_LEVEL    trace, debug, info, warning, error        SWARM_VIP_LOG_FORMAT  text, json
  SWARM_VIP_DIALECT      whose environment it is: auto, osixia, arcts, neoassist, shawly, none
  KEEPALIVED_VIRTUAL_IPS, ...         each variable of each image: packaging/doc/dialects.md

Signals: SIGTERM leaves politely and a second one at once, SIGUSR1 writes the status to the log.
Exit status: 0 fine, 1 failed while running, 2 wrong settings.
)";

struct Words {
  std::string command = "run";
  std::string plan_file;
  std::string node;
  std::string config_file;
  bool json = false;
  std::vector<std::string> ignored;  // of another image's command line
};

void print(std::FILE* to, std::string_view text) {
  (void)std::fwrite(text.data(), 1, text.size(), to);  // nobody is left to tell
}

int refuse(std::string_view text) {
  print(stderr, "swarm-vip-agent: " + std::string(text) + "\n");
  return kWrongSettings;
}

// What is odd in the command line, or nothing.
std::optional<std::string> read_words(const std::vector<std::string>& arguments, Words& words) {
  bool command_seen = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--plan" || word == "--node" || word == "--config") {
      if (i + 1 == arguments.size()) return word + ": needs a value";
      (word == "--plan"   ? words.plan_file
       : word == "--node" ? words.node
                          : words.config_file) = arguments[++i];
    } else if (word == "--json") {
      words.json = true;
    } else if (word == "--help" || word == "--version" || word == "-h") {
      words.command = word;
      return std::nullopt;
    } else if (!command_seen && (word == "run" || word == "status" || word == "healthcheck")) {
      words.command = word;
      command_seen = true;
    } else if (const auto length =
                   word == "--" ? arguments.size() - i : settings::image_option_length(arguments, i);
               length > 0) {
      const auto last = i + length - 1;
      for (; i < last; ++i) words.ignored.push_back(arguments[i]);
      words.ignored.push_back(arguments[last]);
    } else {
      return "'" + word + "' is not a word of this program; see --help";
    }
  }
  return std::nullopt;
}

int health_check() {
  const auto agents = local_agents();
  if (!agents) return print(stderr, agents.error().context + "\n"), kFailed;
  bool found = false;
  for (const auto& agent : *agents) {
    if (!agent.same_container) continue;
    found = true;
    const auto answer = ask_locally(agent, "/healthz", kPatience);
    if (!answer) return print(stderr, name(agent) + ": " + answer.error().context + "\n"), kFailed;
  }
  if (!found) return print(stderr, "no agent runs here\n"), kFailed;
  return kFine;
}

int show_status(bool json) {
  const auto agents = local_agents();
  if (!agents) return print(stderr, agents.error().context + "\n"), kFailed;
  if (agents->empty()) return print(stderr, "no agent runs on this host\n"), kFailed;
  int exit_status = kFine;
  std::vector<std::string> documents;
  for (const auto& agent : *agents) {
    const auto answer = ask_locally(agent, "/status", kPatience);
    if (answer) {
      documents.push_back(*answer);
    } else {
      print(stderr, name(agent) + ": " + answer.error().context + "\n");
      exit_status = kFailed;
    }
  }
  const auto text = json ? merged_status(documents) : status_table(documents);
  if (!text) return print(stderr, text.error().context + "\n"), kFailed;
  print(stdout, *text);
  return exit_status;
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

Result<AgentConfig> managed_config(const Words& words, const settings::Environment& env) {
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

AgentConfig own_config(const std::string& path, const settings::Environment& env,
                       settings::Findings& findings) {
  const auto read = [](const std::string& file) { return sys::read_file(file, settings::kFileSizeMax); };
  const auto text = read(path);
  if (text) return config_from_file(*text, path, read, env, findings);
  findings.error(text.error().context);
  return {};
}

// A plan comes before a file, and a file before the environment. With faults in `findings` it means nothing.
AgentConfig wanted_config(const Words& words, const settings::Environment& env,
                          settings::Findings& findings) {
  if (!words.ignored.empty())
    findings.warning("'" + join(words.ignored, " ") + "': words for another image's start program, ignoring");
  const auto file = words.config_file.empty() ? env.text("SWARM_VIP_CONFIG") : words.config_file;
  const bool by_plan = !words.plan_file.empty() || (words.config_file.empty() && env.has("SWARM_VIP_PLAN"));
  if (!by_plan && !file.empty()) return own_config(file, env, findings);
  if (!by_plan) {
    const auto exists = [](const std::string& path) {
      std::error_code unknown;
      return std::filesystem::exists(path, unknown);
    };
    return config_from_environment(env, exists, findings);
  }
  auto config = managed_config(words, env);
  if (config) return *std::move(config);
  findings.error(config.error().context);
  return {};
}

// For commands that have words of their own.
Result<AgentConfig> read_config(const std::string& plan_file, const std::string& node,
                                const settings::Environment& env, settings::Findings& findings) {
  auto config = wanted_config({.plan_file = plan_file, .node = node}, env, findings);
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

// One life of the router: the whole program, but for the process that watches over it.
int live(const Words& words, const Life& life, LastingMemory& memory, PreparedSockets sockets,
         const StartOrder& order) {
  const auto env = settings::Environment::of_process();
  settings::Findings findings;
  auto config = wanted_config(words, env, findings);
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
  on_signal(SIGHUP, [] {
    log::info("reload", {{"result", "nothing to do: a new plan comes with a new container"}});
  });
  take_relayed_signals();
  log::info("start", {{"version", VIP_VERSION}, {"settings", origin}});
  (*agent)->start();
  loop->run();
  (*agent)->stop();
  log::info("stop", {});
  return kFine;
}

// In this order: what the router's lives have in common is there before the first.
int run(const Words& words) {
  auto memory = LastingMemory::create();
  if (!memory) return print(stderr, memory.error().context + "\n"), kFailed;
  auto sockets = prepare_sockets();
  const auto order = start_order(sys::monotonic_now());
  return supervise(*memory,
                   [&](const Life& life) { return live(words, life, *memory, std::move(sockets), order); });
}

}  // namespace

int main(int argc, char** argv) {
  try {
    (void)std::signal(SIGPIPE, SIG_IGN);
    const auto arguments = std::span(argv, static_cast<std::size_t>(argc)).subspan(1);
    const std::string_view first = arguments.empty() ? "" : arguments.front();
    if (first == "doctor") return run_doctor(arguments.subspan(1), read_config);
    if (first == "explain") return run_explain(arguments.subspan(1));
    Words words;
    if (const auto odd = read_words({arguments.begin(), arguments.end()}, words)) return refuse(*odd);
    if (words.command == "--help" || words.command == "-h") return print(stdout, kHelp), kFine;
    if (words.command == "--version") return print(stdout, "swarm-vip-agent " VIP_VERSION "\n"), kFine;
    if (words.command == "healthcheck") return health_check();
    if (words.command == "status") return show_status(words.json);
    return run(words);
  } catch (const std::exception& error) {
    print(stderr, std::string("swarm-vip-agent: ") + error.what() + "\n");
    return kFailed;
  }
}
