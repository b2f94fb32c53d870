#include "vrrp/doctor/diagnosis.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "vrrp/doctor/cloud.h"

namespace vip::vrrp {
namespace {

using report::Finding;
using report::Findings;
using report::Verdict;

IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

IpPrefix prefix(std::string_view text) {
  return IpPrefix::parse(text).value();
}

constexpr MacAddress kOwnMac{2, 0, 0, 0, 0, 1};
constexpr MacAddress kPeerMac{2, 0, 0, 0, 0, 2};
constexpr MacAddress kStrangeMac{2, 0, 0, 0, 0, 9};

// A router of version 3 at 192.0.2.11 with one peer, and a host on which all is well.
WantedRouter wanted_router() {
  WantedRouter wanted{.group = "web", .managed = true, .mark = 7};
  wanted.setup.protocol = {.version = Version::v3,
                           .vrid = Vrid(51),
                           .priority = Priority(100),
                           .source = address("192.0.2.11"),
                           .addresses = {prefix("192.0.2.100/32")}};
  wanted.setup.rules.peers = {address("192.0.2.12")};
  wanted.placement = {
      .interface = "auto", .source = address("192.0.2.11"), .own = wanted.setup.protocol.addresses};
  return wanted;
}

HostFacts healthy() {
  HostFacts facts;
  facts.kernel = "6.1.0-18-amd64";
  facts.has_settings = true;
  facts.has_ipv6 = true;
  facts.clock_synchronised = true;
  facts.dmi = {{"sys_vendor", "Dell Inc."}};
  facts.wanted = {wanted_router()};
  facts.sysctls = {{"net.ipv4.ip_nonlocal_bind", "0"},
                   {"net.ipv4.conf.all.arp_accept", "0"},
                   {"net.ipv4.conf.all.promote_secondaries", "0"}};
  facts.links = {
      {.index = IfIndex(1), .name = "lo", .up = true, .loopback = true, .addresses = {prefix("127.0.0.1/8")}},
      {.index = IfIndex(2),
       .name = "eth0",
       .up = true,
       .mac = kOwnMac,
       .addresses = {prefix("192.0.2.11/24")}}};
  facts.host_links = {{.index = IfIndex(1), .name = "lo", .raised = true, .carrier = true, .loopback = true},
                      {.index = IfIndex(2), .name = "eth0", .raised = true, .carrier = true}};
  facts.listened = true;
  facts.listened_for = std::chrono::milliseconds(1600);
  facts.probed = true;
  facts.trials[0] = {.out = Passage::passed, .in = Passage::passed, .peer = "192.0.2.12"};
  return facts;
}

HeardPacket packet(std::string_view source, const Advertisement& advertisement,
                   const MacAddress& mac = kPeerMac) {
  const Envelope envelope{
      .source = address(source), .destination = address("192.0.2.11"), .ttl = 255, .interface = IfIndex(2)};
  return {.mac = mac, .envelope = envelope, .payload = encode(advertisement, envelope)};
}

Advertisement advertisement() {
  return {.version = Version::v3,
          .vrid = Vrid(51),
          .priority = Priority(200),
          .interval = std::chrono::milliseconds(250),
          .addresses = {address("192.0.2.100")}};
}

void hear(HostFacts& facts, const HeardPacket& heard, int times = 3) {
  for (int i = 0; i < times; ++i) facts.heard.push_back(heard);
  facts.arrived.insert(heard.envelope.source);
}

AgentWord active_agent() {
  return {.group = "web", .charge = "in charge", .routers = {{.vrid = Vrid(51), .state = "active"}}};
}

// The worst of the findings; a test that expects none gets an ok one.
Finding worst(const Findings& findings) {
  return *std::ranges::max_element(findings, {}, &Finding::verdict);
}

void expect(const Findings& findings, Verdict verdict, std::string_view meaning,
            std::string_view remedy = "") {
  const auto found = worst(findings);
  EXPECT_EQ(found.verdict, verdict) << found.meaning;
  EXPECT_NE((found.what + ": " + found.meaning).find(meaning), std::string::npos)
      << found.what << ": " << found.meaning;
  EXPECT_NE(found.remedy.find(remedy), std::string::npos) << found.remedy;
}

TEST(Diagnosis, AHealthyHost) {
  const auto findings = diagnose(healthy());
  for (const auto& finding : findings)
    EXPECT_EQ(finding.verdict, Verdict::ok) << finding.what << ": " << finding.meaning;
  EXPECT_GT(findings.size(), 15U);
}

TEST(Diagnosis, SettingsThatAStartRefuses) {
  auto facts = healthy();
  facts.wanted.clear();
  facts.faults = {"KEEPALIVED_ROUTER_ID: '0' is not allowed; 1 to 255"};
  expect(judge_settings(facts), Verdict::error, "KEEPALIVED_ROUTER_ID: '0'", "exit status 2");
  facts.faults.clear();
  facts.warnings = {"KEEPALIVED_STATE: 'X'"};
  expect(judge_settings(facts), Verdict::warning, "KEEPALIVED_STATE");
  facts.warnings.clear();
  expect(judge_settings(facts), Verdict::ok, "not a member");
  facts.has_settings = false;
  expect(judge_settings(facts), Verdict::ok, "--interface");
}

TEST(Diagnosis, CapabilitiesOfAnAgentAndOfWhoOnlyLooks) {
  auto facts = healthy();
  facts.missing_capabilities = "NET_RAW";
  expect(judge_rights(facts), Verdict::error, "missing NET_RAW", "--cap-add NET_ADMIN --cap-add NET_RAW");
  facts.has_settings = false;
  expect(judge_rights(facts), Verdict::warning, "missing NET_RAW", "--cap-add");
}

TEST(Diagnosis, SocketsThatTheKernelDenies) {
  auto facts = healthy();
  facts.packet = fail(Errc::denied, "packet socket: Operation not permitted");
  expect(judge_rights(facts), Verdict::error, "packet socket: Operation not permitted", "seccomp");
  facts.has_settings = false;
  facts.missing_capabilities = "NET_RAW";
  const auto findings = judge_rights(facts);
  EXPECT_TRUE(std::ranges::any_of(findings, [](const Finding& finding) {
    return finding.check == "socket" && finding.verdict == Verdict::unknown;
  }));
}

TEST(Diagnosis, AContainersOwnNetwork) {
  auto facts = healthy();
  facts.in_container = true;
  expect(judge_rights(facts), Verdict::ok, "");
  facts.host_links[1].kind = "veth";
  facts.host_links[1].peer_elsewhere = true;
  expect(judge_rights(facts), Verdict::error, "container's own network", "--network host");
  facts.in_container = false;  // a machine whose only cable is a veth
  expect(judge_rights(facts), Verdict::ok, "");
}

TEST(Diagnosis, Kernels) {
  auto facts = healthy();
  for (const auto& [release, verdict] : {std::pair("3.2.0-4", Verdict::error),
                                         {"4.15.0-1", Verdict::warning},
                                         {"5.10.0", Verdict::ok},
                                         {"6.18.1", Verdict::ok},
                                         {"", Verdict::unknown}}) {
    facts.kernel = release;
    EXPECT_EQ(worst(judge_kernel(facts)).verdict, verdict) << release;
  }
}

TEST(Diagnosis, IPv6IsWantedAndNotThere) {
  auto facts = healthy();
  facts.has_ipv6 = false;
  expect(judge_kernel(facts), Verdict::ok, "");
  facts.wanted[0].setup.protocol.addresses = {prefix("2001:db8::100/128")};
  expect(judge_kernel(facts), Verdict::error, "the kernel has no IPv6", "ipv6.disable=1");
}

TEST(Diagnosis, WhatGuidesTellPeopleToSetIsNotNeeded) {
  const auto findings = judge_sysctls(healthy());
  for (const auto* const what : {"net.ipv4.ip_nonlocal_bind", "net.ipv4.conf.all.arp_accept",
                                 "net.ipv4.conf.all.promote_secondaries", "ip_vs"}) {
    const auto found = std::ranges::find(findings, what, &Finding::what);
    ASSERT_NE(found, findings.end()) << what;
    EXPECT_EQ(found->verdict, Verdict::ok);
    EXPECT_NE(found->meaning.find("not need"), std::string::npos) << found->meaning;
  }
}

TEST(Diagnosis, SysctlsThatCannotBeRead) {
  auto facts = healthy();
  facts.sysctls.clear();
  expect(judge_sysctls(facts), Verdict::unknown, "/proc/sys cannot be read");
}

TEST(Diagnosis, ArpThatIsNotAnswered) {
  auto facts = healthy();
  for (const auto* const harmless : {"0", "1", "2", "3", "4"}) {
    facts.sysctls["net.ipv4.conf.all.arp_ignore"] = harmless;
    EXPECT_EQ(worst(judge_sysctls(facts)).verdict, Verdict::ok) << harmless;
  }
  facts.sysctls["net.ipv4.conf.all.arp_ignore"] = "0";
  facts.sysctls["net.ipv4.conf.eth0.arp_ignore"] = "8";
  expect(judge_sysctls(facts), Verdict::error, "answers no ARP request",
         "sysctl -w net.ipv4.conf.eth0.arp_ignore=1");
}

TEST(Diagnosis, ArpThatOnlyNeighboursOfAnOwnNetworkGet) {
  auto facts = healthy();
  facts.sysctls["net.ipv4.conf.all.arp_ignore"] = "2";
  facts.links[1].addresses = {prefix("192.0.2.11/28")};
  expect(judge_sysctls(facts), Verdict::error, "no own address there covers", "arp_ignore=1");
}

TEST(Diagnosis, SettingsThatMatterWithSeveralNetworksOnly) {
  auto facts = healthy();
  facts.sysctls["net.ipv4.conf.all.rp_filter"] = "1";
  facts.sysctls["net.ipv4.conf.all.arp_filter"] = "1";
  expect(judge_sysctls(facts), Verdict::ok, "");
  facts.links.push_back(
      {.index = IfIndex(3), .name = "docker0", .up = true, .addresses = {prefix("172.17.0.1/16")}});
  facts.host_links.push_back({.index = IfIndex(3), .name = "docker0", .kind = "bridge"});
  expect(judge_sysctls(facts), Verdict::ok, "");
  facts.links.push_back(
      {.index = IfIndex(4), .name = "eth1", .up = true, .addresses = {prefix("198.51.100.1/24")}});
  const auto findings = judge_sysctls(facts);
  EXPECT_EQ(std::ranges::count(findings, Verdict::warning, &Finding::verdict), 2);
  expect(findings, Verdict::warning, "_filter on eth0");
}

TEST(Diagnosis, AnAddressThatGoesWithTheHostsOwn) {
  auto facts = healthy();
  facts.wanted[0].setup.protocol.addresses = {prefix("192.0.2.100/24")};
  expect(judge_sysctls(facts), Verdict::warning, "promote_secondaries", "/32");
  facts.sysctls["net.ipv4.conf.all.promote_secondaries"] = "1";
  expect(judge_sysctls(facts), Verdict::ok, "");
}

TEST(Diagnosis, PingIsIgnored) {
  auto facts = healthy();
  facts.sysctls["net.ipv4.icmp_echo_ignore_all"] = "1";
  expect(judge_sysctls(facts), Verdict::warning, "looks like an outage", "icmp_echo_ignore_all=0");
}

TEST(Diagnosis, IPv6IsDisabledOnTheInterface) {
  auto facts = healthy();
  auto& wanted = facts.wanted[0];
  wanted.setup.protocol.addresses = {prefix("2001:db8::100/128")};
  wanted.placement = {.interface = "eth0", .family = Family::ipv6, .own = wanted.setup.protocol.addresses};
  facts.sysctls["net.ipv6.conf.eth0.disable_ipv6"] = "1";
  expect(judge_sysctls(facts), Verdict::error, "takes no IPv6 address",
         "sysctl -w net.ipv6.conf.eth0.disable_ipv6=0");
}

TEST(Diagnosis, InterfacesAndTheirRemedies) {
  auto facts = healthy();
  auto& rule = facts.wanted[0].placement;
  rule.interface = "eth9";
  expect(judge_interfaces(facts), Verdict::error, "'eth9' is not an interface",
         "docker node update --label-add KEEPALIVED_INTERFACE=NAME NODE");
  facts.wanted[0].managed = false;
  facts.wanted[0].interface_setting = "KEEPALIVED_INTERFACE";
  expect(judge_interfaces(facts), Verdict::error, "'eth9'", "KEEPALIVED_INTERFACE=NAME");
  rule.interface = "eth0";
  facts.links[1].up = false;
  facts.host_links[1].carrier = false;
  expect(judge_interfaces(facts), Verdict::error, "eth0 is down", "no carrier: see to its cable");
  facts.host_links[1].raised = false;
  expect(judge_interfaces(facts), Verdict::error, "eth0 is down", "ip link set eth0 up");
  facts.links[1].addresses.clear();
  rule.source.reset();
  expect(judge_interfaces(facts), Verdict::error, "no IPv4 address", "ip address add ADDRESS/24 dev eth0");
}

TEST(Diagnosis, NoNetworkCoversTheAddress) {
  auto facts = healthy();
  facts.wanted[0].placement.source.reset();
  facts.wanted[0].placement.own = {prefix("203.0.113.1/32")};
  expect(judge_interfaces(facts), Verdict::error, "no interface has a network that covers 203.0.113.1",
         "name the interface");
}

TEST(Diagnosis, OurOwnAddressIsOnNoInterface) {
  auto facts = healthy();
  facts.wanted[0].placement.source = address("192.0.2.77");
  facts.wanted[0].placement.interface = "eth0";
  expect(judge_interfaces(facts), Verdict::error, "192.0.2.77 is not on this host", "give eth0 an address");
}

TEST(Diagnosis, SeveralInterfacesWouldDo) {
  auto facts = healthy();
  facts.links.push_back(
      {.index = IfIndex(3), .name = "eth1", .up = true, .addresses = {prefix("192.0.2.21/24")}});
  expect(judge_interfaces(facts), Verdict::warning, "eth1 would fit as well", "KEEPALIVED_INTERFACE=eth0");
  facts.wanted[0].placement.interface = "eth0";
  expect(judge_interfaces(facts), Verdict::ok, "");
}

TEST(Diagnosis, AddressesOnThisHost) {
  auto facts = healthy();
  facts.addresses = {{.at = {.interface = IfIndex(2), .prefix = prefix("192.0.2.100/24")}}};
  expect(judge_addresses(facts), Verdict::error, "no agent of ours put it there",
         "ip address delete 192.0.2.100/24 dev eth0");
  facts.addresses[0].protocol = kAddressProtocol;
  facts.addresses[0].group_mark = 7;
  expect(judge_addresses(facts), Verdict::ok, "");
  facts.addresses[0].group_mark = 8;
  expect(judge_addresses(facts), Verdict::error, "another group's agent", "one group");
  facts.addresses[0].group_mark = 7;
  facts.agents = {active_agent()};
  expect(judge_addresses(facts), Verdict::ok, "");
  facts.addresses.clear();
  expect(judge_addresses(facts), Verdict::error, "the agent here is active, and the address is not there",
         "address_refused");
}

TEST(Diagnosis, AddressesOfAnAgentOnAKernelWithoutMarks) {
  auto facts = healthy();
  facts.agents = {active_agent()};
  facts.addresses = {{.at = {.interface = IfIndex(2), .prefix = prefix("192.0.2.100/32")}}};
  expect(judge_addresses(facts), Verdict::ok, "");
}

TEST(Diagnosis, AddressesOfAnotherHost) {
  auto facts = healthy();
  facts.owners[address("192.0.2.100")] = {kStrangeMac};
  expect(judge_addresses(facts), Verdict::error,
         "in use by 02:00:00:00:00:09, of which no advertisement was heard", "choose another address");
  facts.neighbours[kStrangeMac] = {address("192.0.2.12")};
  expect(judge_addresses(facts), Verdict::error, "the peer 02:00:00:00:00:09 (192.0.2.12) has it",
         "let IP protocol 112 through");
  facts.agents = {active_agent()};
  facts.addresses = {{.at = {.interface = IfIndex(2), .prefix = prefix("192.0.2.100/32")}}};
  expect(judge_addresses(facts), Verdict::error, "the agent here has it, and", "they do not hear each other");
}

TEST(Diagnosis, TheAddressOfTheActiveRouterIsItsRight) {
  auto facts = healthy();
  facts.owners[address("192.0.2.100")] = {kPeerMac};
  hear(facts, packet("192.0.2.12", advertisement()));
  expect(judge_addresses(facts), Verdict::ok, "");
  facts.owners[address("192.0.2.100")] = {virtual_mac(Family::ipv4, 51)};
  expect(judge_addresses(facts), Verdict::ok, "");
  facts.owners[address("192.0.2.100")] = {kOwnMac};
  facts.heard.clear();
  expect(judge_addresses(facts), Verdict::ok, "");
}

TEST(Diagnosis, ALanThatCouldNotBeAsked) {
  auto facts = healthy();
  facts.probed = false;
  expect(judge_addresses(facts), Verdict::unknown, "could not be asked");
}

TEST(Diagnosis, Filters) {
  auto facts = healthy();
  auto& trial = facts.trials[0];
  trial.in = Passage::lost;
  expect(judge_filters(facts), Verdict::error, "comes in from 192.0.2.12",
         "iptables -I INPUT -p 112 -j ACCEPT");
  trial.out = Passage::refused;
  expect(judge_filters(facts), Verdict::error, "goes out to 192.0.2.12",
         "iptables -I OUTPUT -p 112 -j ACCEPT");
  trial = {.out = Passage::passed, .in = Passage::refused, .peer = "192.0.2.12"};
  expect(judge_filters(facts), Verdict::unknown, "could not be tried");
  trial = {.out = Passage::failed, .peer = "192.0.2.12", .error = "raw socket: no"};
  expect(judge_filters(facts), Verdict::unknown, "could not be tried: raw socket: no");
}

TEST(Diagnosis, FiltersThatAdvertisementsDoNotPass) {
  auto facts = healthy();
  hear(facts, packet("192.0.2.12", advertisement()));
  expect(judge_filters(facts), Verdict::ok, "");
  facts.arrived.clear();
  expect(judge_filters(facts), Verdict::error, "advertisements of 192.0.2.12 reach the interface", "INPUT");
}

TEST(Diagnosis, FiltersOfHellos) {
  auto facts = healthy();
  facts.ports = {{.what = "UDP port 9112", .transport = "UDP", .port = 9112}};
  facts.trials[0].hello = Passage::lost;
  expect(judge_filters(facts), Verdict::warning, "a start takes 3 to 4 s", "-p udp --dport 9112 -j ACCEPT");
  facts.trials[0].hello = Passage::failed;
  expect(judge_filters(facts), Verdict::ok, "");
}

TEST(Diagnosis, APeerThatIsActive) {
  auto facts = healthy();
  hear(facts, packet("192.0.2.12", advertisement()));
  expect(judge_wire(facts), Verdict::ok, "192.0.2.12 is active with priority 200");
}

TEST(Diagnosis, AStranger) {
  auto facts = healthy();
  hear(facts, packet("192.0.2.50", advertisement()));
  expect(judge_wire(facts), Verdict::error, "a stranger, 192.0.2.50, speaks for router id 51",
         "another router id");
  // Where every source counts it is worse than it looks: it takes part.
  facts.wanted[0].setup.rules.listed_sources_only = false;
  expect(judge_wire(facts), Verdict::warning, "takes part in every election", "add it to the peers");
}

TEST(Diagnosis, ANewcomerWithTheKeyIsNoStranger) {
  auto facts = healthy();
  AuthKey key{.id = 1};
  key.secret.assign(32, 7);
  facts.authenticator = Authenticator(AuthMode::enforce, {key}, 1);
  auto heard = packet("192.0.2.50", advertisement());
  const auto trailer = sign(heard.payload, heard.envelope.source, key, Sequence(5));
  append_trailer(heard.payload, trailer, heard.envelope);
  hear(facts, heard);
  expect(judge_wire(facts), Verdict::ok, "192.0.2.50 is active");
  facts.heard.clear();
  hear(facts, packet("192.0.2.12", advertisement()));
  expect(judge_wire(facts), Verdict::error,
         "the peer 192.0.2.12 speaks for router id 51 with another password or without",
         "one password or key");
}

TEST(Diagnosis, AnotherVersion) {
  auto facts = healthy();
  auto spoken = advertisement();
  spoken.version = Version::v2;
  spoken.interval = std::chrono::seconds(1);
  hear(facts, packet("192.0.2.12", spoken));
  expect(judge_wire(facts), Verdict::error, "speaks version 2 of VRRP", "SWARM_VIP_VERSION");
  // While the group moves from one to the other, both are right.
  facts.wanted[0].setup.protocol.also =
      WireForm{.version = Version::v2, .vrid = Vrid(51), .interval = std::chrono::seconds(1)};
  expect(judge_wire(facts), Verdict::ok, "is active");
}

TEST(Diagnosis, AnotherPasswordAndAnotherInterval) {
  auto facts = healthy();
  auto& protocol = facts.wanted[0].setup.protocol;
  protocol.version = Version::v2;
  protocol.advert_interval = std::chrono::seconds(1);
  protocol.auth_type = AuthType::password;
  protocol.auth = auth_data("ours");
  auto spoken = advertisement();
  spoken.version = Version::v2;
  spoken.interval = std::chrono::seconds(1);
  spoken.auth_type = AuthType::password;
  spoken.auth = auth_data("theirs");
  hear(facts, packet("192.0.2.12", spoken));
  expect(judge_wire(facts), Verdict::error, "another password", "one password");
  facts.wanted[0].auth_known = false;  // of an agent that does not tell
  expect(judge_wire(facts), Verdict::ok, "is active");
  facts.wanted[0].auth_known = true;
  spoken.auth = auth_data("ours");
  spoken.interval = std::chrono::seconds(5);
  facts.heard.clear();
  hear(facts, packet("192.0.2.12", spoken));
  expect(judge_wire(facts), Verdict::error, "another interval", "SWARM_VIP_ADVERT_INTERVAL");
}

TEST(Diagnosis, SomebodySpeaksFromOurAddress) {
  auto facts = healthy();
  hear(facts, packet("192.0.2.11", advertisement(), kStrangeMac));
  expect(judge_wire(facts), Verdict::error, "another host speaks from our own address", "another address");
}

TEST(Diagnosis, OddPacketsOfOurRouterId) {
  auto facts = healthy();
  auto heard = packet("192.0.2.12", advertisement());
  heard.payload.back() ^= 1U;
  hear(facts, heard);
  expect(judge_wire(facts), Verdict::warning, "no agent believes (checksum)");
  facts.heard.clear();
  heard = packet("192.0.2.12", advertisement());
  heard.envelope.ttl = 64;
  hear(facts, heard);
  expect(judge_wire(facts), Verdict::warning, "TTL below 255", "one LAN");
}

TEST(Diagnosis, AnotherProgramOnThisHost) {
  auto facts = healthy();
  auto heard = packet("192.0.2.11", advertisement());
  heard.outgoing = true;
  hear(facts, heard);
  expect(judge_wire(facts), Verdict::error, "a program on this host that is no agent of ours", "stop it");
  facts.agents = {active_agent()};
  expect(judge_wire(facts), Verdict::ok, "");
  facts.heard.clear();
  auto spoken = advertisement();
  spoken.version = Version::v2;
  spoken.interval = std::chrono::seconds(1);
  heard = packet("192.0.2.11", spoken);
  heard.outgoing = true;
  hear(facts, heard);
  expect(judge_wire(facts), Verdict::error, "no agent of ours speaks for it (version 2", "stop it");
}

TEST(Diagnosis, AnAgentsFarewellIsItsRight) {
  auto facts = healthy();
  auto agent = active_agent();
  agent.routers[0].state = "backup";
  facts.agents = {agent};
  auto spoken = advertisement();
  spoken.priority = kPriorityLeaving;
  auto heard = packet("192.0.2.11", spoken);
  heard.outgoing = true;
  hear(facts, heard);
  expect(judge_wire(facts), Verdict::ok, "");
}

TEST(Diagnosis, TwoThatAreActive) {
  auto facts = healthy();
  facts.wanted[0].setup.rules.peers.push_back(address("192.0.2.13"));
  hear(facts, packet("192.0.2.12", advertisement()));
  hear(facts, packet("192.0.2.13", advertisement()), 1);
  expect(judge_wire(facts), Verdict::ok, "");  // the last word of one who has just handed over
  hear(facts, packet("192.0.2.13", advertisement()));
  expect(judge_wire(facts), Verdict::error, "192.0.2.12 and 192.0.2.13 are active at once",
         "let IP protocol 112 through");
  facts.heard.clear();
  facts.agents = {active_agent()};
  hear(facts, packet("192.0.2.12", advertisement()));
  expect(judge_wire(facts), Verdict::error, "this host and 192.0.2.12 are active at once");
}

TEST(Diagnosis, OurAddressUnderAnotherId) {
  auto facts = healthy();
  auto spoken = advertisement();
  spoken.vrid = Vrid(7);
  hear(facts, packet("192.0.2.50", spoken));
  expect(judge_wire(facts), Verdict::error, "192.0.2.50 has 192.0.2.100, too, as router 7", "one router");
}

TEST(Diagnosis, IdsInUseForWhoHasNoneYet) {
  auto facts = healthy();
  facts.wanted.clear();
  expect(judge_wire(facts), Verdict::ok, "no router id was heard");
  hear(facts, packet("192.0.2.12", advertisement()));
  expect(judge_wire(facts), Verdict::ok, "router ids in use: 51 (ipv4, 192.0.2.12)");
  facts.listened = false;
  facts.listen_error = "packet socket: no";
  expect(judge_wire(facts), Verdict::unknown, "packet socket: no");
}

TEST(Diagnosis, OtherPrograms) {
  auto facts = healthy();
  facts.programs = {{.name = "keepalived", .pid = 42}};
  expect(judge_programs(facts), Verdict::warning, "keepalived (pid 42)", "stop it");
  facts.programs.clear();
  facts.raw_listeners = 1;
  expect(judge_programs(facts), Verdict::warning, "listens for VRRP", "ss -lwnp");
  facts.agents = {active_agent()};
  expect(judge_programs(facts), Verdict::ok, "");
}

TEST(Diagnosis, Ports) {
  auto facts = healthy();
  facts.ports = {{.what = "TCP port 9112 of 192.0.2.11", .transport = "TCP", .port = 9112, .group = "web"}};
  expect(judge_ports(facts), Verdict::ok, "free");
  facts.ports[0].taken = true;
  expect(judge_ports(facts), Verdict::warning, "another program has it", "ss -ltnp 'sport = :9112'");
  facts.agents = {active_agent()};
  expect(judge_ports(facts), Verdict::ok, "the agent");
  facts.agents[0].group = "other";
  expect(judge_ports(facts), Verdict::warning, "another program has it");
}

TEST(Diagnosis, Agents) {
  auto facts = healthy();
  facts.agents = {active_agent()};
  expect(judge_agents(facts), Verdict::ok, "router 51 (ipv4) is active");
  facts.agents[0].routers[0].state = "fault";
  facts.agents[0].routers[0].reason = "interface eth0 is down";
  expect(judge_agents(facts), Verdict::error, "is in a fault: interface eth0 is down", "explain");
  facts.agents = {{.group = "web", .waits = "another agent is in charge"}};
  expect(judge_agents(facts), Verdict::ok, "stands by: another agent");
  facts.agents = {{.group = "web", .error = "timed out"}};
  expect(judge_agents(facts), Verdict::warning, "does not answer: timed out", "log");
}

TEST(Diagnosis, Platforms) {
  auto facts = healthy();
  facts.dmi.clear();
  expect(judge_platform(facts), Verdict::unknown, "does not say what machine");
  facts.dmi = {{"sys_vendor", "Amazon EC2"}};
  expect(judge_platform(facts), Verdict::error, "Amazon EC2", "Elastic IP");
  facts.dmi = {{"sys_vendor", "OpenStack Foundation"}, {"product_name", "OpenStack Nova"}};
  expect(judge_platform(facts), Verdict::warning, "may keep", "--allowed-address");
}

TEST(Diagnosis, CloudsByTheirFirmware) {
  const auto name_of = [](const std::string& file, const std::string& value) {
    const auto cloud = find_cloud({{file, value}});
    return cloud ? cloud->name : "";
  };
  EXPECT_EQ(name_of("bios_vendor", "Amazon EC2"), "Amazon EC2");
  EXPECT_EQ(name_of("sys_vendor", "Google"), "Google Cloud");
  EXPECT_EQ(name_of("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77"), "Microsoft Azure");
  EXPECT_EQ(name_of("sys_vendor", "Microsoft Corporation"), "") << "Hyper-V of one's own";
  EXPECT_EQ(name_of("sys_vendor", "DigitalOcean"), "DigitalOcean");
  EXPECT_EQ(name_of("sys_vendor", "Hetzner"), "Hetzner Cloud");
  EXPECT_EQ(name_of("chassis_asset_tag", "OracleCloud.com"), "Oracle Cloud");
  EXPECT_EQ(name_of("sys_vendor", "QEMU"), "");
  EXPECT_EQ(name_of("sys_vendor", "VMware, Inc."), "");
}

TEST(Diagnosis, Clocks) {
  auto facts = healthy();
  facts.clock_synchronised = false;
  expect(judge_clock(facts), Verdict::ok, "not synchronised; no failover looks at it");
  facts.window = std::chrono::seconds(5);
  expect(judge_clock(facts), Verdict::warning, "within 5 s of this clock", "chrony");
  facts.clock_synchronised.reset();
  expect(judge_clock(facts), Verdict::unknown, "does not say");
}

}  // namespace
}  // namespace vip::vrrp
