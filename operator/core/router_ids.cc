#include "operator/core/router_ids.h"

#include <algorithm>

namespace vip::swarm {
namespace {

constexpr int kIdMax = 255;

class Allocation {
 public:
  Allocation(const GroupSettings& settings, const KnownPlans& known,
             const std::set<std::string>& member_ids) {
    for (const auto& other : known.others) {
      const bool is_near = std::ranges::any_of(
          other.plan->members, [&](const plan::Member& member) { return member_ids.contains(member.id); });
      for (const auto& router : other.plan->routers) {
        for (const auto id : {router.vrid, router.also_vrid.value_or(router.vrid)}) {
          taken_.insert(id);
          if (is_near) taken_near_.insert(id);
          if (other.plan->group < settings.name) before_us_.insert(id);
        }
      }
    }
  }

  [[nodiscard]] bool keeps(Vrid id) const { return !before_us_.contains(id) && !ours_.contains(id); }
  void take(Vrid id) { ours_.insert(id); }

  // One that nobody has, else one whose routers are on other nodes: by unicast they never meet.
  std::optional<Vrid> next() {
    for (const auto* const others : {&taken_, &taken_near_}) {
      for (int i = 0; i < kIdMax; ++i) {
        const int number = (kRouterIdDefault.value - 1 + i) % kIdMax + 1;
        const Vrid id(static_cast<std::uint8_t>(number));
        if (others->contains(id) || ours_.contains(id)) continue;
        take(id);
        return id;
      }
    }
    return std::nullopt;
  }

 private:
  std::set<Vrid> taken_;
  std::set<Vrid> taken_near_;
  std::set<Vrid> before_us_;
  std::set<Vrid> ours_;
};

// The id that the address has now.
std::optional<Vrid> id_of(const KnownPlans& known, const IpAddress& address) {
  const auto* const earlier = known.earlier();
  if (earlier == nullptr) return std::nullopt;
  for (const auto& router : earlier->routers) {
    const auto& has = router.addresses;
    if (std::ranges::find(has, address, &IpPrefix::address) != has.end()) return router.vrid;
  }
  return std::nullopt;
}

// That of a group that does not spread, whatever its addresses were.
std::optional<Vrid> only_id(const KnownPlans& known) {
  const auto* const earlier = known.earlier();
  if (earlier == nullptr || earlier->routers.empty()) return std::nullopt;
  const auto id = earlier->routers.front().vrid;
  const bool only =
      std::ranges::all_of(earlier->routers, [id](const auto& router) { return router.vrid == id; });
  return only ? std::optional(id) : std::nullopt;
}

// From the first one on, as many as there are addresses; who has one of them keeps it, so that no two swap.
std::vector<Vrid> given_ids(Vrid first, const std::vector<IpAddress>& keys, const KnownPlans& known) {
  std::set<Vrid> free;
  for (std::size_t i = 0; i < keys.size(); ++i) free.insert(Vrid(static_cast<std::uint8_t>(first.value + i)));
  std::vector<std::optional<Vrid>> kept(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto id = id_of(known, keys[i]);
    if (id && free.erase(*id) > 0) kept[i] = id;
  }
  std::vector<Vrid> ids;
  ids.reserve(kept.size());
  for (const auto& id : kept) ids.push_back(id ? *id : free.extract(free.begin()).value());
  return ids;
}

}  // namespace

std::optional<std::vector<Vrid>> router_ids(const GroupSettings& settings, const std::vector<IpAddress>& keys,
                                            const KnownPlans& known,
                                            const std::set<std::string>& member_ids) {
  if (settings.router_id) return given_ids(*settings.router_id, keys, known);
  std::vector<Vrid> ids;
  Allocation allocation(settings, known, member_ids);
  std::vector<std::optional<Vrid>> kept;
  for (const auto& key : keys) {
    auto id = id_of(known, key);
    if (!id && !settings.spread) id = only_id(known);
    if (id && !allocation.keeps(*id)) id.reset();
    if (id) allocation.take(*id);
    kept.push_back(id);
  }
  for (const auto& id : kept) {
    const auto given = id ? id : allocation.next();
    if (!given) return std::nullopt;
    ids.push_back(*given);
  }
  return ids;
}

}  // namespace vip::swarm
