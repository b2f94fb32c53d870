#include "operator/cli/plan_command.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "common/base/exit_status.h"
#include "common/base/text.h"
#include "common/sys/posix.h"
#include "operator/cli/outcome.h"
#include "operator/core/agent_presence.h"
#include "operator/core/membership.h"
#include "operator/core/ownership.h"
#include "operator/docker/identity.h"
#include "operator/reconciler.h"
#include "operator/start.h"
#include "operator/status/group_agents.h"

namespace vip::swarm {
namespace {

// All nodes that have to do with the group: its members, best first; then who carries its label and is none,
// and where an agent of it still is.
std::vector<std::string> nodes_of(const GroupPicture& picture, const Observed& observed) {
  std::vector<std::string> nodes;
  const auto add = [&nodes](const std::string& id) {
    if (std::ranges::find(nodes, id) == nodes.end()) nodes.push_back(id);
  };
  for (const auto& note : picture.group.members) add(note.id);
  for (const auto& node : observed.nodes) {
    if (is_labelled(node, picture.configured->settings)) add(node.id);
  }
  if (picture.service != nullptr) {
    const auto deployed = plan_of(observed, *picture.service);
    for (const auto& id : agent_nodes(*picture.service, deployed ? &*deployed : nullptr, observed)) add(id);
  }
  return nodes;
}

std::string head_text(const plan::Plan& plan) {
  std::string text = "group " + plan.group + ": plan " + std::to_string(plan.generation) + ", VRRP version " +
                     std::to_string(plan.version) + ", every " + duration_text(plan.advert_interval) + "\n";
  for (const auto& router : plan.routers) {
    text += "router " + std::to_string(router.vrid.value) + ":";
    for (const auto& prefix : router.addresses) text += " " + prefix.text();
    text += "\n";
  }
  if (!plan.follow.empty()) text += "follows service " + plan.follow + "\n";
  return text;
}

std::string now_text(const GroupReport& report, const NodeReport& node) {
  std::string text;
  for (const auto& line : now_words(report, node)) text += "      now: " + printable(line) + "\n";
  return text;
}

// What each node would get and why, and what its agent says now.
std::string nodes_text(const GroupPicture& picture, const GroupReport& report) {
  const auto& members = picture.group.members;
  std::string text = members.empty() ? "" : "members, best first\n";
  for (std::size_t i = 0; i < report.nodes.size(); ++i) {
    const auto& node = report.nodes[i];
    if (i < members.size()) {
      const auto& note = members[i];
      const auto* const member = picture.group.plan ? picture.group.plan->member(note.id) : nullptr;
      text += "  " + note.hostname + "  " + (member != nullptr ? member->address.text() : "-") +
              "  priority " + std::to_string(note.wire) + "  (" + note.words + ")\n";
    } else {
      if (i == members.size()) text += "no members\n";
      text += "  " + (node.hostname.empty() ? node.node : node.hostname) + "\n";
    }
    text += now_text(report, node);
  }
  return text;
}

std::string group_text(const GroupPicture& picture, const GroupReport& report) {
  const auto& plan = picture.group.plan;
  std::string text = plan ? head_text(*plan) : "group " + picture.configured->settings.name + ": no plan\n";
  text += nodes_text(picture, report);
  for (const auto& words : picture.group.later) text += "then: " + words + "\n";
  for (const auto& problem : picture.problems)
    text += std::string(name(problem.severity)) + ": " + problem.text + "\n";
  return text + "\n";
}

std::vector<GroupReport> ask(const Picture& picture) {
  std::vector<Inquiry> inquiries(picture.groups.size());
  std::ranges::transform(picture.groups, inquiries.begin(), [&](const GroupPicture& group) {
    return Inquiry{.group = group.configured->settings.name,
                   .service = group.service,
                   .nodes = nodes_of(group, picture.observed)};
  });
  return ask_groups(inquiries, picture.observed);
}

}  // namespace

int run_plan(const settings::Environment& env) {
  settings::Findings findings;
  const auto settings = read_settings(env, findings);
  for (const auto& text : findings.warnings()) (void)std::fprintf(stderr, "swarm-vip: %s\n", text.c_str());
  for (const auto& text : findings.errors()) (void)std::fprintf(stderr, "swarm-vip: %s\n", text.c_str());
  if (!findings.ok()) return kWrongSettings;
  auto api = connect_to_manager(env, -1);
  if (!api) return complain(api.error());
  const auto identity = find_identity(*api);
  if (!identity) return complain(identity.error());
  if (const auto image = check_image(settings, *identity); !image) return complain(image.error());
  Reconciler reconciler(*api, *identity, settings);
  const auto picture = reconciler.observe(sys::monotonic_now(), WallTime(sys::wall_clock()));
  if (!picture) return complain(picture.error());
  std::string text;
  const auto reports = ask(*picture);
  for (std::size_t i = 0; i < reports.size(); ++i) text += group_text(picture->groups[i], reports[i]);
  const auto steps = reconciler.steps(*picture, {});
  text += steps.empty() ? "nothing to do\n" : "to do\n";
  for (const auto& step : steps) text += "  " + step.words + "\n";
  (void)std::fputs(text.c_str(), stdout);
  return kFine;
}

}  // namespace vip::swarm
