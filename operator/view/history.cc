#include "operator/view/history.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

#include "common/base/text.h"

namespace vip::swarm {
namespace {

constexpr std::string_view kActive = "active";
constexpr std::string_view kFault = "fault";
constexpr std::size_t kSeenMax = 64;
// Clocks that are so close are left as they are, so that the entry says what the node's own log says.
constexpr std::chrono::seconds kClocksApartMax{5};

std::string without_length(const std::string& prefix) {
  const auto parsed = IpPrefix::parse(prefix);
  return parsed ? parsed->address.text() : prefix;
}

std::string seconds_text(std::chrono::milliseconds span) {
  std::array<char, 32> text{};
  const double seconds = std::chrono::duration<double>(span).count();
  (void)std::snprintf(text.data(), text.size(), seconds < 10 ? "%.2f s" : "%.0f s", seconds);
  return text.data();
}

// Of the node with that address; else the address.
std::string peer_name(const GroupReport& report, const std::string& peer) {
  const auto address = IpAddress::parse(peer);
  if (!address) return peer;
  const auto node = std::ranges::find(report.nodes, address, &NodeReport::address);
  return node == report.nodes.end() || node->hostname.empty() ? peer : node->hostname;
}

// How far the clock of the agent is from ours, where it matters.
WallTime::duration clock_shift(const NodeReport& node, WallTime at) {
  if (!node.now_at) return {};
  const auto apart = at - *node.now_at;
  return std::chrono::abs(apart) > kClocksApartMax ? apart : WallTime::duration{};
}

// Why, as the end of a sentence whose subject is the router's node.
std::string cause_words(const HistoryEntry& entry, const std::string& peer) {
  const auto other = peer.empty() ? std::string("another one") : peer;
  const auto& cause = entry.cause;
  if (cause == "silence") {
    if (!entry.silence) return "nobody was heard to have it";
    const auto holder = peer.empty() ? std::string("its holder") : "its holder " + peer;
    return holder + " was silent for " + seconds_text(*entry.silence);
  }
  if (cause == "active_left") return other + " left it in order";
  if (cause == "preemption") return "it comes before " + other;
  if (cause == "higher_priority") return other + " comes before it";
  if (cause == "higher_address") return other + " has the same priority and the higher address";
  if (cause == "one_way") return other + " does not hear it";
  if (cause == "no_preemption") return other + " keeps it after a split";
  if (cause == "newer_plan") return other + " has a newer plan";
  constexpr auto kWords = std::to_array<std::pair<std::string_view, std::string_view>>({
      {"started", "its agent has started"},
      {"stopped", "its agent was stopped"},
      {"owner", "it owns the address"},
      {"link_down", "its link is down"},
      {"link_up", "its link is up again"},
      {"address_refused", "its kernel refused the address"},
      {"address_taken", "another host has the address"},
      {"retry", "it tries again after a while"},
      {"stalled", "it stood still for a while"},
      {"group", "another router of its sync group did so"},
      {"check_failed", "a check fails there"},
      {"check_passed", "its checks pass again"},
  });
  const auto* const known =
      std::ranges::find(kWords, cause, [](const auto& entry_of) { return entry_of.first; });
  return known != kWords.end() ? std::string(known->second) : cause;
}

}  // namespace

std::string transition_words(const HistoryEntry& entry, const std::string& peer, const std::string& reason) {
  const auto what = entry.addresses.empty() ? "router " + entry.vrid : join(entry.addresses, ", ");
  auto words = entry.node;
  if (entry.to == kActive) {
    words += " took " + what + " over";
  } else if (entry.from == kActive) {
    words += " gave " + what + " up";
  } else {
    words += entry.to == kFault ? " cannot have " + what : " follows for " + what;
  }
  const auto why = entry.to == kFault && !reason.empty() ? reason : cause_words(entry, peer);
  return why.empty() ? words : words + ": " + why;
}

bool History::is_new(const RouterKey& router, const TransitionReport& transition) {
  auto& seen = seen_[router];
  const Seen key{.at = transition.at, .to = transition.to};
  if (std::ranges::find(seen, key) != seen.end()) return false;
  seen.push_back(key);
  // It tells at most half as many, so that what is forgotten does not come again.
  if (seen.size() > kSeenMax) seen.pop_front();
  return true;
}

std::vector<HistoryEntry> History::add(const GroupReport& report, const std::string& group, WallTime at) {
  std::vector<HistoryEntry> added;
  for (const auto& node : report.nodes) {
    const auto shift = clock_shift(node, at);
    for (const auto& router : node.routers) {
      std::vector<std::string> addresses(router.addresses.size());
      std::ranges::transform(router.addresses, addresses.begin(), &without_length);
      for (const auto& transition : router.transitions) {
        if (!is_new({group, node.node, router.vrid, router.family}, transition)) continue;
        HistoryEntry entry{.at = transition.at + shift,
                           .group = group,
                           .node = node.hostname.empty() ? node.node : node.hostname,
                           .vrid = router.vrid,
                           .family = router.family,
                           .addresses = addresses,
                           .from = transition.from,
                           .to = transition.to,
                           .cause = transition.cause,
                           .peer = transition.peer,
                           .after = transition.after,
                           .silence = transition.silence,
                           .text = {}};
        entry.text = transition_words(entry, peer_name(report, transition.peer), transition.reason);
        added.push_back(entry);
        insert(std::move(entry));
      }
    }
  }
  return added;
}

void History::add(const Event& event) {
  const bool has_one = event.holders.size() == 1;
  insert({.at = event.at,
          .group = event.group,
          .node = has_one ? event.holders.front().hostname : std::string(),
          .vrid = {},
          .family = {},
          .addresses = event.addresses,
          .from = {},
          .to = has_one ? std::string(kActive) : std::string(),
          .cause = has_one ? std::string() : std::string(name(event.kind)),
          .peer = {},
          .silence = {},
          .text = text(event)});
}

void History::keep_groups(const std::vector<std::string>& groups) {
  const auto is_other = [&](const std::string& group) {
    return std::ranges::find(groups, group) == groups.end();
  };
  std::erase_if(seen_, [&](const auto& entry) { return is_other(std::get<0>(entry.first)); });
  std::erase_if(entries_, [&](const HistoryEntry& entry) { return is_other(entry.group); });
}

void History::insert(HistoryEntry entry) {
  const auto place = std::ranges::upper_bound(entries_, entry.at, {}, &HistoryEntry::at);
  entries_.insert(place, std::move(entry));
  if (entries_.size() > kEntriesMax) entries_.erase(entries_.begin());
}

}  // namespace vip::swarm
