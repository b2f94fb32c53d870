#include "operator/core/follower.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace vip::swarm {
namespace {

constexpr auto kPlaces = std::views::values;

}  // namespace

void Follower::look(TimePoint now, const std::vector<FollowingMember>& members, const NodeIds& served) {
  const bool any_served = std::ranges::any_of(
      members, [&](const FollowingMember& member) { return member.counts && served.contains(member.id); });
  std::map<std::string, Place, std::less<>> places;
  for (const auto& member : members) {
    const auto known = places_.find(member.id);
    auto& place = places[member.id];
    place = known != places_.end() ? known->second : newcomer(member, served, any_served);
    place.counts = member.counts;
  }
  places_ = std::move(places);
  see(now, served);
}

// Who joins others that have a task, and has none, begins behind them.
Follower::Place Follower::newcomer(const FollowingMember& member, const NodeIds& served, bool any_served) {
  Place place;
  const bool joins_unserved = any_served && !(member.counts && served.contains(member.id));
  place.stands = !member.unserved.value_or(joins_unserved);
  if (!place.stands) place.wait = place.waits.next();
  return place;
}

void Follower::see(TimePoint now, const NodeIds& served) {
  if (seen_at_ && now - *seen_at_ > kBlindMax) forget();
  seen_at_ = now;
  bool any_stands = false;
  bool any_other = false;  // to whom the addresses could go
  for (auto& [id, place] : places_) {
    const bool is_served = place.counts && served.contains(id);
    if (!is_served) {
      place.served_since.reset();
    } else if (!place.served_since) {
      place.served_since = now;
    }
    any_stands |= is_served && place.stands;
    any_other |= is_served && (place.stands || place.served_for(now, place.wait / kHurry));
  }
  if (any_stands) {
    bare_since_.reset();
  } else if (!bare_since_) {
    bare_since_ = now;
  }
  for (auto& place : places_ | kPlaces) {
    const bool is_well = place.served_for(now, kMissingMax);
    const bool is_missing = place.counts && !place.served_since && any_other;
    if (!place.stands || !place.counts || is_well || (!place.served_since && !any_other)) {
      place.missing_since.reset();
    } else if (is_missing && !place.missing_since) {
      place.missing_since = now;
    }
  }
}

void Follower::forget() {
  bare_since_.reset();
  for (auto& place : places_ | kPlaces) {
    place.served_since.reset();
    place.missing_since.reset();
  }
}

bool Follower::may_return(const Place& place, TimePoint now) const {
  const bool is_bare = bare_since_ && now - *bare_since_ >= kMissingMax;
  return place.counts && place.served_for(now, is_bare ? place.wait / kHurry : place.wait);
}

bool Follower::must_leave(const Place& place, TimePoint now) {
  return !place.served_since && place.missing_since && now - *place.missing_since >= kMissingMax;
}

NodeIds Follower::verdict(TimePoint now) const {
  NodeIds back;
  bool any_served = false;
  for (const auto& [id, place] : places_) {
    if (!place.stands && !may_return(place, now)) {
      back.insert(id);
    } else {
      any_served |= place.served_since.has_value();
    }
  }
  if (any_served) {
    for (const auto& [id, place] : places_)
      if (must_leave(place, now)) back.insert(id);
  }
  if (back.size() == places_.size()) back.clear();  // all of them is as if none was
  return back;
}

NodeIds Follower::put_back() const {
  NodeIds back;
  for (const auto& [id, place] : places_)
    if (!place.stands) back.insert(id);
  return back;
}

NodeIds Follower::decide(TimePoint now) {
  auto back = verdict(now);
  for (auto& [id, place] : places_) {
    const bool stands = !back.contains(id);
    if (stands == place.stands) continue;
    place.stands = stands;
    place.missing_since.reset();
    if (stands) {
      place.stood_since = now;
      continue;
    }
    if (place.stood_since && now - *place.stood_since >= kCalm) place.waits.reset();
    place.wait = place.waits.next();
  }
  return back;
}

}  // namespace vip::swarm
