#include "vrrp/agent.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/metrics/exposition.h"
#include "common/sys/log.h"
#include "common/sys/posix.h"
#include "common/sys/process.h"
#include "vrrp/metrics.h"
#include "vrrp/sys/abstract_socket.h"
#include "vrrp/sys/local_socket.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

// After a failed look or release.
constexpr Duration kAgainFirst = 100ms;
constexpr Duration kAgainLongest = 10s;
// How often a leaver tries to get rid of its addresses.
constexpr int kLeavingTries = 10;
constexpr Duration kListenRetry = 2s;
constexpr int kListenFailuresSaid = 2;
// Whoever claims an address announces it and speaks in the next moment.
constexpr Duration kSuccessorSpeaksWithin = 300ms;

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

Agent::Agent(sys::EventLoop& loop, AgentConfig config, Sockets sockets, LastingMemory& memory,
             Urgency urgency)
    : loop_(loop),
      config_(std::move(config)),
      sockets_(std::move(sockets)),
      chronicle_(config_.group),
      group_mark_(fnv1a(config_.mark_name)),
      lease_(lease_of(config_)),
      again_pause_(kAgainFirst, kAgainLongest),
      since_(sys::wall_clock_text()),
      timer_(loop.timer([this] { on_timer(); })),
      renewal_(loop.timer([this] { renew(); })),
      again_(loop.timer([this] { look_around(); })),
      look_(loop.timer([this] { look_around(); })),
      listen_retry_(loop.timer([this] { try_to_listen(); })),
      hello_retry_(loop.timer([this] { try_to_say_hello(); })),
      errands_(loop,
               {.checks = config_.checks,
                .notify = config_.notify,
                .name = config_.group,
                .probe = sys::sibling_executable("swarm-vip")},
               [this](std::size_t check, const std::string& why) { on_check(check, why); }),
      overdue_(loop.timer([this] { on_overdue(); })),
      memory_(memory),
      urgency_(urgency),
      pulse_(loop.timer([this] { on_pulse(); })) {}

Agent::~Agent() = default;

Result<std::unique_ptr<Agent>> Agent::create(sys::EventLoop& loop, AgentConfig config, Heritage heritage) {
  if (!config.managed && config.hostname.empty()) config.hostname = sys::host_name();
  VIP_TRY(auto sockets, open_sockets(config, std::move(heritage.sockets)));
  std::unique_ptr<Agent> agent(
      new Agent(loop, std::move(config), std::move(sockets), heritage.memory, heritage.urgency));
  VIP_CHECK(agent->set_up_routers());
  VIP_CHECK(agent->set_up_status());
  agent->set_up_siblings(heritage.order);
  return agent;
}

Result<Agent::Sockets> Agent::open_sockets(const AgentConfig& config, PreparedSockets prepared) {
  const auto families = families_of(config);
  VIP_TRY(auto netlink, Netlink::open());
  VIP_TRY(auto hints, NetlinkEvents::open());
  VIP_TRY(auto packets, PacketIo::open(families, std::move(prepared)));
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
  sites_.reserve(config_.routers.size());
  for (auto& settings : std::exchange(config_.routers, {})) {
    settings.protocol.lease = lease_;
    if (!config_.managed) VIP_CHECK(check_here(settings));
    // People list all nodes, themselves too, by whichever of their addresses.
    std::erase_if(settings.rules.peers, [&](const IpAddress& peer) {
      return peer == settings.protocol.source || (!config_.managed && is_here(peer));
    });
    sites_.push_back({.settings = std::move(settings), .changed = loop_.now()});
    auto& site = sites_.back();
    if (site.settings.virtual_mac) {
      site.virtual_link.emplace(sockets_.netlink, config_.mark_name, site.settings.family(),
                                site.settings.protocol.vrid);
    }
  }
  make_routers();
  return {};
}

void Agent::make_routers() {
  std::vector<RouterSetup> setups;
  setups.reserve(sites_.size());
  for (const auto& site : sites_) setups.push_back(site.settings);
  routers_.emplace(std::move(setups), Authenticator(config_.auth.mode, config_.auth.keys,
                                                    config_.auth.sending_key, config_.auth.window));
  keeper_.emplace(sockets_.netlink, AddressLifetime{.lease = lease_, .group_mark = group_mark_});
}

// Our marks on addresses, and our place among the agents of this host, are made of the name.
Status Agent::suits(const AgentConfig& next) const {
  if (next.group != config_.group) {
    return fail(Errc::invalid,
                "name: '" + next.group + "' is not allowed; '" + config_.group + "', as at the start");
  }
  for (auto settings : next.routers) VIP_CHECK(check_here(settings));
  return {};
}

// Alone, what is not on this host now is a wrong setting, said with its name.
Status Agent::check_here(RouterSettings& settings) const {
  const auto placement = place_router(settings.placement(), links_);
  const bool is_source = settings.source && placement.trouble == Trouble::no_own_address;
  if (!placement.link || !placement.source || is_source) {
    return within(is_source ? settings.source_setting : settings.interface_setting,
                  Error{Errc::not_found, 0, placement.fault});
  }
  settings.protocol.source = *placement.source;
  for (const auto& address : settings.addresses) {
    if (address.interface.empty()) continue;
    const auto placed = choose_interface(address.interface, {}, std::nullopt, links_);
    if (!placed) return within("address " + address.prefix.text(), placed.error());
  }
  return {};
}

bool Agent::is_here(const IpAddress& address) const {
  return std::ranges::any_of(links_, [&](const ObservedLink& link) {
    return std::ranges::find(link.addresses, address, &IpPrefix::address) != link.addresses.end();
  });
}

Status Agent::set_up_status() {
  const auto status_page = [this](const http::Request&) {
    return http::Response{.content_type = "application/json", .body = to_json(status())};
  };
  const auto metrics_page = [this](const http::Request&) {
    return http::Response{.content_type = std::string(metrics::kContentType),
                          .body = metrics_text(status(), sys::process_facts())};
  };
  const auto health_page = [this](const http::Request&) {
    return is_healthy() ? http::Response{.body = "ok\n"}
                        : http::Response{.status = http::kUnavailable, .body = "standing by\n"};
  };
  VIP_TRY(auto server,
          http::Server::create(
              loop_, {{"/status", status_page}, {"/metrics", metrics_page}, {"/healthz", health_page}}));
  status_server_ = std::move(server);
  if (const auto allowed = try_unix_sockets(); !allowed)
    log::warning("no_unix_sockets", {{"error", allowed.error().context}, {"instead", "TCP on loopback"}});
  auto local = listen_locally(config_.group);
  if (local) return status_server_->serve(*std::move(local));
  // The router does not need it.
  log::error("no_local_status", {{"error", local.error().context}});
  return {};
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
  recalled_ = recall();
  memory_.set_patience(lease_);
  if (siblings_) {
    siblings_->start();
  } else {
    take_charge({});
  }
  recalled_.reset();
  if (!acts_) forget();  // what an earlier life knew is another agent's business by now
  is_going_ = true;
  on_pulse();
}

void Agent::leave() {
  start();
  stop();
}

void Agent::stop() {
  leaving_ = false;
  if (!acts_) return errands_.finish();
  perform(routers_->stop(loop_.now()));
  if (routers_->is_lingering()) perform(routers_->stop(loop_.now()));
  for (int i = 0; i < kLeavingTries && !keeper_->settled(); ++i) settle_addresses();
  watches_.clear();
  errands_.finish();
}

// The router does without. Said once, and not at the first failure: whoever acted before may be about to go.
void Agent::try_to_listen() {
  if (!config_.status_place) return;
  const auto& [address, port] = *config_.status_place;
  auto inherited = inherited_.extract(std::string(kStatusSocket));
  const auto listening = inherited ? status_server_->adopt(address, port, std::move(inherited.mapped()))
                                   : status_server_->listen(address, port);
  if (listening) {
    if (listen_failures_ >= kListenFailuresSaid) log::info("status_listening", {{"group", config_.group}});
    listen_failures_ = 0;
    return;
  }
  if (++listen_failures_ == kListenFailuresSaid) {
    log::warning("status_not_listening", {{"group", config_.group},
                                          {"error", listening.error().context},
                                          {"what", "trying again; the router does without"}});
  }
  listen_retry_.set(loop_.now() + kListenRetry);
}

// --- events in ---

void Agent::notice_stall() {
  if (!acts_) return;
  const auto now = loop_.now();
  const auto actions = routers_->notice_stall(now, keeper_->all_alive(now));
  if (actions.empty()) return;
  const auto keeps_on = [this](const auto& action) { return is_active(action.router); };
  const bool asking = std::ranges::any_of(actions, keeps_on);
  log::warning("stalled", {{"group", config_.group},
                           {"why", std::string("this process or host slept; ") +
                                       (asking ? "asking the peers before it goes on" : "listening first")}});
  perform(actions);
}

void Agent::on_timer() {
  notice_stall();
  settle_claims();
  perform(routers_->expire(loop_.now()));
}

void Agent::on_packets() {
  if (!acts_) return discard_all();
  notice_stall();
  sockets_.packets.receive([this](const Envelope& envelope, std::span<const std::uint8_t> message) {
    const auto reception = routers_->receive(loop_.now(), envelope, message, sys::wall_clock());
    if (reception.discarded) chronicle_.advert_discarded(loop_.now(), *reception.discarded, envelope.source);
    if (reception.router && reception.event) {
      if (const auto* const advert = std::get_if<Received>(&*reception.event))
        note(*reception.router, *advert);
    }
    obey(reception.actions);
  });
  end_turn();
}

void Agent::on_neighbour(IfIndex interface, std::span<const std::uint8_t> frame) {
  if (!acts_) return;
  if (const auto announcement = parse_announcement(frame)) on_announcement(interface, *announcement);
  if (const auto owner = parse_owner(frame)) on_owner(interface, *owner);
  const auto question = parse_question(frame);
  if (!question) return;
  const bool to_all = (frame.front() & 1U) != 0;  // of Ethernet's destination
  on_question(interface, to_all, *question);
}

// The kernel answers for addresses that it has. Without accept mode it has none: packets to them are
// nobody's, and yet the neighbours must find the router (RFC 9568, 6.4.3).
void Agent::on_question(IfIndex interface, bool to_all, const Question& question) {
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    if (sites_[i].settings.accept || sites_[i].claiming || !desires(i, question.target)) continue;
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

// Somebody else says that one of our addresses is theirs: a successor, or else the LAN may believe it.
void Agent::on_announcement(IfIndex interface, const Announcement& announcement) {
  const bool ours = is_ours(announcement.mac);
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    auto& site = sites_[i];
    if (!desires(i, announcement.address)) continue;
    // A successor has our virtual MAC, too. While active we would take a reflection for it.
    const bool by_virtual_mac = site.virtual_link && site.virtual_link->mac() == announcement.mac &&
                                site.link && interface == site.link->index;
    if (ours && (!by_virtual_mac || is_active(i))) continue;
    site.others.insert_or_assign(announcement.address,
                                 Site::Other{.announcement = announcement, .heard = loop_.now()});
    if (is_active(i)) {
      if (site.claims.count == 0) site.claims.first = loop_.now();
      if (!claimed_since_) claimed_since_ = site.claims.first;
      site.claims.last = announcement;
      ++site.claims.count;
    }
    perform(routers_->feed(loop_.now(), i, ForeignOwner{announcement.address}));
  }
}

void Agent::settle_claims() {
  const auto now = loop_.now();
  if (!claimed_since_ || now - *claimed_since_ < kSuccessorSpeaksWithin) return;
  claimed_since_.reset();
  for (auto& site : sites_) {
    if (site.claims.count == 0) continue;
    if (now - site.claims.first < kSuccessorSpeaksWithin) {
      claimed_since_ = std::min(claimed_since_.value_or(now), site.claims.first);
      continue;
    }
    site.counters.foreign_owners += site.claims.count;
    chronicle_.foreign_owner(now, site.claims.last, site.claims.count);
    site.claims = {};
  }
}

// Only a router that asked whether anybody has them cares.
void Agent::on_owner(IfIndex interface, const Announcement& owner) {
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    if (!routers_->is_checking(i) || is_ours(owner.mac)) continue;
    for (const auto& at : located(i)) {
      if (interface != carrier(i, at) || at.prefix.address != owner.address) continue;
      const auto member = is_active(i) ? peer_with(i, owner.mac) : std::nullopt;
      const auto* const why =
          member ? "is not heard (does a firewall drop VRRP and the hellos?)"
                 : "no router that we believe speaks for it (its own address, another key, or proxy ARP?)";
      sites_[i].refusal = (member ? member->text() + ", " : "") + text(owner.mac) + ", has " +
                          owner.address.text() + ", and " + why;
      if (is_active(i)) {
        sites_[i].others.insert_or_assign(owner.address,
                                          Site::Other{.announcement = owner, .heard = loop_.now()});
      }
      sites_[i].refused = Trouble::address_in_use;
      perform(routers_->feed(loop_.now(), i, AddressTaken{.member = member}));
    }
  }
}

std::optional<IpAddress> Agent::peer_with(std::size_t router, const MacAddress& mac) {
  const auto neighbours = sockets_.netlink.neighbours(mac);
  if (!neighbours) {
    chronicle_.failed(loop_.now(), "look_failed", neighbours.error());
    return std::nullopt;
  }
  const auto& peers = sites_.at(router).settings.rules.peers;
  const auto found = std::ranges::find_first_of(*neighbours, peers);
  return found == neighbours->end() ? std::nullopt : std::optional(*found);
}

bool Agent::is_ours(const MacAddress& mac) const {
  return std::ranges::find(links_, mac, &ObservedLink::mac) != links_.end();
}

void Agent::on_hints() {
  notice_stall();
  const auto hints = sockets_.hints.drain();
  if (!acts_) return;
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
  for (const auto& removal : hints.addresses_removed) removed_by_[removal.at.prefix] = removal.by;
  if (hints.overrun || !hints.addresses_removed.empty()) settle_addresses();
  removed_by_.clear();
}

void Agent::arm_timers() {
  if (is_going_) memory_.beat(loop_.now());
  if (!acts_) return;
  const auto arm = [](sys::DeadlineTimer& timer, std::optional<TimePoint> when) {
    when ? timer.set(*when) : timer.stop();
  };
  arm(timer_, routers_->next_deadline());
  arm(renewal_, keeper_->next_renewal());
  routers_->rest(loop_.now());
}

}  // namespace vip::vrrp
