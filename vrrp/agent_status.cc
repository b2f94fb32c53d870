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
                     .generation = config_.generation,
                     .managed = config_.managed,
                     .charge = std::string(name(standing())),
                     .waits = acts_ ? "" : siblings_->why(),
                     .healthy = is_healthy(),
                     .restarts = memory_.last_death().deaths,
                     .realtime = urgency_.realtime,
                     .memory_locked = urgency_.memory_locked,
                     .lease = lease_.count() > 0 ? std::to_string(lease_.count()) + "s" : "off",
                     .since = since_,
                     .clock = sys::wall_clock(),
                     .counters = {{"lease_renewals", keeper_->renewals()}},
                     .checks = checks_status(),
                     .routers = {}};
  for (std::size_t i = 0; i < kDiscardCount; ++i) {
    status.counters.emplace_back(name(static_cast<Discard>(i)), routers_->strays().at(i));
  }
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
                   .counters = {{"results", check.results}, {"bad", check.bad}, {"changes", check.changes}}});
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
                     .since = site.since,
                     .cause = site.cause,
                     .advert_interval = protocol.advert_interval,
                     .preempt_delay = protocol.preempt_delay,
                     .counters = {{"advertisements_sent", site.sent},
                                  {"advertisements_received", routers_->received(router)},
                                  {"hellos_sent", site.hellos_sent},
                                  {"hellos_received", routers_->hellos_received(router)},
                                  {"send_errors", site.send_errors},
                                  {"announcements", site.announcements},
                                  {"transitions", site.transitions},
                                  {"put_back", site.put_back},
                                  {"foreign_owners", site.foreign_owners},
                                  {"unheard", site.unheard}}};
  for (std::size_t i = 0; i < kDiscardCount; ++i)
    entry.counters.emplace_back(name(static_cast<Discard>(i)), routers_->discards(router).at(i));
  for (std::size_t i = 0; i < kNoticeCount; ++i)
    entry.counters.emplace_back(name(static_cast<Notice>(i)), routers_->notices(router).at(i));
  return entry;
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
