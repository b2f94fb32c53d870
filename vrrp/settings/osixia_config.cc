#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "common/base/text.h"
#include "vrrp/settings/dialect_reader.h"
#include "vrrp/settings/dialects.h"

namespace vip::vrrp {
namespace {

using settings::Environment;

// osixia's, known to everybody; part of its wire form.
constexpr std::string_view kDefaultPassword = "d0cker";
constexpr std::string_view kNotify = "KEEPALIVED_NOTIFY";
constexpr std::string_view kNotifyScript = "KEEPALIVED_NOTIFY_SCRIPT";  // the same, since 2.3.4
// Where its script is, up to 2.1.5 and since 2.3.4. Nobody's script is there unless somebody mounted one.
constexpr auto kDefaultNotify =
    std::to_array<std::string_view>({"/container/service/keepalived/assets/notify.sh",
                                     "/container/services/keepalived/assets/scripts/notify.sh"});
constexpr auto kOwnFiles = std::to_array<std::string_view>(
    {"/container/service/keepalived/assets/keepalived.conf", "/usr/local/etc/keepalived/keepalived.conf"});
constexpr std::string_view kEnvironmentFiles = "/container/environment";
// The last ones it does not read itself: osixia's own housekeeping, and what the operators of the time pass.
constexpr auto kOsixiaNames = std::to_array<std::string_view>(
    {"KEEPALIVED_INTERFACE", "KEEPALIVED_STATE", "KEEPALIVED_ROUTER_ID", "KEEPALIVED_PRIORITY",
     "KEEPALIVED_UNICAST_PEERS", "KEEPALIVED_VIRTUAL_IPS", "KEEPALIVED_PASSWORD", kNotify, kNotifyScript,
     "KEEPALIVED_COMMAND_LINE_ARGUMENTS", "KEEPALIVED_CONF", "KEEPALIVED_CONF_TEMPLATE",
     "KEEPALIVED_CONF_RELOAD_SCRIPT", "KEEPALIVED_IP", "KEEPALIVED_IMAGE", "KEEPALIVED_CONTAINER_NAME"});

void read_notify(DialectReader& reader) {
  const auto& env = reader.env();
  const auto name = env.find(kNotifyScript) ? kNotifyScript : kNotify;
  auto& script = reader.config().notify.any;
  if (!env.find(name)) {
    for (const auto path : kDefaultNotify) {
      if (script.empty() && reader.exists(std::string(path))) script = path;
    }
    return;
  }
  const auto path = env.text(name);
  const bool is_there = path.empty() || reader.exists(path);
  if (!is_there && std::ranges::find(kDefaultNotify, path) != kDefaultNotify.end()) return;
  script = path;
  if (!is_there && path.find_first_of(" \t") == std::string::npos)
    reader.findings().warning(std::string(name) + ": '" + path + "': no such file; it is tried all the same");
}

void read_arguments(DialectReader& reader) {
  constexpr std::string_view kName = "KEEPALIVED_COMMAND_LINE_ARGUMENTS";
  const auto words = reader.text(kName);
  if (words.empty()) return;
  for (const auto& word : split(words, " \t")) {
    if (word == "--log-detail" || word == "-D") reader.config().detailed_log = true;
  }
  reader.ignored(kName, reader.config().detailed_log
                            ? "keepalived's own; --log-detail means SWARM_VIP_LOG_LEVEL=debug"
                            : "keepalived's own");
}

}  // namespace

std::span<const std::string_view> osixia_names() {
  return kOsixiaNames;
}

AgentConfig config_from_osixia(const Environment& env, const FileExists& exists,
                               settings::Findings& findings) {
  DialectReader reader(env, exists, findings, settings::Dialect::osixia, "VI_1");
  reader.warn_of_unknown(kOsixiaNames);
  reader.interface("KEEPALIVED_INTERFACE", "eth0");
  reader.first_state("KEEPALIVED_STATE", "BACKUP");
  reader.router_id("KEEPALIVED_ROUTER_ID", 51);
  reader.priority("KEEPALIVED_PRIORITY", 150);
  reader.router().protocol.preempt = false;
  reader.addresses("KEEPALIVED_VIRTUAL_IPS");
  reader.peers("KEEPALIVED_UNICAST_PEERS");
  reader.unicast("KEEPALIVED_UNICAST_PEERS");
  reader.password("KEEPALIVED_PASSWORD",
                  env.find("KEEPALIVED_PASSWORD").value_or(std::string(kDefaultPassword)));
  reader.announce_again(std::chrono::seconds(5), std::chrono::seconds(0));
  read_notify(reader);
  read_arguments(reader);
  for (const auto path : kOwnFiles) reader.mention_own_file(std::string(path));
  reader.mention_own_file(reader.text("KEEPALIVED_CONF", "/etc/keepalived/keepalived.conf"));
  if (exists(std::string(kEnvironmentFiles))) {
    findings.warning(std::string(kEnvironmentFiles) +
                     " is there and its files are not read: set their variables themselves (--env-file)");
  }
  return reader.finish();
}

}  // namespace vip::vrrp
