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
    {.variable = "SWARM_VIP_IMAGE", .key = "image", .scope = Scope::program},
    {.variable = "SWARM_VIP_REGISTRY_AUTH_FILE", .key = "registry_auth_file", .scope = Scope::program},
    {.variable = "SWARM_VIP_RESYNC", .key = "resync", .scope = Scope::program},
    {.variable = "SWARM_VIP_LOG_LEVEL", .key = "log_level", .scope = Scope::program},
    {.variable = "SWARM_VIP_LOG_FORMAT", .key = "log_format", .scope = Scope::program},
    {.variable = "SWARM_VIP_REALTIME", .key = "realtime", .scope = Scope::program},
    {.variable = "SWARM_VIP_BESIDE_KEEPALIVED", .key = "beside_keepalived", .scope = Scope::program},
    {.variable = "SWARM_VIP_DRY_RUN", .key = "dry_run", .scope = Scope::program},
    {.variable = "SWARM_VIP_WEBHOOK", .key = "webhook", .scope = Scope::program},
    {.variable = "SWARM_VIP_WEBHOOK_FILE", .key = "webhook_file", .scope = Scope::program},
    {.variable = "SWARM_VIP_WEBHOOK_TOKEN_FILE", .key = "webhook_token_file", .scope = Scope::program},
    {.variable = "SWARM_VIP_CONFIG", .key = "", .scope = Scope::program},
    {.variable = "KEEPALIVED_IMAGE", .key = "", .scope = Scope::program},

    {.variable = "KEEPALIVED_GROUP", .key = "group", .scope = Scope::group},
    {.variable = "SWARM_VIP_GROUP_LABEL", .key = "group_label", .scope = Scope::group},
    {.variable = "KEEPALIVED_VIRTUAL_IPS", .key = "addresses", .scope = Scope::group},
    {.variable = "KEEPALIVED_INTERFACE", .key = "interface", .scope = Scope::group},
    {.variable = "KEEPALIVED_ROUTER_ID", .key = "router_id", .scope = Scope::group},
    {.variable = "KEEPALIVED_PRIORITY", .key = "priority", .scope = Scope::group},
    {.variable = "KEEPALIVED_PASSWORD", .key = "", .scope = Scope::group},
    {.variable = "KEEPALIVED_PASSWORD_FILE", .key = "password_file", .scope = Scope::group},
    {.variable = "SWARM_VIP_SPREAD", .key = "spread", .scope = Scope::group},
    {.variable = "SWARM_VIP_VERSION", .key = "version", .scope = Scope::group},
    {.variable = "SWARM_VIP_AUTH", .key = "auth", .scope = Scope::group},
    {.variable = "SWARM_VIP_KEY_FILE", .key = "key_file", .scope = Scope::group},
    {.variable = "SWARM_VIP_KEY_ROTATION", .key = "key_rotation", .scope = Scope::group},
    {.variable = "SWARM_VIP_REVOKE", .key = "revoke", .scope = Scope::group},
    {.variable = "SWARM_VIP_ADVERT_INTERVAL", .key = "advert_interval", .scope = Scope::group},
    {.variable = "SWARM_VIP_PREEMPT", .key = "preempt", .scope = Scope::group},
    {.variable = "SWARM_VIP_PREEMPT_DELAY", .key = "preempt_delay", .scope = Scope::group},
    {.variable = "SWARM_VIP_START_GRACE", .key = "start_grace", .scope = Scope::group},
    {.variable = "SWARM_VIP_DUPLICATE_CHECK", .key = "duplicate_check", .scope = Scope::group},
    {.variable = "SWARM_VIP_LEASE", .key = "lease", .scope = Scope::group},
    {.variable = "SWARM_VIP_CHECKS", .key = "checks", .scope = Scope::group},
    {.variable = "SWARM_VIP_CHECK_INTERVAL", .key = "check_interval", .scope = Scope::group},
    {.variable = "SWARM_VIP_CHECK_TIMEOUT", .key = "check_timeout", .scope = Scope::group},
    {.variable = "SWARM_VIP_CHECK_RISE", .key = "check_rise", .scope = Scope::group},
    {.variable = "SWARM_VIP_CHECK_FALL", .key = "check_fall", .scope = Scope::group},
    {.variable = "SWARM_VIP_CHECK_WEIGHT", .key = "check_weight", .scope = Scope::group},
    {.variable = "KEEPALIVED_NOTIFY", .key = "notify", .scope = Scope::group},
    {.variable = "SWARM_VIP_STATUS_PORT", .key = "status_port", .scope = Scope::group},
    {.variable = "SWARM_VIP_HOLDER_LABEL", .key = "holder_label", .scope = Scope::group},

    // Of keepalived's images, without effect here.
    {.variable = "KEEPALIVED_STATE", .key = ""},
    {.variable = "KEEPALIVED_COMMAND_LINE_ARGUMENTS", .key = ""},
    {.variable = "KEEPALIVED_IP", .key = ""},
    {.variable = "KEEPALIVED_UNICAST_PEERS", .key = ""},
    // The agent's own, which a shared environment file may carry.
    {.variable = "SWARM_VIP_PLAN", .key = ""},
    {.variable = "SWARM_VIP_NODE_ID", .key = ""},
    {.variable = "SWARM_VIP_TASK_ID", .key = ""},
    {.variable = "SWARM_VIP_DIALECT", .key = ""},
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
