#include "operator/cli/plan_command.h"

#include <chrono>
#include <cstdio>
#include <string>

#include "common/base/text.h"
#include "common/sys/posix.h"
#include "operator/docker/identity.h"
#include "operator/exit_status.h"
#include "operator/reconciler.h"
#include "operator/start.h"

namespace vip::swarm {
namespace {

int report(const Error& error) {
  (void)std::fprintf(stderr, "swarm-vip: %s\n", error.context.c_str());
  return may_pass(error) ? kFailed : kWrongSettings;
}

std::string plan_text(const GroupPlan& group) {
  const auto& plan = *group.plan;
  std::string text = "group " + plan.group + ": plan " + std::to_string(plan.generation) + ", VRRP version " +
                     std::to_string(plan.version) + ", every " + duration_text(plan.advert_interval) + "\n";
  for (const auto& router : plan.routers) {
    text += "router " + std::to_string(router.vrid.value) + ":";
    for (const auto& prefix : router.addresses) text += " " + prefix.text();
    text += "\n";
  }
  text += "members, best first\n";
  for (const auto& note : group.members) {
    const auto* const member = plan.member(note.id);
    text += "  " + note.hostname + "  " + member->address.text() + "  priority " + std::to_string(note.wire) +
            "  (" + note.words + ")\n";
  }
  return text;
}

std::string group_text(const GroupPicture& picture) {
  const auto& name = picture.configured->settings.name;
  std::string text = picture.group.plan ? plan_text(picture.group) : "group " + name + ": no plan\n";
  for (const auto& problem : picture.problems)
    text += std::string(problem.severity == Severity::error ? "error: " : "warning: ") + problem.text + "\n";
  return text + "\n";
}

}  // namespace

int run_plan(const settings::Environment& env) {
  settings::Findings findings;
  const auto settings = read_settings(env, findings);
  for (const auto& text : findings.warnings()) (void)std::fprintf(stderr, "swarm-vip: %s\n", text.c_str());
  for (const auto& text : findings.errors()) (void)std::fprintf(stderr, "swarm-vip: %s\n", text.c_str());
  if (!findings.ok()) return kWrongSettings;
  auto api = connect_to_manager(env, -1);
  if (!api) return report(api.error());
  const auto identity = find_identity(api->client());
  if (!identity) return report(identity.error());
  if (const auto image = check_image(settings, *identity); !image) return report(image.error());
  Reconciler reconciler(*api, *identity, settings);
  const auto now = WallTime(sys::wall_clock());
  const auto picture = reconciler.observe(now);
  if (!picture) return report(picture.error());
  std::string text;
  for (const auto& group : picture->groups) text += group_text(group);
  const auto steps = reconciler.steps(*picture);
  text += steps.empty() ? "nothing to do\n" : "to do\n";
  for (const auto& step : steps) text += "  " + step.words + "\n";
  (void)std::fputs(text.c_str(), stdout);
  return kFine;
}

}  // namespace vip::swarm
