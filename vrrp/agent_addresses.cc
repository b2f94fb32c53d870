// How the agent keeps the kernel's addresses what its routers desire.
#include <algorithm>
#include <utility>

#include "common/sys/log.h"
#include "vrrp/agent.h"

namespace vip::vrrp {
namespace {

// A renewal may fail once; who cannot hold its address must not claim to.
constexpr int kRefusalsMax = 2;
// An address that goes more often than that is better served by another node.
constexpr std::size_t kPutBackPerMinute = 3;

}  // namespace

bool Agent::is_active(std::size_t router) const {
  return routers_->machine(router).state() == State::active;
}

// Also for a successor.
bool Agent::desires_any(std::size_t router) const {
  return is_active(router) || routers_->machine(router).is_lingering();
}

bool Agent::desires(std::size_t router, const IpAddress& address) const {
  if (!desires_any(router)) return false;
  const auto desired = routers_->machine(router).desired_addresses();
  return std::ranges::find(desired, address, &IpPrefix::address) != desired.end();
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
  std::vector<LocatedAddress> kept;
  std::vector<LocatedAddress> known;
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    for (const auto& at : located(i)) {
      known.push_back(at);
      if (!sites_[i].settings.accept || !desires(i, at.prefix.address)) continue;
      (is_active(i) ? desired : kept).push_back(at);
    }
  }
  const auto outcome = keeper_->settle(loop_.now(), {.desired = desired, .kept = kept, .known = known});
  for (const auto& [prefix, error] : outcome.not_released) {
    log::warning("release_failed",
                 {{"group", config_.group}, {"address", prefix.text()}, {"error", error.context}});
  }
  if (!keeper_->settled()) look_again_soon();
  for (std::size_t i = 0; i < sites_.size(); ++i) tell(i, outcome);
  perform({});
}

void Agent::tell(std::size_t router, const AddressKeeper::Outcome& outcome) {
  if (!is_active(router)) return;
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
  if (claimed || put_back(router, *added)) answers_.emplace_back(router, AddressesHeld{});
}

// P10.
bool Agent::put_back(std::size_t router, const IpPrefix& address) {
  auto& site = sites_.at(router);
  const auto now = loop_.now();
  ++site.counters.put_back;
  const auto by = removed_by_.find(address);
  std::string who = "not known";
  if (by != removed_by_.end()) {
    who = by->second == 0 ? "the kernel: its lease ended, or its interface was down"
                          : "a program of this host, netlink port " + std::to_string(by->second);
  }
  chronicle_.address_put_back(now, address, who);
  auto& lately = site.put_back_lately;
  std::erase_if(lately, [now](TimePoint when) { return now - when >= std::chrono::minutes(1); });
  lately.push_back(now);
  if (lately.size() <= kPutBackPerMinute) return true;
  lately.clear();
  refuse(router, address,
         {.code = Errc::conflict, .context = "it was taken away again and again, the last time by " + who});
  return false;
}

void Agent::refuse(std::size_t router, const IpPrefix& prefix, const Error& error) {
  auto& site = sites_.at(router);
  site.claiming = false;
  site.refusal = prefix.text() + " cannot be held: " + error.context;
  site.refused = error.code == Errc::conflict ? Trouble::address_removed : Trouble::address_refused;
  log::error("address_refused",
             {{"group", config_.group}, {"address", prefix.text()}, {"error", error.context}});
  answers_.emplace_back(router, AddressesRefused{});
}

}  // namespace vip::vrrp
