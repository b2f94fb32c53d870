#include "tests/sim/node.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vip::vrrp::sim {
namespace {

constexpr IfIndex kInterface{1};

RouterSet router_set(const RouterConfig& config, const NodeOptions& options) {
  std::vector<AuthKey> keys;
  const auto mode = config.version == Version::v3 ? AuthMode::enforce : AuthMode::off;
  if (mode == AuthMode::enforce) keys.push_back({.id = 1, .secret = std::vector<std::uint8_t>(32, 0x5A)});
  RouterSet set({RouterSetup{.protocol = config,
                             .rules = {.peers = options.peers},
                             .checks_duplicates = options.checks_duplicates}},
                Authenticator(mode, std::move(keys), 1));
  set.place(0, kInterface);
  return set;
}

std::variant<VirtualRouter, RouterSet> core_of(const RouterConfig& config, const NodeOptions& options) {
  if (options.packets) return router_set(config, options);
  return VirtualRouter(config);
}

Actions plain(const RouterActions& actions) {
  Actions out;
  for (const auto& action : actions) out.push_back(action.action);
  return out;
}

}  // namespace

Node::Node(const RouterConfig& config, const NodeOptions& options) : core_(core_of(config, options)) {
  if (options.with_model) model_.emplace(machine().config());
}

const VirtualRouter& Node::machine() const {
  const auto* const set = std::get_if<RouterSet>(&core_);
  return set != nullptr ? set->machine(0) : std::get<VirtualRouter>(core_);
}

std::optional<TimePoint> Node::next_deadline() const {
  if (const auto* const set = std::get_if<RouterSet>(&core_)) return set->next_deadline();
  const auto deadline = machine().next_deadline();
  return deadline ? std::optional(deadline->when) : std::nullopt;
}

DiscardCounts Node::discards() const {
  const auto* const set = std::get_if<RouterSet>(&core_);
  return set != nullptr ? set->discards(0) : DiscardCounts{};
}

bool Node::is_checking() const {
  const auto* const set = std::get_if<RouterSet>(&core_);
  return set != nullptr && set->is_checking(0);
}

void Node::remember(TimePoint now, NodeMemory& memory) const {
  const auto* const set = std::get_if<RouterSet>(&core_);
  memory.set.routers = {set != nullptr ? set->memory_of(0, now)
                                       : SetMemory::Router{.vrid = machine().config().vrid,
                                                           .machine = machine().memory(now),
                                                           .transient_peers = {}}};
  memory.model = model_;
}

void Node::remember_marks(NodeMemory& memory) const {
  if (const auto* const set = std::get_if<RouterSet>(&core_)) {
    memory.set.authenticator = set->memory_of_authenticator();
    memory.highest_number = set->authenticator().highest();
  }
  memory.newest = newest_;
}

bool Node::has_outgrown(const NodeMemory& memory) const {
  const auto* const set = std::get_if<RouterSet>(&core_);
  return set != nullptr && set->authenticator().has_outgrown(memory.highest_number);
}

Actions Node::resume(TimePoint now, const NodeMemory& memory, const Resumption& how) {
  auto set_memory = memory.set;
  set_memory.as_of = how.as_of;
  newest_ = memory.newest;
  const auto wanted = machine().config();
  const auto& known = set_memory.routers.front().machine;
  auto actions = resume_core(now, set_memory, how);
  if (!memory.model) return actions;
  model_ = memory.model;
  const Model::Resumed resumed{.now = now.time_since_epoch().count(),
                               .as_of = how.as_of.time_since_epoch().count(),
                               .is_fresh = known.as_of >= how.as_of,
                               .link_up = how.link_up,
                               .addresses_kept = how.addresses_kept};
  const auto expected = model_->resumed(resumed, wanted);
  if (const auto difference = model_->difference(expected, actions, machine()))
    fault_ = "differs from the model when it resumes: " + *difference;
  return actions;
}

// A bare machine is told of its link as the set of routers does it.
Actions Node::resume_core(TimePoint now, const SetMemory& memory, const Resumption& how) {
  if (auto* const set = std::get_if<RouterSet>(&core_)) {
    (void)set->link_changed(now, 0, how.link_up, std::nullopt);
    return plain(set->resume(now, memory, how.addresses_kept));
  }
  auto& bare = std::get<VirtualRouter>(core_);
  const auto& known = memory.routers.front().machine;
  if (known.state == State::initialize) return bare.step(now, Started{.link_up = how.link_up});
  auto actions = bare.resume(now, known, how.as_of, how.addresses_kept);
  if (how.link_up == (bare.state() == State::fault))
    std::ranges::copy(bare.step(now, LinkChanged{.up = how.link_up}), std::back_inserter(actions));
  return actions;
}

std::vector<Packet> Node::packets(TimePoint now, Priority priority, Duration wall_clock) {
  auto* const set = std::get_if<RouterSet>(&core_);
  return set != nullptr ? set->packets(0, priority, now, wall_clock) : std::vector<Packet>{};
}

Packet Node::packet(TimePoint now, const SendHello& hello, Duration wall_clock) {
  return std::get<RouterSet>(core_).packet(0, hello, now, wall_clock);
}

Actions Node::feed(TimePoint now, const Event& given) {
  auto event = given;
  auto* const set = std::get_if<RouterSet>(&core_);
  if (set != nullptr && std::holds_alternative<Stopped>(event)) event = Stopped{set->farewells(now, 0)};
  const auto state = machine().state();
  const auto deadline = machine().next_deadline();
  auto actions = step(now, event);
  // Who has no peers is not told that it slept.
  const bool untold = std::holds_alternative<Stalled>(event) && is_untouched(deadline, state);
  if (!untold) compare(now, event, actions);
  return actions;
}

Actions Node::receive(TimePoint now, const Parcel& parcel) {
  auto& set = std::get<RouterSet>(core_);
  auto envelope = parcel.packet.envelope;
  envelope.interface = kInterface;
  const auto& bytes = parcel.packet.bytes;
  const auto state = machine().state();
  const auto deadline = machine().next_deadline();
  auto reception = parcel.traffic == Traffic::hello ? set.receive_hello(now, envelope, bytes)
                                                    : set.receive(now, envelope, bytes);
  if (auto found = judge(parcel, reception)) fault_ = std::move(found);
  // What the machine is not told of touches neither its state nor a timer (P7).
  if (!reception.event && !is_untouched(deadline, state))
    fault_ = "a packet that says nothing to the machine changed it";
  auto actions = plain(reception.actions);
  if (reception.event) compare(now, *reception.event, actions);
  return actions;
}

bool Node::is_untouched(const std::optional<Deadline<Timer>>& deadline, State state) const {
  return machine().state() == state && machine().next_deadline() == deadline;
}

std::optional<std::string> Node::judge(const Parcel& parcel, const Reception& reception) {
  if (reception.discarded) {
    // An old question may be answered (P5); what is said then is judged where it arrives.
    const bool only_answers = std::ranges::all_of(
        reception.actions, [](const auto& told) { return std::holds_alternative<SendHello>(told.action); });
    if (!only_answers || reception.event) return "a packet that was refused changed something";
    return std::nullopt;
  }
  if (parcel.damaged) return "a damaged packet was believed";
  const bool is_signed = machine().config().version == Version::v3;
  auto& newest = newest_[{parcel.packet.envelope.source, parcel.traffic, parcel.life}];
  if (is_signed && parcel.serial <= newest) return "a replayed packet was believed";
  newest = parcel.serial;
  if (!parcel.meant) return std::nullopt;
  const auto* const heard = reception.event ? std::get_if<Received>(&*reception.event) : nullptr;
  if (heard == nullptr || heard->source != parcel.meant->source ||
      heard->priority != parcel.meant->priority || heard->interval != parcel.meant->interval)
    return "an advertisement was not heard as it was meant";
  return std::nullopt;
}

Actions Node::step(TimePoint now, const Event& event) {
  auto* const set = std::get_if<RouterSet>(&core_);
  if (set == nullptr) return std::get<VirtualRouter>(core_).step(now, event);
  if (const auto* const started = std::get_if<Started>(&event)) {
    (void)set->link_changed(now, 0, started->link_up, std::nullopt);
    return plain(set->start(now));
  }
  const auto* const link = std::get_if<LinkChanged>(&event);
  if (link != nullptr && !link->by_group) return plain(set->link_changed(now, 0, link->up, std::nullopt));
  if (std::holds_alternative<Stopped>(event)) return plain(set->stop(now));
  if (std::holds_alternative<TimerExpired>(event)) return plain(set->expire(now));
  if (const auto* const stalled = std::get_if<Stalled>(&event))
    return plain(set->notice_stall(now, stalled->addresses_kept));
  return plain(set->feed(now, 0, event));
}

void Node::compare(TimePoint now, const Event& event, const Actions& actions) {
  if (!model_ || fault_) return;
  const auto expected = model_->feed(now.time_since_epoch().count(), event);
  if (const auto difference = model_->difference(expected, actions, machine()))
    fault_ = "differs from the model on event " + std::to_string(event.index()) + ": " + *difference;
}

}  // namespace vip::vrrp::sim
