#include <algorithm>

#include "common/base/text.h"
#include "common/settings/address_list.h"
#include "vrrp/settings/agent_config.h"

namespace vip::vrrp {
namespace {

using settings::Environment;
using settings::Findings;

constexpr std::string_view kDefaultPassword =
    "d0cker";  // osixia's, known to everybody; part of its wire form
constexpr std::string_view kDefaultNotify = "/container/service/keepalived/assets/notify.sh";
constexpr std::string_view kListForms =
    "a list such as #PYTHON2BASH:['192.0.2.1', '192.0.2.2'] or 192.0.2.1,192.0.2.2";

std::vector<std::string> items(const Environment& env, std::string_view name, Findings& findings) {
  const auto value = env.text(name);
  if (value.empty()) {
    findings.error(std::string(name) + ": not set; needed is " + std::string(kListForms));
    return {};
  }
  auto list = settings::list_items(value);
  if (!list) {
    findings.error(std::string(name) + ": " + list.error().context);
    return {};
  }
  if (list->empty()) findings.refuse(name, value, "at least one item: " + std::string(kListForms));
  return *std::move(list);
}

void read_addresses(const Environment& env, RouterSettings& router, Findings& findings) {
  constexpr std::string_view kName = "KEEPALIVED_VIRTUAL_IPS";
  for (const auto& item : items(env, kName, findings)) {
    const auto parsed = settings::parse_address_item(item);
    if (!parsed) {
      findings.error(std::string(kName) + ": " + parsed.error().context);
      continue;
    }
    const auto& address = parsed->prefix.address;
    if (address.family() != Family::ipv4 || !address.is_host() || parsed->prefix.length == 0) {
      findings.refuse(kName, item, "unicast IPv4 addresses");
      continue;
    }
    if (std::ranges::find(router.protocol.addresses, address, &IpPrefix::address) !=
        router.protocol.addresses.end()) {
      findings.refuse(kName, address.text(), "each address once");
      continue;
    }
    for (const auto& option : parsed->ignored) {
      findings.warning(std::string(kName) + ": '" + option + "' of " + address.text() +
                       " has no meaning here, ignoring");
    }
    if (router.protocol.addresses.size() == plan::kRouterAddressesMax) {
      findings.error(std::string(kName) + ": more than " + std::to_string(plan::kRouterAddressesMax) +
                     " addresses");
      return;
    }
    router.protocol.addresses.push_back(parsed->prefix);
    router.addresses.push_back({.prefix = parsed->prefix, .interface = parsed->interface});
  }
}

void read_peers(const Environment& env, RouterSettings& router, Findings& findings) {
  constexpr std::string_view kName = "KEEPALIVED_UNICAST_PEERS";
  for (const auto& item : items(env, kName, findings)) {
    const auto address = IpAddress::parse(item);
    if (!address || address->family() != Family::ipv4 || !address->is_host()) {
      findings.refuse(kName, item, "unicast IPv4 addresses");
    } else if (std::ranges::find(router.rules.peers, *address) == router.rules.peers.end()) {
      router.rules.peers.push_back(*address);
    }
  }
}

void read_password(const Environment& env, RouterConfig& protocol, Findings& findings) {
  const auto set = env.find("KEEPALIVED_PASSWORD");
  const auto password =
      settings::wire_password("KEEPALIVED_PASSWORD", set.value_or(std::string(kDefaultPassword)), findings);
  if (password.empty()) return;
  protocol.auth_type = AuthType::password;
  protocol.auth = auth_data(password);
}

// keepalived: MASTER shortens only the first wait, and does not go together with nopreempt.
void read_state(const Environment& env, RouterConfig& protocol, Findings& findings) {
  const auto state = env.text("KEEPALIVED_STATE", "BACKUP");
  if (equal_fold(state, "MASTER")) {
    protocol.preempt = true;
    protocol.start_wait = protocol.advert_interval + Duration(std::chrono::seconds(1)) / 256;
  } else if (!equal_fold(state, "BACKUP")) {
    findings.warning("KEEPALIVED_STATE: '" + state + "' is neither MASTER nor BACKUP, taking BACKUP");
  }
}

void read_ignored(const Environment& env, Findings& findings) {
  const auto notify = env.text("KEEPALIVED_NOTIFY");
  if (!notify.empty() && notify != kDefaultNotify) {
    findings.warning("KEEPALIVED_NOTIFY: '" + notify + "': this version runs no scripts, ignoring");
  }
}

}  // namespace

AgentConfig config_from_osixia(const Environment& env, Findings& findings) {
  AgentConfig config;
  config.group = "VI_1";
  RouterSettings router;
  auto& protocol = router.protocol;
  protocol.version = Version::v2;
  protocol.advert_interval = std::chrono::seconds(1);
  protocol.preempt = false;
  protocol.vrid =
      Vrid(static_cast<std::uint8_t>(settings::number(env, "KEEPALIVED_ROUTER_ID", 1, 255, 51, findings)));
  protocol.priority = Priority(
      static_cast<std::uint8_t>(settings::number(env, "KEEPALIVED_PRIORITY", 1, 255, 150, findings)));
  router.rules.listed_sources_only = false;
  router.rules.ttl_min = 0;
  // osixia's own default is eth0; set but empty, where its keepalived would not start, means "find it".
  router.interface_rule =
      env.find("KEEPALIVED_INTERFACE") ? env.text("KEEPALIVED_INTERFACE", plan::kAuto) : "eth0";
  router.interface_setting = "KEEPALIVED_INTERFACE";
  read_addresses(env, router, findings);
  read_peers(env, router, findings);
  read_password(env, protocol, findings);
  read_state(env, protocol, findings);
  read_ignored(env, findings);
  const auto lease = env.text("SWARM_VIP_LEASE", plan::kAuto);
  if (const auto parsed = plan::Lease::parse(lease)) {
    config.lease = *parsed;
  } else {
    findings.refuse("SWARM_VIP_LEASE", lease, "auto, off, or whole seconds from 2s to 86400s");
  }
  config.mark_name = "VI_1:" + std::to_string(protocol.vrid.value);
  config.routers.push_back(std::move(router));
  return config;
}

}  // namespace vip::vrrp
