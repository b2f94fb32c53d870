#include "vrrp/doctor/diagnosis.h"

#include <algorithm>
#include <array>
#include <set>

#include "common/base/text.h"
#include "vrrp/doctor/cloud.h"

namespace vip::vrrp {
namespace {

using report::Finding;
using report::Findings;
using report::Verdict;

// The kernels from which on they are there.
struct KernelVersion {
  int major = 0;
  int minor = 0;
  friend auto operator<=>(const KernelVersion&, const KernelVersion&) = default;
};
constexpr KernelVersion kLifetimes{.major = 3, .minor = 9};
constexpr KernelVersion kNoPrefixRoute{.major = 4, .minor = 18};
constexpr KernelVersion kMarks{.major = 5, .minor = 18};

std::optional<KernelVersion> kernel_version(std::string_view release) {
  const auto parts = split(release.substr(0, release.find_first_not_of("0123456789.")), ".");
  if (parts.size() < 2) return std::nullopt;
  const auto major = parse_number<int>(parts[0]);
  const auto minor = parse_number<int>(parts[1]);
  if (!major || !minor) return std::nullopt;
  return KernelVersion{.major = *major, .minor = *minor};
}

bool wants(const HostFacts& facts, Family family) {
  return std::ranges::any_of(facts.wanted, [&](const auto& wanted) { return wanted.family() == family; });
}

std::string sysctl(const HostFacts& facts, const std::string& name) {
  const auto found = facts.sysctls.find(name);
  return found == facts.sysctls.end() ? std::string() : found->second;
}

int number_of(const HostFacts& facts, const std::string& name) {
  return parse_number<int>(sysctl(facts, name)).value_or(0);
}

// The kernel takes the greater of an interface's own and that of all.
int of_interface(const HostFacts& facts, const std::string& interface, const std::string& setting) {
  return std::max(number_of(facts, "net.ipv4.conf.all." + setting),
                  number_of(facts, "net.ipv4.conf." + interface + "." + setting));
}

// Where the value comes from, to be changed there.
std::string names_of(const HostFacts& facts, const std::string& interface, const std::string& setting,
                     int allowed) {
  std::string remedy;
  for (const auto& scope : {std::string("all"), interface}) {
    auto name = "net.ipv4.conf." + scope;
    name.append(".").append(setting);
    if (number_of(facts, name) <= allowed) continue;
    remedy.append(remedy.empty() ? "sysctl -w " : " ").append(name).append("=");
    remedy.append(std::to_string(allowed));
  }
  return remedy;
}

std::set<std::string> interfaces_in_use(const HostFacts& facts) {
  std::set<std::string> names;
  for (const auto& placement : places(facts))
    if (placement.link) names.insert(placement.link->name);
  return names;
}

// What a bridge of Docker's and the ends of its containers' cables are to us: no way to the LAN.
bool leads_outside(const HostFacts& facts, const ObservedLink& link) {
  const auto found = std::ranges::find(facts.host_links, link.index, &HostLink::index);
  const bool is_bridge = found != facts.host_links.end() && found->kind == "bridge";
  return !link.loopback && !(is_bridge && link.name.starts_with("docker")) && !link.name.starts_with("br-") &&
         std::ranges::any_of(link.addresses,
                             [](const IpPrefix& prefix) { return prefix.address.family() == Family::ipv4; });
}

class SysctlJudge {
 public:
  explicit SysctlJudge(const HostFacts& facts) : facts_(facts) {}

  Findings judge() {
    of_the_guides();
    for (const auto& interface : interfaces_in_use(facts_)) of_interface_for_ipv4(interface);
    for (const auto& interface : interfaces_in_use(facts_)) of_interface_for_ipv6(interface);
    if (number_of(facts_, "net.ipv4.icmp_echo_ignore_all") != 0) {
      add("net.ipv4.icmp_echo_ignore_all", Verdict::warning,
          "1: the addresses answer no ping, which looks like an outage to whoever pings them",
          "sysctl -w net.ipv4.icmp_echo_ignore_all=0");
    }
    return std::move(findings_);
  }

 private:
  void add(std::string what, Verdict verdict, std::string meaning, std::string remedy = {}) {
    findings_.push_back({.check = "sysctl",
                         .what = std::move(what),
                         .verdict = verdict,
                         .meaning = std::move(meaning),
                         .remedy = std::move(remedy)});
  }

  // What guides for keepalived tell people to set.
  void of_the_guides() {
    if (facts_.sysctls.empty()) {
      add("net.ipv4", Verdict::unknown, "/proc/sys cannot be read from here",
          "run doctor in the host's network with /proc, such as docker run --network host");
      return;
    }
    const auto nonlocal = sysctl(facts_, "net.ipv4.ip_nonlocal_bind");
    add("net.ipv4.ip_nonlocal_bind", Verdict::ok,
        nonlocal +
            ": swarm-vip does not need it; only a program that binds to the virtual address itself needs 1, "
            "on "
            "the nodes that do not hold it (ports that a Swarm publishes do not)");
    add("net.ipv4.conf.all.arp_accept", Verdict::ok,
        sysctl(facts_, "net.ipv4.conf.all.arp_accept") +
            ": not needed; neighbours that know the address take a gratuitous ARP anyway");
    promote_secondaries();
    add("ip_vs", Verdict::ok,
        std::string(facts_.ip_vs ? "the module is there" : "the module is not there") +
            ": swarm-vip does not need it, whatever guides for keepalived say; a Swarm's routing mesh loads "
            "it itself");
  }

  void promote_secondaries() {
    const std::string name = "net.ipv4.conf.all.promote_secondaries";
    const bool off = number_of(facts_, name) == 0;
    const auto in_network = std::ranges::find_if(facts_.wanted, [](const WantedRouter& wanted) {
      return wanted.family() == Family::ipv4 &&
             std::ranges::any_of(wanted.setup.protocol.addresses,
                                 [](const IpPrefix& prefix) { return prefix.length < 32; });
    });
    const auto value = sysctl(facts_, name);
    if (!off || in_network == facts_.wanted.end()) {
      add(name, Verdict::ok, value + ": not needed; an address with /32 is nobody's secondary");
      return;
    }
    add(name, Verdict::warning,
        value +
            ": when the interface's own address goes (DHCP, a network manager), the kernel takes the virtual "
            "one "
            "of the same network with it",
        "give the virtual address as /32, or sysctl -w " + name + "=1");
  }

  void of_interface_for_ipv4(const std::string& interface) {
    if (!wants(facts_, Family::ipv4)) return;
    const int ignore = of_interface(facts_, interface, "arp_ignore");
    const auto what = "arp_ignore on " + interface;
    if (ignore == 8) {
      add(what, Verdict::error,
          std::to_string(ignore) +
              ": this host answers no ARP request, so nobody finds the virtual address here",
          names_of(facts_, interface, "arp_ignore", 1));
    } else if (ignore == 2 && !is_covered(interface)) {
      add(what, Verdict::error,
          "2: only neighbours of an own network of the interface get an answer, and no own address there "
          "covers the "
          "virtual one",
          names_of(facts_, interface, "arp_ignore", 1) + ", or an own address of its network on " +
              interface);
    } else {
      add(what, Verdict::ok, std::to_string(ignore) + ": ARP requests for the virtual address are answered");
    }
    if (of_interface(facts_, interface, "arp_filter") != 0 && several_ways()) {
      add("arp_filter on " + interface, Verdict::warning,
          "1: with several interfaces the host may answer for the virtual address by none or by another one",
          names_of(facts_, interface, "arp_filter", 0));
    }
    return_paths(interface);
  }

  void return_paths(const std::string& interface) {
    const int filter = of_interface(facts_, interface, "rp_filter");
    const auto what = "rp_filter on " + interface;
    if (filter == 1 && several_ways()) {
      add(what, Verdict::warning,
          "1 (strict), and the host has several networks: clients to whom the way back is by another "
          "interface get no "
          "answer",
          "sysctl -w net.ipv4.conf." + interface + ".rp_filter=2, or routes by source address");
    } else {
      add(what, Verdict::ok, std::to_string(filter) + ": answers find their way");
    }
  }

  void of_interface_for_ipv6(const std::string& interface) {
    if (!wants(facts_, Family::ipv6)) return;
    if (!facts_.has_ipv6) return;  // the kernel's own finding
    const auto name = "net.ipv6.conf." + interface + ".disable_ipv6";
    if (number_of(facts_, name) != 0) {
      add(name, Verdict::error, "1: the kernel takes no IPv6 address on " + interface,
          "sysctl -w " + name + "=0");
    } else {
      add(name, Verdict::ok, "0: the interface takes IPv6 addresses");
    }
    const auto detection = "net.ipv6.conf." + interface + ".accept_dad";
    add(detection, Verdict::ok,
        sysctl(facts_, detection) +
            ": does not matter; virtual addresses are added without duplicate detection");
  }

  [[nodiscard]] bool several_ways() const {
    return std::ranges::count_if(facts_.links,
                                 [&](const auto& link) { return leads_outside(facts_, link); }) > 1;
  }

  [[nodiscard]] bool is_covered(const std::string& interface) const {
    const auto link = std::ranges::find(facts_.links, interface, &ObservedLink::name);
    return std::ranges::all_of(facts_.wanted, [&](const WantedRouter& wanted) {
      return wanted.family() == Family::ipv6 ||
             std::ranges::all_of(wanted.setup.protocol.addresses, [&](const IpPrefix& address) {
               return link != facts_.links.end() &&
                      std::ranges::any_of(link->addresses,
                                          [&](const auto& own) { return own.covers(address.address); });
             });
    });
  }

  const HostFacts& facts_;
  Findings findings_;
};

std::string interface_remedy(const HostFacts& facts, const WantedRouter& wanted, const Placement& placement) {
  const std::string label = wanted.managed ? "docker node update --label-add KEEPALIVED_INTERFACE=NAME NODE"
                                           : wanted.interface_setting + "=NAME";
  switch (placement.trouble) {
    case Trouble::no_interface:
    case Trouble::no_network:
      return "name the interface that is on the LAN: " + label;
    case Trouble::no_own_address:
      return placement.link
                 ? "give " + placement.link->name + " an address of the LAN (ip address add ADDRESS/24 dev " +
                       placement.link->name + "), or name another interface: " + label
                 : "name the interface that has the node's address: " + label;
    case Trouble::link_down: {
      const auto index = placement.home != IfIndex(0) ? placement.home : placement.link->index;
      const auto link = std::ranges::find(facts.host_links, index, &HostLink::index);
      if (link == facts.host_links.end() || !link->raised)
        return "ip link set " + placement.link->name + " up";
      return "it is up and has no carrier: see to its cable, its switch port, or the virtual switch of the "
             "machine";
    }
    case Trouble::none:
    case Trouble::setup_failed:
    case Trouble::address_in_use:
    case Trouble::address_refused:
    case Trouble::address_removed:
    case Trouble::duplicate_owner:
    case Trouble::check_failed:
    case Trouble::update_unfit:
    case Trouble::companion:
      break;
  }
  return {};
}

// Which others an "auto" could have taken as well.
std::vector<std::string> rivals(const HostFacts& facts, const WantedRouter& wanted,
                                const Placement& placement) {
  std::vector<std::string> names;
  const auto& rule = wanted.placement;
  if (!rule.interface.empty() && rule.interface != kInterfaceAuto) return names;
  if (rule.own.empty() || !placement.link) return names;
  for (const auto& link : facts.links) {
    const bool covers = std::ranges::any_of(
        link.addresses, [&](const IpPrefix& prefix) { return prefix.covers(rule.own.front().address); });
    if (!link.loopback && link.index != placement.link->index && covers) names.push_back(link.name);
  }
  return names;
}

Finding judge_place(const HostFacts& facts, const WantedRouter& wanted, const Placement& placement) {
  Finding finding{.check = "interface", .what = "interface of " + called(wanted)};
  if (!placement.fault.empty()) {
    finding.verdict = Verdict::error;
    finding.meaning = placement.fault;
    finding.remedy = interface_remedy(facts, wanted, placement);
    return finding;
  }
  finding.meaning = placement.link->name + ", speaking from " + placement.source->text();
  const auto others = rivals(facts, wanted, placement);
  if (others.empty()) return finding;
  finding.verdict = Verdict::warning;
  finding.meaning += "; " + join(others, ", ") +
                     " would fit as well, and \"auto\" takes the one with our own address, "
                     "then the first";
  finding.remedy =
      "say which: " + (wanted.managed ? std::string("docker node update --label-add KEEPALIVED_INTERFACE=") +
                                            placement.link->name + " NODE"
                                      : wanted.interface_setting + "=" + placement.link->name);
  return finding;
}

Finding judge_network(const HostFacts& facts) {
  Finding finding{.check = "network", .what = "network namespace"};
  if (!facts.links_error.empty()) {
    finding.verdict = Verdict::unknown;
    finding.meaning = facts.links_error;
    return finding;
  }
  const auto inside = [](const HostLink& link) { return link.loopback || link.peer_elsewhere; };
  const bool is_own = facts.in_container && std::ranges::all_of(facts.host_links, inside);
  if (!is_own) {
    finding.meaning = facts.in_container ? "the host's, as it must be" : "the host's";
    return finding;
  }
  finding.verdict = Verdict::error;
  finding.meaning =
      "this is a container's own network: an address here is not on the LAN, and what follows is about the "
      "container, not "
      "about the host";
  finding.remedy = "run the container with --network host (in a stack file: networks: [host])";
  return finding;
}

Finding judge_capabilities(const HostFacts& facts) {
  Finding finding{.check = "capabilities", .what = "capabilities"};
  if (facts.missing_capabilities.empty()) {
    finding.meaning = "NET_ADMIN and NET_RAW are there";
    return finding;
  }
  // Who only looks may lack them: an agent beside has its own.
  const bool is_agent = facts.has_settings;
  finding.verdict = is_agent ? Verdict::error : Verdict::warning;
  finding.meaning = "missing " + facts.missing_capabilities +
                    (is_agent ? ": an agent with these rights cannot be a router"
                              : ": an agent needs them, and without them doctor cannot look at everything");
  finding.remedy = "run the container with --cap-add NET_ADMIN --cap-add NET_RAW";
  return finding;
}

Finding judge_socket(const HostFacts& facts, std::string what, const Status& status) {
  Finding finding{.check = "socket", .what = std::move(what)};
  if (status) {
    finding.meaning = "can be opened";
    return finding;
  }
  finding.verdict = facts.missing_capabilities.empty() ? Verdict::error : Verdict::unknown;
  finding.meaning = status.error().context;
  finding.remedy = facts.missing_capabilities.empty()
                       ? "a seccomp profile, or a kernel without it, denies it: let the container have it"
                       : "--cap-add NET_RAW";
  return finding;
}

}  // namespace

std::vector<Placement> places(const HostFacts& facts) {
  std::vector<Placement> found;
  found.reserve(facts.wanted.size());
  for (const auto& wanted : facts.wanted) found.push_back(place_router(wanted.placement, facts.links));
  return found;
}

std::string called(const WantedRouter& wanted) {
  const auto group = wanted.group.empty() ? std::string() : " of group " + wanted.group;
  return "router " + std::to_string(wanted.setup.protocol.vrid.value) + " (" +
         std::string(name(wanted.family())) + ")" + group;
}

bool is_held_here(const HostFacts& facts, const WantedRouter& wanted) {
  return std::ranges::any_of(facts.agents, [&](const AgentWord& agent) {
    return std::ranges::any_of(agent.routers, [&](const AgentWord::Router& router) {
      return router.vrid == wanted.setup.protocol.vrid && router.family == wanted.family() &&
             router.state == name(State::active);
    });
  });
}

Findings judge_settings(const HostFacts& facts) {
  Findings findings;
  for (const auto& fault : facts.faults) {
    findings.push_back({.check = "settings",
                        .what = "settings",
                        .verdict = Verdict::error,
                        .meaning = fault,
                        .remedy = "correct it: an agent ends with exit status 2 on this"});
  }
  for (const auto& warning : facts.warnings) {
    findings.push_back(
        {.check = "settings", .what = "settings", .verdict = Verdict::warning, .meaning = warning});
  }
  if (!findings.empty()) return findings;
  if (facts.wanted.empty()) {
    findings.push_back(
        {.check = "settings",
         .what = "settings",
         .verdict = Verdict::ok,
         .meaning = facts.has_settings
                        ? "this node is not a member, so no router is wanted here"
                        : "none are given and no agent runs here, so this is about the host in general; "
                          "--interface, --vrid and --address ask about a router"});
    return findings;
  }
  std::string meaning;
  for (const auto& wanted : facts.wanted) {
    std::vector<std::string> addresses;
    addresses.reserve(wanted.setup.protocol.addresses.size());
    for (const auto& prefix : wanted.setup.protocol.addresses) addresses.push_back(prefix.text());
    meaning += (meaning.empty() ? "" : "; ") + called(wanted) + ": " +
               (addresses.empty() ? "no address" : join(addresses, ", "));
  }
  findings.push_back({.check = "settings", .what = "settings", .verdict = Verdict::ok, .meaning = meaning});
  return findings;
}

Findings judge_rights(const HostFacts& facts) {
  Findings findings{judge_capabilities(facts), judge_network(facts)};
  findings.push_back(judge_socket(facts, "raw socket of protocol 112", facts.raw4));
  findings.push_back(judge_socket(facts, "packet socket", facts.packet));
  if (wants(facts, Family::ipv6) && facts.has_ipv6)
    findings.push_back(judge_socket(facts, "raw IPv6 socket of protocol 112", facts.raw6));
  return findings;
}

Findings judge_kernel(const HostFacts& facts) {
  Finding finding{.check = "kernel", .what = "kernel " + facts.kernel};
  const auto version = kernel_version(facts.kernel);
  if (!version) {
    finding.verdict = Verdict::unknown;
    finding.meaning = "its version could not be read";
  } else if (*version < kLifetimes) {
    finding.verdict = Verdict::error;
    finding.meaning = "it knows no lifetimes of IPv4 addresses, so a dead agent would keep the address";
    finding.remedy = "a kernel from 4.18 on";
  } else if (*version < kNoPrefixRoute) {
    finding.verdict = Verdict::warning;
    finding.meaning = "it makes a route for each virtual address that is not a /32";
    finding.remedy = "give addresses without a length, or a kernel from 4.18 on";
  } else if (*version < kMarks) {
    finding.meaning =
        "address lifetimes and noprefixroute are there; addresses carry no mark of ours before 5.18";
  } else {
    finding.meaning = "address lifetimes, noprefixroute and marks on addresses are there";
  }
  Findings findings{finding};
  if (wants(facts, Family::ipv6) && !facts.has_ipv6) {
    findings.push_back({.check = "kernel",
                        .what = "IPv6",
                        .verdict = Verdict::error,
                        .meaning = "the kernel has no IPv6, and IPv6 addresses are wanted",
                        .remedy = "boot without ipv6.disable=1, or leave the IPv6 addresses out"});
  }
  return findings;
}

Findings judge_sysctls(const HostFacts& facts) {
  return SysctlJudge(facts).judge();
}

Findings judge_interfaces(const HostFacts& facts) {
  if (!facts.links_error.empty()) return {};  // the network namespace's finding says so
  Findings findings;
  const auto found = places(facts);
  for (std::size_t i = 0; i < found.size(); ++i)
    findings.push_back(judge_place(facts, facts.wanted[i], found[i]));
  return findings;
}

Findings judge_platform(const HostFacts& facts) {
  Finding finding{.check = "platform", .what = "platform"};
  if (facts.dmi.empty()) {
    finding.verdict = Verdict::unknown;
    finding.meaning =
        "the firmware does not say what machine this is (no /sys/class/dmi/id), so a cloud whose network "
        "keeps addresses from moving would not be noticed";
    return {finding};
  }
  if (const auto cloud = find_cloud(facts.dmi)) {
    finding.verdict = cloud->certain ? Verdict::error : Verdict::warning;
    finding.meaning =
        cloud->name + (cloud->certain
                           ? ": its network gives no packet to a machine for an address that it was not "
                             "assigned, so the address cannot move by ARP"
                           : ": its network may keep an address from moving by ARP");
    finding.remedy = cloud->remedy;
    return {finding};
  }
  const auto vendor = facts.dmi.find("sys_vendor");
  finding.meaning = (vendor == facts.dmi.end() ? std::string("a machine") : vendor->second) +
                    ": no platform known to keep addresses from moving";
  return {finding};
}

Findings judge_clock(const HostFacts& facts) {
  Finding finding{.check = "clock", .what = "clock"};
  if (!facts.clock_synchronised) {
    finding.verdict = Verdict::unknown;
    finding.meaning = "the kernel does not say whether it is synchronised";
  } else if (*facts.clock_synchronised) {
    finding.meaning = "synchronised";
  } else if (facts.window.count() > 0) {
    finding.verdict = Verdict::warning;
    finding.meaning = "not synchronised, and the settings believe only what was signed within " +
                      std::to_string(facts.window.count()) + " s of this clock";
    finding.remedy = "run chrony or systemd-timesyncd, or leave the window out";
  } else {
    finding.meaning =
        "not synchronised; no failover looks at it, and after a reboot a wrong one costs at most one wait";
  }
  return {finding};
}

Findings diagnose(const HostFacts& facts) {
  Findings all;
  for (const auto judge : {&judge_settings, &judge_rights, &judge_kernel, &judge_sysctls, &judge_interfaces,
                           &judge_addresses, &judge_filters, &judge_wire, &judge_programs, &judge_ports,
                           &judge_agents, &judge_platform, &judge_clock})
    std::ranges::move(judge(facts), std::back_inserter(all));
  return all;
}

}  // namespace vip::vrrp
