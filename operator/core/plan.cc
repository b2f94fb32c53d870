#include "operator/core/plan.h"

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include "common/base/text.h"
#include "operator/core/by_hand.h"
#include "operator/core/membership.h"
#include "operator/core/plan_changes.h"
#include "operator/core/priorities.h"
#include "operator/core/router_ids.h"
#include "operator/core/secrets.h"
#include "operator/core/spread.h"
#include "operator/core/transition.h"

namespace vip::swarm {
namespace {

class Planner {
 public:
  Planner(const GroupSettings& settings, const SecretNames& secrets)
      : settings_(settings), secrets_(secrets) {}

  GroupPlan make(const std::vector<Node>& nodes, const KnownPlans& known, const NodeIds& unserved) {
    auto [candidates, warnings] = find_members(settings_, nodes);
    for (auto& candidate : candidates) candidate.unserved = unserved.contains(candidate.node->id);
    result_.warnings = std::move(warnings);
    std::ranges::move(label_warnings(settings_, nodes, candidates, names_of(known.others)),
                      std::back_inserter(result_.warnings));
    if (!candidates.empty()) {
      result_.plan = step_towards(document(candidates, known), nodes, known);
      result_.plan->generation = generation(*result_.plan, known);
    }
    if (!result_.errors.empty()) result_.plan.reset();
    return std::move(result_);
  }

 private:
  void warn(const Node& node, std::string_view words) { result_.warnings.push_back(about(node, words)); }

  static std::vector<std::string> names_of(const std::vector<OtherGroup>& groups) {
    std::vector<std::string> names(groups.size());
    std::ranges::transform(groups, names.begin(), [](const OtherGroup& group) { return group.plan->group; });
    return names;
  }

  [[nodiscard]] plan::Auth auth(plan::Auth::Mode mode) const {
    if (mode == plan::Auth::Mode::none) return {};
    const auto& secret = mode == plan::Auth::Mode::password ? secrets_.password : secrets_.key;
    return {.mode = mode, .file = std::string(kSecretFolder) + secret};
  }

  // Says what is still to come, and who keeps it waiting.
  plan::Plan step_towards(plan::Plan wanted, const std::vector<Node>& nodes, const KnownPlans& known) {
    if (settings_.revoke || !known.current) return wanted;
    const auto current = with_secrets_of(wanted, *known.current);
    std::vector<LivingPlan> alive;
    for (const auto& living : known.alive) {
      auto& counted = alive.emplace_back(with_secrets_of(wanted, living.plan), living.nodes);
      std::erase_if(counted.nodes, [&](const std::string& id) { return is_gone(id, wanted, nodes); });
    }
    auto [next, waits_for] = next_plan(wanted, current, alive);
    if (next != wanted) result_.later = plan_changes(next, wanted);
    for (const auto& node : nodes) {
      if (!waits_for.contains(node.id)) continue;
      const bool is_down = node.state == NodeState::down;
      if (!is_down && node.availability != Availability::pause) continue;
      result_.waits = true;
      warn(node,
           waiting(is_down ? "is down and may have an older plan" : "is paused and keeps an older plan"));
    }
    return next;
  }

  [[nodiscard]] std::string waiting(std::string_view why) const {
    return std::string(why) + "; until it has the new one the rest waits: " + join(result_.later, "; ") +
           " (take its label " + settings_.label_key +
           " away, or SWARM_VIP_REVOKE=true goes on without it, and for a moment without an agreement)";
  }

  // Earlier operators had one name for whatever secret it was: that is no other secret than the wanted one.
  [[nodiscard]] plan::Plan with_secrets_of(const plan::Plan& wanted, plan::Plan plan) const {
    auto& file = plan.auth.file;
    if (!file.empty() && !is_secret_of(settings_.name, file)) file = wanted.auth.file;
    return plan;
  }

  // Its agent may have an older plan, but nobody will hear of it again.
  static bool is_gone(const std::string& id, const plan::Plan& wanted, const std::vector<Node>& nodes) {
    const auto* const node = node_with_id(nodes, id);
    return node == nullptr || (node->state == NodeState::down && wanted.member(id) == nullptr);
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
    plan.checks = settings_.checks;
    plan.notify = settings_.notify;
    plan.follow = settings_.follow;
    plan.interface = settings_.interface;
    plan.auth = auth(settings_.auth);
    plan.status_port = status_port(known);
    plan.members = members(candidates);
    plan.routers = routers(plan.members, known);
    if (settings_.spread) spread_over(candidates, plan.routers);
    return plan;
  }

  std::vector<plan::Member> members(const std::vector<Candidate>& candidates) {
    std::vector<int> wishes;
    wishes.reserve(candidates.size());
    for (const auto& candidate : candidates) wishes.push_back(candidate.wish);
    const auto standing = standings(candidates);
    const auto wire = with_standings(wire_priorities(wishes), standing);
    std::vector<plan::Member> members;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto& candidate = candidates[i];
      const auto& [v4, v6] = candidate.addresses;
      members.push_back({.id = candidate.node->id,
                         .hostname = candidate.node->hostname,
                         .address = v4 ? *v4 : *v6,
                         .address6 = v4 && has(settings_, Family::ipv6) ? v6 : std::nullopt,
                         .priority = Priority(static_cast<std::uint8_t>(wire[i])),
                         .interface = interface(*candidate.node),
                         .standby = candidate.spoken_for,
                         .drained = standing[i] == Standing::last_resort,
                         .preferred = standing[i] == Standing::first_choice,
                         .unserved = standing[i] == Standing::unserved});
      result_.members.push_back({.id = candidate.node->id,
                                 .hostname = candidate.node->hostname,
                                 .wire = wire[i],
                                 .words = reason(candidate, wire[i], wishes, standing[i])});
    }
    if (!settings_.spread) std::ranges::sort(result_.members, std::ranges::greater{}, &MemberNote::wire);
    std::ranges::sort(members, {}, &plan::Member::id);
    return members;
  }

  [[nodiscard]] std::string standing_words(Standing standing) const {
    switch (standing) {
      case Standing::last_resort:
        return "; drained by label " + std::string(kDrainNodeLabel) + ": only when nobody else can";
      case Standing::unserved:
        return "; no healthy task of service " + settings_.follow + ": only when nobody else can";
      case Standing::first_choice:
        return "; preferred by label " + std::string(kPreferNodeLabel) + ": whenever it can";
      case Standing::usual:
        break;
    }
    return {};
  }

  [[nodiscard]] std::string reason(const Candidate& candidate, int wire, const std::vector<int>& wishes,
                                   Standing standing) const {
    std::string words = candidate.labelled ? "label " + std::string(kPriorityNodeLabel) : "default";
    words += " " + std::to_string(candidate.wish);
    if (candidate.spoken_for)
      return words + "; a keepalived speaks for it, by label " + std::string(kKeepalivedNodeLabel);
    if (standing != Standing::usual) return words + standing_words(standing);
    if (wire == candidate.wish) return words;
    words += ", " + std::to_string(wire) + " on the wire: ";
    const auto sharing = std::ranges::count(wishes, candidate.wish);
    if (sharing == 1) return words + "its neighbours leave no other room";
    return words + std::to_string(sharing) + " members share " + std::to_string(candidate.wish) +
           ", and each must differ";
  }

  // Addresses that live together are one router, or one of each family that move together.
  std::vector<plan::Router> routers(const std::vector<plan::Member>& members, const KnownPlans& known) {
    std::vector<plan::Router> routers;
    if (settings_.spread) {
      for (const auto& prefix : settings_.addresses) routers.push_back({.vrid = {}, .addresses = {prefix}});
    } else {
      for (const auto family : {Family::ipv4, Family::ipv6}) {
        if (!has(settings_, family)) continue;
        auto& router = routers.emplace_back();
        std::ranges::copy_if(settings_.addresses, std::back_inserter(router.addresses),
                             [family](const IpPrefix& prefix) { return prefix.address.family() == family; });
      }
    }
    std::set<std::string> ids;
    for (const auto& member : members) ids.insert(member.id);
    std::vector<IpAddress> keys(routers.size());
    std::ranges::transform(routers, keys.begin(),
                           [](const plan::Router& router) { return router.addresses.front().address; });
    if (!settings_.spread) keys.resize(1);  // families have ids of their own
    const auto vrids = router_ids(settings_, keys, known, ids);
    if (!vrids) {
      result_.errors.emplace_back(
          "all 255 virtual router ids are taken on these nodes; give fewer addresses or "
          "groups");
      return {};
    }
    const bool together = !settings_.spread && routers.size() > 1;
    for (std::size_t i = 0; i < routers.size(); ++i) {
      routers[i].vrid = vrids->at(settings_.spread ? i : 0);
      if (together) routers[i].sync = settings_.name;
    }
    return routers;
  }

  // For each router the candidates, best first; who is unserved or drained comes last and has no share.
  [[nodiscard]] static std::vector<std::vector<std::size_t>> ranks(const std::vector<std::string>& keys,
                                                                   const std::vector<Bearer>& bearers,
                                                                   const std::vector<Standing>& standing) {
    std::vector<std::size_t> takers;
    std::vector<std::size_t> unserved;
    std::vector<std::size_t> drained;
    for (std::size_t i = 0; i < bearers.size(); ++i) {
      (standing[i] == Standing::last_resort ? drained
       : standing[i] == Standing::unserved  ? unserved
                                            : takers)
          .push_back(i);
    }
    std::vector<Bearer> shares(takers.size());
    std::ranges::transform(takers, shares.begin(), [&](std::size_t i) { return bearers[i]; });
    auto ranks = spread(keys, shares);
    for (auto& rank : ranks) {
      for (auto& place : rank) place = takers[place];
      rank.insert(rank.end(), unserved.begin(), unserved.end());
      rank.insert(rank.end(), drained.begin(), drained.end());
    }
    return ranks;
  }

  // By its weight each node is the best for some of the addresses.
  void spread_over(const std::vector<Candidate>& candidates, std::vector<plan::Router>& routers) {
    std::vector<std::string> keys(routers.size());
    std::ranges::transform(routers, keys.begin(), [](const plan::Router& router) {
      return router.addresses.front().address.text();
    });
    std::vector<Bearer> bearers(candidates.size());
    std::ranges::transform(candidates, bearers.begin(), [this](const Candidate& candidate) {
      return Bearer{.id = candidate.node->id, .weight = weight(*candidate.node)};
    });
    const auto standing = standings(candidates);
    const auto ranked = ranks(keys, bearers, standing);
    const auto usual = wire_priorities(std::vector<int>(candidates.size(), settings_.default_priority));
    std::vector<std::string> first(candidates.size());
    for (std::size_t r = 0; r < routers.size(); ++r) {
      std::vector<Standing> placed(usual.size());
      std::ranges::transform(ranked[r], placed.begin(), [&](std::size_t i) { return standing[i]; });
      const auto wire = with_standings(usual, placed);
      for (std::size_t place = 0; place < wire.size(); ++place) {
        const auto& node = *candidates[ranked[r][place]].node;
        routers[r].priorities.emplace(node.id, Priority(static_cast<std::uint8_t>(wire[place])));
      }
      const auto best = std::ranges::max_element(wire) - wire.begin();
      first[ranked[r][static_cast<std::size_t>(best)]] += " " + keys[r];
    }
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      result_.members[i].words = "weight " + std::to_string(bearers[i].weight) +
                                 (first[i].empty() ? ", best for none" : ", best for" + first[i]) +
                                 standing_words(standing[i]);
    }
  }

  unsigned weight(const Node& node) {
    const auto text = trim(label(node.labels, kWeightNodeLabel));
    if (text.empty()) return 1;
    const auto number = parse_number<unsigned>(text);
    if (number && *number <= kWeightMax) return *number;
    warn(node, "label " + std::string(kWeightNodeLabel) + ": '" + std::string(text) +
                   "' is not allowed; a whole number from 0 to " + std::to_string(kWeightMax) +
                   "; 1 is used");
    return 1;
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
      return std::ranges::any_of(known.others, [&](const OtherGroup& other) {
        return other.plan->status_port == port && counts(*other.plan);
      });
    };
    const auto* const earlier = known.earlier();
    const auto comes_first = [this](const plan::Plan& other) { return other.group < settings_.name; };
    if (earlier != nullptr && !taken(earlier->status_port, comes_first)) return earlier->status_port;
    std::uint16_t port = kStatusPortFirst;
    while (taken(port, [](const plan::Plan&) { return true; })) ++port;
    return port;
  }

  const GroupSettings& settings_;
  const SecretNames& secrets_;
  GroupPlan result_;
};

}  // namespace

const plan::Plan* KnownPlans::earlier() const {
  if (current) return &*current;
  return newest ? &*newest : nullptr;
}

GroupPlan make_plan(const GroupSettings& settings, const std::vector<Node>& nodes, const KnownPlans& known,
                    const SecretNames& secrets, const NodeIds& unserved) {
  return Planner(settings, secrets).make(nodes, known, unserved);
}

}  // namespace vip::swarm
