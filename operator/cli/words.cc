#include "operator/cli/words.h"

#include <string>
#include <string_view>

#include "common/base/exit_status.h"
#include "common/cli/shared.h"
#include "operator/settings/setting_names.h"

namespace vip::swarm {
namespace {

using cli::docker_run;
using cli::Kind;
using cli::Option;
using cli::Word;

// What most words need is the engine of a manager.
constexpr std::string_view kSocket = "-v /var/run/docker.sock:/var/run/docker.sock";

std::string on_manager(std::string_view words) {
  return docker_run("--rm --network host " + std::string(kSocket), words);
}

std::string on_node(std::string_view words) {
  return docker_run("--rm --network host", words);
}

std::string anywhere(std::string_view words) {
  return docker_run("--rm", words);
}

constexpr cli::ExitStatus kNothingWrong{.status = kFine, .what = "fine"};
constexpr cli::ExitStatus kWrongWords{.status = kWrongSettings, .what = "wrong words or settings"};
constexpr cli::ExitStatus kNoSuch{
    .status = kWrongSettings,
    .what = "wrong words, no such node or group, or nothing to ask: no manager, no socket"};
constexpr Option kNoWait{
    .name = "--no-wait",
    .value = "",
    .what =
        "leave the label and end; without it the program waits until the agents say that it has come true"};

constexpr Option timeout(std::string_view what) {
  return {.name = "--timeout", .value = "TIME", .what = what};
}

constexpr Option kTimeout =
    timeout("how long to wait, such as 30s or 2m, at most 60m; 60s where it does not stand");

std::vector<cli::ExitStatus> exits_of_moving() {
  return {{.status = kFine, .what = "it has come true, or with --no-wait: the label is set"},
          {.status = kFailed,
           .what = "not in time, or the managers did not answer; the label stays where it says so"},
          kNoSuch};
}

Word operator_word() {
  return {
      .name = "operator",
      .what = "deploy agents to the labelled nodes, and look after them",
      .about =
          "On a manager; settings from the environment or a file. It is what the stack file of the "
          "project runs. SIGTERM ends it and touches no agent.",
      .examples = {{.command = docker_run("-d --name vip " + std::string(kSocket) +
                                              " -e KEEPALIVED_GROUP=production "
                                              "-e KEEPALIVED_VIRTUAL_IPS=192.168.1.201 -e SWARM_VIP_IMAGE",
                                          "operator"),
                    .what = "one group, without a stack"}},
      .exits = {{.status = kFine, .what = "it was told to stop"},
                {.status = kFailed, .what = "it failed while running"},
                {.status = kWrongSettings,
                 .what = "wrong settings, or this node is no manager; the message says what is allowed"}}};
}

Word agent_word() {
  return {.name = "agent",
          .what = "be the VRRP router of this node: swarm-vip-agent",
          .about = "What stands behind it are that program's words; swarm-vip agent --help lists them.",
          .examples = {{.command = docker_run("-d --network host --cap-add NET_ADMIN --cap-add NET_RAW "
                                              "-v /etc/swarm-vip:/etc/swarm-vip",
                                              "agent --config /etc/swarm-vip/agent.json"),
                        .what = "a router out of a settings file, without a Swarm"}},
          .exits = {kNothingWrong, {.status = kFailed, .what = "failed while running"}, kWrongWords},
          .passes = true};
}

Word healthcheck_word() {
  return {.name = "healthcheck",
          .what = "whether this container's agent is well",
          .about = "What the engine asks of the agents' containers.",
          .examples = {{.command = "docker exec AGENT-CONTAINER swarm-vip healthcheck; echo $?",
                        .what = "ask by hand"}},
          .exits = {{.status = kFine, .what = "it is in charge, or rightly waits"},
                    {.status = kFailed, .what = "it is not well, or no agent runs here"},
                    kWrongWords}};
}

Word status_word() {
  return {.name = "status",
          .what = "who holds which address",
          .about =
              "On a manager of all groups, with every node and problem; elsewhere of this host's agents. "
              "With --watch it goes on while managers do not answer, and says so; with --json such a time "
              "is an object with the key error.",
          .options = {cli::kJsonOption, cli::kWatchOption},
          .examples = {{.command = on_manager("status"), .what = "on a manager"},
                       {.command =
                            docker_run("--rm -it --network host " + std::string(kSocket), "status --watch"),
                        .what = "and look on"},
                       {.command = on_node("status"), .what = "on any node: its own agents"}},
          .exits = {{.status = kFine, .what = "fine; with --watch: it was ended, or its reader has gone"},
                    {.status = kFailed, .what = "nobody answered"},
                    kWrongWords}};
}

Word plan_word() {
  return {
      .name = "plan",
      .what = "what the operator would do and why; changes nothing",
      .about = "With the settings of its environment, so best in the operator's container.",
      .examples = {{.command = "docker exec \"$(docker ps -qf name=vip_operator)\" swarm-vip plan",
                    .what = "with the settings that are deployed"}},
      .exits = {kNothingWrong,
                {.status = kFailed, .what = "the managers did not answer"},
                {.status = kWrongSettings, .what = "wrong words or settings, or this node is no manager"}}};
}

Word explain_word() {
  return {
      .name = "explain",
      .what = "why a node has the addresses or has them not, and who follows",
      .about = "On a manager of all groups, of one, or of one node of it; elsewhere of this host.",
      .arguments = {{.name = "GROUP", .what = "of this group", .kind = Kind::group, .required = false},
                    {.name = "NODE",
                     .what = "of this node of it, by name or id",
                     .kind = Kind::node,
                     .required = false}},
      .examples = {{.command = on_manager("explain production node1"), .what = "why node1 is not the one"}},
      .exits = {kNothingWrong,
                {.status = kFailed, .what = "there is nobody to ask"},
                {.status = kWrongSettings, .what = "wrong words, or no such group or node"}}};
}

Word doctor_word() {
  return {.name = "doctor",
          .what = "what is wrong with the Swarm and this host, and what to do; changes nothing",
          .about =
              "On a manager the managers, the operator, every group, its nodes and agents; and everywhere "
              "this host, by the agent's program, which needs the host's network, NET_ADMIN and NET_RAW.",
          .options = cli::doctor_options(),
          .examples = {{.command = docker_run("--rm --network host --cap-add NET_ADMIN --cap-add NET_RAW " +
                                                  std::string(kSocket),
                                              "doctor"),
                        .what = "on a manager: the Swarm and this host"},
                       {.command = docker_run("--rm --network host --cap-add NET_ADMIN --cap-add NET_RAW",
                                              "doctor --address 192.168.1.201 --interface eth0"),
                        .what = "before anything is deployed"}},
          .exits = {{.status = kFine, .what = "nothing keeps an address from working"},
                    {.status = kFailed, .what = "something does"},
                    {.status = kWrongSettings, .what = "wrong words"}}};
}

cli::Argument node_argument() {
  return {.name = "NODE", .what = "its name or its id", .kind = Kind::node};
}

Word drain_word() {
  return {.name = "drain",
          .what = "NODE gives its addresses to others, and has them only when nobody else can",
          .about =
              "In all its groups, before you reboot it: no ping is lost. It is a label of the node and "
              "stays until undrain.",
          .arguments = {node_argument()},
          .options = {kNoWait, kTimeout},
          .examples = {{.command = on_manager("drain node1"), .what = "before you reboot node1"}},
          .exits = exits_of_moving()};
}

Word undrain_word() {
  return {.name = "undrain",
          .what = "NODE takes part again",
          .about = "Whether it takes the addresses back say the preempt settings.",
          .arguments = {node_argument()},
          .options = {kNoWait, kTimeout},
          .examples = {{.command = on_manager("undrain node1"), .what = "when it is back"}},
          .exits = exits_of_moving()};
}

Word failover_word() {
  return {
      .name = "failover",
      .what = "the addresses of GROUP go to NODE, without one to the next in line",
      .about = "It is a label of the node and stays until --undo or the next failover.",
      .arguments = {{.name = "GROUP", .what = "the value of its members' label", .kind = Kind::group},
                    {.name = "NODE", .what = "its name or its id", .kind = Kind::node, .required = false}},
      .options = {{.name = "--undo",
                   .value = "",
                   .what = "nobody is preferred any more: the group goes by its own rules",
                   .excludes = "NODE"},
                  kNoWait,
                  kTimeout},
      .examples = {{.command = on_manager("failover production node2"), .what = "node2 shall have them"},
                   {.command = on_manager("failover --undo production"),
                    .what = "and the group goes by its own rules again"}},
      .exits = exits_of_moving()};
}

Word uninstall_word() {
  return {
      .name = "uninstall",
      .what = "remove all that operators made, and the operators",
      .about =
          "Services, plans, keys, passwords and the labels of drain and failover, and nothing that is "
          "not ours by its labels.",
      .options = {{.name = "--yes",
                   .value = "",
                   .what = "do it; without it the program only says what would be done"},
                  timeout("how long operators and agents may take to end, such as 30s or 2m, at most 60m; "
                          "60s where it does not stand")},
      .examples = {{.command = on_manager("uninstall"), .what = "what would be removed"},
                   {.command = on_manager("uninstall --yes"), .what = "remove it"}},
      .exits = {{.status = kFine, .what = "all is gone, or nothing was there"},
                {.status = kFailed, .what = "something still runs, or the managers did not answer"},
                kNoSuch}};
}

Word probe_word() {
  return {.name = "probe",
          .what = "ask a URL once, as a check of an agent does",
          .arguments = {{.name = "URL", .what = "http://... or https://..."}},
          .options = {timeout("for all of it, such as 500ms; 1s where it does not stand"),
                      {.name = "--status",
                       .value = "STATUSES",
                       .what = "what is good, such as 200-299 or 204; 200-399 where it does not stand"},
                      {.name = "--host", .value = "NAME", .what = "the Host header; else the URL's"}},
          .examples = {{.command = on_node("probe https://shop.example.org/ping --status 200"),
                        .what = "would this check pass?"}},
          .exits = {{.status = kFine, .what = "the answer is as wanted"},
                    {.status = kFailed, .what = "it is not; the line says why"},
                    kWrongWords}};
}

Word version_word() {
  return {.name = "version",
          .what = "the version of this program",
          .examples = {{.command = anywhere("version"), .what = "of the image"}},
          .exits = {kNothingWrong, {.status = kFailed, .what = "nobody reads it"}, kWrongWords}};
}

Word names_word() {
  return {.name = "names",
          .what = "the names of nodes or groups, for completion",
          .arguments = {{.name = "WHAT", .what = "nodes or groups", .choices = {"nodes", "groups"}}},
          .hidden = true};
}

cli::Settings settings_of(std::string_view title, Scope scope) {
  cli::Settings part{.title = title, .settings = {}};
  for (const auto& name : setting_names()) {
    if (name.scope == scope)
      part.settings.push_back({.name = name.variable, .key = name.key, .what = name.what});
  }
  return part;
}

cli::Settings docker_settings() {
  return {.title = "The Docker API, as for docker",
          .settings = {
              {.name = "DOCKER_HOST",
               .key = "",
               .what = "unix:///path or tcp://host:port; default unix:///var/run/docker.sock"},
              {.name = "DOCKER_TLS_VERIFY",
               .key = "",
               .what = "not empty: TLS, and the other side proves itself"},
              {.name = "DOCKER_CERT_PATH", .key = "", .what = "the folder of ca.pem, cert.pem and key.pem"},
              {.name = "DOCKER_API_VERSION",
               .key = "",
               .what = "instead of the newest that both sides know, such as 1.41"}}};
}

cli::Program described() {
  return {
      .name = "swarm-vip",
      .what = "a virtual IP address that survives its node, for Docker Swarm",
      .about =
          "Without a word: the operator when KEEPALIVED_GROUP or SWARM_VIP_CONFIG is set, else the agent "
          "when the environment is that of a keepalived image (osixia, arcts, NeoAssist, shawly; or "
          "SWARM_VIP_DIALECT says so).",
      .words = {operator_word(), agent_word(), healthcheck_word(), status_word(), plan_word(), explain_word(),
                doctor_word(), drain_word(), undrain_word(), failover_word(), uninstall_word(), probe_word(),
                cli::completion_word("eval \"$(" + anywhere("completion bash") + ")\""), version_word(),
                names_word(), cli::man_page_word()},
      .settings = {settings_of("Settings of operator and plan: a group", Scope::group),
                   settings_of("Settings of operator and plan: the program", Scope::program),
                   docker_settings(), settings_of("Accepted, without effect here", Scope::none)},
      .signals = {{.name = "SIGTERM, SIGINT", .what = "end it"},
                  {.name = "SIGHUP", .what = "the operator reads its settings again and looks at once"},
                  {.name = "SIGUSR1", .what = "the operator writes its state to the log"}},
      .files = {{.name = "/var/run/docker.sock",
                 .what = "the engine's socket, where DOCKER_HOST does not say otherwise"},
                {.name = "SWARM_VIP_CONFIG",
                 .what = "several groups in one file: packaging/doc/groups.md, with a schema"}},
      .exits = {kNothingWrong,
                {.status = kFailed, .what = "failed while running"},
                {.status = kWrongSettings,
                 .what = "wrong words or settings; the message says what is allowed"}},
      .see_also = {{.name = "swarm-vip-agent(8)", .what = "the router"},
                   {.name = "packaging/doc", .what = "of the source: groups, checks, protocol, dialects"}}};
}

}  // namespace

const cli::Program& program() {
  static const cli::Program kProgram = described();
  return kProgram;
}

}  // namespace vip::swarm
