#include "vrrp/words.h"

#include <string>
#include <string_view>
#include <vector>

#include "common/base/exit_status.h"
#include "common/base/text.h"
#include "common/cli/shared.h"
#include "vrrp/settings/agent_settings.h"
#include "vrrp/settings/dialects.h"

namespace vip::vrrp {
namespace {

using cli::docker_run;
using cli::Kind;
using cli::Word;

constexpr std::string_view kRouterOptions = "--network host --cap-add NET_ADMIN --cap-add NET_RAW";

constexpr cli::ExitStatus kNothingWrong{.status = kFine, .what = "fine"};
constexpr cli::ExitStatus kNobody{.status = kFailed, .what = "no agent runs here, or one does not answer"};
constexpr cli::ExitStatus kWrongWords{.status = kWrongSettings, .what = "wrong words"};

constexpr cli::Option kPlanOption{.name = "--plan",
                                  .value = "FILE",
                                  .what = "a plan document; else that of SWARM_VIP_PLAN",
                                  .kind = Kind::file};

Word run_word() {
  const std::string here = "-d " + std::string(kRouterOptions) + " -v /etc/swarm-vip:/etc/swarm-vip";
  return {
      .name = "run",
      .what = "be a router",
      .about =
          "Of a plan document, of a settings file of its own, or of the environment that a keepalived image "
          "takes: osixia's, arcts', NeoAssist's, shawly's. Words for osixia's start program are ignored "
          "with a line. It needs the host's network, NET_ADMIN and NET_RAW.",
      .options = {kPlanOption,
                  {.name = "--node", .value = "ID", .what = "our node's id in it; else SWARM_VIP_NODE_ID"},
                  {.name = "--config",
                   .value = "FILE",
                   .what = "a settings file; else that of SWARM_VIP_CONFIG",
                   .kind = Kind::file}},
      .examples = {{.command = docker_run(here, "agent --config /etc/swarm-vip/agent.json"),
                    .what = "out of a settings file"},
                   {.command = docker_run("-d " + std::string(kRouterOptions) +
                                              " -e KEEPALIVED_VIRTUAL_IPS=192.168.1.201 -e "
                                              "KEEPALIVED_UNICAST_PEERS=192.168.1.11,192.168.1.12",
                                          "agent"),
                    .what = "out of osixia's environment"}},
      .exits = {{.status = kFine, .what = "it was told to stop, and left in order"},
                {.status = kFailed, .what = "it failed while running, or crashed too often"},
                {.status = kWrongSettings,
                 .what = "wrong words or settings, or a capability is missing; the message says which"}}};
}

Word status_word() {
  return {.name = "status",
          .what = "what the agents of this host do",
          .options = {cli::kJsonOption, cli::kWatchOption},
          .examples = {{.command = docker_run("--rm --network host", "agent status"), .what = "on any node"},
                       {.command = docker_run("--rm -it --network host", "agent status --watch 1"),
                        .what = "and look on, every second"}},
          .exits = {{.status = kFine, .what = "fine; with --watch: it was ended, or its reader has gone"},
                    kNobody,
                    kWrongWords}};
}

Word explain_word() {
  return {.name = "explain",
          .what = "why this node has the addresses or has them not",
          .about = "By the word of its agents; a plan tells the peers' priorities, too.",
          .options = {kPlanOption},
          .examples = {{.command = "docker exec AGENT-CONTAINER swarm-vip agent explain",
                        .what = "with the plan of that agent"}},
          .exits = {kNothingWrong, kNobody, kWrongWords}};
}

Word doctor_word() {
  return {.name = "doctor",
          .what = "what is wrong with this host, what that means and what to do; changes nothing",
          .about =
              "About the settings of the environment or of a plan; without any, about the agents that run "
              "here. It needs what an agent needs: the host's network, NET_ADMIN and NET_RAW.",
          .options = cli::doctor_options(),
          .examples = {{.command = "docker exec AGENT-CONTAINER swarm-vip agent doctor",
                        .what = "with the settings of that agent"},
                       {.command = docker_run("--rm " + std::string(kRouterOptions),
                                              "agent doctor --address 192.168.1.201 --interface eth0"),
                        .what = "before anything is deployed"}},
          .exits = {{.status = kFine, .what = "nothing keeps an address from working"},
                    {.status = kFailed, .what = "something does"},
                    kWrongWords}};
}

Word healthcheck_word() {
  return {.name = "healthcheck",
          .what = "whether this container's agent is well",
          .examples = {{.command = "docker exec AGENT-CONTAINER swarm-vip healthcheck; echo $?",
                        .what = "ask by hand what the engine asks"}},
          .exits = {{.status = kFine, .what = "it is in charge, or rightly waits"},
                    {.status = kFailed, .what = "it is not well, or no agent runs here"},
                    kWrongWords}};
}

cli::Settings own_settings() {
  cli::Settings part{.title = "Settings", .settings = {}};
  for (const auto& setting : agent_settings())
    part.settings.push_back({.name = setting.name, .key = "", .what = setting.what});
  return part;
}

// All in one, because the page of the dialects says what each is.
std::string listed(std::span<const std::string_view> names) {
  std::vector<std::string> texts;
  texts.reserve(names.size());
  for (const auto name : names) texts.push_back(std::string(name) + (name.ends_with('_') ? "n" : ""));
  return join(texts, ", ");
}

cli::Settings dialects() {
  static const std::string kOsixia = listed(osixia_names());
  static const std::string kArcts = listed(arcts_names());
  static const std::string kShawly = listed(shawly_names());
  return {.title = "Or of a keepalived image; defaults and differences are in packaging/doc/dialects.md",
          .settings = {{.name = "osixia/keepalived", .key = "", .what = kOsixia},
                       {.name = "arcts/keepalived", .key = "", .what = kArcts},
                       {.name = "shawly/docker-keepalived", .key = "", .what = kShawly},
                       {.name = "NeoAssist/docker-keepalived",
                        .key = "",
                        .what = "the same without KEEPALIVED_: VIRTUAL_IP, VRID, ..."}}};
}

cli::Program described() {
  return {
      .name = "swarm-vip-agent",
      .what = "a VRRP router that keeps virtual addresses alive",
      .about = "Without a word: run. swarm-vip agent is the same program.",
      .default_word = "run",
      .words = {run_word(), status_word(), explain_word(), doctor_word(), healthcheck_word(),
                cli::completion_word("eval \"$(swarm-vip-agent completion bash)\""), cli::man_page_word()},
      .settings = {own_settings(), dialects()},
      .signals = {{.name = "SIGTERM, SIGINT",
                   .what = "leave politely: the address stays until a successor has it; a second one ends "
                           "it at once"},
                  {.name = "SIGUSR1", .what = "write the status to the log"},
                  {.name = "SIGHUP",
                   .what = "take what the settings file says now; what is wrong with it changes nothing"}},
      .files = {{.name = "SWARM_VIP_PLAN", .what = "the plan document: packaging/doc/plan.md"},
                {.name = "SWARM_VIP_CONFIG", .what = "the settings file: packaging/doc/agent-file.md"}},
      .exits = {kNothingWrong,
                {.status = kFailed, .what = "failed while running"},
                {.status = kWrongSettings,
                 .what = "wrong words or settings; the message says what is allowed"}},
      .see_also = {{.name = "swarm-vip(8)", .what = "the operator and the command line"},
                   {.name = "packaging/doc", .what = "of the source: protocol, health, dialects"}}};
}

}  // namespace

const cli::Program& program() {
  static const cli::Program kProgram = described();
  return kProgram;
}

}  // namespace vip::vrrp
