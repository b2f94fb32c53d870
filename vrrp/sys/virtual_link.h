// The virtual router's own MAC (RFC 9568, 7.3) as a macvlan over the router's interface: up while the router
// is active, down else. The addresses live on it; frames to the MAC come in by it. Whoever moves takes the
// MAC along, so that no neighbour has to learn anything.
#pragma once

#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "vrrp/core/interface_choice.h"
#include "vrrp/sys/netlink.h"

namespace vip::vrrp {

class VirtualLink {
 public:
  VirtualLink(Netlink& netlink, Family family, Vrid vrid);
  VirtualLink(VirtualLink&& other) noexcept;
  VirtualLink& operator=(VirtualLink&&) = delete;
  VirtualLink(const VirtualLink&) = delete;
  VirtualLink& operator=(const VirtualLink&) = delete;
  ~VirtualLink();  // the interface goes, too

  // Puts it over the parent; nothing to do where it is already. Errors: as Netlink::make_macvlan.
  [[nodiscard]] Status place(const ObservedLink& parent, const std::vector<ObservedLink>& links);
  [[nodiscard]] Status raise();
  [[nodiscard]] Status lower();

  [[nodiscard]] IfIndex index() const { return index_; }  // 0: not there
  [[nodiscard]] const MacAddress& mac() const { return mac_; }

  // The kernel's settings that let the interface itself answer for the addresses, too, or drop what comes in
  // by the virtual MAC, and which could not be set: "net.ipv4.conf.eth0.arp_ignore=1", ...
  [[nodiscard]] const std::vector<std::string>& missing_settings() const { return missing_; }

 private:
  void apply_settings(const std::string& parent);
  void restore_settings();

  Netlink* netlink_;
  Family family_;
  Vrid vrid_;
  MacAddress mac_;
  std::string name_;  // empty: not there
  IfIndex parent_;
  IfIndex index_;
  std::vector<std::string> missing_;
  std::string changed_path_;  // of the parent's setting that was changed
  std::string changed_from_;
};

}  // namespace vip::vrrp
