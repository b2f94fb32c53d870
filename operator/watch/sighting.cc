#include "operator/watch/sighting.h"

#include <algorithm>
#include <tuple>

namespace vip::swarm {
namespace {

constexpr std::string_view kHolds = "active";

bool has_address(const RouterReport& router, const IpAddress& address) {
  return router.state == kHolds && std::ranges::any_of(router.addresses, [&](const std::string& text) {
           const auto prefix = IpPrefix::parse(text);
           return prefix && prefix->address == address;
         });
}

}  // namespace

std::vector<Holder> holders_of(const GroupReport& report, const IpAddress& address) {
  std::vector<Holder> holders;
  for (const auto& node : report.nodes) {
    if (std::ranges::any_of(node.routers, [&](const auto& router) { return has_address(router, address); }))
      holders.push_back({.node = node.node, .hostname = node.hostname});
  }
  // A plan's order may change, who has the address does not by that.
  std::ranges::sort(holders, {}, [](const Holder& holder) { return std::tie(holder.hostname, holder.node); });
  return holders;
}

GroupSighting sight(const GroupReport& report, const plan::Plan& plan, const std::vector<Problem>& problems) {
  GroupSighting sighting{.group = report.group, .addresses = {}, .silent = {}, .complaints = {}};
  bool are_several = false;
  for (const auto& router : plan.routers) {
    for (const auto& prefix : router.addresses) {
      auto& seen = sighting.addresses.emplace_back(
          AddressSighting{.address = prefix.address.text(), .holders = holders_of(report, prefix.address)});
      are_several = are_several || seen.holders.size() > 1;
    }
  }
  for (const auto& problem : problems) {
    if (problem.severity != Severity::note)
      sighting.complaints.push_back({.node = {}, .words = problem.text});
  }
  for (const auto& node : report.nodes) {
    if (node.word == AgentWord::unknown) sighting.silent.insert(node.node);
    for (const auto& router : node.routers) {
      // Two holders are an event of their own.
      if (are_several && router.trouble == kDuplicateOwner) continue;
      if (auto words = complaint_words(report, node, router); !words.empty())
        sighting.complaints.push_back({.node = node.node, .words = std::move(words)});
    }
  }
  return sighting;
}

}  // namespace vip::swarm
