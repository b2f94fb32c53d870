// Where the agent's routers are on this host: it looks at the links and makes ready what a router needs.
#include <algorithm>
#include <utility>

#include "common/sys/log.h"
#include "vrrp/agent.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

// Hints of the kernel can be lost; what it says when asked cannot.
constexpr Duration kLookEvery = 10s;

}  // namespace

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
    moved |= desires_any(i) && located(i) != before.at(i);
  }
  stay_in_groups();
  if (moved) settle_addresses();
}

void Agent::place_all() {
  for (std::size_t i = 0; i < sites_.size(); ++i) perform(place(i));
  sweep();
}

// What an earlier life left and nobody uses: virtual links here, addresses with the first settling.
void Agent::sweep() {
  std::set<std::string> in_use;
  for (const auto& site : sites_)
    if (site.virtual_link) in_use.insert(site.virtual_link->name());
  const auto swept = sweep_virtual_links(sockets_.netlink, config_.mark_name, links_, in_use);
  if (!swept) chronicle_.failed(loop_.now(), "sweep_failed", swept.error());
}

void Agent::look_again_soon() {
  again_wanted_ = true;
  again_.set(loop_.now() + again_pause_.next());
}

void Agent::look_around_later() {
  look_.set(loop_.now() + kLookEvery);
}

void Agent::look_around() {
  notice_stall();
  look_around_later();
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
  site.fault = placement.fault;
  site.trouble = placement.trouble;
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
    site.trouble = Trouble::setup_failed;
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
  if (site.virtual_link->index() != IfIndex(0) && desires_any(router))
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

}  // namespace vip::vrrp
