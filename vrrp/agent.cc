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
// Hints of the kernel can be lost; what it says when asked cannot.
constexpr Duration kLookEvery = 10s;
// After a failed look or release.
constexpr Duration kAgainAfter = 100ms;
// A renewal may fail once; who cannot hold its address must not claim to.
constexpr int kRefusalsMax = 2;
// How often a leaver tries to get rid of its addresses.
constexpr int kLeavingTries = 10;
constexpr Duration kListenRetry = 2s;
// The same trouble is said at most this often.
constexpr Duration kLogPause = 10s;

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
  return why == Discard::vrid || why == Discard::own_address || why == Discard::other_interface;
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
  bool claiming = false;  // the machine waits for AddressesHeld
  int refusals = 0;       // of its addresses, in a row
  std::string refusal;    // the last one's reason, empty when all are held
  Sparing send_trouble;

  [[nodiscard]] const std::string& why_fault() const { return fault.empty() ? refusal : fault; }

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
      again_(loop.timer([this] { look_around(); })),
      look_(loop.timer([this] { look_around(); })),
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
  keeper_.emplace(sockets_.netlink, AddressLifetime{.lease = lease_, .group_mark = group_mark_});
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
  settle_addresses();  // sweeps what an earlier life left
  for (auto& router : routers_) feed(*router, Started{.link_up = router->fault.empty()});
  try_to_listen();
  renew();
  look_.set(loop_.now() + kLookEvery);
}

void Agent::stop() {
  notice_stall();
  for (auto& router : routers_) feed(*router, Stopped{});
  for (int i = 0; i < kLeavingTries && !keeper_->settled(); ++i) settle_addresses();
  watches_.clear();
}

void Agent::try_to_listen() {
  if (!config_.status_port || !config_.source) return;
  const auto listening = status_server_->listen(*config_.source, *config_.status_port);
  if (listening) return;
  log::debug("status_not_listening", {{"error", listening.error().context}});
  listen_retry_.set(loop_.now() + kListenRetry);
}

// --- events in ---

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
    // Alone, nobody can have acted meanwhile.
    if (!router->machine.is_stalled(now) || router->peers.current(now).empty()) continue;
    log::warning("stalled", {{"group", config_.group}, {"was", std::string(name(router->machine.state()))}});
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
  const auto count = discard_log_.at(index).count(loop_.now());
  if (count == 0) return;
  log::warning("advert_discarded", {{"reason", std::string(name(why))},
                                    {"from", envelope.source.text()},
                                    {"count", std::to_string(count)}});
}

std::uint64_t Agent::Sparing::count(TimePoint now) {
  ++unsaid;
  if (last && now - *last < kLogPause) return 0;
  last = now;
  return std::exchange(unsaid, 0);
}

void Agent::on_hints() {
  notice_stall();
  const auto hints = sockets_.hints.drain();
  // Who is in a fault, or has an address on another interface, may be helped by any change.
  const auto in_want = [](const auto& router) {
    const bool elsewhere = std::ranges::any_of(
        router->settings.addresses, [](const auto& address) { return !address.interface.empty(); });
    return router->machine.state() == State::fault || !router->link || elsewhere;
  };
  const bool any_in_want = std::ranges::any_of(routers_, in_want);
  const bool own_link = std::ranges::any_of(routers_, [&](const auto& router) {
    return router->link && hints.links.contains(router->link->index);
  });
  // Our own renewals come back as additions; only a router in want of an address cares.
  const bool wanted = any_in_want && (!hints.links.empty() || !hints.addresses_added.empty());
  if (hints.overrun || own_link || wanted || !hints.addresses_removed.empty()) observe_links();
  if (hints.overrun || !hints.addresses_removed.empty()) settle_addresses();
}

// --- links ---

void Agent::observe_links() {
  auto links = sockets_.netlink.links();
  if (!links) {
    if (links_known_) log::warning("links_unknown", {{"error", links.error().context}});
    links_known_ = false;
    again_.set(loop_.now() + kAgainAfter);
    return;
  }
  links_known_ = true;
  links_ = *std::move(links);
  for (auto& router : routers_) {
    const bool usable = router->fault.empty();
    place(*router);
    if (router->fault.empty() != usable) feed(*router, LinkChanged{.up = router->fault.empty()});
  }
}

void Agent::look_around() {
  notice_stall();
  look_.set(loop_.now() + kLookEvery);
  observe_links();
  settle_addresses();
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
  const auto home = std::ranges::find_if(links_, [&](const ObservedLink& link) {
    return std::ranges::find(link.addresses, protocol.source, &IpPrefix::address) != link.addresses.end();
  });
  router.settings.rules.interface = home == links_.end() ? IfIndex(0) : home->index;
  router.fault.clear();
  if (!router.link->up) router.fault = "interface " + router.link->name + " is down";
  if (home == links_.end())
    router.fault = "our own address " + protocol.source.text() + " is not on this host";
}

// --- actions out ---

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
    if (!sent) warn_send(router, sent.error());
  }
}

// What nobody hears of cannot be mended: a firewall, a missing route.
void Agent::warn_send(Router& router, const Error& error) {
  const auto count = router.send_trouble.count(loop_.now());
  if (count == 0) return;
  log::warning("send_failed",
               {{"group", config_.group}, {"error", error.context}, {"count", std::to_string(count)}});
}

void Agent::carry_out(Router& router, const HoldAddresses&) {
  router.claiming = true;
  router.refusals = 0;
  settle_addresses();
}

void Agent::carry_out(Router& router, const ReleaseAddresses&) {
  router.claiming = false;
  settle_addresses();
}

void Agent::carry_out(Router& router, const AnnounceAddresses&) {
  for (const auto& address : router.settings.addresses) {
    const auto interface = router.interface_of(address, links_);
    const auto link = std::ranges::find(links_, interface, &ObservedLink::index);
    if (link == links_.end()) continue;  // gone this moment; the fault is on its way
    const auto announced = sockets_.announcer.announce(*link, address.prefix.address);
    ++(announced ? router.announcements : router.send_errors);
    if (!announced) warn_send(router, announced.error());
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
                      {"reason", action.to == State::fault ? router.why_fault() : "-"}});
  router.changed = now;
  router.since = sys::wall_clock_text();
  ++router.transitions;
}

// --- addresses ---

void Agent::renew() {
  notice_stall();
  renewal_.set(loop_.now() + (lease_.count() > 0 ? Duration(lease_) / kRenewalsPerLease : kLookWithoutLease));
  const bool any_active = std::ranges::any_of(
      routers_, [](const auto& router) { return !router->machine.desired_addresses().empty(); });
  if (any_active) settle_addresses();
}

void Agent::settle_addresses() {
  std::vector<LocatedAddress> desired;
  std::vector<LocatedAddress> known;
  for (const auto& router : routers_) {
    for (const auto& address : router->settings.addresses) {
      const LocatedAddress located{.interface = router->interface_of(address, links_),
                                   .prefix = address.prefix};
      if (address.prefix.address != router->settings.protocol.source) known.push_back(located);
      if (!router->machine.desired_addresses().empty()) desired.push_back(located);
    }
  }
  const auto outcome = keeper_->keep(desired, known);
  for (const auto& [prefix, error] : outcome.not_released) {
    log::warning("release_failed",
                 {{"group", config_.group}, {"address", prefix.text()}, {"error", error.context}});
  }
  if (!keeper_->settled()) again_.set(loop_.now() + kAgainAfter);
  for (auto& router : routers_) tell(*router, outcome);
}

void Agent::tell(Router& router, const AddressKeeper::Outcome& outcome) {
  if (router.machine.desired_addresses().empty()) return;
  const auto& addresses = router.settings.protocol.addresses;
  const auto refused =
      std::ranges::find_if(addresses, [&](const auto& prefix) { return outcome.refused.contains(prefix); });
  if (refused != addresses.end()) {
    ++router.refusals;
    if (router.claiming || router.refusals >= kRefusalsMax)
      refuse(router, *refused, outcome.refused.at(*refused));
    return;
  }
  router.refusals = 0;
  router.refusal.clear();
  const auto missing =
      std::ranges::find_if(addresses, [&](const auto& prefix) { return outcome.added.contains(prefix); });
  const bool claimed = std::exchange(router.claiming, false);
  if (!claimed && missing == addresses.end()) return;
  if (!claimed) {
    ++router.put_back;
    log::warning("address_put_back", {{"group", config_.group},
                                      {"address", missing->text()},
                                      {"why", "it was removed from outside or its lease ran out"}});
  }
  feed(router, AddressesHeld{});
}

void Agent::refuse(Router& router, const IpPrefix& prefix, const Error& error) {
  router.claiming = false;
  router.refusal = "the kernel does not take " + prefix.text() + ": " + error.context;
  log::error("address_refused",
             {{"group", config_.group}, {"address", prefix.text()}, {"error", error.context}});
  feed(router, AddressesRefused{});
}

// --- status ---

AgentStatus Agent::status() const {
  AgentStatus status{.group = config_.group,
                     .node = config_.node,
                     .generation = config_.generation,
                     .managed = config_.managed,
                     .lease = lease_.count() > 0 ? std::to_string(lease_.count()) + "s" : "off",
                     .since = since_,
                     .counters = {{"lease_renewals", keeper_->renewals()}},
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
                       .reason = router->machine.state() == State::fault ? router->why_fault() : "",
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
