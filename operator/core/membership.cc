#include "operator/core/membership.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "common/base/text.h"
#include "operator/core/by_hand.h"
#include "operator/core/priorities.h"

namespace vip::swarm {
namespace {

std::string name_of(const Node& node) {
  return "node " + (node.hostname.empty() ? node.id : node.hostname);
}

class MemberFinder {
 public:
  explicit MemberFinder(const GroupSettings& settings) : settings_(settings) {}

  Membership find(const std::vector<Node>& nodes) {
    auto candidates = with_addresses(nodes);
    drop_duplicate_addresses(candidates);
    std::ranges::sort(candidates, by_rank);
    drop_surplus(candidates);
    result_.candidates = std::move(candidates);
    return std::move(result_);
  }

 private:
  // Best first; equal wishes by age, so that a node that joins later never displaces an elder.
  static bool by_rank(const Candidate& a, const Candidate& b) {
    if (a.wish != b.wish) return a.wish > b.wish;
    return std::pair(a.node->created_at, std::string_view(a.node->id)) <
           std::pair(b.node->created_at, std::string_view(b.node->id));
  }

  void warn(const Node& node, std::string_view words) { result_.warnings.push_back(about(node, words)); }

  std::vector<Candidate> with_addresses(const std::vector<Node>& nodes) {
    std::vector<const Node*> labelled;
    for (const auto& node : nodes) {
      if (is_labelled(node, settings_)) labelled.push_back(&node);
    }
    std::ranges::sort(labelled, {}, [](const Node* node) { return std::string_view(node->id); });
    std::vector<Candidate> candidates;
    for (const Node* node : labelled) {
      const auto addresses = node_addresses(*node);
      if (!addresses) {
        warn(*node, addresses.error().context);
        continue;
      }
      if (!speaks_all_families(*node, *addresses)) continue;
      Candidate candidate{.node = node,
                          .addresses = *addresses,
                          .drained = is_drained(*node).value_or(false),
                          .preferred = is_preferred(*node, settings_.name),
                          .spoken_for = is_spoken_for(*node, settings_.name)};
      read_wish(candidate);
      candidates.push_back(candidate);
    }
    return candidates;
  }

  bool speaks_all_families(const Node& node, const NodeAddresses& addresses) {
    for (const auto family : {Family::ipv4, Family::ipv6}) {
      if (!has(settings_, family) || addresses.of(family)) continue;
      const auto& other = family == Family::ipv4 ? addresses.v6 : addresses.v4;
      warn(node, "left out: the group has addresses of " + std::string(vip::name(family)) +
                     ", of the node is known " + (other ? other->text() : std::string("none")) +
                     " only; give it one of each family: docker node update --label-add " +
                     std::string(kAddressNodeLabel) + "=IPV4,IPV6 " + node.id);
      return false;
    }
    return true;
  }

  void read_wish(Candidate& candidate) {
    candidate.wish = settings_.default_priority;
    const auto text = trim(label(candidate.node->labels, kPriorityNodeLabel));
    // Who spreads goes by weights; the label may be there for another group of the same node.
    if (text.empty() || settings_.spread) return;
    const auto number = parse_number<int>(text);
    candidate.labelled = number && *number >= kPriorityMin && *number <= kPriorityMax;
    if (candidate.labelled) {
      candidate.wish = *number;
      return;
    }
    warn(*candidate.node, "label " + std::string(kPriorityNodeLabel) + ": '" + std::string(text) +
                              "' is not allowed; a whole number from " + std::to_string(kPriorityMin) +
                              " to " + std::to_string(kPriorityMax) + "; " + std::to_string(candidate.wish) +
                              " is used");
  }

  // Of two nodes with one address: the one that is not down, else the one that joined later.
  static bool is_likelier(const Candidate& a, const Candidate& b) {
    const bool a_down = a.node->state == NodeState::down;
    const bool b_down = b.node->state == NodeState::down;
    if (a_down != b_down) return b_down;
    return std::pair(a.node->created_at, std::string_view(a.node->id)) >
           std::pair(b.node->created_at, std::string_view(b.node->id));
  }

  // A node that left the Swarm and joined again leaves its old entry behind, with labels and address.
  void drop_duplicate_addresses(std::vector<Candidate>& candidates) {
    std::ranges::sort(candidates, is_likelier);
    std::vector<Candidate> kept;
    for (const auto& candidate : candidates) {
      const auto twin = std::ranges::find_if(
          kept, [&](const Candidate& other) { return shared(candidate, other).has_value(); });
      if (twin == kept.end()) {
        kept.push_back(candidate);
        continue;
      }
      warn(*candidate.node, "left out: " + name_of(*twin->node) + " (" + twin->node->id + "), which " +
                                why_likelier(*twin, candidate) + ", has the same address " +
                                shared(candidate, *twin)->text() +
                                "; remove the one that is gone: docker node rm " + candidate.node->id +
                                ", or set label " + std::string(kAddressNodeLabel));
    }
    candidates = std::move(kept);
  }

  static std::string why_likelier(const Candidate& kept, const Candidate& dropped) {
    return kept.node->created_at > dropped.node->created_at ? "joined later" : "is not down";
  }

  [[nodiscard]] std::optional<IpAddress> shared(const Candidate& a, const Candidate& b) const {
    const auto& [v4, v6] = a.addresses;
    if (v4 && v4 == b.addresses.v4) return v4;
    if (v6 && v6 == b.addresses.v6 && (has(settings_, Family::ipv6) || !v4)) return v6;
    return std::nullopt;
  }

  void drop_surplus(std::vector<Candidate>& candidates) {
    while (candidates.size() > kMembersMax) {
      warn(*candidates.back().node,
           "left out: a group has at most " + std::to_string(kMembersMax) + " members");
      candidates.pop_back();
    }
  }

  const GroupSettings& settings_;
  Membership result_;
};

}  // namespace

Membership find_members(const GroupSettings& settings, const std::vector<Node>& nodes) {
  return MemberFinder(settings).find(nodes);
}

const Node* node_with_id(const std::vector<Node>& nodes, std::string_view id) {
  const auto guess = std::ranges::lower_bound(nodes, id, {}, &Node::id);
  if (guess != nodes.end() && guess->id == id) return &*guess;
  const auto found = std::ranges::find(nodes, id, &Node::id);  // they may be in any order
  return found == nodes.end() ? nullptr : &*found;
}

std::optional<int> engine_major(const Node& node) {
  return parse_number<int>(node.engine_version.substr(0, node.engine_version.find('.')));
}

// As Swarm compares values in constraints: without regard to case.
bool is_labelled(const Node& node, const GroupSettings& settings) {
  const auto found = node.labels.find(settings.label_key);
  return found != node.labels.end() && equal_fold(found->second, settings.name);
}

bool is_spoken_for(const Node& node, std::string_view group) {
  return equal_fold(label(node.labels, kKeepalivedNodeLabel), group);
}

bool has(const GroupSettings& settings, Family family) {
  return std::ranges::any_of(settings.addresses,
                             [family](const IpPrefix& prefix) { return prefix.address.family() == family; });
}

std::string about(const Node& node, std::string_view words) {
  return name_of(node) + ": " + std::string(words);
}

}  // namespace vip::swarm
