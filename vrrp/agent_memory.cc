// What an agent remembers for its next life, and how it goes on with that. P11: a change of state is
// remembered before anything is done about it, so that who died in between does not come back in the old one.
#include <algorithm>
#include <csignal>
#include <cstring>  // sigabbrev_np
#include <iterator>
#include <utility>

#include "common/sys/log.h"
#include "vrrp/agent.h"
#include "vrrp/memory_json.h"
#include "vrrp/sys/resident.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPulse = 1s;
constexpr int kPulsesPerLease = 4;
// What is written in one pulse, so that the loop is never busy with it for long.
constexpr std::size_t kRoutersPerPulse = 16;
constexpr std::size_t kMarksPerPulse = 1000;

// What comes again and again, and says nothing that is not remembered.
bool is_routine(const Action& action) {
  return std::holds_alternative<SendAdvertisement>(action) || std::holds_alternative<SendHello>(action);
}

std::string cause_of(const LastingMemory::Death& death) {
  if (death.hung) return "hung";
  const char* const name = ::sigabbrev_np(death.signal);
  return name == nullptr ? "gave up" : std::string("SIG") + name;
}

}  // namespace

void Agent::remember(const RouterActions& actions) {
  std::set<std::size_t> changed;
  for (const auto& [router, action] : actions)
    if (!is_routine(action)) changed.insert(router);
  for (const auto router : changed) remember(router);
}

void Agent::remember(std::size_t router) {
  if (router >= LastingMemory::kRoutersMax) return;
  const auto written = memory_.of_router(router).write(to_json(memory_of(router)));
  if (!written) chronicle_.failed(loop_.now(), "not_remembered", written.error());
}

void Agent::remember_all() {
  for (std::size_t i = 0; i < sites_.size(); ++i) remember(i);
  remember_set();
  memory_.beat(loop_.now());
}

std::optional<SetMemory> Agent::recall() {
  const auto last_beat = memory_.last_beat();
  if (!last_beat) return std::nullopt;
  SetMemory memory{.as_of = *last_beat, .authenticator = {}, .routers = {}};
  const auto check = [this](const auto& read) {
    if (!read) chronicle_.failed(loop_.now(), "not_remembered", read.error());
    return read.has_value();
  };
  if (const auto text = memory_.of_set().read()) {
    auto authenticator = read_authenticator_memory(*text);
    if (check(authenticator)) memory.authenticator = *std::move(authenticator);
  }
  // After a reload they may be others, more or fewer, and in another order.
  for (std::size_t i = 0; i < LastingMemory::kRoutersMax; ++i) {
    const auto text = memory_.of_router(i).read();
    if (!text && i >= sites_.size()) break;
    if (!text) continue;
    if (auto router = read_router_memory(*text); check(router)) memory.routers.push_back(*std::move(router));
    if (i >= sites_.size()) memory_.of_router(i).forget();
  }
  return memory;
}

SetMemory::Router Agent::memory_of(std::size_t router) const {
  auto memory = routers_->memory_of(router, loop_.now());
  memory.transitions = sites_.at(router).transitions;
  return memory;
}

SetMemory Agent::memory() const {
  auto memory = routers_->memory(loop_.now());
  for (std::size_t i = 0; i < sites_.size(); ++i) memory.routers.at(i).transitions = sites_[i].transitions;
  return memory;
}

void Agent::forget() {
  for (std::size_t i = 0; i < std::min(sites_.size(), LastingMemory::kRoutersMax); ++i)
    memory_.of_router(i).forget();
  memory_.of_set().forget();
}

void Agent::resume(const SetMemory& memory) {
  const auto hole = std::chrono::floor<std::chrono::milliseconds>(loop_.now() - memory.as_of);
  const auto resumed = go_on_from(memory);
  const auto death = memory_.last_death();
  const bool is_reload = death.signal == SIGHUP;
  log::write(is_reload ? log::Level::info : log::Level::warning, is_reload ? "reloaded" : "resumed",
             {{"group", config_.group},
              {"cause", cause_of(death)},
              {"after_ms", std::to_string(hole.count())},
              {"was_active", std::to_string(resumed.were_active)},
              {"is_active", std::to_string(resumed.are_active)},
              {"restarts", std::to_string(death.deaths)}});
}

// Whoever acted before, an earlier life or another agent: its addresses and virtual links are still there.
Agent::Resumed Agent::go_on_from(const SetMemory& memory) {
  recall_transitions(memory);
  std::vector<std::size_t> active;  // at that time
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    const bool was_active = std::ranges::any_of(memory.routers, [&](const SetMemory::Router& router) {
      return router.machine.state == State::active && is_of(router, sites_[i].settings);
    });
    if (was_active) active.push_back(i);
  }
  for (const auto i : active) {
    auto& site = sites_[i];
    const auto placement = place_router(site.settings.placement(), links_);
    if (site.virtual_link && placement.link) site.virtual_link->take_over(*placement.link, links_);
  }
  place_all();
  std::vector<LocatedAddress> held;
  for (const auto i : active) {
    if (sites_[i].settings.accept) std::ranges::copy(located(i), std::back_inserter(held));
  }
  perform(routers_->resume(loop_.now(), memory, keeper_->are_there(held)));
  settle_addresses();
  const auto still_active = std::ranges::count_if(active, [this](auto i) { return is_active(i); });
  return {.were_active = active.size(), .are_active = static_cast<std::size_t>(still_active)};
}

// Since when and why a router is in its state does not end with the process that saw it.
void Agent::recall_transitions(const SetMemory& memory) {
  for (auto& site : sites_) {
    const auto known = std::ranges::find_if(
        memory.routers, [&](const SetMemory::Router& router) { return is_of(router, site.settings); });
    if (known == memory.routers.end()) continue;
    site.transitions = known->transitions;
    if (!site.transitions.empty()) site.changed = site.transitions.back().when;
    // After a crash nobody knows what it heard last.
    const auto& speaker = known->machine.speaker;
    if (speaker && known->machine.as_of >= memory.as_of) site.heard = speaker->heard;
  }
}

void Agent::on_pulse() {
  notice_stall();
  const Duration lease = lease_;
  pulse_.set(loop_.now() + (lease > Duration::zero() ? std::min(kPulse, lease / kPulsesPerLease) : kPulse));
  if (acts_) {
    settle_claims();
    remember_some();
  }
  if (pulses_until_small_ > 0) {
    --pulses_until_small_;
    if (pulses_until_small_ == 0) shed_unused_memory();
  }
  chronicle_.say_the_rest(loop_.now());
  perform({});
}

void Agent::remember_some() {
  const auto count = std::min(sites_.size(), kRoutersPerPulse);
  for (std::size_t i = 0; i < count; ++i) {
    remember(remembered_next_);
    remembered_next_ = (remembered_next_ + 1) % sites_.size();
  }
  if (pulses_until_set_ > 0) {
    --pulses_until_set_;
  } else {
    remember_set();
  }
}

void Agent::remember_set() {
  const auto known = routers_->memory_of_authenticator();
  remembered_number_ = routers_->authenticator().highest();
  pulses_until_set_ = known.marks.size() / kMarksPerPulse;
  const auto written = memory_.of_set().write(to_json(known));
  if (!written) chronicle_.failed(loop_.now(), "not_remembered", written.error());
}

}  // namespace vip::vrrp
