#include "vrrp/settings/dialects.h"

namespace vip::vrrp {

AgentConfig config_from_environment(const settings::Environment& env, const FileExists& exists,
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

}  // namespace vip::vrrp
