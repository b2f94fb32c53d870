#include "operator/settings/known_names.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace vip::swarm {
namespace {

constexpr auto kKnown = std::to_array<std::string_view>({
    "KEEPALIVED_GROUP",
    "KEEPALIVED_VIRTUAL_IPS",
    "KEEPALIVED_INTERFACE",
    "KEEPALIVED_PASSWORD",
    "KEEPALIVED_PASSWORD_FILE",
    "KEEPALIVED_ROUTER_ID",
    "KEEPALIVED_PRIORITY",
    "KEEPALIVED_IMAGE",
    "KEEPALIVED_STATE",
    "KEEPALIVED_NOTIFY",
    "KEEPALIVED_COMMAND_LINE_ARGUMENTS",
    "KEEPALIVED_IP",
    "KEEPALIVED_UNICAST_PEERS",
    "SWARM_VIP_IMAGE",
    "SWARM_VIP_GROUP_LABEL",
    "SWARM_VIP_VERSION",
    "SWARM_VIP_AUTH",
    "SWARM_VIP_ADVERT_INTERVAL",
    "SWARM_VIP_PREEMPT",
    "SWARM_VIP_PREEMPT_DELAY",
    "SWARM_VIP_START_GRACE",
    "SWARM_VIP_DUPLICATE_CHECK",
    "SWARM_VIP_LEASE",
    "SWARM_VIP_LOG_LEVEL",
    "SWARM_VIP_LOG_FORMAT",
    "SWARM_VIP_REALTIME",
    "SWARM_VIP_RESYNC",
    "SWARM_VIP_STATUS_PORT",
    "SWARM_VIP_BESIDE_KEEPALIVED",
    // The agent's own, which a shared environment file may carry.
    "SWARM_VIP_PLAN",
    "SWARM_VIP_NODE_ID",
    "SWARM_VIP_TASK_ID",
    "SWARM_VIP_DIALECT",
});

// How many letters to insert, drop or change.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = i;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

void warn_of_unknown_names(const settings::Environment& env, settings::Findings& findings) {
  for (const auto& entry : env.all()) {
    const std::string_view name = entry.first;
    if (!name.starts_with("KEEPALIVED_") && !name.starts_with("SWARM_VIP_")) continue;
    if (!env.has(name) || std::ranges::find(kKnown, name) != kKnown.end()) continue;
    const auto nearest = *std::ranges::min_element(
        kKnown, {}, [name](std::string_view known) { return edit_distance(name, known); });
    findings.warning(std::string(name) + ": no such setting, ignoring; the nearest is " +
                     std::string(nearest));
  }
}

}  // namespace vip::swarm
