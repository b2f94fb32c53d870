#include "operator/core/transition.h"

#include <algorithm>
#include <array>
#include <optional>
#include <ranges>
#include <utility>

namespace vip::swarm {
namespace {

using plan::Auth;
using plan::Plan;
using plan::Router;

constexpr int kVersion2 = 2;
constexpr int kPriorityOfStandbyMax = 254;

// One way in which a router is spoken for.
struct Form {
  int version = 0;
  Vrid vrid;
  std::chrono::milliseconds interval{};
  const Auth* auth = nullptr;
};

Form first_form(const Plan& plan, const Router& router) {
  return {.version = plan.version, .vrid = router.vrid, .interval = plan.advert_interval, .auth = &plan.auth};
}

std::vector<Form> forms(const Plan& plan, const Router& router) {
  std::vector<Form> all{first_form(plan, router)};
  if (plan.also) {
    all.push_back({.version = plan.also->version,
                   .vrid = router.also_vrid.value_or(router.vrid),
                   .interval = plan.also->advert_interval,
                   .auth = &plan.also->auth});
  }
  return all;
}

bool signs(const Auth& auth) {
  return auth.mode == Auth::Mode::hmac_permissive || auth.mode == Auth::Mode::hmac;
}

bool has(const std::vector<std::string>& files, const std::string& file) {
  return std::ranges::find(files, file) != files.end();
}

// Of version 3: whether one believes what the other says.
bool believes(const Auth& listener, const Auth& speaker) {
  if (!signs(speaker)) return listener.mode != Auth::Mode::hmac;
  if (listener.mode == Auth::Mode::none) return true;  // it looks at no signature
  return listener.file == speaker.file || has(listener.accepts, speaker.file);
}

bool same_form(const Form& a, const Form& b) {
  const bool same = a.version == b.version && a.vrid == b.vrid;
  if (!same || a.version != kVersion2) return same;
  return a.interval == b.interval && a.auth->mode == b.auth->mode && a.auth->file == b.auth->file;
}

bool hears(const std::vector<Form>& listener, const std::vector<Form>& speaker) {
  return std::ranges::any_of(speaker, [&](const Form& said) {
    return std::ranges::any_of(listener, [&](const Form& known) {
      return same_form(known, said) && (said.version == kVersion2 || believes(*known.auth, *said.auth));
    });
  });
}

bool share_address(const Router& a, const Router& b) {
  return std::ranges::any_of(a.addresses, [&](const IpPrefix& prefix) {
    return std::ranges::find(b.addresses, prefix.address, &IpPrefix::address) != b.addresses.end();
  });
}

std::size_t count_of(const Plan& plan, Family family) {
  return static_cast<std::size_t>(std::ranges::count(plan.routers, family, &Router::family));
}

// The same router in another plan: the one with an address of it, or the only one of its family in both.
const Router* counterpart(const Plan& plan, const Router& router, const Plan& other) {
  const auto family = router.family();
  for (const auto& candidate : other.routers)
    if (candidate.family() == family && share_address(candidate, router)) return &candidate;
  if (count_of(plan, family) != 1 || count_of(other, family) != 1) return nullptr;
  return &*std::ranges::find(other.routers, family, &Router::family);
}

// --- one step ---------------------------------------------------------------------------------------------

Auth::Mode one_step(Auth::Mode from, Auth::Mode to) {
  constexpr std::array kWay{Auth::Mode::none, Auth::Mode::hmac_receive_only, Auth::Mode::hmac_permissive,
                            Auth::Mode::hmac};
  const auto at = std::ranges::find(kWay, from);
  const auto end = std::ranges::find(kWay, to);
  if (at == end) return to;
  return at < end ? *std::next(at) : *std::prev(at);
}

// Of version 3.
Auth step(const Auth& from, const Auth& to) {
  Auth next{.mode = one_step(from.mode, to.mode), .file = to.file, .window = to.window};
  if (next.mode == Auth::Mode::none) return next;
  if (from.file.empty() || from.file == to.file) return next;
  if (to.file.empty()) {  // on the way to no key
    next.file = from.file;
  } else if (has(from.accepts, to.file)) {
    next.accepts = {from.file};
  } else {
    next.file = from.file;
    next.accepts = {to.file};
  }
  return next;
}

// The second way to speak, of who moves to a plan.
plan::Also also_for(const Plan& wanted) {
  plan::Also also{.version = wanted.version, .auth = wanted.auth};
  if (wanted.version == kVersion2) also.advert_interval = wanted.advert_interval;
  return also;
}

class Step {
 public:
  Step(const Plan& wanted, const Plan& current) : wanted_(wanted), current_(current) {}

  // As far as one step goes.
  [[nodiscard]] Plan forward() const {
    auto next = wanted_;
    const bool one_version = wanted_.version == current_.version;
    if (one_version && wanted_.version != kVersion2) next.auth = step(current_.auth, wanted_.auth);
    if (speaks_alike() || speaks_both()) return next;
    keep_form(next);
    next.also = also_for(wanted_);
    if (one_version && wanted_.version != kVersion2) {
      next.advert_interval = wanted_.advert_interval;  // P15: the agents see to that
      next.auth = step(current_.auth, wanted_.auth);
      next.also->auth = next.auth;
    }
    for (auto& router : next.routers) {
      const auto* const wanted = counterpart(next, router, wanted_);
      if (wanted != nullptr && wanted->vrid != router.vrid) router.also_vrid = wanted->vrid;
    }
    return next;
  }

  // The wanted plan in the words of the current one.
  [[nodiscard]] Plan back() const {
    auto next = wanted_;
    keep_form(next);
    next.also = current_.also;
    for (auto& router : next.routers) {
      const auto* const before = counterpart(next, router, current_);
      if (before != nullptr) router.also_vrid = before->also_vrid;
    }
    return next;
  }

 private:
  template <typename Condition>
  [[nodiscard]] bool all_routers(Condition holds) const {
    return std::ranges::all_of(wanted_.routers, [&](const Router& router) {
      const auto* const before = counterpart(wanted_, router, current_);
      return before == nullptr || holds(router, *before);
    });
  }

  // Whether the current plan's first form is the wanted one's.
  [[nodiscard]] bool speaks_alike() const {
    return wanted_.version == current_.version && all_routers([this](const auto& router, const auto& before) {
             return same_form(first_form(wanted_, router), first_form(current_, before));
           });
  }

  // Whether its second one is.
  [[nodiscard]] bool speaks_both() const {
    if (!current_.also || current_.also->version != wanted_.version) return false;
    const bool other_version = wanted_.version != current_.version;
    if (other_version && current_.also->auth != wanted_.auth) return false;
    return all_routers([this](const auto& router, const auto& before) {
      return same_form(first_form(wanted_, router), forms(current_, before).back());
    });
  }

  void keep_form(Plan& next) const {
    next.version = current_.version;
    next.advert_interval = current_.advert_interval;
    next.auth = current_.auth;
    if (next.version == kVersion2)  // which has no other; those come with version 3
      std::erase_if(next.routers, [](const Router& router) { return router.family() == Family::ipv6; });
    for (auto& router : next.routers) {
      if (const auto* const before = counterpart(next, router, current_)) router.vrid = before->vrid;
    }
  }

  const Plan& wanted_;
  const Plan& current_;
};

// --- members where there is no key ------------------------------------------------------------------------

bool believes_strangers(const Plan& plan) {
  return plan.version != kVersion2 && signs(plan.auth);
}

Priority free_priority(const Plan& plan) {
  std::set<Priority> taken;
  for (const auto& member : plan.members) {
    taken.insert(member.priority);
    for (const auto& router : plan.routers) taken.insert(plan::priority_of(router, member));
  }
  int lowest = 2;  // 1 is nobody's
  while (lowest < kPriorityOfStandbyMax && taken.contains(Priority(static_cast<std::uint8_t>(lowest))))
    ++lowest;
  return Priority(static_cast<std::uint8_t>(lowest));
}

bool has_address_of(const Plan& plan, const plan::Member& other) {
  return std::ranges::any_of(plan.members, [&](const plan::Member& member) {
    return member.address == other.address || (other.address6 && member.address6 == other.address6);
  });
}

// Who is not in every other living agent's list does not speak yet.
void hold_newcomers(Plan& next, const std::vector<LivingPlan>& alive, std::set<std::string>& waits_for) {
  for (auto& member : next.members) {
    for (const auto& [plan, nodes] : alive) {
      if (plan.member(member.id) != nullptr) continue;
      for (const auto& node : nodes) {
        if (node == member.id) continue;
        member.standby = true;
        waits_for.insert(node);
      }
    }
  }
}

// Who may still speak is spoken to.
void keep_leavers(Plan& next, const std::vector<LivingPlan>& alive) {
  for (const auto& [plan, nodes] : alive) {
    for (const auto& node : nodes) {
      const auto* const leaver = plan.member(node);
      if (leaver == nullptr || leaver->standby || next.member(node) != nullptr) continue;
      if (has_address_of(next, *leaver)) continue;
      auto kept = *leaver;
      kept.priority = free_priority(next);
      kept.standby = true;
      next.members.push_back(std::move(kept));
    }
  }
  std::ranges::sort(next.members, {}, &plan::Member::id);
}

}  // namespace

bool understand_each_other(const Plan& a, const Plan& b) {
  return std::ranges::all_of(a.routers, [&](const Router& router) {
    const auto* const other = counterpart(a, router, b);
    if (other == nullptr) return true;
    const auto ours = forms(a, router);
    const auto theirs = forms(b, *other);
    return hears(ours, theirs) && hears(theirs, ours);
  });
}

Transition next_plan(const Plan& wanted, const Plan& current, const std::vector<LivingPlan>& alive) {
  Transition transition{.plan = wanted, .waits_for = {}};
  const Step step(wanted, current);
  transition.plan = step.forward();
  for (const auto& [plan, nodes] : alive) {
    if (!understand_each_other(plan, transition.plan))
      transition.waits_for.insert(nodes.begin(), nodes.end());
  }
  if (!transition.waits_for.empty()) transition.plan = step.back();
  if (!believes_strangers(transition.plan)) {
    hold_newcomers(transition.plan, alive, transition.waits_for);
    keep_leavers(transition.plan, alive);
  }
  return transition;
}

}  // namespace vip::swarm
