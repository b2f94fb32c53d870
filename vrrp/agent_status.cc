// The agent's picture of itself.
#include <algorithm>

#include <unistd.h>

#include "common/sys/posix.h"
#include "vrrp/agent.h"

namespace vip::vrrp {
namespace {

// Who has an address announces it now and then.
constexpr Duration kOwnerKnownFor = std::chrono::minutes(1);

// Members must share it, or the addresses cannot move between them.
std::string network_of(const std::optional<ObservedLink>& link, const std::optional<IpAddress>& source) {
  if (!link || !source) return {};
  const auto found = std::ranges::find(link->addresses, *source, &IpPrefix::address);
  return found == link->addresses.end() ? std::string() : found->text();
}

}  // namespace

AgentStatus Agent::status() const {
  AgentStatus status{.pid = ::getppid(),
                     .group = config_.group,
                     .node = config_.node,
                     .hostname = config_.hostname,
                     .generation = config_.generation,
                     .managed = config_.managed,
                     .acts = acts_,
                     .charge = std::string(name(standing())),
                     .waits = acts_ ? "" : siblings_->why(),
                     .healthy = is_healthy(),
                     .restarts = memory_.last_death().deaths,
                     .realtime = urgency_.realtime,
                     .memory_locked = urgency_.memory_locked,
                     .lease = lease_,
                     .since = since_,
                     .clock = sys::wall_clock(),
                     .lease_renewals = keeper_->renewals(),
                     .strays = routers_->strays(),
                     .checks = checks_status(),
                     .routers = {}};
  // Silent for a successor that has not answered yet, they are still this agent's. Else who is in charge
  // speaks.
  if (!acts_ && standing() != Standing::handing) return status;
  for (std::size_t i = 0; i < sites_.size(); ++i) status.routers.push_back(status_of(i));
  return status;
}

std::vector<CheckStatus> Agent::checks_status() const {
  std::vector<CheckStatus> all;
  if (!health_) return all;
  for (const auto& check : health_->checks()) {
    const bool passes = check.passes.value_or(false);
    all.push_back({.name = check.settings.name,
                   .kind = std::string(name(check.settings.kind)),
                   .result = !check.passes ? "unknown"
                             : passes      ? "passes"
                                           : "fails",
                   .why = passes ? "" : check.why,
                   .weight = check.settings.weight,
                   .results = check.results,
                   .bad = check.bad,
                   .changes = check.changes});
  }
  return all;
}

RouterStatus Agent::status_of(std::size_t router) const {
  const auto& site = sites_.at(router);
  const auto& machine = routers_->machine(router);
  const auto& protocol = machine.config();
  const auto active = machine.active_router();
  const auto wrong = complaint(router);
  RouterStatus entry{.vrid = protocol.vrid,
                     .version = protocol.version,
                     .family = site.settings.family(),
                     .interface = site.link ? site.link->name : "",
                     .state = machine.state(),
                     .reason = wrong.words,
                     .trouble = wrong.trouble,
                     .priority = protocol.priority,
                     .active = active ? active->text() : "",
                     .source = site.source ? site.source->text() : "",
                     .network = network_of(site.link, site.source),
                     .sync_group = site.settings.sync_group,
                     .multicast = site.settings.transport == Transport::multicast,
                     .preempt = protocol.preempt,
                     .addresses = protocol.addresses,
                     .peers = site.settings.rules.peers,
                     .advert_interval = protocol.advert_interval,
                     .preempt_delay = protocol.preempt_delay,
                     .transitions = site.transitions,
                     .counters = site.counters,
                     .takeovers = site.takeovers};
  entry.counters.advertisements_received = routers_->received(router);
  entry.counters.hellos_received = routers_->hellos_received(router);
  entry.counters.discards = routers_->discards(router);
  entry.counters.notices = routers_->notices(router);
  return entry;
}

// In a batch a router may change more than once: the log says one after the other, and in the end what is
// remembered has all of them.
void Agent::note(const RouterActions& actions) {
  for (const auto& [router, action] : actions) {
    if (const auto* const change = std::get_if<StateChanged>(&action)) note(router, *change);
  }
}

void Agent::note(std::size_t router, const StateChanged& change) {
  using std::chrono::floor;
  using std::chrono::milliseconds;
  pulses_until_small_ = kPulsesOfCalm;
  auto& site = sites_.at(router);
  const auto now = loop_.now();
  const bool took_over = change.to == State::active && change.cause == Cause::silence && site.heard;
  Transition transition{.at = floor<milliseconds>(sys::wall_clock()),
                        .when = now,
                        .from = change.from,
                        .to = change.to,
                        .cause = change.cause,
                        .peer = change.peer,
                        .reason = change.to == State::fault ? complaint(router).words : "",
                        .after = floor<milliseconds>(now - site.changed),
                        .silence = {}};
  // Each has an instant of its own, by which others tell them apart.
  while (std::ranges::find(site.transitions, transition.at, &Transition::at) != site.transitions.end())
    ++transition.at;
  if (took_over) {
    site.takeovers.add(now - *site.heard);
    transition.silence = floor<milliseconds>(now - *site.heard);
  }
  // Only a backup listens to somebody else.
  if (change.to != State::backup) site.heard.reset();
  ++site.counters.transitions;
  if (change.to == State::active) ++site.counters.became_active;
  if (change.from == State::active) ++site.counters.left_active;
  site.changed = now;
  site.transitions.push_back(std::move(transition));
  ++site.untold;
  while (site.transitions.size() > std::max(kTransitionsKept, site.untold))
    site.transitions.erase(site.transitions.begin());
}

void Agent::note(std::size_t router, const Received& advert) {
  auto& site = sites_.at(router);
  if (advert.priority == kPriorityLeaving) {
    ++site.counters.priority_zero_received;
  } else if (routers_->machine(router).active_router() == advert.source) {
    site.heard = loop_.now();
  }
}

Agent::Complaint Agent::complaint(std::size_t router) const {
  const auto& site = sites_.at(router);
  if (routers_->machine(router).state() == State::fault) {
    if (!site.fault.empty()) return {.trouble = site.trouble, .words = site.fault};
    if (!routers_->machine(router).is_well())
      return {.trouble = Trouble::check_failed, .words = health_ ? health_->why_unwell() : ""};
    if (!site.refusal.empty()) return {.trouble = site.refused, .words = site.refusal};
    return {.trouble = Trouble::companion, .words = "another router of its sync group cannot work"};
  }
  for (const auto& [address, other] : site.others) {
    // What was heard as a backup was the owner's.
    if (!is_active(router) || other.heard < site.changed || loop_.now() - other.heard > kOwnerKnownFor)
      continue;
    return {.trouble = Trouble::duplicate_owner,
            .words = address.text() + " is announced by " + text(other.announcement.mac) + ", too"};
  }
  const auto unfit = siblings_ ? siblings_->why_no_heir() : "";
  if (!unfit.empty())
    return {.trouble = Trouble::update_unfit, .words = "a newer agent here takes nothing over: " + unfit};
  return {};
}

}  // namespace vip::vrrp
