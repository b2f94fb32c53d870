// The virtual router's own MAC (RFC 9568, 7.3) as a macvlan over the router's interface: up while the router
// is active, down else. The addresses live on it; frames to the MAC come in by it. Whoever moves takes the
// MAC along, so that no neighbour has to learn anything.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "vrrp/core/interface_choice.h"
#include "vrrp/sys/netlink.h"

namespace vip::vrrp {

class VirtualLink {
 public:
  // The owner's name goes on the interface, so that what a dead agent left is known.
  VirtualLink(Netlink& netlink, std::string owner, Family family, Vrid vrid);
  VirtualLink(VirtualLink&& other) noexcept;
  VirtualLink& operator=(VirtualLink&&) = delete;
  VirtualLink(const VirtualLink&) = delete;
  VirtualLink& operator=(const VirtualLink&) = delete;
  ~VirtualLink();  // the interface goes, too

  // Puts it over the parent; nothing to do where it is already. Errors: as Netlink::make_macvlan.
  [[nodiscard]] Status place(const ObservedLink& parent, const std::vector<ObservedLink>& links);
  [[nodiscard]] Status raise();
  [[nodiscard]] Status lower();

  // Goes on with the one that an earlier life of this owner left over the parent, as it is, if there is one.
  void take_over(const ObservedLink& parent, const std::vector<ObservedLink>& links);

  // Leaves it as it is, to whoever takes it over.
  void forget();

  [[nodiscard]] const std::string& name() const { return name_; }  // empty: not there
  [[nodiscard]] IfIndex index() const { return index_; }           // 0: not there
  [[nodiscard]] const MacAddress& mac() const { return mac_; }

  // Makes the kernel's settings that keep the interface itself from answering for the addresses, or asking
  // from them, with its own MAC, and let in what comes by the virtual one. They stay: another router may need
  // them. Returns those that could not be made: "net.ipv4.conf.eth0.arp_ignore=1", ...
  [[nodiscard]] std::vector<std::string> apply_settings(const ObservedLink& parent) const;

 private:
  [[nodiscard]] std::string name_over(IfIndex parent) const;

  Netlink* netlink_;
  std::string owner_;
  Family family_;
  Vrid vrid_;
  MacAddress mac_;
  std::string name_;  // empty: not there
  IfIndex parent_;
  IfIndex index_;
};

// Removes the virtual links that an earlier life of this owner left and that are not in use. Errors: as
// Netlink::remove.
[[nodiscard]] Status sweep_virtual_links(Netlink& netlink, const std::string& owner,
                                         const std::vector<ObservedLink>& links,
                                         const std::set<std::string>& in_use);

}  // namespace vip::vrrp
