#include "common/settings/check_list.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/settings/address_list.h"

namespace vip::settings {
namespace {

CheckSettings read_defaults(const Environment& env, Findings& findings) {
  CheckSettings check;
  check.interval = duration(env, "SWARM_VIP_CHECK_INTERVAL", {kCheckIntervalMin, kCheckIntervalMax},
                            check.interval, findings);
  check.timeout = duration(env, "SWARM_VIP_CHECK_TIMEOUT", {kCheckTimeoutMin, kCheckIntervalMax},
                           std::min(check.timeout, check.interval), findings);
  check.rise = static_cast<int>(number(env, "SWARM_VIP_CHECK_RISE", 1, kCheckCountMax, check.rise, findings));
  check.fall = static_cast<int>(number(env, "SWARM_VIP_CHECK_FALL", 1, kCheckCountMax, check.fall, findings));
  check.weight = static_cast<int>(
      number(env, "SWARM_VIP_CHECK_WEIGHT", -kCheckWeightMax, kCheckWeightMax, check.weight, findings));
  return check;
}

}  // namespace

std::vector<CheckSettings> read_checks(const Environment& env, Findings& findings) {
  const auto name = env.called("SWARM_VIP_CHECKS");
  const auto defaults = read_defaults(env, findings);
  const auto items = text_items(env.text("SWARM_VIP_CHECKS"));
  std::vector<CheckSettings> checks;
  if (!items) {
    findings.error(name + ": " + items.error().context);
    return checks;
  }
  for (const auto& item : *items) {
    auto check = parse_check(trim(item), defaults);
    if (!check) {
      findings.error(name + ": " + check.error().context);
      continue;
    }
    const auto called = name + ": " + check->name + ": ";
    for (auto& problem : problems(*check)) findings.error(problem.insert(0, called));
    if (std::ranges::find(checks, check->name, &CheckSettings::name) != checks.end())
      findings.refuse(name, check->name, "each check once, or with a name of its own (name=...)");
    checks.push_back(*std::move(check));
  }
  return checks;
}

}  // namespace vip::settings
