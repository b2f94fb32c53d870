#include "vrrp/doctor_command.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include "common/base/exit_status.h"
#include "common/base/text.h"
#include "common/report/finding.h"
#include "common/settings/dialect.h"
#include "common/sys/posix.h"
#include "vrrp/agent_word.h"
#include "vrrp/doctor/diagnosis.h"
#include "vrrp/print.h"
#include "vrrp/sys/announcer.h"
#include "vrrp/sys/capabilities.h"
#include "vrrp/sys/host_facts.h"
#include "vrrp/sys/lan_look.h"
#include "vrrp/sys/netlink.h"
#include "vrrp/sys/vrrp_socket.h"

namespace vip::vrrp {
namespace {

// Longer than anybody who speaks once in a second is silent, three times over where the settings say more.
constexpr Duration kListenMin = std::chrono::milliseconds(1600);
constexpr Duration kListenMax = std::chrono::seconds(10);
constexpr std::size_t kPeersTriedMax = 8;
constexpr std::uint8_t kVridHighest = 255;

struct DoctorWords {
  std::string plan_file;
  std::string node;
  std::string interface;
  std::optional<Vrid> vrid;
  std::vector<IpPrefix> addresses;
  std::vector<IpAddress> peers;

  [[nodiscard]] bool describe_a_router() const {
    return !interface.empty() || vrid || !addresses.empty() || !peers.empty();
  }
};

std::unexpected<Error> not_allowed(std::string_view word, std::string_view value, std::string_view allowed) {
  std::string text(word);
  text.append(": '").append(printable(value)).append("' is not allowed; ").append(allowed);
  return fail(Errc::invalid, text);
}

Result<DoctorWords> doctor_words(const cli::Words& words) {
  DoctorWords read{.plan_file = words.text("--plan"),
                   .node = words.text("--node"),
                   .interface = words.text("--interface")};
  if (words.has("--vrid")) {
    const auto number = parse_number<unsigned>(words.text("--vrid"));
    if (!number || *number < 1 || *number > kVridHighest)
      return not_allowed("--vrid", words.text("--vrid"), "1 to 255");
    read.vrid = Vrid(static_cast<std::uint8_t>(*number));
  }
  for (const auto& text : words.all("--address")) {
    const auto prefix = IpPrefix::parse(text);
    if (!prefix || !prefix->address.is_host())
      return not_allowed("--address", text, "an address such as 192.0.2.100 or 2001:db8::100/64");
    read.addresses.push_back(*prefix);
  }
  for (const auto& text : words.all("--peer")) {
    const auto address = IpAddress::parse(text);
    if (!address || !address->is_host()) return not_allowed("--peer", text, "an address such as 192.0.2.12");
    read.peers.push_back(*address);
  }
  return read;
}

// The operator's own settings are no agent's.
bool has_settings(const settings::Environment& env) {
  if (env.has("KEEPALIVED_GROUP") || env.has("SWARM_VIP_CONFIG")) return false;
  return env.has("SWARM_VIP_PLAN") || env.has(settings::kDialectVariable) ||
         settings::detect_dialect(env) != settings::Dialect::none;
}

void want(HostFacts& facts, const AgentConfig& config) {
  for (const auto& router : config.routers) {
    const RouterSetup& setup = router;
    facts.wanted.push_back({.setup = setup,
                            .placement = router.placement(),
                            .group = config.group,
                            .interface_setting = router.interface_setting,
                            .managed = config.managed,
                            .virtual_mac = router.virtual_mac,
                            .mark = fnv1a(config.mark_name)});
  }
  facts.authenticator =
      Authenticator(config.auth.mode, config.auth.keys, config.auth.sending_key, config.auth.window);
  facts.window = config.auth.window;
}

// A router out of words of the command line: one of each family, or of none when only the id was asked about.
void want(HostFacts& facts, const DoctorWords& words) {
  for (const auto family : {Family::ipv4, Family::ipv6}) {
    WantedRouter wanted{.interface_setting = "--interface", .auth_known = false};
    auto& protocol = wanted.setup.protocol;
    for (const auto& prefix : words.addresses)
      if (prefix.address.family() == family) protocol.addresses.push_back(prefix);
    const bool asked = !protocol.addresses.empty() || (words.addresses.empty() && family == Family::ipv4);
    if (!asked) continue;
    protocol.vrid = words.vrid.value_or(Vrid(51));
    for (const auto& peer : words.peers)
      if (peer.family() == family) wanted.setup.rules.peers.push_back(peer);
    wanted.placement = {.interface = words.interface.empty() ? std::string(kInterfaceAuto) : words.interface,
                        .family = family,
                        .own = protocol.addresses};
    facts.wanted.push_back(std::move(wanted));
  }
}

void read_settings(HostFacts& facts, const DoctorWords& words, const ConfigReader& read_config,
                   std::optional<AgentConfig>& config) {
  auto [agents, statuses] = ask_agents_here();
  facts.agents = std::move(agents);
  const auto env = settings::Environment::of_process();
  if (words.describe_a_router()) {
    facts.has_settings = true;
    return want(facts, words);
  }
  if (!words.plan_file.empty() || has_settings(env)) {
    facts.has_settings = true;
    settings::Findings findings;
    auto read = read_config(words.plan_file, words.node, env, findings);
    facts.warnings = findings.warnings();
    facts.faults = findings.errors();
    if (!read && facts.faults.empty()) facts.faults.push_back(read.error().context);
    if (!read) return;
    want(facts, *read);
    config = *std::move(read);
    return;
  }
  for (const auto& status : statuses)
    facts.wanted.insert(facts.wanted.end(), status.wanted.begin(), status.wanted.end());
}

void read_host(HostFacts& facts) {
  facts.missing_capabilities = missing_capabilities();
  facts.in_container = is_in_container();
  facts.kernel = kernel_release();
  facts.has_ipv6 = has_ipv6();
  facts.ip_vs = has_ip_vs();
  facts.dmi = read_dmi();
  facts.clock_synchronised = is_clock_synchronised();
  facts.programs = vrrp_programs();
  facts.raw_listeners = count_vrrp_listeners();  // before our own
  const auto attempt = [](const auto& result) {
    return result ? Status() : Status(std::unexpected(result.error()));
  };
  facts.raw4 = attempt(VrrpSocket::prepare(Family::ipv4));
  facts.raw6 = attempt(VrrpSocket::prepare(Family::ipv6));
  facts.packet = attempt(Announcer::open());
}

void read_network(HostFacts& facts) {
  auto netlink = Netlink::open();
  const auto links =
      netlink ? netlink->links() : Result<std::vector<ObservedLink>>(std::unexpected(netlink.error()));
  const auto host_links = read_links();
  if (!links || !host_links) {
    facts.links_error = links ? host_links.error().context : links.error().context;
    return;
  }
  facts.links = *links;
  facts.host_links = *host_links;
  if (const auto addresses = netlink->addresses()) facts.addresses = *addresses;
  std::set<std::string> interfaces;
  for (const auto& placement : places(facts))
    if (placement.link) interfaces.insert(placement.link->name);
  facts.sysctls = read_sysctls(interfaces);
}

void try_ports(HostFacts& facts, const AgentConfig& config) {
  if (config.status_place) {
    const auto& [address, port] = *config.status_place;
    facts.ports.push_back({.what = "TCP port " + std::to_string(port) + " of " + address.text(),
                           .transport = "TCP",
                           .port = port,
                           .taken = is_tcp_port_taken(address, port),
                           .group = config.group});
  }
  if (!config.status_port) return;
  const auto port = *config.status_port;
  std::set<Family> families;
  for (const auto& wanted : facts.wanted)
    if (!wanted.setup.rules.peers.empty()) families.insert(wanted.family());
  if (config.auth.mode == AuthMode::off) return;  // nobody says hello without a key
  for (const auto family : families) {
    facts.ports.push_back({.what = "UDP port " + std::to_string(port) + " over " + std::string(name(family)),
                           .transport = "UDP",
                           .port = port,
                           .taken = is_udp_port_taken(family, port),
                           .group = config.group});
  }
}

Duration patience(const HostFacts& facts) {
  Duration longest = kListenMin;
  for (const auto& wanted : facts.wanted)
    longest = std::max(longest, 3 * wanted.setup.protocol.advert_interval + std::chrono::milliseconds(100));
  return std::min(longest, kListenMax);
}

void listen(HostFacts& facts) {
  LanQuestion question{.interfaces = {}, .families = {}, .probes = {}, .patience = patience(facts)};
  const auto found = places(facts);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& link = found[i].link;
    question.families.insert(facts.wanted[i].family());
    if (!link || !link->up) continue;
    question.interfaces.insert(link->index);
    for (const auto& prefix : facts.wanted[i].setup.protocol.addresses)
      question.probes.push_back({.interface = link->index, .from = link->mac, .address = prefix.address});
  }
  if (found.empty()) {
    question.families.insert(Family::ipv4);
    if (facts.raw6) question.families.insert(Family::ipv6);
    for (const auto& link : facts.links)
      if (link.up && !link.loopback) question.interfaces.insert(link.index);
  }
  if (facts.has_settings && question.interfaces.empty()) {
    facts.listen_error = "there is no interface to listen on";
    return;
  }
  auto answer = look_at_lan(question);
  if (!answer) {
    facts.listen_error = answer.error().context;
    return;
  }
  facts.listened = true;
  facts.listened_for = question.patience;
  facts.probed = answer->probed;
  facts.heard = std::move(answer->heard);
  facts.arrived = std::move(answer->arrived);
  facts.owners = std::move(answer->owners);
}

void name_owners(HostFacts& facts) {
  auto netlink = Netlink::open();
  if (!netlink) return;
  for (const auto& [address, macs] : facts.owners) {
    for (const auto& mac : macs) {
      auto known = netlink->neighbours(mac);
      if (!known) continue;
      std::erase(*known, address);
      if (!known->empty()) facts.neighbours.emplace(mac, *std::move(known));
    }
  }
}

Vrid unused_vrid(const HostFacts& facts) {
  std::set<std::uint8_t> used;
  for (const auto& wanted : facts.wanted) {
    used.insert(wanted.setup.protocol.vrid.value);
    if (wanted.setup.protocol.also) used.insert(wanted.setup.protocol.also->vrid.value);
  }
  for (const auto& agent : facts.agents)
    for (const auto& router : agent.routers) used.insert(router.vrid.value);
  for (const auto& packet : facts.heard)
    if (packet.payload.size() > 1) used.insert(packet.payload[1]);
  for (std::uint8_t id = kVridHighest; id > 1; --id)
    if (!used.contains(id)) return Vrid(id);
  return Vrid(0);  // nobody's by the RFC
}

// The next address of the network, for who has no peer to name: nothing is sent to it.
IpAddress neighbour_of(const IpAddress& own) {
  std::vector<std::uint8_t> bytes(own.bytes().begin(), own.bytes().end());
  bytes.back() ^= 1U;
  return *IpAddress::from_bytes(bytes);
}

bool is_fine(const FilterTrial& trial) {
  const auto good = [](Passage passage) {
    return passage == Passage::passed || passage == Passage::not_tried;
  };
  return good(trial.out) && good(trial.in) && good(trial.hello);
}

void try_all_filters(HostFacts& facts) {
  const auto found = places(facts);
  const auto unused = unused_vrid(facts);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i].fault.empty()) continue;
    const auto& setup = facts.wanted[i].setup;
    auto peers = setup.rules.peers;
    if (peers.empty()) peers.push_back(neighbour_of(*found[i].source));
    if (peers.size() > kPeersTriedMax) peers.resize(kPeersTriedMax);
    const auto udp = std::ranges::find(facts.ports, "UDP", &PortTrial::transport);
    for (const auto& peer : peers) {
      FilterQuestion question{.interface = found[i].home,
                              .own = *found[i].source,
                              .peer = peer,
                              .multicast = setup.transport == Transport::multicast,
                              .unused = unused};
      if (udp != facts.ports.end() && !setup.rules.peers.empty()) question.hello_port = udp->port;
      facts.trials[i] = try_filters(question);
      if (!is_fine(facts.trials[i])) break;
    }
  }
}

std::string host_title() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "this host";
  return "host " + std::string(name.data());
}

}  // namespace

int run_doctor(const cli::Words& words, const ConfigReader& read_config) {
  const auto asked = doctor_words(words);
  if (!asked) return refuse(asked.error().context);
  HostFacts facts;
  std::optional<AgentConfig> config;
  read_settings(facts, *asked, read_config, config);
  read_host(facts);
  read_network(facts);
  if (config) try_ports(facts, *config);
  if (facts.links_error.empty()) listen(facts);
  if (!facts.owners.empty()) name_owners(facts);
  try_all_filters(facts);
  const std::vector<report::Section> sections{
      {.part = "host", .title = host_title(), .findings = diagnose(facts)}};
  print(stdout, words.has("--json") ? report::findings_json(sections) : report::findings_table(sections));
  return report::any_error(sections) ? kFailed : kFine;
}

}  // namespace vip::vrrp
