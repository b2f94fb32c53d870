#include "operator/core/plan_changes.h"

#include <algorithm>
#include <string_view>

#include "common/base/text.h"

namespace vip::swarm {
namespace {

std::string quoted_pair(std::string_view what, const std::string& before, const std::string& after) {
  return std::string(what) + " " + before + " -> " + after;
}

std::string addresses_text(const std::vector<plan::Router>& routers) {
  std::vector<std::string> pieces;
  for (const auto& router : routers) {
    for (const auto& prefix : router.addresses) pieces.push_back(prefix.text());
  }
  return join(pieces, ",");
}

std::string vrids_text(const std::vector<plan::Router>& routers) {
  std::vector<std::string> pieces;
  pieces.reserve(routers.size());
  for (const auto& router : routers) pieces.push_back(std::to_string(router.vrid.value));
  return join(pieces, ",");
}

std::string checks_text(const plan::Plan& plan) {
  std::vector<std::string> pieces;
  pieces.reserve(plan.checks.size());
  for (const auto& check : plan.checks) {
    pieces.push_back(check.name + " (every " + duration_text(check.interval) + ", within " +
                     duration_text(check.timeout) + ", rise " + std::to_string(check.rise) + ", fall " +
                     std::to_string(check.fall) + ", weight " + std::to_string(check.weight) + ")");
  }
  return pieces.empty() ? "none" : join(pieces, ", ");
}

// Of a group that spreads its addresses, who is the best for which.
std::string best_text(const plan::Plan& plan) {
  std::vector<std::string> pieces;
  for (const auto& router : plan.routers) {
    if (router.priorities.empty() || router.addresses.empty()) continue;
    const auto best = std::ranges::max_element(
        plan.members, {}, [&](const plan::Member& member) { return plan::priority_of(router, member); });
    if (best != plan.members.end())
      pieces.push_back(router.addresses.front().address.text() + " " + best->hostname);
  }
  return pieces.empty() ? "one node" : join(pieces, ", ");
}

void compare(std::string_view what, const std::string& before, const std::string& after,
             std::vector<std::string>& changes) {
  if (before != after) changes.push_back(quoted_pair(what, before, after));
}

std::string level_text(const plan::Plan& plan, const plan::Member& member) {
  if (member.drained) return "drained";
  if (member.preferred) return "preferred";
  return member.unserved ? "no healthy task of " + plan.follow : "usual";
}

void compare_member(const plan::Member& before, const plan::Member& after,
                    std::vector<std::string>& changes) {
  const std::string of = " of " + after.hostname;
  compare("priority" + of, std::to_string(before.priority.value), std::to_string(after.priority.value),
          changes);
  compare("address" + of, before.address.text(), after.address.text(), changes);
  compare("IPv6 address" + of, before.address6 ? before.address6->text() : "none",
          after.address6 ? after.address6->text() : "none", changes);
  compare("interface" + of, before.interface.empty() ? "by rule" : before.interface,
          after.interface.empty() ? "by rule" : after.interface, changes);
  compare("hostname" + of, before.hostname, after.hostname, changes);
  if (before.standby && !after.standby) changes.push_back("member " + after.hostname + " takes part");
  if (!before.standby && after.standby) changes.push_back("member " + after.hostname + " stands by");
}

std::string auth_text(const plan::Auth& auth) {
  const auto name_of = [](const std::string& file) { return file.substr(file.rfind('/') + 1); };
  std::string text(plan::Auth::name(auth.mode));
  if (!auth.file.empty()) text += " by " + name_of(auth.file);
  for (const auto& file : auth.accepts) text += ", understands " + name_of(file);
  return text;
}

std::string also_text(const plan::Plan& plan) {
  if (!plan.also) return "nothing";
  std::vector<std::string> ids;
  ids.reserve(plan.routers.size());
  for (const auto& router : plan.routers)
    ids.push_back(std::to_string(router.also_vrid.value_or(router.vrid).value));
  auto text = "version " + std::to_string(plan.also->version) + " router id " + join(ids, ",");
  if (plan.also->version == 2) text += " every " + duration_text(plan.also->advert_interval);
  if (plan.also->auth != plan.auth) text += " " + auth_text(plan.also->auth);
  return text;
}

}  // namespace

std::vector<std::string> plan_changes(const plan::Plan& before, const plan::Plan& after) {
  std::vector<std::string> changes;
  for (const auto& member : before.members) {
    if (after.member(member.id) == nullptr) changes.push_back("member " + member.hostname + " leaves");
  }
  for (const auto& member : after.members) {
    const auto* const earlier = before.member(member.id);
    if (earlier != nullptr) {
      compare_member(*earlier, member, changes);
      compare("level of " + member.hostname, level_text(before, *earlier), level_text(after, member),
              changes);
    } else {
      changes.push_back("member " + member.hostname + " joins with priority " +
                        std::to_string(member.priority.value) + (member.standby ? " and stands by" : ""));
    }
  }
  compare("addresses", addresses_text(before.routers), addresses_text(after.routers), changes);
  compare("router id", vrids_text(before.routers), vrids_text(after.routers), changes);
  compare("best of each address", best_text(before), best_text(after), changes);
  compare("version", std::to_string(before.version), std::to_string(after.version), changes);
  compare("interval", duration_text(before.advert_interval), duration_text(after.advert_interval), changes);
  compare("preempt", before.preempt ? "on" : "off", after.preempt ? "on" : "off", changes);
  compare("preempt delay", duration_text(before.preempt_delay), duration_text(after.preempt_delay), changes);
  compare("start grace", duration_text(before.start_grace), duration_text(after.start_grace), changes);
  compare("duplicate check", before.duplicate_check ? "on" : "off", after.duplicate_check ? "on" : "off",
          changes);
  compare("checks", checks_text(before), checks_text(after), changes);
  if (before.notify != after.notify) changes.emplace_back("what is told of a state");
  compare("follows", before.follow.empty() ? "nothing" : before.follow,
          after.follow.empty() ? "nothing" : after.follow, changes);
  compare("lease", before.lease.text(), after.lease.text(), changes);
  compare("interface", before.interface, after.interface, changes);
  compare("authentication", auth_text(before.auth), auth_text(after.auth), changes);
  compare("spoken and understood besides", also_text(before), also_text(after), changes);
  compare("status port", std::to_string(before.status_port), std::to_string(after.status_port), changes);
  compare("group", before.group, after.group, changes);
  return changes;
}

}  // namespace vip::swarm
