#include "operator/watch/chronicle.h"

#include <algorithm>

namespace vip::swarm {
namespace {

// In a row.
constexpr int kSettled = 2;       // sightings after which it was no passing moment
constexpr int kNeverHeld = 10;    // ... and nobody has an address that nobody had before
constexpr int kTimesMax = 1'000;  // enough to count

EventKind kind_of(const std::vector<Holder>& holders) {
  if (holders.empty()) return EventKind::no_holder;
  return holders.size() == 1 ? EventKind::holder : EventKind::several_holders;
}

}  // namespace

std::vector<Event> Chronicle::next(const Sighting& sighting) {
  std::erase_if(groups_, [&](const auto& entry) {
    return std::ranges::find(sighting.groups, entry.first, &GroupSighting::group) == sighting.groups.end();
  });
  std::vector<Event> events;
  for (const auto& group : sighting.groups) {
    auto& memory = groups_[group.group];
    tell_addresses(group, sighting.at, memory, events);
    tell_complaints(group, sighting.at, memory, events);
  }
  return events;
}

void Chronicle::see(const AddressSighting& seen, bool all_answer, AddressMemory& memory) {
  if (seen.holders.empty() && !all_answer) {
    memory.times = 0;
    return;
  }
  memory.times = memory.times > 0 && memory.seen == seen.holders ? std::min(memory.times + 1, kTimesMax) : 1;
  memory.seen = seen.holders;
}

bool Chronicle::is_news(const AddressMemory& memory) {
  if (memory.times == 0 || (memory.is_told && memory.told == memory.seen)) return false;
  if (memory.seen.size() == 1) return true;
  return memory.times >= (memory.seen.empty() && !memory.is_told ? kNeverHeld : kSettled);
}

void Chronicle::tell_addresses(const GroupSighting& group, WallTime at, GroupMemory& memory,
                               std::vector<Event>& events) {
  std::erase_if(memory.addresses, [&](const auto& entry) {
    return std::ranges::find(group.addresses, entry.first, &AddressSighting::address) ==
           group.addresses.end();
  });
  const auto first = static_cast<std::ptrdiff_t>(events.size());
  for (const auto& seen : group.addresses) {
    auto& known = memory.addresses[seen.address];
    see(seen, group.silent.empty(), known);
    if (!is_news(known)) continue;
    known.told = known.seen;
    known.is_told = true;
    Event event{.kind = kind_of(known.told),
                .group = group.group,
                .addresses = {},
                .holders = known.told,
                .previous = known.previous,
                .problem = {},
                .at = at};
    if (known.told.size() == 1) known.previous = known.told.front().hostname;
    // Addresses that move together are one event.
    const auto same = std::find_if(events.begin() + first, events.end(), [&](const Event& other) {
      return other.holders == event.holders && other.previous == event.previous;
    });
    auto& teller = same != events.end() ? *same : events.emplace_back(std::move(event));
    teller.addresses.push_back(seen.address);
  }
}

void Chronicle::tell_complaints(const GroupSighting& group, WallTime at, GroupMemory& memory,
                                std::vector<Event>& events) {
  const auto tell = [&](EventKind kind, const std::string& words) {
    events.push_back({.kind = kind,
                      .group = group.group,
                      .addresses = {},
                      .holders = {},
                      .previous = {},
                      .problem = words,
                      .at = at});
  };
  for (const auto& complaint : group.complaints)
    memory.complaints.try_emplace(complaint.words, ComplaintMemory{.node = complaint.node});
  for (auto entry = memory.complaints.begin(); entry != memory.complaints.end();) {
    auto& [words, known] = *entry;
    const bool is_there =
        std::ranges::find(group.complaints, words, &Complaint::words) != group.complaints.end();
    const bool is_open = !is_there && group.silent.contains(known.node);
    if (!is_open) known.against = is_there == known.is_told ? 0 : known.against + 1;
    if (known.against >= kSettled) {
      tell(known.is_told ? EventKind::problem_over : EventKind::problem, words);
      known.is_told = !known.is_told;
      known.against = 0;
    }
    const bool is_forgotten = !known.is_told && !is_there && !is_open;
    entry = is_forgotten ? memory.complaints.erase(entry) : std::next(entry);
  }
}

KnownHolders Chronicle::holders() const {
  KnownHolders known;
  for (const auto& [name, group] : groups_) {
    std::set<std::string> nodes;
    const bool is_certain = std::ranges::all_of(group.addresses, [&](const auto& entry) {
      const auto& address = entry.second;
      if (address.times < kSettled || address.seen.size() != 1) return false;
      nodes.insert(address.seen.front().node);
      return true;
    });
    if (is_certain && !nodes.empty()) known.emplace(name, std::move(nodes));
  }
  return known;
}

}  // namespace vip::swarm
