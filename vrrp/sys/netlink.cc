#include "vrrp/sys/netlink.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <netlink/addr.h>
#include <netlink/cache.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/macvlan.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include "common/sys/posix.h"

#ifndef IFA_PROTO
#define IFA_PROTO 11  // Linux 5.18; Debian 12's headers know it, older ones do not
#endif

namespace vip::vrrp {
namespace {

struct LinkDeleter {
  void operator()(nl_cache* cache) const { nl_cache_free(cache); }
  void operator()(rtnl_link* link) const { rtnl_link_put(link); }
  void operator()(rtnl_addr* address) const { rtnl_addr_put(address); }
  void operator()(rtnl_route* route) const { rtnl_route_put(route); }
  void operator()(nl_addr* address) const { nl_addr_put(address); }
  void operator()(nl_msg* message) const { nlmsg_free(message); }
};
template <typename T>
using Owned = std::unique_ptr<T, LinkDeleter>;

std::unexpected<Error> netlink_failure(std::string_view clause, int code) {
  const int error = code < 0 ? -code : code;
  const auto text = std::string(clause) + ": netlink: " + nl_geterror(code);
  switch (error) {
    case NLE_PERM:
    case NLE_NOACCESS:
      return fail(Errc::denied, text);
    case NLE_NODEV:
    case NLE_NOADDR:
    case NLE_OBJ_NOTFOUND:
      return fail(Errc::not_found, text);
    default:
      return fail(Errc::unavailable, text);
  }
}

// Of an RTM_NEWADDR or RTM_DELADDR. libnl's own address object drops IFA_PROTO, so the attributes are read
// here.
std::optional<ObservedAddress> observed_address(nlmsghdr* header) {
  if (!nlmsg_valid_hdr(header, sizeof(ifaddrmsg))) return std::nullopt;
  std::array<nlattr*, IFA_MAX + 2> attributes{};
  if (nlmsg_parse(header, sizeof(ifaddrmsg), attributes.data(), IFA_PROTO, nullptr) < 0) return std::nullopt;
  const auto* const body = static_cast<const ifaddrmsg*>(nlmsg_data(header));
  nlattr* const value =
      attributes.at(IFA_LOCAL) != nullptr ? attributes.at(IFA_LOCAL) : attributes.at(IFA_ADDRESS);
  if (value == nullptr) return std::nullopt;
  const auto address = IpAddress::from_bytes(
      {static_cast<const std::uint8_t*>(nla_data(value)), static_cast<std::size_t>(nla_len(value))});
  if (!address) return std::nullopt;
  ObservedAddress observed{.at = {.interface = IfIndex(body->ifa_index),
                                  .prefix = {.address = *address, .length = body->ifa_prefixlen}}};
  observed.deprecated = (body->ifa_flags & IFA_F_DEPRECATED) != 0;
  const bool optimistic = (body->ifa_flags & IFA_F_OPTIMISTIC) != 0;
  observed.unusable =
      (body->ifa_flags & IFA_F_DADFAILED) != 0 || ((body->ifa_flags & IFA_F_TENTATIVE) != 0 && !optimistic);
  if (attributes.at(IFA_PROTO) != nullptr) observed.protocol = nla_get_u8(attributes.at(IFA_PROTO));
  if (attributes.at(IFA_RT_PRIORITY) != nullptr)
    observed.group_mark = nla_get_u32(attributes.at(IFA_RT_PRIORITY));
  return observed;
}

// One message of a dump.
int collect_address(nl_msg* message, void* sink) noexcept {
  nlmsghdr* const header = nlmsg_hdr(message);
  const auto observed = header->nlmsg_type == RTM_NEWADDR ? observed_address(header) : std::nullopt;
  if (!observed) return NL_SKIP;
  static_cast<std::vector<ObservedAddress>*>(sink)->push_back(*observed);
  return NL_OK;
}

constexpr std::uint32_t kForEver = 0xFFFFFFFF;

// A dump during which the table changed is not to be trusted and is asked for again, so many times.
constexpr int kDumpTries = 5;

int dump_once(nl_sock* socket, int family) {
  rtgenmsg request{.rtgen_family = static_cast<unsigned char>(family)};
  const int code = nl_send_simple(socket, RTM_GETADDR, NLM_F_DUMP, &request, sizeof(request));
  return code < 0 ? code : nl_recvmsgs_default(socket);
}

Result<std::vector<ObservedAddress>> dump_addresses(nl_sock* socket, int family) {
  std::vector<ObservedAddress> addresses;
  // Setting a callback fails only for an unknown kind.
  (void)nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, &collect_address, &addresses);
  int code = -NLE_DUMP_INTR;
  for (int i = 0; i < kDumpTries && code == -NLE_DUMP_INTR; ++i) {
    addresses.clear();
    code = dump_once(socket, family);
  }
  (void)nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_DEFAULT, nullptr, nullptr);
  if (code < 0) return netlink_failure("list addresses", code);
  return addresses;
}

// An address object for a request on one prefix.
Result<Owned<rtnl_addr>> request_address(IfIndex interface, const IpPrefix& prefix) {
  Owned<rtnl_addr> address(rtnl_addr_alloc());
  const auto bytes = prefix.address.bytes();
  const int family = prefix.address.family() == Family::ipv4 ? AF_INET : AF_INET6;
  const Owned<nl_addr> local(nl_addr_build(family, bytes.data(), bytes.size()));
  if (!address || !local) return fail(Errc::exhausted, "netlink: no memory");
  nl_addr_set_prefixlen(local.get(), prefix.length);
  rtnl_addr_set_ifindex(address.get(), static_cast<int>(interface.value));
  if (const int code = rtnl_addr_set_local(address.get(), local.get()); code < 0)
    return netlink_failure("address", code);
  return address;
}

Result<nl_sock*> connected_socket() {
  nl_sock* const socket = nl_socket_alloc();
  if (socket == nullptr) return fail(Errc::exhausted, "netlink: no memory");
  if (const int code = nl_connect(socket, NETLINK_ROUTE); code < 0) {
    nl_socket_free(socket);
    return netlink_failure("netlink socket", code);
  }
  return socket;
}

bool carries(rtnl_link* link) {
  const unsigned flags = rtnl_link_get_flags(link);
  return (flags & IFF_UP) != 0 && (flags & IFF_LOWER_UP) != 0;
}

MacAddress mac_of(nl_addr* address) {
  MacAddress mac{};
  if (address == nullptr || nl_addr_get_len(address) != mac.size()) return mac;
  std::copy_n(static_cast<const std::uint8_t*>(nl_addr_get_binary_addr(address)), mac.size(), mac.begin());
  return mac;
}

std::optional<IpAddress> ip_of(nl_addr* address) {
  if (address == nullptr) return std::nullopt;
  return IpAddress::from_bytes(
      {static_cast<const std::uint8_t*>(nl_addr_get_binary_addr(address)), nl_addr_get_len(address)});
}

ObservedLink observed_link(rtnl_link* link) {
  const char* const name = rtnl_link_get_name(link);
  ObservedLink observed{.index = IfIndex(static_cast<std::uint32_t>(rtnl_link_get_ifindex(link))),
                        .name = name == nullptr ? "" : name,
                        .up = carries(link),
                        .loopback = (rtnl_link_get_flags(link) & IFF_LOOPBACK) != 0,
                        .mac = {},
                        .alias = {},
                        .addresses = {}};
  const char* const alias = rtnl_link_get_ifalias(link);
  if (alias != nullptr) observed.alias = alias;
  observed.mac = mac_of(rtnl_link_get_addr(link));
  return observed;
}

}  // namespace

void Netlink::SocketDeleter::operator()(nl_sock* socket) const {
  nl_socket_free(socket);
}

Result<Netlink> Netlink::open() {
  VIP_TRY(nl_sock* const socket, connected_socket());
  return Netlink(socket);
}

void Netlink::renew_socket() {
  if (const auto fresh = connected_socket()) socket_.reset(*fresh);  // else the next failure tries again
}

Result<std::vector<ObservedLink>> Netlink::links() {
  nl_cache* raw = nullptr;
  if (const int code = rtnl_link_alloc_cache(socket_.get(), AF_UNSPEC, &raw); code < 0) {
    renew_socket();
    return netlink_failure("list links", code);
  }
  const Owned<nl_cache> cache(raw);
  auto addresses = dump_addresses(socket_.get(), AF_UNSPEC);
  if (!addresses) {
    renew_socket();
    return std::unexpected(addresses.error());
  }
  // Deprecated ones last: where the kernel knows no marks, the virtual ones are among them.
  std::ranges::stable_sort(*addresses, {}, &ObservedAddress::deprecated);
  std::vector<ObservedLink> links;
  for (nl_object* object = nl_cache_get_first(cache.get()); object != nullptr;
       object = nl_cache_get_next(object)) {
    auto link = observed_link(reinterpret_cast<rtnl_link*>(object));
    for (const auto& address : *addresses) {
      if (address.at.interface != link.index || address.unusable) continue;
      if (address.protocol == kAddressProtocol) continue;  // virtual ones of whatever group are nobody's own
      link.addresses.push_back(address.at.prefix);
    }
    links.push_back(std::move(link));
  }
  std::ranges::sort(links, {}, &ObservedLink::index);
  return links;
}

Result<std::vector<ObservedAddress>> Netlink::addresses() {
  auto addresses = dump_addresses(socket_.get(), AF_UNSPEC);
  if (!addresses) renew_socket();
  return addresses;
}

Result<std::vector<IpAddress>> Netlink::neighbours(const MacAddress& mac) {
  nl_cache* raw = nullptr;
  if (const int code = rtnl_neigh_alloc_cache(socket_.get(), &raw); code < 0) {
    renew_socket();
    return netlink_failure("list neighbours", code);
  }
  const Owned<nl_cache> cache(raw);
  std::vector<IpAddress> found;
  for (nl_object* object = nl_cache_get_first(cache.get()); object != nullptr;
       object = nl_cache_get_next(object)) {
    auto* const neighbour = reinterpret_cast<rtnl_neigh*>(object);
    const auto address = ip_of(rtnl_neigh_get_dst(neighbour));
    if (address && mac_of(rtnl_neigh_get_lladdr(neighbour)) == mac) found.push_back(*address);
  }
  return found;
}

Status Netlink::hold(IfIndex interface, const IpPrefix& prefix, const AddressLifetime& lifetime) {
  VIP_TRY(const auto address, request_address(interface, prefix));
  const bool v6 = prefix.address.family() == Family::ipv6;
  // Nobody's address may be doubted when it moves (no duplicate address detection), nor chosen as a source
  // (deprecated from the start; IPv4 knows no such thing).
  rtnl_addr_set_flags(address.get(), IFA_F_NOPREFIXROUTE | (v6 ? IFA_F_NODAD : 0U));
  const auto valid =
      lifetime.lease.count() > 0 ? static_cast<std::uint32_t>(lifetime.lease.count()) : kForEver;
  rtnl_addr_set_valid_lifetime(address.get(), valid);
  rtnl_addr_set_preferred_lifetime(address.get(), v6 ? 0 : valid);
  nl_msg* message = nullptr;
  int code = rtnl_addr_build_add_request(address.get(), NLM_F_CREATE | NLM_F_REPLACE, &message);
  if (code < 0) return netlink_failure("hold " + prefix.text(), code);
  Owned<nl_msg> request(message);
  if (nla_put_u8(message, IFA_PROTO, kAddressProtocol) < 0 ||
      nla_put_u32(message, IFA_RT_PRIORITY, lifetime.group_mark) < 0) {
    return fail(Errc::exhausted, "netlink: no memory");
  }
  code = nl_send_sync(socket_.get(), request.release());  // frees the message
  if (code >= 0) return {};
  renew_socket();
  return netlink_failure("hold " + prefix.text(), code);
}

bool Netlink::is_received(const IpAddress& address) {
  const auto bytes = address.bytes();
  const int family = address.family() == Family::ipv4 ? AF_INET : AF_INET6;
  const Owned<nl_addr> destination(nl_addr_build(family, bytes.data(), bytes.size()));
  rtnl_route* found = nullptr;
  if (!destination || rtnl_route_lookup(socket_.get(), destination.get(), &found) < 0) {
    renew_socket();
    return false;
  }
  const Owned<rtnl_route> route(found);
  return route && rtnl_route_get_type(route.get()) == RTN_LOCAL;
}

Status Netlink::release(IfIndex interface, const IpPrefix& prefix) {
  VIP_TRY(const auto address, request_address(interface, prefix));
  const int code = rtnl_addr_delete(socket_.get(), address.get(), 0);
  const bool gone = code == -NLE_NOADDR || code == -NLE_NODEV || code == -NLE_OBJ_NOTFOUND;
  if (code >= 0 || gone) return {};
  renew_socket();
  return netlink_failure("release " + prefix.text(), code);
}

namespace {

// The kernel takes it only for a link that is there.
int set_alias(nl_sock* socket, rtnl_link* link, const std::string& alias) {
  const Owned<rtnl_link> change(rtnl_link_alloc());
  if (!change) return -NLE_NOMEM;
  rtnl_link_set_ifalias(change.get(), alias.c_str());
  return rtnl_link_change(socket, link, change.get(), 0);
}

// Two actives would have the same one. A kernel without IPv6 gives none anyway.
int without_own_address(nl_sock* socket, rtnl_link* link) {
  const Owned<rtnl_link> change(rtnl_link_alloc());
  if (!change) return -NLE_NOMEM;
  const auto none = static_cast<std::uint8_t>(rtnl_link_inet6_str2addrgenmode("none"));
  int code = rtnl_link_inet6_set_addr_gen_mode(change.get(), none);
  if (code >= 0) code = rtnl_link_change(socket, link, change.get(), 0);
  return code == -NLE_AF_NOSUPPORT ? 0 : code;
}

}  // namespace

Result<IfIndex> Netlink::make_macvlan(const std::string& name, const std::string& alias, IfIndex parent,
                                      const MacAddress& mac) {
  VIP_CHECK(remove(name));
  const Owned<rtnl_link> link(rtnl_link_macvlan_alloc());
  const Owned<nl_addr> address(nl_addr_build(AF_LLC, mac.data(), mac.size()));
  if (!link || !address) return fail(Errc::exhausted, "netlink: no memory");
  rtnl_link_set_name(link.get(), name.c_str());
  rtnl_link_set_link(link.get(), static_cast<int>(parent.value));
  rtnl_link_set_addr(link.get(), address.get());
  // Not "private": there the kernel takes what the other active router sends from the same MAC for our own
  // and swallows it, and neither would ever hear the other.
  (void)rtnl_link_macvlan_set_mode(link.get(),
                                   static_cast<std::uint32_t>(rtnl_link_macvlan_str2mode("vepa")));
  int code = rtnl_link_add(socket_.get(), link.get(), NLM_F_CREATE | NLM_F_EXCL);
  rtnl_link* made = nullptr;
  if (code >= 0) code = rtnl_link_get_kernel(socket_.get(), 0, name.c_str(), &made);
  const Owned<rtnl_link> found(made);
  if (code >= 0) code = set_alias(socket_.get(), found.get(), alias);
  if (code >= 0) code = without_own_address(socket_.get(), found.get());
  if (code >= 0) return IfIndex(static_cast<std::uint32_t>(rtnl_link_get_ifindex(found.get())));
  renew_socket();
  return netlink_failure("macvlan " + name, code);
}

Status Netlink::set_up(IfIndex interface, bool up) {
  const Owned<rtnl_link> link(rtnl_link_alloc());
  const Owned<rtnl_link> change(rtnl_link_alloc());
  if (!link || !change) return fail(Errc::exhausted, "netlink: no memory");
  rtnl_link_set_ifindex(link.get(), static_cast<int>(interface.value));
  up ? rtnl_link_set_flags(change.get(), IFF_UP) : rtnl_link_unset_flags(change.get(), IFF_UP);
  const int code = rtnl_link_change(socket_.get(), link.get(), change.get(), 0);
  if (code >= 0) return {};
  renew_socket();
  return netlink_failure("interface " + std::to_string(interface.value), code);
}

Status Netlink::configure_ipv4(IfIndex interface, std::string_view setting, int value) {
  const unsigned id = setting == "arp_ignore"     ? IPV4_DEVCONF_ARP_IGNORE
                      : setting == "arp_announce" ? IPV4_DEVCONF_ARP_ANNOUNCE
                                                  : IPV4_DEVCONF_RP_FILTER;
  const Owned<rtnl_link> link(rtnl_link_alloc());
  const Owned<rtnl_link> change(rtnl_link_alloc());
  if (!link || !change) return fail(Errc::exhausted, "netlink: no memory");
  rtnl_link_set_ifindex(link.get(), static_cast<int>(interface.value));
  int code = rtnl_link_inet_set_conf(change.get(), id, static_cast<std::uint32_t>(value));
  if (code >= 0) code = rtnl_link_change(socket_.get(), link.get(), change.get(), 0);
  if (code >= 0) return {};
  renew_socket();
  return netlink_failure(std::string(setting), code);
}

Status Netlink::remove(const std::string& name) {
  const Owned<rtnl_link> link(rtnl_link_alloc());
  if (!link) return fail(Errc::exhausted, "netlink: no memory");
  rtnl_link_set_name(link.get(), name.c_str());
  const int code = rtnl_link_delete(socket_.get(), link.get());
  if (code >= 0 || code == -NLE_NODEV || code == -NLE_OBJ_NOTFOUND) return {};
  renew_socket();
  return netlink_failure("remove " + name, code);
}

namespace {

// Runs for each notice; what cannot be read is no hint.
int collect_hint(nl_msg* message, void* sink) noexcept {
  auto& hints = *static_cast<NetlinkHints*>(sink);
  nlmsghdr* const header = nlmsg_hdr(message);
  switch (header->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      if (nlmsg_valid_hdr(header, sizeof(ifinfomsg)) != 0) {
        hints.links.insert(IfIndex(
            static_cast<std::uint32_t>(static_cast<const ifinfomsg*>(nlmsg_data(header))->ifi_index)));
      }
      break;
    case RTM_NEWADDR:
      if (const auto address = observed_address(header)) hints.addresses_added.insert(address->at.interface);
      break;
    case RTM_DELADDR:
      if (const auto address = observed_address(header))
        hints.addresses_removed.push_back({.at = address->at, .by = header->nlmsg_pid});
      break;
    default:
      break;
  }
  return NL_OK;
}

// Classic BPF over a notice: all but additions of virtual addresses, which come again with each renewal of
// each group on this host and help nobody. The kernel swaps what a program loads; one older than IFA_PROTO
// lets them pass.
std::array<sock_filter, 11> not_virtual_additions() {
  constexpr std::uint32_t kType = offsetof(nlmsghdr, nlmsg_type);
  constexpr std::uint32_t kAttributes = NLMSG_HDRLEN + sizeof(ifaddrmsg);
  constexpr auto kFindAttribute = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_NLATTR);
  constexpr std::uint32_t kAll = 0xFFFFFFFF;
  return {{{.code = BPF_LD | BPF_H | BPF_ABS, .jt = 0, .jf = 0, .k = kType},
           {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 0, .jf = 7, .k = htons(RTM_NEWADDR)},
           {.code = BPF_LD | BPF_IMM, .jt = 0, .jf = 0, .k = kAttributes},
           {.code = BPF_LDX | BPF_IMM, .jt = 0, .jf = 0, .k = IFA_PROTO},
           {.code = BPF_LD | BPF_W | BPF_ABS, .jt = 0, .jf = 0, .k = kFindAttribute},
           {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 3, .jf = 0, .k = 0},
           {.code = BPF_MISC | BPF_TAX, .jt = 0, .jf = 0, .k = 0},
           {.code = BPF_LD | BPF_B | BPF_IND, .jt = 0, .jf = 0, .k = sizeof(nlattr)},
           {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 1, .jf = 0, .k = kAddressProtocol},
           {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = kAll},
           {.code = BPF_RET | BPF_K, .jt = 0, .jf = 0, .k = 0}}};
}

}  // namespace

Result<NetlinkEvents> NetlinkEvents::open() {
  VIP_TRY(nl_sock* const socket, connected_socket());
  NetlinkEvents events(socket);
  nl_socket_disable_seq_check(socket);
  auto filter = not_virtual_additions();
  const sock_fprog program{.len = static_cast<unsigned short>(filter.size()), .filter = filter.data()};
  if (::setsockopt(events.fd(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0)
    return sys::errno_failure("netlink events: filter");
  if (const int code =
          nl_socket_add_memberships(socket, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, 0);
      code < 0) {
    return netlink_failure("netlink events", code);
  }
  if (const int code = nl_socket_set_nonblocking(socket); code < 0)
    return netlink_failure("netlink events", code);
  return events;
}

int NetlinkEvents::fd() const {
  return nl_socket_get_fd(socket_.get());
}

NetlinkHints NetlinkEvents::drain() const {
  NetlinkHints hints;
  (void)nl_socket_modify_cb(socket_.get(), NL_CB_VALID, NL_CB_CUSTOM, &collect_hint, &hints);
  int code = 0;
  while ((code = nl_recvmsgs_default(socket_.get())) >= 0) {
  }
  (void)nl_socket_modify_cb(socket_.get(), NL_CB_VALID, NL_CB_DEFAULT, nullptr, nullptr);
  hints.overrun = code != -NLE_AGAIN;  // ENOBUFS comes as "no memory"; whatever it was, look at everything
  return hints;
}

}  // namespace vip::vrrp
