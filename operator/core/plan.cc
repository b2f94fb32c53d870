#include "operator/core/plan.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <set>
#include <utility>

#include "common/base/text.h"
#include "operator/core/node_address.h"
#include "operator/core/priorities.h"

namespace vip::swarm {
namespace {

// A labelled node on its way to becoming a member.
struct Candidate {
  const Node* node = nullptr;
  IpAddress address;
  int wish = 0;
  bool labelled = false;  // the wish is the node's own, not the default
};

std::string name_of(const Node& node) {
  return "node " + (node.hostname.empty() ? node.id : node.hostname);
}

class Planner {
 public:
  explicit Planner(const GroupSettings& settings) : settings_(settings) {}

  GroupPlan make(const std::vector<Node>& nodes, const KnownPlans& known) {
    auto candidates = with_addresses(nodes);
    drop_duplicate_addresses(candidates);
    std::ranges::sort(candidates, by_rank);
    drop_surplus(candidates);
    if (!candidates.empty()) result_.plan = document(candidates, known);
    return std::move(result_);
  }

 private:
  // Best first; equal wishes by age, so that a node that joins later never displaces an elder.
  static bool by_rank(const Candidate& a, const Candidate& b) {
    if (a.wish != b.wish) return a.wish > b.wish;
    return std::pair(a.node->created_at, std::string_view(a.node->id)) <
           std::pair(b.node->created_at, std::string_view(b.node->id));
  }

  void warn(const Node& node, std::string_view words) {
    result_.warnings.push_back(name_of(node) + ": " + std::string(words));
  }

  std::vector<Candidate> with_addresses(const std::vector<Node>& nodes) {
    std::vector<const Node*> labelled;
    for (const auto& node : nodes) {
      if (is_labelled(node, settings_)) labelled.push_back(&node);
    }
    std::ranges::sort(labelled, {}, [](const Node* node) { return std::string_view(node->id); });
    std::vector<Candidate> candidates;
    for (const Node* node : labelled) {
      const auto address = node_address(*node);
      if (!address) {
        warn(*node, address.error().context);
        continue;
      }
      if (address->family() != Family::ipv4) {
        warn(*node, "left out: its address " + address->text() + " is not IPv4, the group's are; " +
                        address_advice(*node));
        continue;
      }
      Candidate candidate{.node = node, .address = *address};
      read_wish(candidate);
      candidates.push_back(candidate);
    }
    return candidates;
  }

  void read_wish(Candidate& candidate) {
    candidate.wish = settings_.default_priority;
    const auto text = trim(label(candidate.node->labels, kPriorityNodeLabel));
    if (text.empty()) return;
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

  // A node that left the Swarm and joined again leaves its old entry behind, with labels and address.
  void drop_duplicate_addresses(std::vector<Candidate>& candidates) {
    std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
      return std::pair(a.node->created_at, std::string_view(a.node->id)) >
             std::pair(b.node->created_at, std::string_view(b.node->id));
    });
    std::vector<Candidate> kept;
    for (const auto& candidate : candidates) {
      const auto twin = std::ranges::find(kept, candidate.address, &Candidate::address);
      if (twin == kept.end()) {
        kept.push_back(candidate);
        continue;
      }
      warn(*candidate.node, "left out: " + name_of(*twin->node) + " (" + twin->node->id +
                                "), which joined later, has the same address " + candidate.address.text() +
                                "; remove the old one: docker node rm " + candidate.node->id +
                                ", or set label " + std::string(kAddressNodeLabel));
    }
    candidates = std::move(kept);
  }

  void drop_surplus(std::vector<Candidate>& candidates) {
    while (candidates.size() > kMembersMax) {
      warn(*candidates.back().node,
           "left out: a group has at most " + std::to_string(kMembersMax) + " members");
      candidates.pop_back();
    }
  }

  static plan::Auth auth(plan::Auth::Mode mode) {
    if (mode == plan::Auth::Mode::none) return {};
    return {.mode = mode, .file = std::string(mode == plan::Auth::Mode::password ? kPasswordPath : kKeyPath)};
  }

  plan::Plan document(const std::vector<Candidate>& candidates, const KnownPlans& known) {
    plan::Plan plan;
    plan.group = settings_.name;
    plan.version = settings_.version;
    plan.advert_interval = settings_.advert_interval;
    plan.preempt = settings_.preempt;
    plan.preempt_delay = settings_.preempt_delay;
    plan.start_grace = settings_.start_grace;
    plan.duplicate_check = settings_.duplicate_check;
    plan.lease = settings_.lease;
    plan.interface = settings_.interface;
    plan.auth = auth(settings_.auth);
    plan.status_port = status_port(known);
    plan.routers = settings_.routers;
    plan.members = members(candidates);
    plan.generation = generation(plan, known);
    return plan;
  }

  std::vector<plan::Member> members(const std::vector<Candidate>& candidates) {
    std::vector<int> wishes;
    wishes.reserve(candidates.size());
    for (const auto& candidate : candidates) wishes.push_back(candidate.wish);
    const auto wire = wire_priorities(wishes);
    std::vector<plan::Member> members;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto& candidate = candidates[i];
      members.push_back({.id = candidate.node->id,
                         .hostname = candidate.node->hostname,
                         .address = candidate.address,
                         .priority = Priority(static_cast<std::uint8_t>(wire[i])),
                         .interface = interface(*candidate.node)});
      result_.members.push_back({.id = candidate.node->id,
                                 .hostname = candidate.node->hostname,
                                 .wish = candidate.wish,
                                 .wire = wire[i],
                                 .words = reason(candidate, wire[i], wishes)});
    }
    std::ranges::sort(members, {}, &plan::Member::id);
    return members;
  }

  static std::string reason(const Candidate& candidate, int wire, const std::vector<int>& wishes) {
    std::string words = candidate.labelled ? "label " + std::string(kPriorityNodeLabel) : "default";
    words += " " + std::to_string(candidate.wish);
    if (wire == candidate.wish) return words;
    words += ", " + std::to_string(wire) + " on the wire: ";
    const auto sharing = std::ranges::count(wishes, candidate.wish);
    if (sharing == 1) return words + "its neighbours leave no other room";
    return words + std::to_string(sharing) + " members share " + std::to_string(candidate.wish) +
           ", and each must differ";
  }

  std::string interface(const Node& node) {
    std::string name(trim(label(node.labels, kInterfaceNodeLabel)));
    constexpr std::size_t kNameMax = 15;  // the kernel's IFNAMSIZ without its end
    if (name.size() <= kNameMax && name.find_first_of(" \t/") == std::string::npos) return name;
    warn(node, "label " + std::string(kInterfaceNodeLabel) + ": '" + name +
                   "' cannot be an interface's name; the group's rule '" + settings_.interface + "' is used");
    return {};
  }

  // Unchanged plans keep their number, so that looking again changes nothing. Two operators that saw
  // different nodes may have given two plans the same number; only one of them is ever deployed under it.
  static std::uint64_t generation(const plan::Plan& plan, const KnownPlans& known) {
    const auto of = [](const std::optional<plan::Plan>& earlier) {
      return earlier ? earlier->generation : 0;
    };
    const auto same = [&](const std::optional<plan::Plan>& earlier) {
      return earlier && plan::same_but_generation(*earlier, plan);
    };
    if (same(known.current)) return of(known.current);
    if (same(known.newest) && of(known.newest) > of(known.current)) return of(known.newest);
    return std::max(of(known.current), of(known.newest)) + 1;
  }

  // The port we have, unless a group that comes before us in the alphabet chose the same at the same time;
  // else the lowest that no other group has.
  [[nodiscard]] std::uint16_t status_port(const KnownPlans& known) const {
    if (settings_.status_port) return *settings_.status_port;
    const auto taken = [&](std::uint16_t port, const auto& counts) {
      return std::ranges::any_of(
          known.others, [&](const plan::Plan& other) { return other.status_port == port && counts(other); });
    };
    const auto& earlier = known.current ? known.current : known.newest;
    const auto comes_first = [this](const plan::Plan& other) { return other.group < settings_.name; };
    if (earlier && !taken(earlier->status_port, comes_first)) return earlier->status_port;
    std::uint16_t port = kStatusPortFirst;
    while (taken(port, [](const plan::Plan&) { return true; })) ++port;
    return port;
  }

  const GroupSettings& settings_;
  GroupPlan result_;
};

}  // namespace

bool is_labelled(const Node& node, const GroupSettings& settings) {
  const auto found = node.labels.find(settings.label_key);
  return found != node.labels.end() && equal_fold(found->second, settings.name);
}

GroupPlan make_plan(const GroupSettings& settings, const std::vector<Node>& nodes, const KnownPlans& known) {
  return Planner(settings).make(nodes, known);
}

}  // namespace vip::swarm
