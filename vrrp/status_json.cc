// The status document. It is written while the routers wait, and so without a tree of it: with 255 routers
// that is a millisecond or two in place of tens.
#include <chrono>
#include <cstdint>
#include <string>

#include "common/base/text.h"
#include "common/json/json_writer.h"
#include "vrrp/status.h"

namespace vip::vrrp {
namespace {

std::int64_t milliseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

void write_discards(JsonWriter& out, const DiscardCounts& discards) {
  for (std::size_t i = 0; i < kDiscardCount; ++i) out.member(name(static_cast<Discard>(i)), discards.at(i));
}

void write_counters(JsonWriter& out, const RouterCounters& counters) {
  out.member("advertisements_sent", counters.advertisements_sent);
  out.member("advertisements_received", counters.advertisements_received);
  out.member("priority_zero_sent", counters.priority_zero_sent);
  out.member("priority_zero_received", counters.priority_zero_received);
  out.member("hellos_sent", counters.hellos_sent);
  out.member("hellos_received", counters.hellos_received);
  out.member("send_errors", counters.send_errors);
  out.member("announcements", counters.announcements);
  out.member("transitions", counters.transitions);
  out.member("became_active", counters.became_active);
  out.member("left_active", counters.left_active);
  out.member("put_back", counters.put_back);
  out.member("foreign_owners", counters.foreign_owners);
  out.member("unheard", counters.unheard);
  write_discards(out, counters.discards);
  for (std::size_t i = 0; i < kNoticeCount; ++i)
    out.member(name(static_cast<Notice>(i)), counters.notices.at(i));
}

void write_transition(JsonWriter& out, const Transition& transition) {
  out.member("at", time_text(transition.at));
  out.member("at_ms", transition.at.count());
  out.member("from", name(transition.from));
  out.member("to", name(transition.to));
  out.member("cause", name(transition.cause));
  out.member("peer", transition.peer ? transition.peer->text() : "");
  out.member("reason", transition.reason);
  out.member("after_ms", transition.after.count());
  if (transition.silence) out.member("silence_ms", transition.silence->count());
}

void write_router(JsonWriter& out, const AgentStatus& agent, const RouterStatus& router) {
  const auto* const last = router.transitions.empty() ? nullptr : &router.transitions.back();
  out.member("group", agent.group);
  out.member("vrid", router.vrid.value);
  out.member("version", static_cast<int>(router.version));
  out.member("family", name(router.family));
  out.member("interface", router.interface);
  out.member("state", name(router.state));
  out.member("reason", router.reason);
  out.member("trouble", name(router.trouble));
  out.member("priority", router.priority.value);
  out.member("active", router.active);
  out.member("source", router.source);
  out.member("network", router.network);
  out.member("sync_group", router.sync_group);
  out.member("transport", router.multicast ? "multicast" : "unicast");
  out.list("addresses", router.addresses, [&](const IpPrefix& prefix) { out.value(prefix.text()); });
  out.list("peers", router.peers, [&](const IpAddress& peer) { out.value(peer.text()); });
  out.member("since", last == nullptr ? "" : time_text(last->at));
  out.member("cause", last == nullptr ? "" : name(last->cause));
  out.member("advert_interval_ms", milliseconds(router.advert_interval));
  out.member("preempt", router.preempt);
  out.member("preempt_delay_ms", milliseconds(router.preempt_delay));
  out.list("transitions", router.transitions,
           [&](const Transition& transition) { out.object([&] { write_transition(out, transition); }); });
  out.object("counters", [&] { write_counters(out, router.counters); });
}

void write_check(JsonWriter& out, const CheckStatus& check) {
  out.member("name", check.name);
  out.member("kind", check.kind);
  out.member("result", check.result);
  out.member("why", check.why);
  out.member("weight", check.weight);
  out.object("counters", [&] {
    out.member("results", check.results);
    out.member("bad", check.bad);
    out.member("changes", check.changes);
  });
}

void write_agent(JsonWriter& out, const AgentStatus& agent) {
  out.member("version", VIP_VERSION);
  out.member("pid", agent.pid);
  out.member("node", agent.node);
  out.member("hostname", agent.hostname);
  out.member("group", agent.group);
  out.member("generation", agent.generation);
  out.member("managed", agent.managed);
  out.member("charge", agent.charge);
  out.member("waits", agent.waits);
  out.member("healthy", agent.healthy);
  out.member("lease", agent.lease.count() > 0 ? std::to_string(agent.lease.count()) + "s" : "off");
  out.member("restarts", agent.restarts);
  out.member("realtime", agent.realtime);
  out.member("memory_locked", agent.memory_locked);
  out.member("since", agent.since);
  out.member("clock_ms", milliseconds(agent.clock));
  out.object("counters", [&] {
    out.member("lease_renewals", agent.lease_renewals);
    write_discards(out, agent.strays);
  });
  out.list("checks", agent.checks,
           [&](const CheckStatus& check) { out.object([&] { write_check(out, check); }); });
}

}  // namespace

std::string to_json(const AgentStatus& status) {
  JsonWriter out;
  out.object([&] {
    out.object("agent", [&] { write_agent(out, status); });
    out.list("routers", status.routers,
             [&](const RouterStatus& router) { out.object([&] { write_router(out, status, router); }); });
  });
  return std::move(out).text();
}

}  // namespace vip::vrrp
