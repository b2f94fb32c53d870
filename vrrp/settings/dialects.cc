#include "vrrp/settings/dialects.h"

#include <algorithm>
#include <iterator>

#include "common/settings/check_list.h"

namespace vip::vrrp {

namespace {

AgentConfig config_of_dialect(const settings::Environment& env, const FileExists& exists,
                              settings::Findings& findings) {
  using settings::Dialect;
  switch (settings::dialect_of(env, findings)) {
    case Dialect::osixia:
      return config_from_osixia(env, exists, findings);
    case Dialect::arcts:
      return config_from_arcts(env, exists, findings);
    case Dialect::neoassist:
      return config_from_neoassist(env, exists, findings);
    case Dialect::shawly:
      return config_from_shawly(env, exists, findings);
    case Dialect::none:
      break;
  }
  if (findings.ok()) {
    findings.error(
        "no settings: needed are --plan FILE, --config FILE, or the environment of a keepalived image, such "
        "as "
        "KEEPALIVED_VIRTUAL_IPS (osixia), KEEPALIVED_VIRTUAL_IPADDRESS_1 (arcts), VIRTUAL_IP and VRID "
        "(NeoAssist) or KEEPALIVED_VIRTUAL_IP (shawly)");
  }
  return {};
}

}  // namespace

AgentConfig config_from_environment(const settings::Environment& env, const FileExists& exists,
                                    settings::Findings& findings) {
  auto config = config_of_dialect(env, exists, findings);
  std::ranges::move(settings::read_checks(env, findings), std::back_inserter(config.checks));
  return config;
}

}  // namespace vip::vrrp
