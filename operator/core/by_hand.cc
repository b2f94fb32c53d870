#include "operator/core/by_hand.h"

#include <algorithm>

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

// What is wrong with the labels of one node.
std::vector<std::string> faults_of(const Node& node, const GroupSettings& settings,
                                   const std::vector<std::string>& others) {
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
  auto groups = others;
  groups.push_back(settings.name);
  std::ranges::sort(groups);
  const auto allowed = "names of groups, between commas; there are " + join(groups, ", ");
  const auto spoken_for = label(node.labels, kKeepalivedNodeLabel);
  if (node.labels.contains(kKeepalivedNodeLabel) && !is_group_in(groups, spoken_for)) {
    faults.push_back(
        refusal(kKeepalivedNodeLabel, spoken_for, "the name of a group; there are " + join(groups, ", ")));
  }
  const auto names = preferences(node);
  if (names.empty() && node.labels.contains(kPreferNodeLabel))
    faults.push_back(refusal(kPreferNodeLabel, label(node.labels, kPreferNodeLabel), allowed));
  for (const auto& name : names)
    if (!is_group_in(groups, name)) faults.push_back(refusal(kPreferNodeLabel, name, allowed));
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
    const auto usual = candidate.drained && !nobody_is ? Standing::last_resort : Standing::usual;
    standings.push_back(&candidate == first ? Standing::first_choice : usual);
  }
  return standings;
}

std::vector<std::string> label_warnings(const GroupSettings& settings, const std::vector<Node>& nodes,
                                        const std::vector<Candidate>& candidates,
                                        const std::vector<std::string>& others) {
  std::vector<const Node*> in_order(nodes.size());
  std::ranges::transform(nodes, in_order.begin(), [](const Node& node) { return &node; });
  std::ranges::sort(in_order, {}, [](const Node* node) { return std::string_view(node->id); });
  std::vector<std::string> warnings;
  for (const Node* const node : in_order)
    for (const auto& words : faults_of(*node, settings, others)) warnings.push_back(about(*node, words));
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
    const auto node = std::ranges::find(nodes, member.id, &Node::id);
    return node != nodes.end() && is_drained(*node).value_or(false);
  });
}

std::vector<std::string> notes_by_hand(const plan::Plan& plan, const std::vector<Node>& nodes) {
  std::vector<std::string> notes;
  std::vector<std::string> asked;  // to be drained
  bool any = false;
  for (const auto& member : plan.members) {
    const std::string name = "node " + member.hostname;
    const auto node = std::ranges::find(nodes, member.id, &Node::id);
    if (node != nodes.end() && is_drained(*node).value_or(false)) asked.push_back(member.hostname);
    any |= member.drained;
    if (node != nodes.end() && is_spoken_for(*node, plan.group)) {
      notes.push_back(
          name + " has a keepalived that speaks for it, so no agent runs there; when that is gone: " +
          "docker node update --label-rm " + std::string(kKeepalivedNodeLabel) + " " + member.hostname);
    }
    if (member.drained) {
      notes.push_back(name +
                      " is drained by hand: it has the addresses only when nobody else can; ends with: " +
                      "swarm-vip undrain " + member.hostname);
    }
    if (member.preferred) {
      notes.push_back(name + " is preferred by hand: it has the addresses whenever it can; ends with: " +
                      "swarm-vip failover --undo " + plan.group);
    }
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
