#include "vrrp/sys/host_facts.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include <linux/if.h>
#include <netlink/cache.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/socket.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

constexpr std::size_t kSmallFileMax = 4096;
constexpr std::size_t kTableMax = 4U << 20U;

constexpr std::array<std::string_view, 5> kHostSettings{
    "net.ipv4.ip_nonlocal_bind", "net.ipv4.ip_forward", "net.ipv4.icmp_echo_ignore_all",
    "net.ipv4.conf.all.arp_accept", "net.ipv4.conf.all.promote_secondaries"};
constexpr std::array<std::string_view, 4> kIpv4Settings{"arp_ignore", "arp_announce", "arp_filter",
                                                        "rp_filter"};
constexpr std::array<std::string_view, 2> kIpv6Settings{"disable_ipv6", "accept_dad"};

// keepalived changes its title and not its name.
constexpr std::array<std::string_view, 4> kVrrpPrograms{"keepalived", "vrrpd", "uvrrpd", "ucarp"};

std::optional<std::string> first_line(const std::string& path) {
  const auto text = sys::read_file(path, kSmallFileMax);
  if (!text) return std::nullopt;
  return std::string(trim(text->substr(0, text->find('\n'))));
}

// An interface's name may have dots of its own.
std::string proc_path(std::string_view folder, const std::string& interface, std::string_view setting) {
  return "/proc/sys/" + std::string(folder) + "/" + interface + "/" + std::string(setting);
}

void read_into(std::map<std::string, std::string>& values, const std::string& name, const std::string& path) {
  if (auto value = first_line(path)) values.emplace(name, *std::move(value));
}

std::string network_of(const std::string& process) {
  std::error_code error;
  const auto target = std::filesystem::read_symlink("/proc/" + process + "/ns/net", error);
  return error ? std::string() : target.string();
}

struct LinksDeleter {
  void operator()(nl_sock* socket) const { nl_socket_free(socket); }
  void operator()(nl_cache* cache) const { nl_cache_free(cache); }
};

HostLink link_of(rtnl_link* link) {
  const char* const name = rtnl_link_get_name(link);
  const char* const kind = rtnl_link_get_type(link);
  const unsigned flags = rtnl_link_get_flags(link);
  int elsewhere = 0;
  return {.index = IfIndex(static_cast<std::uint32_t>(rtnl_link_get_ifindex(link))),
          .name = name == nullptr ? "" : name,
          .kind = kind == nullptr ? "" : kind,
          .raised = (flags & IFF_UP) != 0,
          .carrier = (flags & IFF_LOWER_UP) != 0,
          .loopback = (flags & IFF_LOOPBACK) != 0,
          .peer_elsewhere = rtnl_link_get_link_netnsid(link, &elsewhere) == 0};
}

}  // namespace

std::string kernel_release() {
  utsname name{};
  return ::uname(&name) == 0 ? std::string(static_cast<const char*>(name.release)) : std::string();
}

bool is_in_container() {
  constexpr std::string_view kFolder = "/containers/";
  const auto mounts = sys::read_file("/proc/self/mountinfo", kTableMax);
  if (!mounts) return false;
  // "ID PARENT MAJOR:MINOR ROOT MOUNTPOINT ...": engines bind this file from where they keep the container. A
  // /.dockerenv proves nothing: machines are made out of images, too.
  const auto lines = split(*mounts, "\n");
  return std::ranges::any_of(lines, [&](const std::string& line) {
    const auto fields = split(line, " ");
    return fields.size() > 4 && fields[4] == "/etc/hosts" && fields[3].find(kFolder) != std::string::npos;
  });
}

std::map<std::string, std::string> read_sysctls(const std::set<std::string>& interfaces) {
  std::map<std::string, std::string> values;
  for (const auto name : kHostSettings) {
    std::string path(name);
    std::ranges::replace(path, '.', '/');
    read_into(values, std::string(name), "/proc/sys/" + path);
  }
  auto scopes = interfaces;
  scopes.insert("all");
  for (const auto& scope : scopes) {
    for (const auto setting : kIpv4Settings) {
      read_into(values, "net.ipv4.conf." + scope + "." + std::string(setting),
                proc_path("net/ipv4/conf", scope, setting));
    }
    for (const auto setting : kIpv6Settings) {
      read_into(values, "net.ipv6.conf." + scope + "." + std::string(setting),
                proc_path("net/ipv6/conf", scope, setting));
    }
  }
  return values;
}

bool has_ipv6() {
  return ::access("/proc/sys/net/ipv6", F_OK) == 0;
}

bool has_ip_vs() {
  return ::access("/proc/net/ip_vs", F_OK) == 0 || ::access("/sys/module/ip_vs", F_OK) == 0;
}

std::map<std::string, std::string> read_dmi(const std::string& folder) {
  std::map<std::string, std::string> values;
  for (const auto* const name : {"sys_vendor", "product_name", "product_version", "board_vendor",
                                 "bios_vendor", "chassis_vendor", "chassis_asset_tag"})
    read_into(values, name, folder + "/" + name);
  return values;
}

std::optional<bool> is_clock_synchronised() {
  timex state{};  // modes 0: only asks
  const int answer = ::adjtimex(&state);
  if (answer < 0) return std::nullopt;
  return answer != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

std::vector<OtherProgram> vrrp_programs() {
  std::vector<OtherProgram> programs;
  const auto own = network_of("self");
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto process = entry.path().filename().string();
    const auto pid = parse_number<int>(process);
    if (!pid) continue;
    const auto name = first_line(entry.path().string() + "/comm");
    if (!name || std::ranges::find(kVrrpPrograms, std::string_view(*name)) == kVrrpPrograms.end()) continue;
    // Of whose network we may not know, its socket tells.
    if (own.empty() || network_of(process) != own) continue;
    programs.push_back({.name = *name, .pid = *pid});
  }
  std::ranges::sort(programs, {}, &OtherProgram::pid);
  // Its parent and its children have one name.
  const auto again = std::ranges::unique(programs, {}, &OtherProgram::name);
  programs.erase(again.begin(), again.end());
  return programs;
}

std::size_t count_vrrp_listeners() {
  const auto table = sys::read_file("/proc/net/raw", kTableMax);
  if (!table) return 0;
  // "  112: 00000000:0070 00000000:0000 07 ...": the local port is the protocol.
  const auto lines = split(*table, "\n");
  return static_cast<std::size_t>(std::ranges::count_if(lines, [](const std::string& line) {
    const auto fields = split(line, " ");
    return fields.size() > 1 && fields[1].ends_with(":0070");
  }));
}

Result<std::vector<HostLink>> read_links() {
  const std::unique_ptr<nl_sock, LinksDeleter> socket(nl_socket_alloc());
  if (!socket) return fail(Errc::exhausted, "netlink: no memory");
  nl_cache* raw = nullptr;
  int code = nl_connect(socket.get(), NETLINK_ROUTE);
  if (code >= 0) code = rtnl_link_alloc_cache(socket.get(), AF_UNSPEC, &raw);
  if (code < 0) return fail(Errc::unavailable, std::string("list links: netlink: ") + nl_geterror(code));
  const std::unique_ptr<nl_cache, LinksDeleter> cache(raw);
  std::vector<HostLink> links;
  for (nl_object* object = nl_cache_get_first(cache.get()); object != nullptr;
       object = nl_cache_get_next(object))
    links.push_back(link_of(reinterpret_cast<rtnl_link*>(object)));
  std::ranges::sort(links, {}, &HostLink::index);
  return links;
}

}  // namespace vip::vrrp
