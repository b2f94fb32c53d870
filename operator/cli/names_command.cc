#include "operator/cli/names_command.h"

#include <set>

#include "common/base/exit_status.h"
#include "common/sys/posix.h"
#include "operator/cli/outcome.h"
#include "operator/core/ownership.h"
#include "operator/start.h"

namespace vip::swarm {

int run_names(const settings::Environment& env, const std::string& what) {
  auto api = connect_to_manager(env, -1);
  const auto observed = api ? api->observe(WallTime(sys::wall_clock())) : std::unexpected(api.error());
  if (!observed) return kFailed;
  std::set<std::string> names;
  if (what == "nodes") {
    for (const auto& node : observed->nodes) names.insert(node.hostname);
  } else {
    for (const auto& group : deployed_groups(*observed)) names.insert(group.name);
  }
  for (const auto& name : names) say(name);
  return kFine;
}

}  // namespace vip::swarm
