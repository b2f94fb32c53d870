// How the agent takes charge on its host from another one, and gives it away: what vrrp/core/charge.h
// decides, done to routers, sockets and addresses. Whoever does not act reads its sockets empty and touches
// nothing.
#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "common/sys/log.h"
#include "vrrp/agent.h"
#include "vrrp/memory_json.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

// The one in charge is silent for so long at most for a successor that does not answer; an advertisement may
// be late by that.
constexpr Duration kPatienceMin = 20ms;
constexpr Duration kPatienceMax = 250ms;
constexpr Duration kBeatMin = 50ms;
constexpr Duration kBeatMax = 250ms;

}  // namespace

// Alone, nobody starts a second agent for the same addresses beside the first.
void Agent::set_up_siblings(StartOrder order) {
  if (!config_.managed) return;
  Duration interval = kPatienceMax;
  for (const auto& site : sites_) interval = std::min(interval, site.settings.protocol.advert_interval);
  SiblingSettings settings{
      .group = config_.mark_name,
      .charge = {.order = order,
                 .patience = std::clamp(interval, kPatienceMin, kPatienceMax),
                 .beat = std::clamp(interval, kBeatMin, kBeatMax)},
      .keys = config_.auth.mode == AuthMode::off ? std::vector<AuthKey>() : config_.auth.keys,
      .insists_on_key = config_.auth.insists};
  siblings_.emplace(
      loop_, std::move(settings),
      ChargeHooks{.state = [this] { return to_json(memory()); },
                  .can_read = [](const std::string& state) { return read_set_memory(state).has_value(); },
                  .fitness = [this](const std::string& state) { return fitness(state); },
                  .fall_silent = [this] { fall_silent(); },
                  .go_on = [this] { go_on(); },
                  .take_charge = [this](const std::string& state) { take_charge(state); },
                  .give_up_charge = [this] { give_up_charge(); },
                  .leave_politely = [this] { leave_politely(); },
                  .exit = [this] { gone_(); },
                  .belongings = [this] { return belongings(); },
                  .close_belongings = [this] { close_belongings(); },
                  .adopt = [this](const std::string& name,
                                  sys::UniqueFd fd) { inherited_.insert_or_assign(name, std::move(fd)); }});
}

// What is wrong with the group's rule would be so on every node, and take the address from all. With the
// node's own, this one alone goes without, or it would keep the plan from everybody else.
Fitness Agent::fitness(const std::string& state) {
  const auto memory = read_set_memory(state);
  const auto links = sockets_.netlink.links();
  if (!memory || !links) return {};
  const auto works = [](const SetMemory::Router& router) { return router.machine.state != State::fault; };
  if (memory->routers.empty() || !std::ranges::all_of(memory->routers, works)) return {};
  for (const auto& site : sites_) {
    if (site.settings.interface_is_own) continue;
    const auto placement = place_router(site.settings.placement(), *links);
    if (!placement.fault.empty()) {
      return {.grade = Fitness::Grade::unfit,
              .why = "it would be in a fault, whoever is in charge is not: interface: " + placement.fault};
    }
  }
  return try_checks(*memory);
}

Standing Agent::standing() const {
  return siblings_ ? siblings_->standing() : Standing::in_charge;
}

bool Agent::is_healthy() const {
  return !siblings_ || siblings_->is_healthy();
}

void Agent::take_charge(const std::string& state) {
  acts_ = true;
  if (auto links = sockets_.netlink.links()) links_ = *std::move(links);  // else a look follows soon
  const auto handed_over = state.empty() ? std::nullopt : std::optional(read_set_memory(state));
  try_to_say_hello();  // the routers' first deed is to ask
  if (handed_over && *handed_over) {
    begin_checks(Beginning::goes_on);
    take_over(**handed_over);
  } else if (recalled_) {
    begin_checks(Beginning::goes_on);
    resume(*recalled_);
    on_packets();  // before any timer: somebody may have won meanwhile
  } else {
    begin_checks(Beginning::fresh);
    place_all();
    settle_addresses();
    perform(routers_->start(loop_.now()));
  }
  heed_checks();
  errands_.start();
  try_to_listen();
  inherited_.clear();
  look_around_later();
}

void Agent::take_over(const SetMemory& memory) {
  const auto hole = std::chrono::floor<std::chrono::milliseconds>(loop_.now() - memory.as_of);
  const auto resumed = go_on_from(memory);
  remember_all();  // P5: our numbers are ahead of the clock, and the next life must not fall back to it
  log::info("took_over", {{"group", config_.group},
                          {"after_ms", std::to_string(hole.count())},
                          {"was_active", std::to_string(resumed.were_active)},
                          {"is_active", std::to_string(resumed.are_active)}});
}

void Agent::fall_silent() {
  acts_ = false;
  for (auto* timer : {&timer_, &renewal_, &again_, &look_, &listen_retry_, &hello_retry_}) timer->stop();
}

void Agent::go_on() {
  acts_ = true;
  heed_checks();
  look_around();
  try_to_say_hello();
}

void Agent::give_up_charge() {
  end_checks();
  close_belongings();
  answers_.clear();
  for (auto& site : sites_) {
    if (site.virtual_link) site.virtual_link->forget();
    site.link.reset();
    site.source.reset();
    site.home = IfIndex(0);
    site.fault = "not started";
    site.transitions.clear();
    site.heard.reset();
    site.claiming = false;
    site.claims = {};
    site.refusals = 0;
    site.refusal.clear();
  }
  forget();  // should this process crash, it knows of nothing to resume
  make_routers();
}

void Agent::retire(sys::Callback gone) {
  gone_ = std::move(gone);
  if (!siblings_ || siblings_->standing() == Standing::leaving) return leave_politely();
  siblings_->terminate();
}

void Agent::leave_politely() {
  notice_stall();
  leaving_ = true;
  perform(routers_->stop(loop_.now()));
}

void Agent::make_way(const AgentConfig& next, sys::Callback gone) {
  notice_stall();
  if (!acts_) return gone();
  const auto successor_of = [&next](const SetMemory::Router& router) {
    return std::ranges::find_if(next.routers, [&](const auto& settings) { return is_of(router, settings); });
  };
  RouterActions actions;
  std::vector<std::size_t> by_virtual_mac;  // also in the next life
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    const auto successor = successor_of(memory_of(i));
    if (successor == next.routers.end()) {
      std::ranges::move(routers_->feed(loop_.now(), i, Stopped{}), std::back_inserter(actions));
    } else if (successor->virtual_mac && sites_[i].virtual_link) {
      by_virtual_mac.push_back(i);
    }
  }
  gone_ = [this, by_virtual_mac, gone = std::move(gone)] {
    for (const auto i : by_virtual_mac) sites_[i].virtual_link->forget();  // it stays where it is
    remember_all();
    gone();
  };
  leaving_ = true;
  perform(actions);
}

std::vector<ChargeHooks::Belonging> Agent::belongings() const {
  std::vector<ChargeHooks::Belonging> all;
  if (const auto status = status_server_->tcp_socket()) all.emplace_back(std::string(kStatusSocket), *status);
  for (const auto& [family, socket] : hello_sockets_) all.emplace_back(hello_name(family), socket.fd());
  return all;
}

void Agent::close_belongings() {
  status_server_->stop_listening();
  hello_watches_.clear();
  hello_sockets_.clear();
}

void Agent::discard_all() {
  const auto drop = [](const Envelope&, std::span<const std::uint8_t>) {};
  sockets_.packets.receive(drop);
  for (const auto& [family, socket] : hello_sockets_) socket.receive(drop);
}

}  // namespace vip::vrrp
