#include "operator/view/state_document.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "operator/core/time_text.h"

namespace vip::swarm {
namespace {

using nlohmann::ordered_json;

std::int64_t milliseconds(Duration span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

std::int64_t milliseconds(WallTime at) {
  return milliseconds(at.time_since_epoch());
}

// As a number where it is one: it came as text over the network.
ordered_json number(const std::string& text) {
  const auto value = parse_number<std::int64_t>(text);
  return value ? ordered_json(*value) : ordered_json();
}

void add_moment(ordered_json& object, const char* key, const std::string& text) {
  if (const auto at = parse_wall_time(text); at != WallTime{}) object[key] = milliseconds(at);
}

std::string_view word(AgentWord word) {
  switch (word) {
    case AgentWord::reports:
      return "reports";
    case AgentWord::stands_by:
      return "stands_by";
    case AgentWord::unknown:
      break;
  }
  return "unknown";
}

std::vector<std::string> addresses_of(const RouterReport& router) {
  std::vector<std::string> addresses;
  addresses.reserve(router.addresses.size());
  for (const auto& text : router.addresses) {
    const auto prefix = IpPrefix::parse(text);
    addresses.push_back(prefix ? prefix->address.text() : text);
  }
  return addresses;
}

ordered_json router_json(const GroupReport& group, const NodeReport& node, const RouterReport& router) {
  ordered_json object{{"vrid", number(router.vrid)},         {"family", router.family},
                      {"interface", router.interface},       {"state", router.state},
                      {"priority", number(router.priority)}, {"addresses", addresses_of(router)}};
  add_moment(object, "since_ms", router.since);
  object["cause"] = router.cause;
  object["trouble"] = router.trouble;
  object["words"] = trouble_words(group, node, router);
  return object;
}

ordered_json node_json(const GroupView& group, const NodeReport& node) {
  ordered_json object{{"id", node.node},
                      {"name", node.hostname.empty() ? node.node : node.hostname},
                      {"address", node.address ? node.address->text() : ""},
                      {"word", word(node.word)},
                      {"reason", node.reason},
                      {"routers", ordered_json::array()},
                      {"checks", ordered_json::array()}};
  if (const auto heard = group.heard.find(node.node); heard != group.heard.end())
    object["heard_ms"] = milliseconds(heard->second);
  for (const auto& router : node.routers)
    object["routers"].push_back(router_json(group.now.agents, node, router));
  for (const auto& check : node.checks)
    object["checks"].push_back({{"name", check.name}, {"result", check.result}, {"why", check.why}});
  return object;
}

ordered_json address_json(const AddressView& address) {
  std::vector<std::string> holders(address.holders.size());
  std::ranges::transform(address.holders, holders.begin(), [](const Holder& holder) {
    return holder.hostname.empty() ? holder.node : holder.hostname;
  });
  ordered_json object{{"vip", address.address.text()},
                      {"vrid", address.vrid.value},
                      {"family", name(address.address.family())},
                      {"holders", std::move(holders)}};
  if (address.since) object["since_ms"] = milliseconds(*address.since);
  object["state"] = name(address.hold);
  return object;
}

// Who has the plan that is deployed, of all that should.
std::string progress_words(const GroupView& group) {
  if (!group.now.plan) return {};
  const auto generation = group.now.plan->generation;
  const auto& nodes = group.now.agents.nodes;
  const auto have = std::ranges::count(nodes, generation, &NodeReport::generation);
  return std::to_string(have) + " of " + std::to_string(nodes.size()) + " agents have plan " +
         std::to_string(generation);
}

ordered_json rollout_json(const GroupView& group) {
  const auto& rollout = group.now.rollout;
  auto words = rollout.text;
  if (rollout.state == Rollout::State::updating) words.append(": ").append(progress_words(group));
  return {{"state", name(rollout.state)}, {"text", words}};
}

// The worst first.
ordered_json problems_json(const GroupRound& group) {
  auto problems = group.problems;
  std::ranges::move(troubles(group.agents), std::back_inserter(problems));
  std::ranges::stable_sort(problems, std::ranges::greater{}, &Problem::severity);
  auto list = ordered_json::array();
  for (const auto& problem : problems)
    list.push_back({{"severity", name(problem.severity)}, {"text", problem.text}});
  return list;
}

ordered_json group_json(const GroupView& group) {
  const plan::Plan none;
  const auto& plan = group.now.plan ? *group.now.plan : none;
  ordered_json object{{"name", group.now.name},
                      {"generation", group.now.plan ? plan.generation : 0},
                      {"version", plan.version},
                      {"interval_ms", plan.advert_interval.count()},
                      {"auth", plan::Auth::name(plan.auth.mode)},
                      {"preempt", plan.preempt},
                      {"rollout", rollout_json(group)},
                      {"addresses", ordered_json::array()},
                      {"nodes", ordered_json::array()},
                      {"problems", problems_json(group.now)}};
  for (const auto& address : group.addresses) object["addresses"].push_back(address_json(address));
  for (const auto& node : group.now.agents.nodes) object["nodes"].push_back(node_json(group, node));
  return object;
}

ordered_json entry_json(const HistoryEntry& entry) {
  ordered_json object{{"at_ms", milliseconds(entry.at)},
                      {"group", entry.group},
                      {"node", entry.node},
                      {"vrid", number(entry.vrid)},
                      {"family", entry.family},
                      {"vip", entry.addresses},
                      {"from", entry.from},
                      {"to", entry.to},
                      {"cause", entry.cause},
                      {"peer", entry.peer},
                      {"after_ms", entry.after.count()}};
  if (entry.silence) object["silence_ms"] = entry.silence->count();
  object["text"] = entry.text;
  return object;
}

std::string dumped(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::string state_text(const std::vector<GroupView>& groups, const std::vector<HistoryEntry>& history) {
  ordered_json state{{"groups", ordered_json::array()}, {"history", ordered_json::array()}};
  for (const auto& group : groups) state["groups"].push_back(group_json(group));
  for (const auto& entry : history) state["history"].push_back(entry_json(entry));
  return dumped(state);
}

std::string state_answer(const View& view, const OperatorFacts& facts, std::optional<std::uint64_t> known,
                         const Moment& moment) {
  const ordered_json head{{"serial", view.serial},
                          {"age_ms", milliseconds(moment.now - view.seen_at)},
                          {"looked_ms", milliseconds(blindness(facts, moment.now))},
                          {"now_ms", milliseconds(moment.at)},
                          {"operator",
                           {{"version", facts.version},
                            {"service", facts.service},
                            {"node", facts.node},
                            {"failure", facts.failure}}}};
  auto text = dumped(head);
  if (known == view.serial) return text;
  text.back() = ',';
  return text.append("\"state\":").append(view.state).append("}");
}

}  // namespace vip::swarm
