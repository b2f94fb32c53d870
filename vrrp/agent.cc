#include "vrrp/agent.h"

#include <algorithm>
#include <utility>

#include "common/base/assert.h"
#include "common/sys/log.h"
#include "common/sys/posix.h"
#include "vrrp/core/peer_book.h"
#include "vrrp/sys/local_socket.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

// A lease is renewed this many times in its life.
constexpr int kRenewalsPerLease = 4;
// Without a lease the addresses are still looked after.
constexpr Duration kLookWithoutLease = 1s;
constexpr Duration kListenRetry = 2s;
// The same reason to discard a packet is said at most this often.
constexpr Duration kDiscardLogPause = 10s;

// FNV-1a; tells groups apart on one host, guards nothing.
std::uint32_t mark_of(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::string seconds_text(Duration duration) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  auto fraction = std::to_string(milliseconds % 1000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return std::to_string(milliseconds / 1000) + "." + fraction;
}

// Others' packets on a shared socket, and our own: no error of anybody.
bool is_ordinary(Discard why) {
  return why == Discard::vrid || why == Discard::own_address;
}

}  // namespace

struct Agent::Router {
  Router(RouterSettings from, TimePoint now)
      : settings(std::move(from)), machine(settings.protocol), peers(settings.rules.peers), changed(now) {}

  RouterSettings settings;
  VirtualRouter machine;
  PeerBook peers;
  std::optional<ObservedLink> link;   // as of the last look; empty when it is not there
  std::string fault = "not started";  // why the link cannot be used, empty when it can
  TimePoint changed;
  std::string since;
  std::array<std::uint64_t, kDiscardCount> discarded{};
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t send_errors = 0;
  std::uint64_t announcements = 0;
  std::uint64_t transitions = 0;
  std::uint64_t put_back = 0;

  // Where each address belongs: its own interface, or the router's.
  [[nodiscard]] IfIndex interface_of(const PlacedAddress& address,
                                     const std::vector<ObservedLink>& links) const {
    if (address.interface.empty()) return link ? link->index : IfIndex(0);
    const auto found = std::ranges::find(links, address.interface, &ObservedLink::name);
    return found == links.end() ? IfIndex(0) : found->index;
  }
};

Agent::Agent(sys::EventLoop& loop, AgentConfig config, Sockets sockets)
    : loop_(loop),
      config_(std::move(config)),
      sockets_(std::move(sockets)),
      authenticator_(config_.auth.mode, config_.auth.keys, config_.auth.sending_key),
      group_mark_(mark_of(config_.mark_name)),
      since_(sys::wall_clock_text()),
      timer_(loop.timer([this] { on_timer(); })),
      renewal_(loop.timer([this] { renew(); })),
      listen_retry_(loop.timer([this] { try_to_listen(); })) {}

Agent::~Agent() = default;

Result<std::unique_ptr<Agent>> Agent::create(sys::EventLoop& loop, AgentConfig config) {
  VIP_TRY(auto netlink, Netlink::open());
  VIP_TRY(auto hints, NetlinkEvents::open());
  VIP_TRY(auto vrrp, VrrpSocket::open());
  VIP_TRY(auto announcer, Announcer::open());
  Sockets sockets{std::move(netlink), std::move(hints), std::move(vrrp), std::move(announcer)};
  std::unique_ptr<Agent> agent(new Agent(loop, std::move(config), std::move(sockets)));
  VIP_CHECK(agent->set_up_routers());
  VIP_CHECK(agent->set_up_status());
  return agent;
}

Status Agent::set_up_routers() {
  VIP_TRY(links_, sockets_.netlink.links());
  Duration active_down{};
  for (auto& settings : config_.routers) {
    auto& protocol = settings.protocol;
    if (!config_.source) VIP_CHECK(find_source(settings));
    std::erase(settings.rules.peers, protocol.source);  // people list all nodes, themselves among them
    active_down = std::max(
        active_down, active_down_interval(protocol.version, protocol.priority, protocol.advert_interval));
    routers_.push_back(std::make_unique<Router>(settings, loop_.now()));
  }
  switch (config_.lease.kind) {
    case plan::Lease::Kind::automatic:
      lease_ = automatic_lease(active_down);
      break;
    case plan::Lease::Kind::fixed:
      lease_ = config_.lease.fixed;
      break;
    case plan::Lease::Kind::off:
      break;
  }
  return {};
}

// Alone, what is not on this host now is a wrong setting, said with its name.
Status Agent::find_source(RouterSettings& settings) const {
  const auto& own = settings.protocol.addresses;
  const auto link = choose_interface(settings.interface_rule, own, std::nullopt, links_);
  if (!link) return within(settings.interface_setting, link.error());
  auto source = primary_address(**link, own);
  if (!source) return within(settings.interface_setting, source.error());
  settings.protocol.source = *source;
  for (const auto& address : settings.addresses) {
    if (address.interface.empty()) continue;
    const auto placed = choose_interface(address.interface, {}, std::nullopt, links_);
    if (!placed) return within("address " + address.prefix.text(), placed.error());
  }
  return {};
}

Status Agent::set_up_status() {
  VIP_TRY(auto server,
          StatusServer::create(loop_, {{"/status", "application/json", [this] { return to_json(status()); }},
                                       {"/healthz", "text/plain", [] { return std::string("ok\n"); }}}));
  status_server_ = std::move(server);
  VIP_TRY(auto local, listen_locally(config_.group));
  return status_server_->serve(std::move(local));
}

void Agent::start() {
  watches_.push_back(loop_.on_readable(sockets_.vrrp.fd(), [this] { on_packets(); }));
  watches_.push_back(loop_.on_readable(sockets_.hints.fd(), [this] { on_hints(); }));
  if (routers_.empty()) {
    log::info(
        "standing_by",
        {{"group", config_.group}, {"node", config_.node}, {"why", "this node is not a member of the plan"}});
  }
  for (auto& router : routers_) place(*router);
  for (const auto& [prefix, error] : reconcile().failed) {
    log::warning("sweep_failed", {{"address", prefix.text()}, {"error", error.context}});
  }
  for (auto& router : routers_) feed(*router, Started{.link_up = router->fault.empty()});
  try_to_listen();
  renew();
}

void Agent::stop() {
  for (auto& router : routers_) feed(*router, Stopped{});
  watches_.clear();
}

void Agent::try_to_listen() {
  if (!config_.status_port || !config_.source) return;
  const auto listening = status_server_->listen(*config_.source, *config_.status_port);
  if (listening) return;
  log::debug("status_not_listening", {{"error", listening.error().context}});
  listen_retry_.set(loop_.now() + kListenRetry);
}

// --- events in
// ----------------------------------------------------------------------------------------------

void Agent::feed(Router& router, const Event& event) {
  for (const auto& action : router.machine.step(loop_.now(), event)) {
    std::visit([&](const auto& what) { carry_out(router, what); }, action);
  }
  arm_timer();
}

void Agent::arm_timer() {
  std::optional<TimePoint> earliest;
  for (const auto& router : routers_) {
    const auto deadline = router->machine.next_deadline();
    if (deadline && (!earliest || deadline->when < *earliest)) earliest = deadline->when;
  }
  if (earliest) {
    timer_.set(*earliest);
  } else {
    timer_.stop();
  }
}

void Agent::notice_stall() {
  const auto now = loop_.now();
  for (auto& router : routers_) {
    const auto deadline = router->machine.next_deadline();
    if (!deadline || now - deadline->when <= router->machine.down_interval()) continue;
    log::warning("stalled", {{"group", config_.group}, {"late_s", seconds_text(now - deadline->when)}});
    feed(*router, Stalled{});
  }
}

void Agent::on_timer() {
  notice_stall();
  const auto now = loop_.now();
  for (auto& router : routers_) {
    const auto deadline = router->machine.next_deadline();
    if (deadline && deadline->when <= now) feed(*router, TimerExpired{});
  }
  arm_timer();
}

void Agent::on_packets() {
  notice_stall();
  sockets_.vrrp.receive([this](const Envelope& envelope, std::span<const std::uint8_t> message) {
    on_packet(envelope, message);
  });
}

void Agent::on_packet(const Envelope& envelope, std::span<const std::uint8_t> message) {
  const auto decoded = decode(message, envelope);
  if (!decoded) {
    count_discard(decoded.error(), envelope, undecodable_);
    return;
  }
  const auto& advertisement = decoded->advertisement;
  const auto addressed = std::ranges::find_if(
      routers_, [&](const auto& router) { return router->settings.protocol.vrid == advertisement.vrid; });
  if (addressed == routers_.end()) return count_discard(Discard::vrid, envelope, undecodable_);
  auto& router = **addressed;
  const auto authenticity = authenticator_.judge(message, envelope.source);
  if (!authenticity) return count_discard(authenticity.error(), envelope, router.discarded);
  const auto& settings = router.settings;
  if (const auto why = check(advertisement, envelope, settings.protocol, settings.rules, *authenticity)) {
    return count_discard(*why, envelope, router.discarded);
  }
  if (*authenticity == Authenticity::authentic) router.peers.heard_authentic(envelope.source, loop_.now());
  ++router.received;
  feed(router, Received{.source = envelope.source,
                        .priority = advertisement.priority,
                        .interval = advertisement.interval});
}

void Agent::count_discard(Discard why, const Envelope& envelope,
                          std::array<std::uint64_t, kDiscardCount>& counters) {
  const auto index = static_cast<std::size_t>(why);
  ++counters.at(index);
  if (is_ordinary(why)) return;
  auto& said = discard_log_.at(index);
  const auto now = loop_.now();
  ++said.unsaid;
  if (said.said && now - said.last < kDiscardLogPause) return;
  log::warning("advert_discarded", {{"reason", std::string(name(why))},
                                    {"from", envelope.source.text()},
                                    {"count", std::to_string(said.unsaid)}});
  said = {.last = now, .unsaid = 0, .said = true};
}

void Agent::on_hints() {
  notice_stall();
  const auto hints = sockets_.hints.drain();
  const auto concerns = [&](const std::set<IfIndex>& changed) {
    return std::ranges::any_of(routers_, [&](const auto& router) {
      return !router->link || !router->fault.empty() || changed.contains(router->link->index);
    });
  };
  const bool links_changed = !hints.links.empty() && concerns(hints.links);
  // Our own renewals come back as additions; only a router in want of an address cares.
  const bool wanted_address =
      !hints.addresses_added.empty() &&
      std::ranges::any_of(routers_, [](const auto& router) { return !router->fault.empty(); });
  if (hints.overrun || links_changed || wanted_address || !hints.addresses_removed.empty()) observe_links();
  if (hints.overrun || !hints.addresses_removed.empty()) put_back();
}

// --- links
// --------------------------------------------------------------------------------------------------

void Agent::observe_links() {
  auto links = sockets_.netlink.links();
  if (!links) {
    log::warning("links_unknown", {{"error", links.error().context}});
    return;
  }
  links_ = *std::move(links);
  for (auto& router : routers_) {
    const bool usable = router->fault.empty();
    place(*router);
    if (router->fault.empty() != usable) feed(*router, LinkChanged{.up = router->fault.empty()});
  }
}

// Finds the router's interface among the links, and why it cannot be used if it cannot.
void Agent::place(Router& router) {
  const auto& protocol = router.settings.protocol;
  const auto chosen =
      choose_interface(router.settings.interface_rule, protocol.addresses, protocol.source, links_);
  router.link.reset();
  if (!chosen) {
    router.fault = "interface: " + chosen.error().context;
    return;
  }
  router.link = **chosen;
  const bool source_here = std::ranges::any_of(links_, [&](const ObservedLink& link) {
    return std::ranges::find(link.addresses, protocol.source, &IpPrefix::address) != link.addresses.end();
  });
  router.fault.clear();
  if (!router.link->up) router.fault = "interface " + router.link->name + " is down";
  if (!source_here) router.fault = "our own address " + protocol.source.text() + " is not on this host";
}

// --- actions out
// --------------------------------------------------------------------------------------------

void Agent::carry_out(Router& router, const SendAdvertisement& action) {
  const auto& protocol = router.settings.protocol;
  Advertisement advertisement{.version = protocol.version,
                              .vrid = protocol.vrid,
                              .priority = action.priority,
                              .interval = protocol.advert_interval,
                              .auth_type = protocol.auth_type,
                              .auth = protocol.auth,
                              .addresses = {}};
  for (const auto& prefix : protocol.addresses) advertisement.addresses.push_back(prefix.address);
  std::optional<Trailer> trailer;  // one signature serves all peers
  for (const auto& peer : router.peers.current(loop_.now())) {
    const Envelope envelope{.source = protocol.source, .destination = peer};
    auto message = encode(advertisement, envelope);
    if (authenticator_.signs()) {
      if (!trailer) trailer = authenticator_.sign_next(message, protocol.source, sys::wall_clock());
      message.insert(message.end(), trailer->begin(), trailer->end());
    }
    const auto sent = sockets_.vrrp.send(envelope, message);
    ++(sent ? router.sent : router.send_errors);
    if (!sent) log::debug("send_failed", {{"group", config_.group}, {"error", sent.error().context}});
  }
}

void Agent::carry_out(Router& router, const HoldAddresses&) {
  const auto failed = reconcile().failed;
  for (const auto& prefix : router.settings.protocol.addresses) {
    const auto found = failed.find(prefix);
    if (found == failed.end()) continue;
    refuse(router, prefix, found->second);
    return;
  }
  feed(router, AddressesHeld{});
}

void Agent::carry_out(Router&, const ReleaseAddresses&) {
  for (const auto& [prefix, error] : reconcile().failed) {
    log::error("release_failed",
               {{"group", config_.group}, {"address", prefix.text()}, {"error", error.context}});
  }
}

void Agent::carry_out(Router& router, const AnnounceAddresses&) {
  for (const auto& address : router.settings.addresses) {
    const auto interface = router.interface_of(address, links_);
    const auto link = std::ranges::find(links_, interface, &ObservedLink::index);
    if (link == links_.end()) continue;  // gone this moment; the fault is on its way
    const auto announced = sockets_.announcer.announce(*link, address.prefix.address);
    ++(announced ? router.announcements : router.send_errors);
    if (!announced)
      log::debug("announce_failed", {{"group", config_.group}, {"error", announced.error().context}});
  }
}

void Agent::carry_out(Router& router, const StateChanged& action) {
  const auto now = loop_.now();
  log::info("state", {{"group", config_.group},
                      {"vrid", std::to_string(router.settings.protocol.vrid.value)},
                      {"from", std::string(name(action.from))},
                      {"to", std::string(name(action.to))},
                      {"cause", std::string(name(action.cause))},
                      {"peer", action.peer ? action.peer->text() : "-"},
                      {"priority", std::to_string(router.settings.protocol.priority.value)},
                      {"interface", router.link ? router.link->name : "-"},
                      {"after_s", seconds_text(now - router.changed)},
                      {"reason", action.to == State::fault && !router.fault.empty() ? router.fault : "-"}});
  router.changed = now;
  router.since = sys::wall_clock_text();
  ++router.transitions;
}

// --- addresses
// ----------------------------------------------------------------------------------------------

Agent::Reconciled Agent::reconcile() {
  std::set<IfIndex> interfaces;
  for (const auto& router : routers_) {
    for (const auto& address : router->settings.addresses)
      interfaces.insert(router->interface_of(address, links_));
  }
  Reconciled all;
  for (const auto interface : interfaces) {
    auto one = reconcile(interface);
    all.added.merge(one.added);
    all.failed.merge(one.failed);
  }
  return all;
}

Agent::Reconciled Agent::reconcile(IfIndex interface) {
  std::vector<IpPrefix> desired;
  std::vector<IpPrefix> known;
  for (const auto& router : routers_) {
    for (const auto& address : router->settings.addresses) {
      if (router->interface_of(address, links_) != interface) continue;
      known.push_back(address.prefix);
      if (router->machine.state() == State::active) desired.push_back(address.prefix);
    }
  }
  Reconciled result;
  const auto fail_all = [&](const Error& error) {
    for (const auto& prefix : desired) result.failed.emplace(prefix, error);
    return result;
  };
  if (interface == IfIndex(0))
    return fail_all({.code = Errc::not_found, .context = "its interface is not there"});
  const auto observed = sockets_.netlink.addresses(interface);
  if (!observed) return fail_all(observed.error());
  for (const auto& step : plan_addresses(desired, known, *observed, group_mark_)) {
    const auto applied = apply(interface, step);
    if (!applied) result.failed.emplace(step.prefix, applied.error());
    if (applied && step.kind == AddressStep::Kind::add) result.added.insert(step.prefix);
  }
  return result;
}

Status Agent::apply(IfIndex interface, const AddressStep& step) {
  if (step.kind == AddressStep::Kind::remove) return sockets_.netlink.release(interface, step.prefix);
  if (step.kind == AddressStep::Kind::renew) ++renewals_;
  return sockets_.netlink.hold(interface, step.prefix, {.lease = lease_, .group_mark = group_mark_});
}

void Agent::renew() {
  notice_stall();
  renewal_.set(loop_.now() + (lease_.count() > 0 ? Duration(lease_) / kRenewalsPerLease : kLookWithoutLease));
  put_back();
}

// A renewal adds what is missing, too. What was missing has to be announced again.
void Agent::put_back() {
  if (std::ranges::none_of(routers_,
                           [](const auto& router) { return router->machine.state() == State::active; }))
    return;
  const auto result = reconcile();
  for (auto& router : routers_) {
    if (router->machine.state() != State::active) continue;
    const auto& addresses = router->settings.protocol.addresses;
    const auto refused =
        std::ranges::find_if(addresses, [&](const auto& prefix) { return result.failed.contains(prefix); });
    const auto missing =
        std::ranges::find_if(addresses, [&](const auto& prefix) { return result.added.contains(prefix); });
    if (refused != addresses.end()) {
      refuse(*router, *refused, result.failed.at(*refused));
    } else if (missing != addresses.end()) {
      ++router->put_back;
      log::warning("address_put_back", {{"group", config_.group},
                                        {"address", missing->text()},
                                        {"why", "it was removed from outside or its lease ran out"}});
      feed(*router, AddressesHeld{});
    }
  }
}

void Agent::refuse(Router& router, const IpPrefix& prefix, const Error& error) {
  log::error("address_refused",
             {{"group", config_.group}, {"address", prefix.text()}, {"error", error.context}});
  feed(router, AddressesRefused{});
}

// --- status
// -------------------------------------------------------------------------------------------------

AgentStatus Agent::status() const {
  AgentStatus status{.group = config_.group,
                     .node = config_.node,
                     .generation = config_.generation,
                     .managed = config_.managed,
                     .lease = lease_.count() > 0 ? std::to_string(lease_.count()) + "s" : "off",
                     .since = since_,
                     .counters = {{"lease_renewals", renewals_}},
                     .routers = {}};
  for (std::size_t i = 0; i < kDiscardCount; ++i) {
    status.counters.emplace_back(name(static_cast<Discard>(i)), undecodable_.at(i));
  }
  for (const auto& router : routers_) {
    const auto& protocol = router->settings.protocol;
    const auto active = router->machine.active_router();
    RouterStatus entry{.vrid = protocol.vrid,
                       .version = protocol.version,
                       .interface = router->link ? router->link->name : "",
                       .state = router->machine.state(),
                       .reason = router->machine.state() == State::fault ? router->fault : "",
                       .priority = protocol.priority,
                       .active = active ? active->text() : "",
                       .source = protocol.source.text(),
                       .addresses = protocol.addresses,
                       .peers = router->settings.rules.peers,
                       .since = router->since,
                       .advert_interval = protocol.advert_interval,
                       .counters = {{"advertisements_sent", router->sent},
                                    {"advertisements_received", router->received},
                                    {"send_errors", router->send_errors},
                                    {"announcements", router->announcements},
                                    {"transitions", router->transitions},
                                    {"put_back", router->put_back}}};
    for (std::size_t i = 0; i < kDiscardCount; ++i) {
      entry.counters.emplace_back(name(static_cast<Discard>(i)), router->discarded.at(i));
    }
    status.routers.push_back(std::move(entry));
  }
  return status;
}

}  // namespace vip::vrrp
