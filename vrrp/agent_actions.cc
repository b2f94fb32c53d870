// What the agent does for its routers: sends, announces, claims, releases, and logs.
#include <algorithm>
#include <utility>

#include "common/sys/log.h"
#include "common/sys/posix.h"
#include "vrrp/agent.h"

namespace vip::vrrp {
namespace {

// So long an announcement says who has an address: whoever claims it repeats it for a second at least.
constexpr Duration kSuccessorKnownFor = std::chrono::seconds(3);

std::string seconds_text(Duration duration) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  auto fraction = std::to_string(milliseconds % 1000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return std::to_string(milliseconds / 1000) + "." + fraction;
}

}  // namespace

void Agent::perform(const RouterActions& actions) {
  obey(actions);
  end_turn();
}

void Agent::obey(const RouterActions& actions) {
  const auto carry_out_all = [this](const RouterActions& all) {
    note(all);
    remember(all);
    for (const auto& action : all) carry_out(action);
    send_advertisements();
  };
  carry_out_all(actions);
  while (!answers_.empty()) {
    const auto [router, answer] = std::move(answers_.front());
    answers_.pop_front();
    carry_out_all(routers_->feed(loop_.now(), router, answer));
  }
  if (is_going_ && acts_ && routers_->authenticator().has_outgrown(remembered_number_)) remember_set();
}

void Agent::end_turn() {
  arm_timers();
  if (leaving_ && !routers_->is_lingering()) gone_();
}

void Agent::carry_out(const RouterAction& action) {
  if (!std::holds_alternative<SendAdvertisement>(action.action)) send_advertisements();
  std::visit([&](const auto& what) { carry_out(action.router, what); }, action.action);
}

void Agent::carry_out(std::size_t router, const SendAdvertisement& action) {
  auto& site = sites_.at(router);
  // RFC 9568, 7.3: what goes to the group comes from the virtual MAC, so that switches know where it is.
  const bool by_virtual_mac = site.virtual_link && site.settings.transport == Transport::multicast;
  for (auto& packet : routers_->packets(router, action.priority, loop_.now(), sys::wall_clock())) {
    if (by_virtual_mac) packet.envelope.interface = site.virtual_link->index();
    outbox_.packets.push_back(std::move(packet));
    outbox_.senders.push_back({.router = router, .priority = action.priority});
  }
}

void Agent::send_advertisements() {
  if (outbox_.packets.empty()) return;
  sockets_.packets.send(outbox_.packets, [this](std::size_t place, const Status& sent) {
    const auto& [router, priority] = outbox_.senders.at(place);
    auto& counters = sites_.at(router).counters;
    ++(sent ? counters.advertisements_sent : counters.send_errors);
    if (sent && priority == kPriorityLeaving) ++counters.priority_zero_sent;
    if (!sent) chronicle_.failed(loop_.now(), "send_failed", sent.error());
  });
  outbox_.packets.clear();
  outbox_.senders.clear();
}

void Agent::carry_out(std::size_t router, const HoldAddresses&) {
  auto& site = sites_.at(router);
  site.claiming = true;
  site.refusals = 0;
  if (site.virtual_link) {
    const auto raised = site.virtual_link->raise();
    if (!raised) return refuse(router, site.settings.protocol.addresses.front(), raised.error());
  }
  if (!site.settings.accept) {
    site.claiming = false;
    answers_.emplace_back(router, AddressesHeld{});
    return;
  }
  tell(router, keeper_->claim(loop_.now(), located(router)));
}

void Agent::release(const std::vector<IpPrefix>& addresses) {
  const auto outcome = keeper_->release(addresses);
  for (const auto& [prefix, error] : outcome.not_released) {
    log::warning("release_failed",
                 {{"group", config_.group}, {"address", prefix.text()}, {"error", error.context}});
  }
  if (!outcome.not_released.empty()) look_again_soon();
}

void Agent::carry_out(std::size_t router, const ReleaseAddresses&) {
  auto& site = sites_.at(router);
  site.claiming = false;
  const auto addresses = routers_->machine(router).config().addresses;
  const auto point = [&] {
    for (const auto& prefix : addresses) point_to_successor(router, prefix.address);
  };
  point();  // before, for those who believe us now,
  release(addresses);
  point();  // and after, for who asked in between
  site.others.clear();
  auto& link = site.virtual_link;
  const auto lowered = link ? link->lower() : Status();
  if (!lowered) chronicle_.failed(loop_.now(), "virtual_mac_failed", lowered.error());
}

void Agent::carry_out(std::size_t router, const ReleaseAddress& action) {
  release({action.prefix});
  if (action.how == LingerEnd::announced) point_to_successor(router, action.prefix.address);
  sites_.at(router).others.erase(action.prefix.address);
}

// P8: who asked while two had the address may have believed us, and whoever has it may not know of us (P22).
// A virtual MAC is the same for both, and it is the switch that may have: the successor's answer to a
// question tells it better.
void Agent::point_to_successor(std::size_t router, const IpAddress& address) {
  auto& site = sites_.at(router);
  const auto other = site.others.find(address);
  if (other == site.others.end() || loop_.now() - other->second.heard > kSuccessorKnownFor) return;
  for (const auto& at : located(router)) {
    const auto link = std::ranges::find(links_, carrier(router, at), &ObservedLink::index);
    if (at.prefix.address != address || link == links_.end()) continue;
    const bool same_mac = link->index != at.interface;
    const auto frame = same_mac ? encode_probe(address, link->mac)
                                : encode_for_another(other->second.announcement, link->mac);
    const auto sent = sockets_.announcer.send(link->index, frame);
    if (!sent) chronicle_.failed(loop_.now(), "send_failed", sent.error());
  }
}

void Agent::carry_out(std::size_t router, const HandedOver& action) {
  const auto& protocol = routers_->machine(router).config();
  log::info("handed_over", {{"group", config_.group},
                            {"vrid", std::to_string(protocol.vrid.value)},
                            {"family", std::string(name(sites_.at(router).settings.family()))},
                            {"why", std::string(name(action.how))},
                            {"after_s", seconds_text(action.after)}});
}

void Agent::carry_out(std::size_t router, const AnnounceAddresses&) {
  auto& site = sites_.at(router);
  for (const auto& at : located(router)) {
    const auto what = saying(router, at);
    if (!what) continue;  // gone this moment; the fault is on its way
    const auto announced = sockets_.announcer.send(what->interface, encode(what->announcement));
    ++(announced ? site.counters.announcements : site.counters.send_errors);
    if (!announced) chronicle_.failed(loop_.now(), "send_failed", announced.error());
  }
}

void Agent::carry_out(std::size_t router, const ProbeAddresses&) {
  auto& site = sites_.at(router);
  for (const auto& at : located(router)) {
    const auto link = std::ranges::find(links_, carrier(router, at), &ObservedLink::index);
    if (link == links_.end()) continue;
    const auto sent = sockets_.announcer.send(link->index, encode_probe(at.prefix.address, link->mac));
    if (sent) continue;
    ++site.counters.send_errors;
    chronicle_.failed(loop_.now(), "send_failed", sent.error());
  }
}

// The interface with a MAC of its own under the address.
IfIndex Agent::carrier(std::size_t router, const LocatedAddress& at) const {
  const auto& site = sites_.at(router);
  const bool by_virtual_mac = site.virtual_link && site.virtual_link->index() == at.interface;
  return by_virtual_mac && site.link ? site.link->index : at.interface;
}

std::optional<Agent::Saying> Agent::saying(std::size_t router, const LocatedAddress& at) const {
  const auto& site = sites_.at(router);
  const bool by_virtual_mac = site.virtual_link && site.virtual_link->index() == at.interface;
  const auto link = std::ranges::find(links_, carrier(router, at), &ObservedLink::index);
  if (link == links_.end()) return std::nullopt;
  const bool v6 = at.prefix.address.family() == Family::ipv6;
  return Saying{.interface = at.interface,
                .announcement = {.address = at.prefix.address,
                                 .mac = by_virtual_mac ? site.virtual_link->mac() : link->mac,
                                 .from_router = v6 && is_ipv6_router(link->name)}};
}

void Agent::carry_out(std::size_t router, const Unheard& action) {
  auto& site = sites_.at(router);
  ++site.counters.unheard;
  log::warning("unheard", {{"group", config_.group},
                           {"vrid", std::to_string(routers_->machine(router).config().vrid.value)},
                           {"family", std::string(name(site.settings.family()))},
                           {"peer", action.peer.text()},
                           {"reason",
                            "it says that it is active, and its advertisements do not arrive; does a "
                            "firewall drop IP protocol 112?"}});
}

void Agent::carry_out(std::size_t router, const StateChanged& action) {
  auto& site = sites_.at(router);
  const auto& protocol = routers_->machine(router).config();
  const auto& noted = site.transitions.at(site.transitions.size() - site.untold--);
  log::info("state", {{"group", config_.group},
                      {"vrid", std::to_string(protocol.vrid.value)},
                      {"family", std::string(name(site.settings.family()))},
                      {"from", std::string(name(action.from))},
                      {"to", std::string(name(action.to))},
                      {"cause", std::string(name(action.cause))},
                      {"peer", action.peer ? action.peer->text() : "-"},
                      {"priority", std::to_string(protocol.priority.value)},
                      {"interface", site.link ? site.link->name : "-"},
                      {"after_s", seconds_text(noted.after)},
                      {"silence_s", noted.silence ? seconds_text(*noted.silence) : "-"},
                      {"reason", noted.reason.empty() ? "-" : noted.reason}});
  site.claims = {};  // they were a successor's
  errands_.notify({.state = action.to,
                   .priority = protocol.priority,
                   .vrid = protocol.vrid,
                   .addresses = protocol.addresses});
  if (siblings_) siblings_->changed();
}

// The set of routers answers these itself.
void Agent::carry_out(std::size_t /*router*/, const ReadyToClaim& /*action*/) {}
void Agent::carry_out(std::size_t /*router*/, const AskPeers& /*action*/) {}
void Agent::carry_out(std::size_t /*router*/, const IntervalChanged& /*action*/) {}

}  // namespace vip::vrrp
