#include "vrrp/core/router_set.h"

#include <algorithm>
#include <utility>

namespace vip::vrrp {
namespace {

constexpr Duration kRoundOfActive = std::chrono::seconds(1);
constexpr Duration kOwnersAnswerWithin = std::chrono::seconds(1);
constexpr int kFarewells = 3;
constexpr Priority kHeldUp{253};  // below whoever a person prefers

template <typename Kind, std::size_t Count>
void count(std::array<std::uint64_t, Count>& counts, Kind kind) {
  ++counts.at(static_cast<std::size_t>(kind));
}

SendHello answer_to(const IpAddress& asker, const Hello& question, const RouterConfig& us) {
  const bool by_other = question.vrid != us.vrid;
  return {.kind = HelloKind::answer,
          .to = asker,
          .ticket = question.ticket,
          .vrid = by_other ? std::optional(question.vrid) : std::nullopt};
}

}  // namespace

bool is_of(const SetMemory::Router& memory, const RouterSetup& setup) {
  const auto& now = setup.protocol;
  const bool meets =
      memory.vrid == now.vrid || memory.also_vrid == now.vrid || (now.also && memory.vrid == now.also->vrid);
  const bool elsewhere = !memory.network.empty() && !setup.network.empty() && memory.network != setup.network;
  return meets && memory.family == setup.family() && !elsewhere;
}

Family RouterSetup::family() const {
  return protocol.addresses.empty() ? Family::ipv4 : protocol.addresses.front().address.family();
}

RouterSet::Member::Member(RouterSetup wanted, Duration first_round)
    : setup(std::move(wanted)),
      machine(setup.protocol),
      peers(setup.rules.peers),
      acquaintances(setup.rules.peers, first_round) {}

RouterSet::RouterSet(std::vector<RouterSetup> setups, Authenticator authenticator)
    : authenticator_(std::move(authenticator)) {
  std::set<std::string> groups;
  const auto count = static_cast<int>(setups.size());
  members_.reserve(setups.size());
  for (auto& setup : setups) {
    setup.protocol.in_group = !setup.sync_group.empty();
    setup.protocol.asks_peers = authenticator_.has_keys() && setup.transport == Transport::unicast &&
                                setup.protocol.version == Version::v3;
    setup.protocol.decides_ties = !setup.protocol.in_group || groups.insert(setup.sync_group).second;
    const auto turn = static_cast<int>(members_.size());
    members_.emplace_back(std::move(setup), Acquaintances::kRound * (turn + 1) / count);
  }
  index();
}

void RouterSet::index() {
  by_vrid_.fill({});
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const auto& config = members_[i].machine.config();
    by_vrid_.at(config.vrid.value).push_back(i);
    if (config.also && config.also->vrid != config.vrid) by_vrid_.at(config.also->vrid.value).push_back(i);
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

RouterActions RouterSet::resume(TimePoint now, const SetMemory& memory, bool addresses_kept) {
  authenticator_.resume(memory.authenticator);
  std::map<std::size_t, Actions> resumed;
  std::map<std::size_t, std::uint64_t> old_generations;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    auto& member = members_[i];
    const auto known = std::ranges::find_if(memory.routers, [&](const SetMemory::Router& router) {
      return is_of(router, member.setup) && router.machine.state != State::initialize;
    });
    if (known == memory.routers.end()) continue;
    member.peers.resume(known->transient_peers);
    member.bonus = known->machine.bonus;
    old_generations.emplace(i, known->machine.generation);
    resumed.emplace(i, member.machine.resume(now, known->machine, memory.as_of, addresses_kept));
    // P17: as in a first listening; what it was told may not have been remembered.
    const bool listens = known->machine.state == State::backup && !member.machine.active_router();
    if (listens && member.setup.checks_duplicates) member.duplicate_check.begin(now);
  }
  RouterActions out;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const bool usable = group_usable(i);
    const auto known = resumed.find(i);
    if (known == resumed.end()) {
      step(now, i, Started{.link_up = usable}, out);
      continue;
    }
    auto& member = members_[i];
    const bool in_fault = member.machine.state() == State::fault;
    if (member.machine.config().asks_peers && !in_fault) member.acquaintances.begin(now);
    follow_up(now, i, known->second, out);
    if (usable == in_fault)
      step(now, i, LinkChanged{.up = usable, .by_group = member.usable && !usable}, out);
    hold_up(now, i, old_generations.at(i), out);
  }
  return out;
}

SetMemory RouterSet::memory(TimePoint now) const {
  SetMemory memory{.as_of = now, .authenticator = authenticator_.memory(), .routers = {}};
  for (std::size_t i = 0; i < members_.size(); ++i) memory.routers.push_back(memory_of(i, now));
  return memory;
}

SetMemory::Router RouterSet::memory_of(std::size_t router, TimePoint now) const {
  const auto& member = members_.at(router);
  const auto& config = member.machine.config();
  auto machine = member.machine.memory(now);
  machine.bonus = member.bonus;
  return {.vrid = config.vrid,
          .also_vrid = config.also ? std::optional(config.also->vrid) : std::nullopt,
          .family = member.setup.family(),
          .network = member.setup.network,
          .machine = std::move(machine),
          .transient_peers = member.peers.transient(),
          .transitions = {}};
}

RouterActions RouterSet::stop(TimePoint now) {
  RouterActions out;
  for (std::size_t i = 0; i < members_.size(); ++i)
    step(now, i, Stopped{.farewells = farewells(now, i)}, out);
  return out;
}

// Who answers our hello could follow. Who does not may be of another make; that one hears the first word.
int RouterSet::farewells(TimePoint now, std::size_t router) {
  if (is_alone(now, router)) return 0;
  const auto& member = members_.at(router);
  return member.machine.config().asks_peers && !member.acquaintances.knows_anybody() ? 1 : kFarewells;
}

bool RouterSet::is_lingering() const {
  return std::ranges::any_of(members_, [](const auto& member) { return member.machine.is_lingering(); });
}

bool RouterSet::is_alone(TimePoint now, std::size_t router) const {
  const auto& member = members_.at(router);
  return member.setup.transport == Transport::unicast && !member.peers.has_any(now);
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

RouterActions RouterSet::health_changed(TimePoint now, bool well, int bonus) {
  RouterActions out;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    members_[i].bonus = bonus;
    step(now, i, health_of(now, i, well), out);
  }
  return out;
}

HealthChanged RouterSet::health_of(TimePoint now, std::size_t router, bool well) {
  return {.well = well,
          .bonus = bonus_of(members_.at(router)),
          .link_up = group_usable(router),
          .farewells = farewells(now, router)};
}

int RouterSet::bonus_of(const Member& member) {
  return member.steps_back_by ? kHeldUp.value - member.setup.protocol.priority.value : member.bonus;
}

void RouterSet::hold_up(TimePoint now, std::size_t router, std::uint64_t old_generation, RouterActions& out) {
  auto& member = members_.at(router);
  const auto& config = member.machine.config();
  const bool is_new = config.asks_peers && old_generation < config.generation;
  if (!is_new || member.machine.state() != State::active) return;
  if (!is_level_above(config, kHeldUp, member.setup.protocol.priority)) return;
  member.steps_back_by = now + kStepsBackWithin;
  step(now, router, health_of(now, router, member.machine.is_well()), out);
}

void RouterSet::step_back(TimePoint now, std::size_t router, RouterActions& out) {
  auto& member = members_.at(router);
  if (!member.steps_back_by) return;
  const bool waits = member.machine.state() == State::active &&
                     !member.acquaintances.all_have(member.machine.config().generation);
  if (waits && now < *member.steps_back_by) return;
  member.steps_back_by.reset();
  step(now, router, health_of(now, router, member.machine.is_well()), out);
}

RouterActions RouterSet::feed(TimePoint now, std::size_t router, const Event& event) {
  RouterActions out;
  step(now, router, event, out);
  return out;
}

void RouterSet::step(TimePoint now, std::size_t router, const Event& event, RouterActions& out) {
  const auto actions = members_.at(router).machine.step(now, event);
  if (std::holds_alternative<Reconfigured>(event)) index();
  follow_up(now, router, actions, out);
}

// What the set has to do for its router, and passes on of what it wants.
void RouterSet::follow_up(TimePoint now, std::size_t router, const Actions& actions, RouterActions& out) {
  auto& member = members_.at(router);
  std::optional<StateChanged> changed;
  bool ready = false;
  for (const auto& action : actions) {
    if (std::holds_alternative<ReadyToClaim>(action)) {
      ready = true;
      continue;
    }
    if (const auto* question = std::get_if<AskPeers>(&action)) {
      question->only ? ask(now, router, *question->only, out) : member.acquaintances.begin(now);
      continue;
    }
    if (std::holds_alternative<ProbeAddresses>(action)) {
      if (member.setup.checks_duplicates) member.duplicate_check.begin(now, kOwnersAnswerWithin);
      continue;
    }
    if (const auto* change = std::get_if<StateChanged>(&action)) changed = *change;
    out.push_back({.router = router, .action = action});
  }
  const auto state = member.machine.state();
  if (state == State::initialize || state == State::fault) member.acquaintances.stop();
  // P27: without preemption the contacts decide who keeps the addresses, so an active router counts often.
  const bool counts = state == State::active && !member.machine.config().preempt;
  member.acquaintances.set_round(now, counts ? kRoundOfActive : Acquaintances::kRound);
  ask_peers(now, router, out);
  check_for_duplicates(now, router, changed, out);
  step_back(now, router, out);
  queue(router);
  if (member.setup.sync_group.empty()) return;
  if (changed) follow(now, router, *changed, out);
  if (ready) claim_together(now, router, out);
}

// P17: beside the first listening, and that after a fault; not when it fell back from active, nor for a
// router that another one speaks for.
void RouterSet::check_for_duplicates(TimePoint now, std::size_t router,
                                     const std::optional<StateChanged>& changed, RouterActions& out) {
  auto& member = members_.at(router);
  auto& check = member.duplicate_check;
  if (changed) check.end();
  const bool began = changed && changed->to == State::backup && changed->from != State::active;
  if (began && member.setup.checks_duplicates) check.begin(now);
  if (check.turn(now)) out.push_back({.router = router, .action = ProbeAddresses{}});
}

// When it is time to.
void RouterSet::ask_peers(TimePoint now, std::size_t router, RouterActions& out) {
  auto& member = members_.at(router);
  if (!member.acquaintances.next() || *member.acquaintances.next() > now) return;
  member.acquaintances.turn(now);
  for (const auto& peer : member.peers.current(now))
    if (member.acquaintances.needs_asking(peer)) ask(now, router, peer, out);
}

void RouterSet::ask(TimePoint now, std::size_t router, const IpAddress& peer, RouterActions& out) {
  const auto ticket = members_.at(router).acquaintances.ticket_for(peer, now);
  out.push_back(
      {.router = router, .action = SendHello{.kind = HelloKind::question, .to = peer, .ticket = ticket}});
}

// What one router of a group had to do for a reason of its own, the others do too.
void RouterSet::follow(TimePoint now, std::size_t router, const StateChanged& change, RouterActions& out) {
  if (change.cause == Cause::group) return;
  for (const auto other : companions(router)) {
    if (change.cause == Cause::stalled) {
      step(now, other, Stalled{}, out);
      continue;
    }
    if (change.from == State::active && change.to == State::backup)
      step(now, other, Yielded{.leaves = change.cause == Cause::newer_plan}, out);
    if (change.cause == Cause::address_refused || change.cause == Cause::address_taken)
      step(now, other, LinkChanged{.up = false, .by_group = true}, out);
    if (change.cause == Cause::retry) step(now, other, LinkChanged{.up = true, .by_group = true}, out);
  }
}

void RouterSet::claim_together(TimePoint now, std::size_t router, RouterActions& out) {
  const auto others = companions(router);
  // One that is new to a group finds it active.
  const bool all = std::ranges::all_of(others, [this](auto other) {
    return machine(other).is_ready() || machine(other).state() == State::active;
  });
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
  const auto& config = member.machine.config();
  const auto authenticity =
      authenticity_of(config, advertisement.version, packet, envelope.source, wall_clock);
  if (!authenticity) return discard(member.discards, authenticity.error());
  auto why = check(advertisement, envelope, config, member.setup.rules, *authenticity);
  if (why && config.also) {
    const auto other = in_form(config, *config.also);
    const auto of_other = check(advertisement, envelope, other, member.setup.rules, *authenticity);
    if (!of_other || why == Discard::vrid) why = of_other;
  }
  const bool owner_no_more = why == Discard::owner && member.machine.is_lingering();  // it waits to hear this
  if (why && !owner_no_more) return discard(member.discards, *why);
  if (*authenticity == Authenticity::authentic) member.peers.heard_authentic(envelope.source, now);
  ++member.received;
  const auto odd = vrrp::notices(*decoded, envelope, config);
  for (std::size_t i = 0; i < kNoticeCount; ++i)
    if (odd.test(i)) ++member.notices.at(i);
  member.duplicate_check.end();
  reception.event = Received{
      .source = envelope.source, .priority = advertisement.priority, .interval = advertisement.interval};
  step(now, *reception.router, *reception.event, reception.actions);
  return reception;
}

Reception RouterSet::receive_hello(TimePoint now, const Envelope& envelope,
                                   std::span<const std::uint8_t> datagram, Duration wall_clock) {
  Reception reception;
  const auto discard = [&](DiscardCounts& counts, Discard why) {
    count(counts, why);
    reception.discarded = why;
    return std::move(reception);
  };
  const auto parts = split_hello(datagram);
  if (!parts) return discard(strays_, Discard::malformed);
  const auto hello = decode_hello(parts->message, envelope.source.family());
  if (!hello) return discard(strays_, hello.error());
  reception.router = addressed(hello->vrid, envelope);
  if (!reception.router) return discard(strays_, Discard::vrid);
  auto& member = members_.at(*reception.router);
  const auto& config = member.machine.config();
  if (envelope.source == config.source) return discard(member.discards, Discard::own_address);
  if (!config.asks_peers) return discard(member.discards, Discard::unknown_source);
  const auto authentic =
      authenticator_.judge_signed(parts->message, parts->trailer, envelope.source, wall_clock);
  if (!authentic) {
    const bool asks = hello->kind == HelloKind::question && authentic.error() == Discard::replay;
    if (asks) help_up(now, *reception.router, envelope.source, *hello, reception.actions);
    return discard(member.discards, authentic.error());
  }
  authenticator_.heard_hello(envelope.source, hello->vrid, config.version, parts->trailer);
  if (hello->kind == HelloKind::answer) {
    const auto event = answered(now, *reception.router, envelope.source, *hello);
    if (!event) return discard(member.discards, event.error());
    if (event->state == State::active || event->active_router) member.duplicate_check.end();
    reception.event = *event;
    step(now, *reception.router, *event, reception.actions);
  } else {
    answer(now, *reception.router, envelope.source, *hello, reception.actions);
  }
  ++member.hellos;
  return reception;
}

// Version 2 has no signature: what proves it there is looked at by check().
std::expected<Authenticity, Discard> RouterSet::authenticity_of(const RouterConfig& config, Version version,
                                                                std::span<const std::uint8_t> packet,
                                                                const IpAddress& source,
                                                                Duration wall_clock) {
  const bool is_other_form = config.also && config.also->version == version;
  const bool speaks_it = config.version == version || is_other_form;
  if (version == Version::v2 && speaks_it) return Authenticity::unproven;
  return authenticator_.judge(packet, source, wall_clock);
}

// P5: it may have started again with a clock that went back. Our answer is numbered above its mark, so it
// knows how high to number. Nothing of the question is believed, and a stranger may be playing it again, so
// not too often.
void RouterSet::help_up(TimePoint now, std::size_t router, const IpAddress& asker, const Hello& question,
                        RouterActions& out) {
  auto& member = members_.at(router);
  if (now < member.help_again_at) return;
  member.help_again_at = now + Acquaintances::kAgainSoon;
  out.push_back({.router = router, .action = answer_to(asker, question, member.machine.config())});
}

// Whoever holds the key is answered, and spoken to from now on. It has just come, so perhaps it has not had
// our question.
void RouterSet::answer(TimePoint now, std::size_t router, const IpAddress& asker, const Hello& question,
                       RouterActions& out) {
  auto& member = members_.at(router);
  member.peers.heard_authentic(asker, now);
  out.push_back({.router = router, .action = answer_to(asker, question, member.machine.config())});
  if (member.acquaintances.may_ask_back(asker, now)) ask(now, router, asker, out);
}

std::expected<Answered, Discard> RouterSet::answered(TimePoint now, std::size_t router, const IpAddress& peer,
                                                     const Hello& hello) {
  auto& member = members_.at(router);
  const auto& config = member.machine.config();
  auto& acquaintances = member.acquaintances;
  if (const auto taken = acquaintances.answered(peer, hello); !taken) return std::unexpected(taken.error());
  member.peers.heard_authentic(peer, now);
  if (member.steps_back_by && hello.generation < config.generation) acquaintances.ask_again(peer);
  return Answered{.source = peer,
                  .state = hello.state,
                  .priority = hello.priority,
                  .interval = hello.interval,
                  .active_for = hello.active_for,
                  .active_router = hello.active_router,
                  .contacts = hello.contacts,
                  .our_contacts = acquaintances.contacts(),
                  .has_newer_plan = hello.generation > config.generation,
                  .came_back = acquaintances.came_back(peer),
                  .plan_is_quiet = acquaintances.plan_is_quiet(config.source),
                  .known_are_quiet = acquaintances.known_are_quiet(config.source)};
}

// The router on the interface where the packet came in; else the first that listens elsewhere, too, of those
// whose peer it is from if there are any.
std::optional<std::size_t> RouterSet::addressed(Vrid vrid, const Envelope& envelope) const {
  std::optional<std::size_t> elsewhere;
  bool is_peers = false;
  for (const auto i : by_vrid_.at(vrid.value)) {
    const auto& member = members_[i];
    if (member.setup.family() != envelope.source.family()) continue;
    if (member.interface == envelope.interface) return i;
    const bool is_from_peer = member.peers.is_listed(envelope.source);
    if (elsewhere && (is_peers || !is_from_peer)) continue;
    elsewhere = i;
    is_peers = is_from_peer;
  }
  return elsewhere;
}

RouterActions RouterSet::expire(TimePoint now) {
  RouterActions out;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now)
    step(now, deadlines_.begin()->second, TimerExpired{}, out);
  return out;
}

RouterActions RouterSet::notice_stall(TimePoint now, bool addresses_kept) {
  std::vector<std::size_t> late;  // only who has something overdue can have slept
  for (const auto& [when, router] : deadlines_) {
    if (when > now) break;
    late.push_back(router);
  }
  RouterActions out;
  for (const auto router : late) {
    if (!is_alone(now, router) && machine(router).is_stalled(now, busy_until_))
      step(now, router, Stalled{.addresses_kept = addresses_kept}, out);
  }
  return out;
}

std::optional<TimePoint> RouterSet::next_deadline() const {
  return deadlines_.empty() ? std::nullopt : std::optional(deadlines_.begin()->first);
}

void RouterSet::queue(std::size_t router) {
  auto& member = members_.at(router);
  const auto deadline = member.machine.next_deadline();
  auto when = member.acquaintances.next();
  const auto sooner = [&when](std::optional<TimePoint> other) {
    if (other && (!when || *other < *when)) when = other;
  };
  sooner(member.duplicate_check.next());
  sooner(member.steps_back_by);
  if (deadline) sooner(deadline->when);
  if (when == member.queued) return;
  if (member.queued && when) {  // the entry moves, and nothing is allocated
    auto entry = deadlines_.extract({*member.queued, router});
    entry.value().first = *when;
    deadlines_.insert(std::move(entry));
  } else if (member.queued) {
    deadlines_.erase({*member.queued, router});
  } else {
    deadlines_.emplace(*when, router);
  }
  member.queued = when;
}

// The other form first: what counts, if they say different intervals, is the own one.
std::vector<Packet> RouterSet::packets(std::size_t router, Priority priority, TimePoint now,
                                       Duration wall_clock) {
  auto& member = members_.at(router);
  const auto& config = member.machine.config();
  const bool multicast = member.setup.transport == Transport::multicast;
  const auto destinations =
      multicast ? std::vector{multicast_group(member.setup.family())} : member.peers.current(now);
  std::vector<Packet> packets;
  if (config.also)
    add_packets(member, in_form(config, *config.also), priority, destinations, wall_clock, packets);
  add_packets(member, config, priority, destinations, wall_clock, packets);
  return packets;
}

void RouterSet::add_packets(const Member& member, const RouterConfig& form, Priority priority,
                            const std::vector<IpAddress>& destinations, Duration wall_clock,
                            std::vector<Packet>& packets) {
  const Advertisement advertisement{.version = form.version,
                                    .vrid = form.vrid,
                                    .priority = priority,
                                    .interval = form.advert_interval,
                                    .auth_type = form.auth_type,
                                    .auth = form.auth,
                                    .addresses = advertised_addresses(form)};
  const bool is_signed = form.version == Version::v3 && authenticator_.signs();
  std::optional<Trailer> trailer;  // one signature serves all destinations
  for (const auto& destination : destinations) {
    Packet packet{.envelope = {.source = form.source,
                               .destination = destination,
                               .interface = way_to(member, destination)},
                  .bytes = {}};
    packet.bytes = encode(advertisement, packet.envelope, member.setup.checksum);
    if (is_signed) {
      if (!trailer) trailer = authenticator_.sign_next(packet.bytes, form.source, wall_clock);
      append_trailer(packet.bytes, *trailer, packet.envelope);
    }
    packets.push_back(std::move(packet));
  }
}

Packet RouterSet::packet(std::size_t router, const SendHello& hello, TimePoint now, Duration wall_clock) {
  const auto& member = members_.at(router);
  const auto& machine = member.machine;
  const auto& config = machine.config();
  Packet packet{
      .envelope = {.source = config.source, .destination = hello.to, .interface = way_to(member, hello.to)},
      .bytes = encode(Hello{.kind = hello.kind,
                            .vrid = hello.vrid.value_or(config.vrid),
                            .priority = config.priority,
                            .state = machine.state(),
                            .contacts = member.acquaintances.contacts(),
                            .generation = config.generation,
                            .ticket = hello.ticket,
                            .interval = config.advert_interval,
                            .active_for = machine.active_for(now),
                            .active_router = machine.active_router()})};
  const auto trailer = authenticator_.sign_next(packet.bytes, config.source, wall_clock);
  packet.bytes.insert(packet.bytes.end(), trailer.begin(), trailer.end());
  return packet;
}

// The interface, where an address does not say which.
IfIndex RouterSet::way_to(const Member& member, const IpAddress& destination) const {
  const bool on_link = destination.is_multicast() || destination.is_link_local();
  return on_link ? member.interface : IfIndex(0);
}

}  // namespace vip::vrrp
