#include "operator/settings/setting_names.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "common/settings/nearest.h"

namespace vip::swarm {
namespace {

constexpr auto kNames = std::to_array<SettingName>({
    {.variable = "SWARM_VIP_IMAGE",
     .key = "image",
     .scope = Scope::program,
     .what = "the agents' image; without it the operator's own"},
    {.variable = "SWARM_VIP_REGISTRY_AUTH_FILE",
     .key = "registry_auth_file",
     .scope = Scope::program,
     .what = "a file with the login of the registry that the image comes from"},
    {.variable = "SWARM_VIP_RESYNC",
     .key = "resync",
     .scope = Scope::program,
     .what = "how often everything is looked at, whatever the events say: 1s to 60m, default 30s"},
    {.variable = "SWARM_VIP_LOG_LEVEL",
     .key = "log_level",
     .scope = Scope::program,
     .what = "trace, debug, info (default), warning, error"},
    {.variable = "SWARM_VIP_LOG_FORMAT",
     .key = "log_format",
     .scope = Scope::program,
     .what = "text (default) or json"},
    {.variable = "SWARM_VIP_REALTIME",
     .key = "realtime",
     .scope = Scope::program,
     .what = "of the agents: auto (default) runs before other programs where it may; off"},
    {.variable = "SWARM_VIP_BESIDE_KEEPALIVED",
     .key = "beside_keepalived",
     .scope = Scope::program,
     .what = "true: go on although keepalived-node-* services hold the address"},
    {.variable = "SWARM_VIP_DRY_RUN",
     .key = "dry_run",
     .scope = Scope::program,
     .what = "true: the log says what would be done, and nothing is done"},
    {.variable = "SWARM_VIP_WEBHOOK",
     .key = "webhook",
     .scope = Scope::program,
     .what = "where events are sent to: http://... or https://..."},
    {.variable = "SWARM_VIP_WEBHOOK_FILE",
     .key = "webhook_file",
     .scope = Scope::program,
     .what = "a file that has it, when it is a secret"},
    {.variable = "SWARM_VIP_WEBHOOK_TOKEN_FILE",
     .key = "webhook_token_file",
     .scope = Scope::program,
     .what = "a file with the token that goes along with each event"},
    {.variable = "SWARM_VIP_PAGE_LISTEN",
     .key = "page_listen",
     .scope = Scope::program,
     .what = "the page and the metrics: ADDRESS:PORT, :PORT, off; default 127.0.0.1:9109"},
    {.variable = "SWARM_VIP_PAGE_TOKEN_FILE",
     .key = "page_token_file",
     .scope = Scope::program,
     .what = "a file with the token that they ask for; without it nobody is asked"},
    {.variable = "SWARM_VIP_CONFIG",
     .key = "",
     .scope = Scope::program,
     .what = "a JSON file with several groups, instead or besides"},
    {.variable = "KEEPALIVED_IMAGE",
     .key = "",
     .scope = Scope::program,
     .what = "the same as SWARM_VIP_IMAGE; a keepalived image is ignored with a warning"},

    {.variable = "KEEPALIVED_GROUP",
     .key = "group",
     .scope = Scope::group,
     .what = "the label value of the group's nodes; required without a file"},
    {.variable = "SWARM_VIP_GROUP_LABEL",
     .key = "group_label",
     .scope = Scope::group,
     .what = "the label's name, default keepalived_group"},
    {.variable = "KEEPALIVED_VIRTUAL_IPS",
     .key = "addresses",
     .scope = Scope::group,
     .what = "the addresses, between commas; required"},
    {.variable = "KEEPALIVED_INTERFACE",
     .key = "interface",
     .scope = Scope::group,
     .what = "the interface; auto (default): the one whose network covers the first address"},
    {.variable = "KEEPALIVED_ROUTER_ID",
     .key = "router_id",
     .scope = Scope::group,
     .what = "virtual router id, 1 to 255, default 51; auto: one that no other group has"},
    {.variable = "KEEPALIVED_PRIORITY",
     .key = "priority",
     .scope = Scope::group,
     .what = "of nodes without a label: 2 to 254, default 100"},
    {.variable = "KEEPALIVED_PASSWORD",
     .key = "",
     .scope = Scope::group,
     .what = "version 2's text password, 8 bytes on the wire"},
    {.variable = "KEEPALIVED_PASSWORD_FILE",
     .key = "password_file",
     .scope = Scope::group,
     .what = "a file that has it"},
    {.variable = "SWARM_VIP_FOLLOW",
     .key = "follow",
     .scope = Scope::group,
     .what = "a service of the Swarm: the addresses go where a healthy task of it runs"},
    {.variable = "SWARM_VIP_HOLDER_LABEL",
     .key = "holder_label",
     .scope = Scope::group,
     .what = "true: the node label swarm-vip.holder.GROUP=true is where the addresses are"},
    {.variable = "SWARM_VIP_SPREAD",
     .key = "spread",
     .scope = Scope::group,
     .what = "true: each address lives on its own, so that the nodes share them"},
    {.variable = "SWARM_VIP_VERSION",
     .key = "version",
     .scope = Scope::group,
     .what = "VRRP version: 3 (default), or 2 beside keepalived members"},
    {.variable = "SWARM_VIP_AUTH",
     .key = "auth",
     .scope = Scope::group,
     .what = "of version 3: hmac (default), hmac-permissive, hmac-receive-only, none"},
    {.variable = "SWARM_VIP_KEY_FILE",
     .key = "key_file",
     .scope = Scope::group,
     .what = "a file with a key of your own, a line ID:KEY; without it one is generated"},
    {.variable = "SWARM_VIP_KEY_ROTATION",
     .key = "key_rotation",
     .scope = Scope::group,
     .what = "another number is another generated key, default 0"},
    {.variable = "SWARM_VIP_REVOKE",
     .key = "revoke",
     .scope = Scope::group,
     .what = "true: a new key, password, router id or version counts at once, not in steps"},
    {.variable = "SWARM_VIP_ADVERT_INTERVAL",
     .key = "advert_interval",
     .scope = Scope::group,
     .what = "how often the holder speaks: 10ms to 40s, default 250ms; version 2 1s"},
    {.variable = "SWARM_VIP_PREEMPT",
     .key = "preempt",
     .scope = Scope::group,
     .what = "whether a better node takes the addresses back, default true"},
    {.variable = "SWARM_VIP_PREEMPT_DELAY",
     .key = "preempt_delay",
     .scope = Scope::group,
     .what = "and how long it lets the other one keep them, default 5s"},
    {.variable = "SWARM_VIP_START_GRACE",
     .key = "start_grace",
     .scope = Scope::group,
     .what = "how long a node that starts and hears no peer waits for its network, default 10s"},
    {.variable = "SWARM_VIP_DUPLICATE_CHECK",
     .key = "duplicate_check",
     .scope = Scope::group,
     .what = "whether to ask the LAN before a first claim who has the address, default true"},
    {.variable = "SWARM_VIP_LEASE",
     .key = "lease",
     .scope = Scope::group,
     .what = "how long an address outlives a dead agent: auto (default), off, 2s to 86400s"},
    {.variable = "SWARM_VIP_CHECKS",
     .key = "checks",
     .scope = Scope::group,
     .what = "what each node asks of itself, such as listen:443, http://127.0.0.1:8080/ready"},
    {.variable = "SWARM_VIP_CHECK_INTERVAL",
     .key = "check_interval",
     .scope = Scope::group,
     .what = "how often each check asks, where it does not say so itself: 100ms to 60m, default 2s"},
    {.variable = "SWARM_VIP_CHECK_TIMEOUT",
     .key = "check_timeout",
     .scope = Scope::group,
     .what = "how long an answer of a check may take: from 10ms, default 1s"},
    {.variable = "SWARM_VIP_CHECK_RISE",
     .key = "check_rise",
     .scope = Scope::group,
     .what = "how many good results in a row make a check pass: 1 to 100, default 2"},
    {.variable = "SWARM_VIP_CHECK_FALL",
     .key = "check_fall",
     .scope = Scope::group,
     .what = "how many bad results in a row make it fail: 1 to 100, default 2"},
    {.variable = "SWARM_VIP_CHECK_WEIGHT",
     .key = "check_weight",
     .scope = Scope::group,
     .what = "what a failed check adds to the priority; 0 (default): a fault"},
    {.variable = "KEEPALIVED_NOTIFY",
     .key = "notify",
     .scope = Scope::group,
     .what = "a script that is told of each state, with keepalived's arguments"},
    {.variable = "SWARM_VIP_STATUS_PORT",
     .key = "status_port",
     .scope = Scope::group,
     .what = "where agents answer: TCP /status, UDP hellos; default from 9112, one for each group"},

    // Of keepalived's images, without effect here.
    {.variable = "KEEPALIVED_STATE",
     .key = "",
     .what = "agents start as backups; the label KEEPALIVED_PRIORITY decides"},
    {.variable = "KEEPALIVED_COMMAND_LINE_ARGUMENTS",
     .key = "",
     .what = "keepalived's own; SWARM_VIP_LOG_LEVEL=debug says more"},
    {.variable = "KEEPALIVED_IP", .key = "", .what = "each node's label KEEPALIVED_IP says it"},
    {.variable = "KEEPALIVED_UNICAST_PEERS", .key = "", .what = "the group's nodes are the peers"},
    // The agent's own, which a shared environment file may carry.
    {.variable = "SWARM_VIP_PLAN", .key = "", .what = "an agent's own: swarm-vip-agent(8)"},
    {.variable = "SWARM_VIP_NODE_ID", .key = "", .what = "an agent's own: swarm-vip-agent(8)"},
    {.variable = "SWARM_VIP_TASK_ID", .key = "", .what = "an agent's own: swarm-vip-agent(8)"},
    {.variable = "SWARM_VIP_DIALECT", .key = "", .what = "an agent's own: swarm-vip-agent(8)"},
});

std::vector<std::string_view> keys_of(Scope scope) {
  std::vector<std::string_view> keys;
  for (const auto& name : kNames) {
    if (name.scope == scope && !name.key.empty()) keys.push_back(name.key);
  }
  return keys;
}

}  // namespace

std::span<const SettingName> setting_names() {
  return kNames;
}

std::string_view variable_of(std::string_view key, Scope scope) {
  const auto found = std::ranges::find_if(kNames, [&](const SettingName& name) {
    return name.scope == scope && !name.key.empty() && name.key == key;
  });
  return found == kNames.end() ? std::string_view() : found->variable;
}

std::string_view nearest_key(std::string_view text, Scope scope) {
  return settings::nearest(text, keys_of(scope));
}

void warn_of_unknown_names(const settings::Environment& env, settings::Findings& findings) {
  constexpr auto kVariables = std::views::transform(&SettingName::variable);
  for (const auto& entry : env.all()) {
    const std::string_view name = entry.first;
    if (!name.starts_with("KEEPALIVED_") && !name.starts_with("SWARM_VIP_")) continue;
    if (!env.has(name) || std::ranges::find(kNames, name, &SettingName::variable) != kNames.end()) continue;
    findings.warning(std::string(name) + ": no such setting, ignoring; the nearest is " +
                     std::string(settings::nearest(name, kNames | kVariables)));
  }
}

}  // namespace vip::swarm
