#include "vrrp/core/interface_choice.h"

#include <algorithm>

namespace vip::vrrp {
namespace {

bool is_name(std::string_view rule) {
  return !rule.empty() && rule != kInterfaceAuto;
}

bool is_own(const IpAddress& address, const std::vector<IpPrefix>& own) {
  return std::ranges::find(own, address, &IpPrefix::address) != own.end();
}

std::string names_of(const std::vector<ObservedLink>& links) {
  std::string names;
  for (const auto& link : links) {
    if (link.loopback) continue;
    if (!names.empty()) names += ", ";
    names += link.name;
  }
  return names.empty() ? "none" : names;
}

}  // namespace

Result<const ObservedLink*> choose_interface(std::string_view rule, const std::vector<IpPrefix>& own,
                                             const std::optional<IpAddress>& source,
                                             const std::vector<ObservedLink>& links) {
  if (is_name(rule)) {
    const auto named = std::ranges::find(links, rule, &ObservedLink::name);
    if (named != links.end()) return &*named;
    return fail(Errc::not_found, "'" + std::string(rule) +
                                     "' is not an interface of this host; there are: " + names_of(links));
  }
  // Every link has the network of the link-local addresses.
  const auto telling =
      std::ranges::find_if_not(own, [](const IpPrefix& prefix) { return prefix.address.is_link_local(); });
  const ObservedLink* best = nullptr;
  int best_score = 0;
  for (const auto& link : links) {
    if (link.loopback) continue;
    const bool covers =
        telling != own.end() && std::ranges::any_of(link.addresses, [&](const IpPrefix& prefix) {
          return !is_own(prefix.address, own) && prefix.covers(telling->address);
        });
    const bool has_source =
        source && std::ranges::find(link.addresses, *source, &IpPrefix::address) != link.addresses.end();
    const int score = (covers ? 2 : 0) + (has_source ? 1 : 0);
    if (score > best_score || (score == best_score && best != nullptr && link.index < best->index)) {
      best = &link;
      best_score = score;
    }
  }
  if (best != nullptr) return best;
  return fail(Errc::not_found, "no interface has a network that covers " +
                                   (own.empty() ? std::string("the address") : own.front().address.text()) +
                                   "; name one of: " + names_of(links));
}

namespace {

std::optional<IpAddress> own_address(const ObservedLink& link, const PlacementRule& rule) {
  const auto found = std::ranges::find_if(link.addresses, [&](const IpPrefix& prefix) {
    return prefix.address.family() == rule.family && !is_own(prefix.address, rule.own) &&
           prefix.address.is_link_local() == (rule.family == Family::ipv6 && rule.link_local);
  });
  return found == link.addresses.end() ? std::nullopt : std::optional(found->address);
}

std::string kind_of_source(const PlacementRule& rule) {
  if (rule.family == Family::ipv4) return "IPv4";
  return rule.link_local ? "IPv6 link-local" : "IPv6";
}

}  // namespace

Placement place_router(const PlacementRule& rule, const std::vector<ObservedLink>& links) {
  Placement placement;
  const auto chosen = choose_interface(rule.interface, rule.own, rule.source, links);
  if (!chosen) {
    placement.fault = chosen.error().context;
    placement.trouble = is_name(rule.interface) ? Trouble::no_interface : Trouble::no_network;
    return placement;
  }
  placement.link = **chosen;
  placement.source = rule.source ? rule.source : own_address(**chosen, rule);
  if (!placement.source) {
    placement.fault =
        "interface " + placement.link->name + " has no " + kind_of_source(rule) + " address of its own";
    placement.trouble = Trouble::no_own_address;
    return placement;
  }
  const auto has_source = [&](const ObservedLink& link) {
    return std::ranges::find(link.addresses, *placement.source, &IpPrefix::address) != link.addresses.end();
  };
  // A link-local address can stand on several links.
  const auto elsewhere = std::ranges::find_if(links, has_source);
  const ObservedLink* const home = has_source(*placement.link) ? &*placement.link
                                   : elsewhere != links.end()  ? &*elsewhere
                                                               : nullptr;
  if (home == nullptr) {
    placement.fault = "our own address " + placement.source->text() + " is not on this host";
    placement.trouble = Trouble::no_own_address;
    return placement;
  }
  placement.home = home->index;
  if (!home->up) placement.fault = "interface " + home->name + " is down";
  if (!placement.link->up) placement.fault = "interface " + placement.link->name + " is down";
  if (!placement.fault.empty()) placement.trouble = Trouble::link_down;
  return placement;
}

}  // namespace vip::vrrp
