#include "vrrp/sys/virtual_link.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

constexpr std::size_t kSettingMax = 16;
constexpr int kOwnAddressesOnly = 1;  // arp_ignore: answer for the interface's own addresses
constexpr int kOwnAddressesBest = 2;  // arp_announce: and ask from them
constexpr int kStrict = 1;            // rp_filter

std::string alias_of(const std::string& owner) {
  return "swarm-vip " + owner;
}

std::string path_of(const std::string& interface, const char* setting) {
  return "/proc/sys/net/ipv4/conf/" + interface + "/" + setting;
}

int value_of(const std::string& path) {
  const auto text = sys::read_file(path, kSettingMax);
  return text ? parse_number<int>(trim(*text)).value_or(0) : 0;
}

// The kernel takes the greater one of "all" and the interface's own.
int effective(const std::string& interface, const char* setting) {
  return std::max(value_of(path_of("all", setting)), value_of(path_of(interface, setting)));
}

}  // namespace

VirtualLink::VirtualLink(Netlink& netlink, std::string owner, Family family, Vrid vrid)
    : netlink_(&netlink),
      owner_(std::move(owner)),
      family_(family),
      vrid_(vrid),
      mac_(virtual_mac(family, vrid.value)) {}

VirtualLink::VirtualLink(VirtualLink&& other) noexcept
    : netlink_(other.netlink_),
      owner_(std::move(other.owner_)),
      family_(other.family_),
      vrid_(other.vrid_),
      mac_(other.mac_),
      name_(std::exchange(other.name_, {})),
      parent_(other.parent_),
      index_(std::exchange(other.index_, IfIndex(0))) {}

VirtualLink::~VirtualLink() {
  if (name_.empty()) return;
  [[maybe_unused]] const auto removed = netlink_->remove(name_);  // nobody is left to try again
}

Status VirtualLink::place(const ObservedLink& parent, const std::vector<ObservedLink>& links) {
  const bool there =
      index_ != IfIndex(0) && std::ranges::find(links, index_, &ObservedLink::index) != links.end();
  if (there && parent_ == parent.index) return {};
  if (!name_.empty()) VIP_CHECK(netlink_->remove(name_));  // over another parent, or gone
  index_ = IfIndex(0);
  parent_ = parent.index;
  name_ = name_over(parent.index);
  VIP_TRY(index_, netlink_->make_macvlan(name_, alias_of(owner_), parent.index, mac_));
  return {};
}

void VirtualLink::take_over(const ObservedLink& parent, const std::vector<ObservedLink>& links) {
  const auto left = std::ranges::find_if(links, [&](const ObservedLink& link) {
    return link.name == name_over(parent.index) && link.alias == alias_of(owner_) && link.mac == mac_;
  });
  if (left == links.end()) return;
  name_ = left->name;
  parent_ = parent.index;
  index_ = left->index;
}

void VirtualLink::forget() {
  name_.clear();
  index_ = IfIndex(0);
}

std::string VirtualLink::name_over(IfIndex parent) const {
  return (family_ == Family::ipv4 ? "vip4-" : "vip6-") + std::to_string(vrid_.value) + "-" +
         std::to_string(parent.value);
}

Status VirtualLink::raise() {
  if (index_ == IfIndex(0)) return fail(Errc::not_found, "its virtual interface is not there");
  return netlink_->set_up(index_, true);
}

Status VirtualLink::lower() {
  if (index_ == IfIndex(0)) return {};
  return netlink_->set_up(index_, false);
}

// An IPv4 address is answered for by every interface, this one with its MAC included, unless told otherwise.
// Over IPv6 an address is answered for, and spoken from, on its own interface only.
std::vector<std::string> VirtualLink::apply_settings(const ObservedLink& parent) const {
  std::vector<std::string> missing;
  const auto raise_to = [&](IfIndex interface, const std::string& of, const char* setting, int value) {
    if (effective(of, setting) >= value) return;
    const auto set = netlink_->configure_ipv4(interface, setting, value);
    if (set && effective(of, setting) >= value) return;
    missing.push_back("net.ipv4.conf." + of + "." + setting + "=" + std::to_string(value));
  };
  raise_to(index_, name_, "arp_ignore", kOwnAddressesOnly);
  if (family_ == Family::ipv6) return missing;
  raise_to(parent.index, parent.name, "arp_ignore", kOwnAddressesOnly);
  raise_to(parent.index, parent.name, "arp_announce", kOwnAddressesBest);
  if (effective(name_, "rp_filter") != kStrict) return missing;
  const auto loosened = netlink_->configure_ipv4(index_, "rp_filter", 0);
  if (!loosened || effective(name_, "rp_filter") == kStrict)  // "all" says so
    missing.emplace_back("net.ipv4.conf.all.rp_filter=2");
  return missing;
}

Status sweep_virtual_links(Netlink& netlink, const std::string& owner, const std::vector<ObservedLink>& links,
                           const std::set<std::string>& in_use) {
  for (const auto& link : links) {
    if (link.alias == alias_of(owner) && !in_use.contains(link.name)) VIP_CHECK(netlink.remove(link.name));
  }
  return {};
}

}  // namespace vip::vrrp
