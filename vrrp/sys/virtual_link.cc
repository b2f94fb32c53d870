#include "vrrp/sys/virtual_link.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

constexpr std::size_t kSettingMax = 16;
constexpr int kStrict = 1;  // rp_filter

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

VirtualLink::VirtualLink(Netlink& netlink, Family family, Vrid vrid)
    : netlink_(&netlink), family_(family), vrid_(vrid), mac_(virtual_mac(family, vrid.value)) {}

VirtualLink::VirtualLink(VirtualLink&& other) noexcept
    : netlink_(other.netlink_),
      family_(other.family_),
      vrid_(other.vrid_),
      mac_(other.mac_),
      name_(std::exchange(other.name_, {})),
      parent_(other.parent_),
      index_(std::exchange(other.index_, IfIndex(0))),
      missing_(std::move(other.missing_)),
      changed_path_(std::exchange(other.changed_path_, {})),
      changed_from_(std::move(other.changed_from_)) {}

VirtualLink::~VirtualLink() {
  restore_settings();
  if (!name_.empty()) (void)netlink_->remove(name_);  // nobody is left to try again
}

Status VirtualLink::place(const ObservedLink& parent, const std::vector<ObservedLink>& links) {
  const bool there =
      index_ != IfIndex(0) && std::ranges::find(links, index_, &ObservedLink::index) != links.end();
  if (there && parent_ == parent.index) return {};
  restore_settings();
  index_ = IfIndex(0);
  parent_ = parent.index;
  name_ = (family_ == Family::ipv4 ? "vip4-" : "vip6-") + std::to_string(vrid_.value) + "-" +
          std::to_string(parent.index.value);
  VIP_TRY(index_, netlink_->make_macvlan(name_, parent.index, mac_));
  apply_settings(parent.name);
  return {};
}

Status VirtualLink::raise() {
  if (index_ == IfIndex(0)) return fail(Errc::not_found, "its virtual interface is not there");
  return netlink_->set_up(index_, true);
}

Status VirtualLink::lower() {
  if (index_ == IfIndex(0)) return {};
  return netlink_->set_up(index_, false);
}

// Only IPv4 needs them: over IPv6 an address is answered for on its own interface only.
void VirtualLink::apply_settings(const std::string& parent) {
  missing_.clear();
  if (family_ == Family::ipv6) return;
  if (effective(parent, "arp_ignore") == 0) {
    const auto path = path_of(parent, "arp_ignore");
    const auto before = std::to_string(value_of(path));
    if (sys::write_file(path, "1")) {
      changed_path_ = path;
      changed_from_ = before;
    } else {
      missing_.push_back("net.ipv4.conf." + parent + ".arp_ignore=1");
    }
  }
  (void)sys::write_file(path_of(name_, "rp_filter"), "0");
  if (effective(name_, "rp_filter") == kStrict) missing_.emplace_back("net.ipv4.conf.all.rp_filter=2");
}

void VirtualLink::restore_settings() {
  if (!changed_path_.empty()) (void)sys::write_file(changed_path_, changed_from_);  // it may be gone by now
  changed_path_.clear();
}

}  // namespace vip::vrrp
