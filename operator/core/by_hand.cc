#include "operator/core/by_hand.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <ranges>
#include <utility>

#include "common/base/text.h"

namespace vip::swarm {
namespace {

bool is_group_in(const std::vector<std::string>& names, std::string_view group) {
  return std::ranges::any_of(names, [&](const std::string& name) { return equal_fold(name, group); });
}

std::vector<std::string> preferences(const Node& node) {
  return split(label(node.labels, kPreferNodeLabel), ",");
}

std::string refusal(std::string_view key, std::string_view value, const std::string& allowed) {
  return "label " + std::string(key) + ": '" + std::string(value) + "' is not allowed; " + allowed;
}

bool are_drained(const std::vector<Candidate>& candidates) {
  return std::ranges::all_of(candidates, &Candidate::drained);
}

// All labels that can be wrong have names of ours; few nodes have any.
bool has_labels_of_ours(const Node& node) {
  constexpr std::string_view kOurs = "swarm-vip.";
  static_assert(kDrainNodeLabel.starts_with(kOurs) && kPreferNodeLabel.starts_with(kOurs) &&
                kKeepalivedNodeLabel.starts_with(kOurs));
  const auto first = node.labels.lower_bound(kOurs);
  return first != node.labels.end() && first->first.starts_with(kOurs);
}

// What is wrong with the labels of one node. `groups`: all there are, in order.
std::vector<std::string> faults_of(const Node& node, const GroupSettings& settings,
                                   const std::vector<std::string>& groups) {
  if (!is_labelled(node, settings)) {
    if (!is_preferred(node, settings.name)) return {};
    return {"label " + std::string(kPreferNodeLabel) + " names group " + settings.name +
            ", of which it is no member; label " + settings.label_key + "=" + settings.name +
            " makes it one"};
  }
  std::vector<std::string> faults;
  if (!is_drained(node)) {
    faults.push_back(
        refusal(kDrainNodeLabel, label(node.labels, kDrainNodeLabel), "true or false; it is not drained"));
  }
  const auto spoken_for = label(node.labels, kKeepalivedNodeLabel);
  if (node.labels.contains(kKeepalivedNodeLabel) && !is_group_in(groups, spoken_for)) {
    faults.push_back(
        refusal(kKeepalivedNodeLabel, spoken_for, "the name of a group; there are " + join(groups, ", ")));
  }
  if (!node.labels.contains(kPreferNodeLabel)) return faults;
  const auto refuse = [&](std::string_view value) {
    faults.push_back(
        refusal(kPreferNodeLabel, value, "names of groups, between commas; there are " + join(groups, ", ")));
  };
  const auto names = preferences(node);
  if (names.empty()) refuse(label(node.labels, kPreferNodeLabel));
  for (const auto& name : names)
    if (!is_group_in(groups, name)) refuse(name);
  return faults;
}

const Candidate* first_choice(const std::vector<Candidate>& candidates) {
  const bool nobody_is = are_drained(candidates);
  const auto found = std::ranges::find_if(candidates, [&](const Candidate& candidate) {
    return candidate.preferred && !candidate.spoken_for && (nobody_is || !candidate.drained);
  });
  return found == candidates.end() ? nullptr : &*found;
}

}  // namespace

std::optional<bool> is_drained(const Node& node) {
  const auto found = node.labels.find(kDrainNodeLabel);
  return found == node.labels.end() ? std::optional(false) : parse_flag(trim(found->second));
}

bool is_preferred(const Node& node, std::string_view group) {
  return is_group_in(preferences(node), group);
}

std::optional<std::string> preferring(const Node& node, std::string_view group) {
  auto names = preferences(node);
  if (!is_group_in(names, group)) names.emplace_back(group);
  return join(names, ",");
}

std::optional<std::string> not_preferring(const Node& node, std::string_view group) {
  auto names = preferences(node);
  std::erase_if(names, [&](const std::string& name) { return equal_fold(name, group); });
  if (names.empty()) return std::nullopt;
  return join(names, ",");
}

std::vector<Standing> standings(const std::vector<Candidate>& candidates) {
  const bool nobody_is = are_drained(candidates);
  const auto* const first = first_choice(candidates);
  std::vector<Standing> standings;
  standings.reserve(candidates.size());
  for (const auto& candidate : candidates) {
    const auto usual = candidate.unserved ? Standing::unserved : Standing::usual;
    const auto last = candidate.drained && !nobody_is ? Standing::last_resort : usual;
    standings.push_back(&candidate == first ? Standing::first_choice : last);
  }
  return standings;
}

std::vector<std::string> label_warnings(const GroupSettings& settings, const std::vector<Node>& nodes,
                                        const std::vector<Candidate>& candidates,
                                        const std::vector<std::string>& others) {
  auto groups = others;
  groups.push_back(settings.name);
  std::ranges::sort(groups);
  std::map<std::string_view, std::vector<std::string>> by_node;
  for (const auto& node : nodes) {
    if (!has_labels_of_ours(node)) continue;
    if (auto faults = faults_of(node, settings, groups); !faults.empty()) {
      std::ranges::transform(faults, faults.begin(),
                             [&](const std::string& words) { return about(node, words); });
      by_node.emplace(node.id, std::move(faults));
    }
  }
  std::vector<std::string> warnings;
  for (auto& faults : by_node | std::views::values) std::ranges::move(faults, std::back_inserter(warnings));
  const auto* const first = first_choice(candidates);
  for (const auto& candidate : candidates) {
    if (!candidate.preferred || &candidate == first) continue;
    const auto why = candidate.spoken_for ? std::string("a keepalived speaks for it")
                     : candidate.drained  ? std::string("it is drained")
                                          : first->node->hostname + " is preferred, too, and goes first";
    warnings.push_back(
        about(*candidate.node, "label " + std::string(kPreferNodeLabel) + " does nothing: " + why));
  }
  return warnings;
}

bool all_drained(const plan::Plan& plan, const std::vector<Node>& nodes) {
  return std::ranges::all_of(plan.members, [&](const plan::Member& member) {
    const auto* const node = node_with_id(nodes, member.id);
    return node != nullptr && is_drained(*node).value_or(false);
  });
}

std::vector<std::string> notes_of(const plan::Member& member, const std::string& group) {
  std::vector<std::string> notes;
  if (member.drained) {
    notes.push_back("drained by hand: it has the addresses only when nobody else can; ends with: " +
                    ("swarm-vip undrain " + member.hostname));
  }
  if (member.preferred) {
    notes.push_back("preferred by hand: it has the addresses whenever it can; ends with: " +
                    ("swarm-vip failover --undo " + group));
  }
  return notes;
}

std::string about_member(const plan::Member& member, const std::string& note) {
  return "node " + member.hostname + " is " + note;
}

std::vector<std::string> notes_by_hand(const plan::Plan& plan, const std::vector<Node>& nodes) {
  std::vector<std::string> notes;
  std::vector<std::string> asked;  // to be drained
  bool any = false;
  for (const auto& member : plan.members) {
    const auto* const node = node_with_id(nodes, member.id);
    if (node != nullptr && is_drained(*node).value_or(false)) asked.push_back(member.hostname);
    any |= member.drained;
    if (node != nullptr && is_spoken_for(*node, plan.group)) {
      notes.push_back("node " + member.hostname +
                      " has a keepalived that speaks for it, so no agent runs there; when that is gone: "
                      "docker node update --label-rm " +
                      std::string(kKeepalivedNodeLabel) + " " + member.hostname);
    }
    for (const auto& note : notes_of(member, plan.group)) notes.push_back(about_member(member, note));
  }
  if (any || asked.empty()) return notes;
  if (all_drained(plan, nodes)) {
    notes.push_back(
        "all members are drained by hand, so it is as if none was; ends with: swarm-vip undrain " +
        asked.front());
  } else {
    notes.push_back("label " + std::string(kDrainNodeLabel) + " of " + join(asked, ", ") +
                    " is not in the plan yet; an operator of the group has to run");
  }
  return notes;
}

}  // namespace vip::swarm
