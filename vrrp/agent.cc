#include "vrrp/agent.h"

#include <algorithm>
#include <utility>

#include "common/sys/log.h"
#include "common/sys/posix.h"
#include "vrrp/sys/local_socket.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

// Hints of the kernel can be lost; what it says when asked cannot.
constexpr Duration kLookEvery = 10s;
// After a failed look or release.
constexpr Duration kAgainFirst = 100ms;
constexpr Duration kAgainLongest = 10s;
// A renewal may fail once; who cannot hold its address must not claim to.
constexpr int kRefusalsMax = 2;
// How often a leaver tries to get rid of its addresses.
constexpr int kLeavingTries = 10;
constexpr Duration kListenRetry = 2s;

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

std::set<Family> families_of(const AgentConfig& config) {
  std::set<Family> families;
  for (const auto& settings : config.routers) families.insert(settings.family());
  if (families.empty()) families.insert(Family::ipv4);  // who stands by finds out what is missing, too
  return families;
}

std::chrono::seconds lease_of(const AgentConfig& config) {
  if (config.lease.kind == plan::Lease::Kind::off) return std::chrono::seconds(0);
  if (config.lease.kind == plan::Lease::Kind::fixed) return config.lease.fixed;
  Duration active_down{};
  for (const auto& settings : config.routers) {
    const auto& protocol = settings.protocol;
    active_down = std::max(
        active_down, active_down_interval(protocol.version, protocol.priority, protocol.advert_interval));
  }
  return automatic_lease(active_down);
}

}  // namespace

Agent::Agent(sys::EventLoop& loop, AgentConfig config, Sockets sockets)
    : loop_(loop),
      config_(std::move(config)),
      sockets_(std::move(sockets)),
      chronicle_(config_.group),
      group_mark_(mark_of(config_.mark_name)),
      lease_(lease_of(config_)),
      again_pause_(kAgainFirst, kAgainLongest),
      since_(sys::wall_clock_text()),
      timer_(loop.timer([this] { on_timer(); })),
      renewal_(loop.timer([this] { renew(); })),
      again_(loop.timer([this] { look_around(); })),
      look_(loop.timer([this] { look_around(); })),
      listen_retry_(loop.timer([this] { try_to_listen(); })),
      hello_retry_(loop.timer([this] { try_to_say_hello(); })) {}

Agent::~Agent() = default;

Result<std::unique_ptr<Agent>> Agent::create(sys::EventLoop& loop, AgentConfig config) {
  VIP_TRY(auto sockets, open_sockets(config));
  std::unique_ptr<Agent> agent(new Agent(loop, std::move(config), std::move(sockets)));
  VIP_CHECK(agent->set_up_routers());
  VIP_CHECK(agent->set_up_status());
  return agent;
}

Result<Agent::Sockets> Agent::open_sockets(const AgentConfig& config) {
  const auto families = families_of(config);
  VIP_TRY(auto netlink, Netlink::open());
  VIP_TRY(auto hints, NetlinkEvents::open());
  VIP_TRY(auto packets, PacketIo::open(families));
  VIP_TRY(auto announcer, Announcer::open());
  Sockets sockets{std::move(netlink), std::move(hints), std::move(packets), std::move(announcer), {}};
  for (const auto family : families) {
    VIP_TRY(auto watch, NeighbourWatch::open(family));
    sockets.neighbours.push_back(std::move(watch));
  }
  return sockets;
}

Status Agent::set_up_routers() {
  VIP_TRY(links_, sockets_.netlink.links());
  std::vector<RouterSetup> setups;
  for (auto& settings : config_.routers) {
    settings.protocol.lease = lease_;
    if (!config_.managed) VIP_CHECK(check_here(settings));
    std::erase(settings.rules.peers, settings.protocol.source);  // people list all nodes, themselves too
    setups.push_back(settings);
    sites_.push_back({.settings = settings, .changed = loop_.now()});
    if (settings.virtual_mac) {
      sites_.back().virtual_link.emplace(sockets_.netlink, config_.mark_name, settings.family(),
                                         settings.protocol.vrid);
    }
  }
  routers_.emplace(std::move(setups), Authenticator(config_.auth.mode, config_.auth.keys,
                                                    config_.auth.sending_key, config_.auth.window));
  keeper_.emplace(sockets_.netlink, AddressLifetime{.lease = lease_, .group_mark = group_mark_});
  return {};
}

// Alone, what is not on this host now is a wrong setting, said with its name.
Status Agent::check_here(RouterSettings& settings) const {
  const auto placement = place_router(settings.placement(), links_);
  if (!placement.link || !placement.source)
    return within(settings.interface_setting, Error{Errc::not_found, 0, placement.fault});
  settings.protocol.source = *placement.source;
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
  watches_ = sockets_.packets.watch(loop_, [this] { on_packets(); });
  watches_.push_back(loop_.on_readable(sockets_.hints.fd(), [this] { on_hints(); }));
  for (const auto& watch : sockets_.neighbours) {
    watches_.push_back(loop_.on_readable(watch.fd(), [this, &watch] {
      notice_stall();
      watch.receive([this](IfIndex interface, auto frame) { on_neighbour(interface, frame); });
    }));
  }
  if (sites_.empty()) {
    log::info(
        "standing_by",
        {{"group", config_.group}, {"node", config_.node}, {"why", "this node is not a member of the plan"}});
  }
  sweep();
  for (std::size_t i = 0; i < sites_.size(); ++i) perform(place(i));
  settle_addresses();
  try_to_say_hello();  // the routers' first deed is to ask
  perform(routers_->start(loop_.now()));
  try_to_listen();
  look_.set(loop_.now() + kLookEvery);
}

void Agent::stop() {
  notice_stall();
  perform(routers_->stop(loop_.now()));
  for (int i = 0; i < kLeavingTries && !keeper_->settled(); ++i) settle_addresses();
  watches_.clear();
}

void Agent::try_to_listen() {
  if (!config_.status_port || !config_.status_address) return;
  const auto listening = status_server_->listen(*config_.status_address, *config_.status_port);
  if (listening) return;
  log::debug("status_not_listening", {{"error", listening.error().context}});
  listen_retry_.set(loop_.now() + kListenRetry);
}

// --- events in ---

void Agent::notice_stall() {
  const auto now = loop_.now();
  const auto actions = routers_->notice_stall(now, keeper_->all_alive(now));
  if (actions.empty()) return;
  const auto keeps_on = [this](const auto& action) { return desires_addresses(action.router); };
  const bool asking = std::ranges::any_of(actions, keeps_on);
  log::warning("stalled", {{"group", config_.group},
                           {"why", std::string("this process or host slept; ") +
                                       (asking ? "asking the peers before it goes on" : "listening first")}});
  perform(actions);
}

void Agent::on_timer() {
  notice_stall();
  perform(routers_->expire(loop_.now()));
}

void Agent::on_packets() {
  notice_stall();
  sockets_.packets.receive([this](const Envelope& envelope, std::span<const std::uint8_t> message) {
    const auto reception = routers_->receive(loop_.now(), envelope, message, sys::wall_clock());
    if (reception.discarded) chronicle_.advert_discarded(loop_.now(), *reception.discarded, envelope.source);
    perform(reception.actions);
  });
}

void Agent::on_neighbour(IfIndex interface, std::span<const std::uint8_t> frame) {
  if (const auto announcement = parse_announcement(frame)) on_announcement(*announcement);
  const auto question = parse_question(frame);
  if (!question) return;
  const bool to_all = (frame.front() & 1U) != 0;  // of Ethernet's destination
  on_question(interface, to_all, *question);
}

// The kernel answers for addresses that it has. Without accept mode it has none: packets to them are
// nobody's, and yet the neighbours must find the router (RFC 9568, 6.4.3).
void Agent::on_question(IfIndex interface, bool to_all, const Question& question) {
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    if (sites_[i].settings.accept || !desires_addresses(i) || sites_[i].claiming) continue;
    for (const auto& at : located(i)) {
      // What goes to all comes in by the virtual MAC's interface once more.
      const bool by_parent = sites_[i].link && interface == sites_[i].link->index;
      const bool here = by_parent || (interface == at.interface && !to_all);
      const auto answer = at.prefix.address == question.target && here ? saying(i, at) : std::nullopt;
      if (!answer) continue;
      const auto sent =
          sockets_.announcer.send(answer->interface, encode_answer(question, answer->announcement));
      if (!sent) chronicle_.failed(loop_.now(), "send_failed", sent.error());
    }
  }
}

// Somebody else says that one of our addresses is theirs: the LAN may believe it.
void Agent::on_announcement(const Announcement& announcement) {
  const bool ours = std::ranges::find(links_, announcement.mac, &ObservedLink::mac) != links_.end();
  if (ours) return;
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    const auto& addresses = sites_[i].settings.protocol.addresses;
    const bool claimed =
        std::ranges::find(addresses, announcement.address, &IpPrefix::address) != addresses.end();
    if (!claimed || !desires_addresses(i)) continue;
    ++sites_[i].foreign_owners;
    chronicle_.foreign_owner(loop_.now(), announcement);
    perform(routers_->feed(loop_.now(), i, ForeignOwner{}));
  }
}

void Agent::on_hints() {
  notice_stall();
  const auto hints = sockets_.hints.drain();
  // Who is in a fault, or has an address on another interface, may be helped by any change.
  const auto in_want = [](const Site& site) {
    const bool elsewhere = std::ranges::any_of(
        site.settings.addresses, [](const auto& address) { return !address.interface.empty(); });
    return !site.fault.empty() || !site.refusal.empty() || elsewhere;
  };
  const bool own_link = std::ranges::any_of(sites_, [&](const Site& site) {
    return hints.links.contains(site.home) || (site.link && hints.links.contains(site.link->index));
  });
  // Our own renewals come back as additions; only a router in want of an address cares.
  const bool wanted =
      std::ranges::any_of(sites_, in_want) && (!hints.links.empty() || !hints.addresses_added.empty());
  if (hints.overrun || own_link || wanted || !hints.addresses_removed.empty()) observe_links();
  if (hints.overrun || !hints.addresses_removed.empty()) settle_addresses();
}

void Agent::arm_timers() {
  const auto arm = [](sys::DeadlineTimer& timer, std::optional<TimePoint> when) {
    when ? timer.set(*when) : timer.stop();
  };
  arm(timer_, routers_->next_deadline());
  arm(renewal_, keeper_->next_renewal());
  routers_->rest(loop_.now());
}

// --- links ---

void Agent::observe_links() {
  auto links = sockets_.netlink.links();
  if (!links) {
    if (links_known_) log::warning("links_unknown", {{"error", links.error().context}});
    links_known_ = false;
    look_again_soon();
    return;
  }
  links_known_ = true;
  std::vector<std::vector<LocatedAddress>> before;
  before.reserve(sites_.size());
  for (std::size_t i = 0; i < sites_.size(); ++i) before.push_back(located(i));
  links_ = *std::move(links);
  bool moved = false;
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    perform(place(i));
    moved |= desires_addresses(i) && located(i) != before.at(i);
  }
  stay_in_groups();
  if (moved) settle_addresses();
}

// What an earlier life left: virtual links here, addresses with the first settling.
void Agent::sweep() {
  const auto swept = sweep_virtual_links(sockets_.netlink, config_.mark_name, links_);
  if (!swept) chronicle_.failed(loop_.now(), "sweep_failed", swept.error());
}

void Agent::look_again_soon() {
  again_wanted_ = true;
  again_.set(loop_.now() + again_pause_.next());
}

void Agent::look_around() {
  notice_stall();
  look_.set(loop_.now() + kLookEvery);
  again_wanted_ = false;
  observe_links();
  settle_addresses();
  if (!again_wanted_) again_pause_.reset();
}

// Finds the router's place among the links, and tells it when that changed.
RouterActions Agent::place(std::size_t router) {
  auto& site = sites_.at(router);
  auto placement = place_router(site.settings.placement(), links_);
  const bool was_usable = site.fault.empty();
  const bool same_source = placement.source == site.source;
  site.link = std::move(placement.link);
  site.source = placement.source;
  site.home = placement.home;
  site.fault = placement.fault.empty() ? "" : "interface: " + placement.fault;
  if (site.link) prepare_link(router);
  routers_->place(router, placement.home);
  if (site.fault.empty() == was_usable && same_source) return {};
  return routers_->link_changed(loop_.now(), router, site.fault.empty(), site.source);
}

// Makes ready on the interface what the router needs there; without it, it is in a fault.
void Agent::prepare_link(std::size_t router) {
  auto& site = sites_.at(router);
  const auto check = [&](const char* what, const Status& status) {
    if (status) return;
    site.fault = std::string(what) + ": " + status.error().context;
    look_again_soon();
  };
  if (site.settings.transport == Transport::multicast)
    check("multicast", sockets_.packets.join(site.settings.family(), site.link->index));
  for (auto& watch : sockets_.neighbours) {
    if (!site.settings.accept && watch.family() == site.settings.family())
      check("neighbours", watch.hear_all(site.link->index));
  }
  if (!site.virtual_link) return;
  check("virtual MAC", site.virtual_link->place(*site.link, links_));
  if (site.virtual_link->index() != IfIndex(0) && desires_addresses(router))
    check("virtual MAC", site.virtual_link->raise());
  for (const auto& setting : site.virtual_link->apply_settings(*site.link)) {
    chronicle_.failed(
        loop_.now(), "virtual_mac_setting",
        Error{Errc::denied, 0, "this host needs " + setting + ", which cannot be set from here"});
  }
}

void Agent::stay_in_groups() {
  std::map<Family, std::set<IfIndex>> wanted;
  for (const auto& site : sites_) {
    auto& interfaces = wanted[site.settings.family()];
    if (site.settings.transport == Transport::multicast && site.link) interfaces.insert(site.link->index);
  }
  for (const auto& [family, interfaces] : wanted) sockets_.packets.stay_only(family, interfaces);
}

// --- actions out ---

void Agent::perform(const RouterActions& actions) {
  for (const auto& action : actions) carry_out(action);
  while (!answers_.empty()) {
    const auto [router, answer] = std::move(answers_.front());
    answers_.pop_front();
    for (const auto& action : routers_->feed(loop_.now(), router, answer)) carry_out(action);
  }
  arm_timers();
}

void Agent::carry_out(const RouterAction& action) {
  std::visit([&](const auto& what) { carry_out(action.router, what); }, action.action);
}

void Agent::carry_out(std::size_t router, const SendAdvertisement& action) {
  auto& site = sites_.at(router);
  // RFC 9568, 7.3: what goes to the group comes from the virtual MAC, so that switches know where it is.
  const bool by_virtual_mac = site.virtual_link && site.settings.transport == Transport::multicast;
  for (auto& packet : routers_->packets(router, action.priority, loop_.now(), sys::wall_clock())) {
    if (by_virtual_mac) packet.envelope.interface = site.virtual_link->index();
    const auto sent = sockets_.packets.send(packet);
    ++(sent ? site.sent : site.send_errors);
    if (!sent) chronicle_.failed(loop_.now(), "send_failed", sent.error());
  }
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

void Agent::carry_out(std::size_t router, const ReleaseAddresses&) {
  sites_.at(router).claiming = false;
  const auto outcome = keeper_->release(routers_->machine(router).config().addresses);
  for (const auto& [prefix, error] : outcome.not_released) {
    log::warning("release_failed",
                 {{"group", config_.group}, {"address", prefix.text()}, {"error", error.context}});
  }
  if (!outcome.not_released.empty()) look_again_soon();
  auto& link = sites_.at(router).virtual_link;
  const auto lowered = link ? link->lower() : Status();
  if (!lowered) chronicle_.failed(loop_.now(), "virtual_mac_failed", lowered.error());
}

void Agent::carry_out(std::size_t router, const AnnounceAddresses&) {
  auto& site = sites_.at(router);
  for (const auto& at : located(router)) {
    const auto what = saying(router, at);
    if (!what) continue;  // gone this moment; the fault is on its way
    const auto announced = sockets_.announcer.send(what->interface, encode(what->announcement));
    ++(announced ? site.announcements : site.send_errors);
    if (!announced) chronicle_.failed(loop_.now(), "send_failed", announced.error());
  }
}

std::optional<Agent::Saying> Agent::saying(std::size_t router, const LocatedAddress& at) const {
  const auto& site = sites_.at(router);
  const bool by_virtual_mac = site.virtual_link && site.virtual_link->index() == at.interface;
  const auto carrier = by_virtual_mac && site.link ? site.link->index : at.interface;
  const auto link = std::ranges::find(links_, carrier, &ObservedLink::index);
  if (link == links_.end()) return std::nullopt;
  const bool v6 = at.prefix.address.family() == Family::ipv6;
  return Saying{.interface = at.interface,
                .announcement = {.address = at.prefix.address,
                                 .mac = by_virtual_mac ? site.virtual_link->mac() : link->mac,
                                 .from_router = v6 && is_ipv6_router(link->name)}};
}

void Agent::carry_out(std::size_t router, const StateChanged& action) {
  const auto now = loop_.now();
  auto& site = sites_.at(router);
  const auto& protocol = routers_->machine(router).config();
  log::info("state", {{"group", config_.group},
                      {"vrid", std::to_string(protocol.vrid.value)},
                      {"family", std::string(name(site.settings.family()))},
                      {"from", std::string(name(action.from))},
                      {"to", std::string(name(action.to))},
                      {"cause", std::string(name(action.cause))},
                      {"peer", action.peer ? action.peer->text() : "-"},
                      {"priority", std::to_string(protocol.priority.value)},
                      {"interface", site.link ? site.link->name : "-"},
                      {"after_s", seconds_text(now - site.changed)},
                      {"reason", action.to == State::fault ? why_fault(router) : "-"}});
  site.changed = now;
  site.since = sys::wall_clock_text();
  ++site.transitions;
}

// The set of routers answers these itself.
void Agent::carry_out(std::size_t /*router*/, const ReadyToClaim& /*action*/) {}
void Agent::carry_out(std::size_t /*router*/, const AskPeers& /*action*/) {}

// --- addresses ---

bool Agent::desires_addresses(std::size_t router) const {
  return routers_->machine(router).state() == State::active;
}

// Where each address belongs: its own interface, or the router's.
std::vector<LocatedAddress> Agent::located(std::size_t router) const {
  const auto& site = sites_.at(router);
  std::vector<LocatedAddress> addresses;
  for (const auto& address : site.settings.addresses) {
    IfIndex interface = site.link ? site.link->index : IfIndex(0);
    if (site.virtual_link) interface = site.virtual_link->index();
    if (!address.interface.empty()) {
      const auto found = std::ranges::find(links_, address.interface, &ObservedLink::name);
      interface = found == links_.end() ? IfIndex(0) : found->index;
    }
    addresses.push_back({.interface = interface, .prefix = address.prefix});
  }
  return addresses;
}

void Agent::renew() {
  notice_stall();
  const auto outcome = keeper_->renew(loop_.now());
  for (std::size_t i = 0; i < sites_.size(); ++i) tell(i, outcome);
  perform({});
}

void Agent::settle_addresses() {
  std::vector<LocatedAddress> desired;
  std::vector<LocatedAddress> known;
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    for (const auto& at : located(i)) {
      known.push_back(at);
      if (desires_addresses(i) && sites_[i].settings.accept) desired.push_back(at);
    }
  }
  const auto outcome = keeper_->settle(loop_.now(), desired, known);
  for (const auto& [prefix, error] : outcome.not_released) {
    log::warning("release_failed",
                 {{"group", config_.group}, {"address", prefix.text()}, {"error", error.context}});
  }
  if (!keeper_->settled()) look_again_soon();
  for (std::size_t i = 0; i < sites_.size(); ++i) tell(i, outcome);
  perform({});
}

void Agent::tell(std::size_t router, const AddressKeeper::Outcome& outcome) {
  if (!desires_addresses(router)) return;
  auto& site = sites_.at(router);
  const auto& addresses = site.settings.protocol.addresses;
  const auto refused =
      std::ranges::find_if(addresses, [&](const auto& prefix) { return outcome.refused.contains(prefix); });
  if (refused != addresses.end()) {
    ++site.refusals;
    if (site.claiming || site.refusals >= kRefusalsMax)
      refuse(router, *refused, outcome.refused.at(*refused));
    return;
  }
  const auto any_of_ours = [&](const std::set<IpPrefix>& set) {
    return std::ranges::find_if(addresses, [&](const auto& prefix) { return set.contains(prefix); });
  };
  if (any_of_ours(outcome.renewed) != addresses.end()) site.refusals = 0;
  const auto added = any_of_ours(outcome.added);
  const bool claimed = std::exchange(site.claiming, false);
  if (!claimed && added == addresses.end()) return;
  site.refusals = 0;
  site.refusal.clear();
  if (!claimed) {
    ++site.put_back;
    chronicle_.address_put_back(loop_.now(), *added);
  }
  answers_.emplace_back(router, AddressesHeld{});
}

void Agent::refuse(std::size_t router, const IpPrefix& prefix, const Error& error) {
  auto& site = sites_.at(router);
  site.claiming = false;
  site.refusal = "the kernel does not take " + prefix.text() + ": " + error.context;
  log::error("address_refused",
             {{"group", config_.group}, {"address", prefix.text()}, {"error", error.context}});
  answers_.emplace_back(router, AddressesRefused{});
}

}  // namespace vip::vrrp
