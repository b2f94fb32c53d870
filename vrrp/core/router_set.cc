#include "vrrp/core/router_set.h"

#include <algorithm>
#include <utility>

namespace vip::vrrp {
namespace {

template <typename Kind, std::size_t Count>
void count(std::array<std::uint64_t, Count>& counts, Kind kind) {
  ++counts.at(static_cast<std::size_t>(kind));
}

}  // namespace

Family RouterSetup::family() const {
  return protocol.addresses.empty() ? Family::ipv4 : protocol.addresses.front().address.family();
}

RouterSet::Member::Member(RouterSetup wanted)
    : setup(std::move(wanted)), machine(setup.protocol), peers(setup.rules.peers) {}

RouterSet::RouterSet(std::vector<RouterSetup> setups, Authenticator authenticator)
    : authenticator_(std::move(authenticator)) {
  std::set<std::string> groups;
  for (auto& setup : setups) {
    setup.protocol.in_group = !setup.sync_group.empty();
    setup.protocol.decides_ties = !setup.protocol.in_group || groups.insert(setup.sync_group).second;
    members_.emplace_back(std::move(setup));
  }
}

void RouterSet::place(std::size_t router, IfIndex interface) {
  auto& member = members_.at(router);
  member.interface = interface;
  member.setup.rules.interface = interface;
}

RouterActions RouterSet::start(TimePoint now) {
  RouterActions out;
  for (std::size_t i = 0; i < members_.size(); ++i) step(now, i, Started{.link_up = group_usable(i)}, out);
  return out;
}

RouterActions RouterSet::stop(TimePoint now) {
  RouterActions out;
  for (std::size_t i = 0; i < members_.size(); ++i) step(now, i, Stopped{}, out);
  return out;
}

RouterActions RouterSet::link_changed(TimePoint now, std::size_t router, bool usable,
                                      const std::optional<IpAddress>& source) {
  RouterActions out;
  auto& member = members_.at(router);
  member.usable = usable;
  const bool together = group_usable(router);
  step(now, router, LinkChanged{.up = together, .source = source, .by_group = usable && !together}, out);
  for (const auto other : companions(router))
    step(now, other, LinkChanged{.up = together, .by_group = true}, out);
  return out;
}

RouterActions RouterSet::feed(TimePoint now, std::size_t router, const Event& event) {
  RouterActions out;
  step(now, router, event, out);
  return out;
}

void RouterSet::step(TimePoint now, std::size_t router, const Event& event, RouterActions& out) {
  std::optional<StateChanged> changed;
  bool ready = false;
  for (const auto& action : members_.at(router).machine.step(now, event)) {
    if (std::holds_alternative<ReadyToClaim>(action)) {
      ready = true;
      continue;
    }
    if (const auto* change = std::get_if<StateChanged>(&action)) changed = *change;
    out.push_back({.router = router, .action = action});
  }
  queue(router);
  if (members_.at(router).setup.sync_group.empty()) return;
  if (changed) follow(now, router, *changed, out);
  if (ready) claim_together(now, router, out);
}

// What one router of a group had to do for a reason of its own, the others do too.
void RouterSet::follow(TimePoint now, std::size_t router, const StateChanged& change, RouterActions& out) {
  if (change.cause == Cause::group) return;
  for (const auto other : companions(router)) {
    if (change.cause == Cause::stalled) {
      step(now, other, Stalled{}, out);
      continue;
    }
    if (change.from == State::active && change.to == State::backup) step(now, other, Yielded{}, out);
    if (change.cause == Cause::address_refused)
      step(now, other, LinkChanged{.up = false, .by_group = true}, out);
    if (change.cause == Cause::retry) step(now, other, LinkChanged{.up = true, .by_group = true}, out);
  }
}

void RouterSet::claim_together(TimePoint now, std::size_t router, RouterActions& out) {
  const auto others = companions(router);
  const bool all = std::ranges::all_of(others, [this](auto other) { return machine(other).is_ready(); });
  if (!all) return;
  step(now, router, Claimed{}, out);
  for (const auto other : others) step(now, other, Claimed{}, out);
}

std::vector<std::size_t> RouterSet::companions(std::size_t router) const {
  std::vector<std::size_t> found;
  const auto& group = setup(router).sync_group;
  if (group.empty()) return found;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (i != router && setup(i).sync_group == group) found.push_back(i);
  }
  return found;
}

bool RouterSet::group_usable(std::size_t router) const {
  return members_.at(router).usable &&
         std::ranges::all_of(companions(router), [this](auto other) { return members_.at(other).usable; });
}

Reception RouterSet::receive(TimePoint now, const Envelope& envelope, std::span<const std::uint8_t> packet,
                             Duration wall_clock) {
  Reception reception;
  const auto discard = [&](DiscardCounts& counts, Discard why) {
    count(counts, why);
    reception.discarded = why;
    return std::move(reception);
  };
  const auto decoded = decode(packet, envelope);
  if (!decoded) return discard(strays_, decoded.error());
  const auto& advertisement = decoded->advertisement;
  reception.router = addressed(advertisement.vrid, envelope);
  if (!reception.router) return discard(strays_, Discard::vrid);
  auto& member = members_.at(*reception.router);
  const auto authenticity = authenticator_.judge(packet, envelope.source, wall_clock);
  if (!authenticity) return discard(member.discards, authenticity.error());
  const auto& config = member.machine.config();
  if (const auto why = check(advertisement, envelope, config, member.setup.rules, *authenticity))
    return discard(member.discards, *why);
  if (*authenticity == Authenticity::authentic) member.peers.heard_authentic(envelope.source, now);
  ++member.received;
  const auto odd = vrrp::notices(*decoded, envelope, config);
  for (std::size_t i = 0; i < kNoticeCount; ++i)
    if (odd.test(i)) ++member.notices.at(i);
  step(now, *reception.router,
       Received{
           .source = envelope.source, .priority = advertisement.priority, .interval = advertisement.interval},
       reception.actions);
  return reception;
}

// The router on the interface where the packet came in; else the first that listens elsewhere, too.
std::optional<std::size_t> RouterSet::addressed(Vrid vrid, const Envelope& envelope) const {
  std::optional<std::size_t> elsewhere;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const auto& member = members_[i];
    if (member.setup.protocol.vrid != vrid || member.setup.family() != envelope.source.family()) continue;
    if (member.interface == envelope.interface) return i;
    if (!elsewhere) elsewhere = i;
  }
  return elsewhere;
}

RouterActions RouterSet::expire(TimePoint now) {
  RouterActions out;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now)
    step(now, deadlines_.begin()->second, TimerExpired{}, out);
  return out;
}

RouterActions RouterSet::notice_stall(TimePoint now) {
  std::vector<std::size_t> late;  // only who has something overdue can have slept
  for (const auto& [when, router] : deadlines_) {
    if (when > now) break;
    late.push_back(router);
  }
  RouterActions out;
  for (const auto router : late) {
    auto& member = members_.at(router);
    const bool alone = member.setup.transport == Transport::unicast && member.peers.current(now).empty();
    if (!alone && member.machine.is_stalled(now)) step(now, router, Stalled{}, out);
  }
  return out;
}

std::optional<TimePoint> RouterSet::next_deadline() const {
  return deadlines_.empty() ? std::nullopt : std::optional(deadlines_.begin()->first);
}

void RouterSet::queue(std::size_t router) {
  auto& member = members_.at(router);
  const auto deadline = member.machine.next_deadline();
  const auto when = deadline ? std::optional(deadline->when) : std::nullopt;
  if (when == member.queued) return;
  if (member.queued) deadlines_.erase({*member.queued, router});
  if (when) deadlines_.emplace(*when, router);
  member.queued = when;
}

std::vector<Packet> RouterSet::packets(std::size_t router, Priority priority, TimePoint now,
                                       Duration wall_clock) {
  auto& member = members_.at(router);
  const auto& config = member.machine.config();
  Advertisement advertisement{.version = config.version,
                              .vrid = config.vrid,
                              .priority = priority,
                              .interval = config.advert_interval,
                              .auth_type = config.auth_type,
                              .auth = config.auth,
                              .addresses = {}};
  for (const auto& prefix : config.addresses) advertisement.addresses.push_back(prefix.address);
  const bool multicast = member.setup.transport == Transport::multicast;
  const auto destinations =
      multicast ? std::vector{multicast_group(member.setup.family())} : member.peers.current(now);
  std::optional<Trailer> trailer;  // one signature serves all destinations
  std::vector<Packet> packets;
  for (const auto& destination : destinations) {
    const bool on_link = multicast || destination.is_link_local();
    Packet packet{.envelope = {.source = config.source,
                               .destination = destination,
                               .interface = on_link ? member.interface : IfIndex(0)},
                  .bytes = {}};
    packet.bytes = encode(advertisement, packet.envelope, member.setup.checksum);
    if (authenticator_.signs()) {
      if (!trailer) trailer = authenticator_.sign_next(packet.bytes, config.source, wall_clock);
      append_trailer(packet.bytes, *trailer, packet.envelope);
    }
    packets.push_back(std::move(packet));
  }
  return packets;
}

}  // namespace vip::vrrp
