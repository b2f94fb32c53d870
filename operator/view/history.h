// What has happened, from what agents remember and from what was seen from here: so that it is whole also
// when nobody looked while it happened. The newest entries are kept, each once, in the order of time. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "operator/core/agent_report.h"
#include "operator/core/model.h"
#include "operator/watch/event.h"

namespace vip::swarm {

// A router's change of state; or, without a state to go to, what was seen of a group as a whole.
struct HistoryEntry {
  WallTime at;
  std::string group;
  std::string node;  // its host name, else its id
  std::string vrid;
  std::string family;
  std::vector<std::string> addresses;  // without the lengths of their networks
  std::string from;
  std::string to;
  std::string cause;
  std::string peer;
  std::chrono::milliseconds after{0};
  std::optional<std::chrono::milliseconds> silence;
  std::string text;  // all of it as a sentence
};

class History {
 public:
  static constexpr std::size_t kEntriesMax = 500;

  // Adds what the agents tell for the first time, and returns it. `at`: when they were asked.
  std::vector<HistoryEntry> add(const GroupReport& report, const std::string& group, WallTime at);
  void add(const Event& event);
  // Other groups are forgotten.
  void keep_groups(const std::vector<std::string>& groups);

  [[nodiscard]] const std::vector<HistoryEntry>& entries() const { return entries_; }

 private:
  // Group, node, vrid, family.
  using RouterKey = std::tuple<std::string, std::string, std::string, std::string>;
  struct Seen {
    WallTime at;
    std::string to;
    friend bool operator==(const Seen&, const Seen&) = default;
  };

  void insert(HistoryEntry entry);
  // Whether it is told for the first time.
  [[nodiscard]] bool is_new(const RouterKey& router, const TransitionReport& transition);

  std::vector<HistoryEntry> entries_;           // oldest first
  std::map<RouterKey, std::deque<Seen>> seen_;  // of each router twice as many as it tells at once
};

// "n1 took 192.0.2.201 over: its holder n2 was silent for 0.93 s". `peer`: who it is about, by host name
// where that is known.
[[nodiscard]] std::string transition_words(const HistoryEntry& entry, const std::string& peer,
                                           const std::string& reason);

}  // namespace vip::swarm
