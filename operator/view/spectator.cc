#include "operator/view/spectator.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "operator/view/state_document.h"

namespace vip::swarm {
namespace {

// A longer pause between two rounds is none that somebody watched.
constexpr Duration kElapsedMax = std::chrono::seconds(10);

bool any_in(const std::vector<AddressView>& addresses, Hold hold) {
  return std::ranges::find(addresses, hold, &AddressView::hold) != addresses.end();
}

const GroupView* find_group(const std::vector<GroupView>& groups, const std::string& name) {
  const auto found = std::ranges::find_if(groups, [&](const auto& group) { return group.now.name == name; });
  return found == groups.end() ? nullptr : &*found;
}

// Whether the agent of the new holder tells itself how it got there.
bool tells_transitions(const GroupView& group, const Event& event) {
  if (event.holders.size() != 1) return false;
  const auto node = std::ranges::find(group.now.agents.nodes, event.holders.front().node, &NodeReport::node);
  return node != group.now.agents.nodes.end() &&
         std::ranges::any_of(node->routers, [](const auto& router) { return !router.transitions.empty(); });
}

}  // namespace

Spectator::Spectator(WallTime began)
    : began_(began),
      serial_(static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::milliseconds>(began.time_since_epoch()).count())) {}

View Spectator::see(Round round, const std::vector<Event>& events) {
  const auto elapsed = last_ ? std::min(round.seen_at - *last_, kElapsedMax) : Duration::zero();
  last_ = round.seen_at;
  std::vector<std::string> names(round.groups.size());
  std::ranges::transform(round.groups, names.begin(), &GroupRound::name);
  std::erase_if(groups_,
                [&](const auto& entry) { return std::ranges::find(names, entry.first) == names.end(); });
  history_.keep_groups(names);
  View view{.seen_at = round.seen_at, .at = round.at, .groups = {}, .state = {}, .webhook = {}};
  auto groups = std::exchange(round.groups, {});
  for (auto& group : groups) view.groups.push_back(view_of(std::move(group), round, elapsed));
  remember(events, view.groups);
  for (auto& group : view.groups) group.tally = groups_[group.now.name].tally;
  view.state = state_text(view.groups, history_.entries());
  if (view.state != state_) {
    state_ = view.state;
    ++serial_;
  }
  view.serial = serial_;
  return view;
}

GroupView Spectator::view_of(GroupRound group, const Round& round, Duration elapsed) {
  auto& memory = groups_[group.name];
  for (const auto& entry : history_.add(group.agents, group.name, round.at)) {
    const bool counts = entry.to == "active" && entry.silence && entry.at >= began_;
    if (counts) memory.tally.takeovers.add(*entry.silence);
  }
  GroupView view{.now = std::move(group), .addresses = {}, .heard = {}, .tally = {}};
  view.addresses = addresses_of(view.now);
  // Only what was so the last time, too, lasted in between.
  const bool is_split = any_in(view.addresses, Hold::several);
  const bool is_ownerless = any_in(view.addresses, Hold::none);
  if (is_split && memory.was_split) memory.tally.split_brain += elapsed;
  if (is_ownerless && memory.was_ownerless) memory.tally.ownerless += elapsed;
  memory.was_split = is_split;
  memory.was_ownerless = is_ownerless;
  const auto& nodes = view.now.agents.nodes;
  std::erase_if(memory.heard, [&](const auto& entry) {
    return std::ranges::find(nodes, entry.first, &NodeReport::node) == nodes.end();
  });
  for (const auto& node : nodes) {
    if (node.word != AgentWord::unknown) {
      memory.heard[node.node] = round.at;
    } else if (const auto heard = memory.heard.find(node.node); heard != memory.heard.end()) {
      view.heard.insert(*heard);
    }
  }
  return view;
}

void Spectator::remember(const std::vector<Event>& events, const std::vector<GroupView>& groups) {
  for (const auto& event : events) {
    const auto* const group = find_group(groups, event.group);
    if (group == nullptr || event.addresses.empty()) continue;  // problems are shown while they last
    if (event.kind == EventKind::holder && !event.previous.empty() &&
        event.previous != event.holders.front().hostname)
      ++groups_[event.group].tally.holder_changes;
    if (!tells_transitions(*group, event)) history_.add(event);
  }
}

}  // namespace vip::swarm
