#include "vrrp/status.h"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "common/base/text.h"

namespace vip::vrrp {
namespace {

using nlohmann::json;

void add_discards(json& counters, const DiscardCounts& discards) {
  for (std::size_t i = 0; i < kDiscardCount; ++i) counters[name(static_cast<Discard>(i))] = discards.at(i);
}

json counters_json(const RouterCounters& counters) {
  json object{{"advertisements_sent", counters.advertisements_sent},
              {"advertisements_received", counters.advertisements_received},
              {"priority_zero_sent", counters.priority_zero_sent},
              {"priority_zero_received", counters.priority_zero_received},
              {"hellos_sent", counters.hellos_sent},
              {"hellos_received", counters.hellos_received},
              {"send_errors", counters.send_errors},
              {"announcements", counters.announcements},
              {"transitions", counters.transitions},
              {"became_active", counters.became_active},
              {"left_active", counters.left_active},
              {"put_back", counters.put_back},
              {"foreign_owners", counters.foreign_owners},
              {"unheard", counters.unheard}};
  add_discards(object, counters.discards);
  for (std::size_t i = 0; i < kNoticeCount; ++i) {
    object[name(static_cast<Notice>(i))] = counters.notices.at(i);
  }
  return object;
}

std::int64_t milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

json transition_json(const Transition& transition) {
  json object{{"at", time_text(transition.at)}, {"at_ms", transition.at.count()},
              {"from", name(transition.from)},       {"to", name(transition.to)},
              {"cause", name(transition.cause)},     {"peer", transition.peer ? transition.peer->text() : ""},
              {"reason", transition.reason},         {"after_ms", transition.after.count()}};
  if (transition.silence) object["silence_ms"] = transition.silence->count();
  return object;
}

json router_json(const AgentStatus& agent, const RouterStatus& router) {
  json addresses = json::array();
  for (const auto& prefix : router.addresses) addresses.push_back(prefix.text());
  json peers = json::array();
  for (const auto& peer : router.peers) peers.push_back(peer.text());
  json transitions = json::array();
  for (const auto& transition : router.transitions) transitions.push_back(transition_json(transition));
  const auto* const last = router.transitions.empty() ? nullptr : &router.transitions.back();
  return {{"group", agent.group},
          {"vrid", router.vrid.value},
          {"version", static_cast<int>(router.version)},
          {"family", name(router.family)},
          {"interface", router.interface},
          {"state", name(router.state)},
          {"reason", router.reason},
          {"trouble", name(router.trouble)},
          {"priority", router.priority.value},
          {"active", router.active},
          {"source", router.source},
          {"network", router.network},
          {"sync_group", router.sync_group},
          {"transport", router.multicast ? "multicast" : "unicast"},
          {"addresses", addresses},
          {"peers", peers},
          {"since", last == nullptr ? "" : time_text(last->at)},
          {"cause", last == nullptr ? "" : name(last->cause)},
          {"advert_interval_ms", milliseconds(router.advert_interval)},
          {"preempt", router.preempt},
          {"preempt_delay_ms", milliseconds(router.preempt_delay)},
          {"transitions", transitions},
          {"counters", counters_json(router.counters)}};
}

json checks_json(const std::vector<CheckStatus>& checks) {
  json all = json::array();
  for (const auto& check : checks) {
    all.push_back(
        {{"name", check.name},
         {"kind", check.kind},
         {"result", check.result},
         {"why", check.why},
         {"weight", check.weight},
         {"counters", {{"results", check.results}, {"bad", check.bad}, {"changes", check.changes}}}});
  }
  return all;
}

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return "-";
  if (found->is_string()) return found->get<std::string>().empty() ? "-" : found->get<std::string>();
  return found->dump();
}

std::string addresses_of(const json& router) {
  std::string text;
  if (!router.contains("addresses") || !router["addresses"].is_array()) return "-";
  for (const auto& address : router["addresses"]) {
    if (!address.is_string()) continue;
    if (!text.empty()) text += ',';
    text += address.get<std::string>();
  }
  return text;
}

Result<json> merge(const std::vector<std::string>& documents) {
  json merged{{"agents", json::array()}, {"routers", json::array()}};
  for (const auto& text : documents) {
    auto document = json::parse(text, nullptr, /*allow_exceptions=*/false);
    const bool sound = document.is_object() && document.contains("agent") && document["agent"].is_object() &&
                       document.contains("routers") && document["routers"].is_array();
    if (!sound) return fail(Errc::invalid, "the answer is not a status document");
    document["agent"]["routers"] = document["routers"].size();
    merged["agents"].push_back(document["agent"]);
    for (const auto& router : document["routers"]) {
      if (router.is_object()) merged["routers"].push_back(router);
    }
  }
  return merged;
}

}  // namespace

std::string to_json(const AgentStatus& status) {
  json routers = json::array();
  for (const auto& router : status.routers) routers.push_back(router_json(status, router));
  json counters{{"lease_renewals", status.lease_renewals}};
  add_discards(counters, status.strays);
  const json agent{{"version", VIP_VERSION},
                   {"pid", status.pid},
                   {"node", status.node},
                   {"hostname", status.hostname},
                   {"group", status.group},
                   {"generation", status.generation},
                   {"managed", status.managed},
                   {"charge", status.charge},
                   {"waits", status.waits},
                   {"healthy", status.healthy},
                   {"lease", status.lease.count() > 0 ? std::to_string(status.lease.count()) + "s" : "off"},
                   {"restarts", status.restarts},
                   {"realtime", status.realtime},
                   {"memory_locked", status.memory_locked},
                   {"since", status.since},
                   {"clock_ms", milliseconds(status.clock)},
                   {"counters", counters},
                   {"checks", checks_json(status.checks)}};
  return json{{"agent", agent}, {"routers", routers}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::string> merged_status(const std::vector<std::string>& documents) {
  VIP_TRY(const auto merged, merge(documents));
  return merged.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<std::string> status_line(const std::vector<std::string>& documents, const std::string& error) {
  VIP_TRY(auto merged, merge(documents));
  if (!error.empty()) merged["error"] = trim(error);
  return merged.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<std::string> status_table(const std::vector<std::string>& documents) {
  VIP_TRY(const auto merged, merge(documents));
  std::string table;
  for (const auto& router : merged["routers"]) {
    table += text_of(router, "group") + "  vrid " + text_of(router, "vrid") + "  " +
             text_of(router, "interface") + "  " + text_of(router, "state") + "  priority " +
             text_of(router, "priority") + "  active " + text_of(router, "active") + "  " +
             addresses_of(router) + "  since " + text_of(router, "since");
    const auto reason = text_of(router, "reason");
    if (reason != "-") table += "  (" + reason + ")";
    table += '\n';
  }
  for (const auto& agent : merged["agents"]) {
    if (agent["routers"] != 0) continue;
    const auto waits = text_of(agent, "waits");
    const auto why = waits == "-" ? "this node is not a member of the group" : waits;
    table += text_of(agent, "group") + "  standing by: " + why + "\n";
  }
  return table;
}

}  // namespace vip::vrrp
