#include "vrrp/core/interface_choice.h"

#include <algorithm>

namespace vip::vrrp {
namespace {

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
  if (!rule.empty() && rule != kInterfaceAuto) {
    const auto named = std::ranges::find(links, rule, &ObservedLink::name);
    if (named != links.end()) return &*named;
    return fail(Errc::not_found, "'" + std::string(rule) +
                                     "' is not an interface of this host; there are: " + names_of(links));
  }
  const ObservedLink* best = nullptr;
  int best_score = 0;
  for (const auto& link : links) {
    if (link.loopback) continue;
    const bool covers = !own.empty() && std::ranges::any_of(link.addresses, [&](const IpPrefix& prefix) {
      return !is_own(prefix.address, own) && prefix.covers(own.front().address);
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

Result<IpAddress> primary_address(const ObservedLink& link, const std::vector<IpPrefix>& own) {
  const auto found = std::ranges::find_if(link.addresses, [&](const IpPrefix& prefix) {
    return prefix.address.family() == Family::ipv4 && !is_own(prefix.address, own);
  });
  if (found == link.addresses.end())
    return fail(Errc::not_found, "interface " + link.name + " has no IPv4 address of its own");
  return found->address;
}

}  // namespace vip::vrrp
