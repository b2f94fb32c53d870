// The kernel's links and addresses through libnl-route: observe, apply, and hints that something changed.
// A lost hint costs time, never truth: whoever gets one looks again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "vrrp/core/address_plan.h"
#include "vrrp/core/interface_choice.h"

struct nl_sock;

namespace vip::vrrp {

// Zero means "for ever".
struct AddressLifetime {
  std::chrono::seconds lease{0};
  std::uint32_t group_mark = 0;
};

class Netlink {
 public:
  // Errors: unavailable.
  static Result<Netlink> open();

  // Every link with its own addresses, by index; left out are virtual ones and
  // those that are still, or in vain, checked for duplicates: nothing is received on them.
  [[nodiscard]] Result<std::vector<ObservedLink>> links();
  // Every address, with our marks.
  [[nodiscard]] Result<std::vector<ObservedAddress>> addresses();

  // Idempotent: adds the address, or renews it where it is. Errors: denied, not_found.
  [[nodiscard]] Status hold(IfIndex interface, const IpPrefix& prefix, const AddressLifetime& lifetime);
  // The neighbours that the kernel knows by this MAC. Errors: unavailable.
  [[nodiscard]] Result<std::vector<IpAddress>> neighbours(const MacAddress& mac);

  // Whether packets to the address are for this host. Of an IPv6 address the kernel says that it has it
  // before that is so: a worker thread of its does the rest.
  [[nodiscard]] bool is_received(const IpAddress& address);
  // Idempotent: an address that is gone is a success.
  [[nodiscard]] Status release(IfIndex interface, const IpPrefix& prefix);

  // A macvlan over the parent with this MAC, down and without addresses; one of that name that is there
  // already is made anew. Errors: denied, not_found, unavailable.
  [[nodiscard]] Result<IfIndex> make_macvlan(const std::string& name, const std::string& alias,
                                             IfIndex parent, const MacAddress& mac);
  [[nodiscard]] Status set_up(IfIndex interface, bool up);
  // One of the kernel's settings of IPv4 on an interface, as in net.ipv4.conf: "arp_ignore", "arp_announce"
  // or "rp_filter". Needs no access to /proc/sys. Errors: denied, not_found, unavailable.
  [[nodiscard]] Status configure_ipv4(IfIndex interface, std::string_view setting, int value);
  // Idempotent, with all its addresses.
  [[nodiscard]] Status remove(const std::string& name);

 private:
  struct SocketDeleter {
    void operator()(nl_sock* socket) const;
  };
  friend class NetlinkEvents;
  explicit Netlink(nl_sock* socket) : socket_(socket) {}
  // After a failed exchange an answer may still be on its way, and every later request would read its
  // predecessor's: a fresh socket has no past.
  void renew_socket();
  std::unique_ptr<nl_sock, SocketDeleter> socket_;
};

// What changed since the last look.
struct NetlinkHints {
  std::set<IfIndex> links;  // came, went, up or down
  std::set<IfIndex> addresses_added;
  struct Removal {
    LocatedAddress at;
    // Who asked for it: the netlink port, which mostly is the process id (as its own container sees it); 0:
    // the kernel by itself.
    std::uint32_t by = 0;
  };
  std::vector<Removal> addresses_removed;
  bool overrun = false;  // the kernel dropped some: everything may have changed
};

class NetlinkEvents {
 public:
  // Errors: unavailable.
  static Result<NetlinkEvents> open();
  [[nodiscard]] int fd() const;
  [[nodiscard]] NetlinkHints drain() const;

 private:
  explicit NetlinkEvents(nl_sock* socket) : socket_(socket) {}
  std::unique_ptr<nl_sock, Netlink::SocketDeleter> socket_;
};

}  // namespace vip::vrrp
