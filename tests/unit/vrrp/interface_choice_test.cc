#include "vrrp/core/interface_choice.h"

#include <gtest/gtest.h>

namespace vip::vrrp {
namespace {

IpPrefix prefix(std::string_view text) {
  return IpPrefix::parse(text).value();
}

ObservedLink link(std::uint32_t index, std::string name, std::vector<IpPrefix> addresses) {
  return {.index = IfIndex(index), .name = std::move(name), .up = true, .addresses = std::move(addresses)};
}

const std::vector<IpPrefix> kVip{prefix("192.0.2.100")};
const std::vector<ObservedLink> kLinks{
    {.index = IfIndex(1), .name = "lo", .up = true, .loopback = true, .addresses = {prefix("127.0.0.1/8")}},
    link(2, "eth0", {prefix("198.51.100.5/24")}),
    link(3, "eth1", {prefix("192.0.2.5/24")}),
    link(4, "eth2", {prefix("192.0.2.6/24")}),
};

std::string chosen(std::string_view rule, std::optional<IpAddress> source,
                   const std::vector<ObservedLink>& links = kLinks) {
  const auto found = choose_interface(rule, kVip, source, links);
  return found ? (*found)->name : "error: " + found.error().context;
}

TEST(InterfaceChoice, ANameIsTaken) {
  EXPECT_EQ(chosen("eth0", std::nullopt), "eth0");
}

TEST(InterfaceChoice, AnUnknownNameSaysWhatThereIs) {
  EXPECT_EQ(chosen("eth9", std::nullopt),
            "error: 'eth9' is not an interface of this host; there are: eth0, eth1, eth2");
}

TEST(InterfaceChoice, AutoTakesTheNetworkThatCoversTheAddress) {
  EXPECT_EQ(chosen("auto", std::nullopt), "eth1");
  EXPECT_EQ(chosen("", std::nullopt), "eth1");
}

TEST(InterfaceChoice, OfSeveralTheOneWithOurOwnAddress) {
  EXPECT_EQ(chosen("auto", IpAddress::parse("192.0.2.6")), "eth2");
}

TEST(InterfaceChoice, TheCoveringNetworkWinsOverOurOwnAddress) {
  EXPECT_EQ(chosen("auto", IpAddress::parse("198.51.100.5")), "eth1");
}

TEST(InterfaceChoice, WithoutACoveringNetworkOurOwnAddressDecides) {
  const std::vector<ObservedLink> links{link(2, "eth0", {prefix("198.51.100.5/24")}),
                                        link(3, "eth1", {prefix("203.0.113.5/24")})};
  EXPECT_EQ(chosen("auto", IpAddress::parse("203.0.113.5"), links), "eth1");
}

TEST(InterfaceChoice, TheVirtualAddressItselfProvesNothing) {
  const std::vector<ObservedLink> links{link(2, "eth0", {prefix("192.0.2.100/24")})};
  EXPECT_EQ(chosen("auto", std::nullopt, links).substr(0, 6), "error:");
}

PlacementRule rule(Family family, bool link_local) {
  return {.interface = "eth0", .family = family, .link_local = link_local, .own = kVip};
}

TEST(Placement, TheSourceIsTheFirstOfItsKindThatIsNotVirtual) {
  auto eth0 =
      link(2, "eth0",
           {prefix("192.0.2.100"), prefix("fe80::1/64"), prefix("192.0.2.7/24"), prefix("2001:db8::7/64")});
  eth0.up = true;
  const auto source = [&](const PlacementRule& with) {
    const auto placement = place_router(with, {eth0});
    EXPECT_EQ(placement.fault, "");
    EXPECT_EQ(placement.home, IfIndex(2));
    return placement.source.value_or(IpAddress()).text();
  };
  EXPECT_EQ(source(rule(Family::ipv4, false)), "192.0.2.7");
  EXPECT_EQ(source(rule(Family::ipv4, true)), "192.0.2.7");
  EXPECT_EQ(source(rule(Family::ipv6, true)), "fe80::1");
  EXPECT_EQ(source(rule(Family::ipv6, false)), "2001:db8::7");
}

TEST(Placement, SaysWhatIsMissing) {
  auto eth0 = link(2, "eth0", {prefix("192.0.2.100")});
  const auto fault = [&](const PlacementRule& with) { return place_router(with, {eth0}).fault; };
  EXPECT_EQ(fault(rule(Family::ipv4, false)), "interface eth0 has no IPv4 address of its own");
  EXPECT_EQ(fault(rule(Family::ipv6, true)), "interface eth0 has no IPv6 link-local address of its own");
  auto fixed = rule(Family::ipv4, false);
  fixed.source = IpAddress::parse("192.0.2.9");
  EXPECT_EQ(fault(fixed), "our own address 192.0.2.9 is not on this host");
  eth0.addresses.push_back(prefix("192.0.2.9/24"));
  eth0.up = false;
  EXPECT_EQ(fault(fixed), "interface eth0 is down");
}

TEST(Placement, TellsKindsOfTroubleApart) {
  const auto trouble = [](std::string interface, std::string_view source, std::string_view vip, bool up) {
    auto eth1 = link(3, "eth1", {prefix("192.0.2.5/24")});
    eth1.up = up;
    const PlacementRule with{
        .interface = std::move(interface), .source = IpAddress::parse(source), .own = {prefix(vip)}};
    return name(place_router(with, {eth1}).trouble);
  };
  EXPECT_EQ(trouble("auto", "192.0.2.5", "192.0.2.100", true), "");
  EXPECT_EQ(trouble("eth9", "192.0.2.5", "192.0.2.100", true), "no_interface");
  EXPECT_EQ(trouble("auto", "203.0.113.5", "198.51.100.1", true), "no_network");
  EXPECT_EQ(trouble("eth1", "192.0.2.9", "192.0.2.100", true), "no_own_address");
  EXPECT_EQ(trouble("auto", "192.0.2.5", "192.0.2.100", false), "link_down");
}

// A bridge and its port, or a VLAN, have the same MAC and so the same link-local address.
TEST(Placement, ASourceThatStandsTwiceIsTheOneOfTheInterface) {
  const std::vector<ObservedLink> links{link(2, "port", {prefix("fe80::1/64")}),
                                        link(3, "eth0", {prefix("fe80::1/64")})};
  EXPECT_EQ(place_router(rule(Family::ipv6, true), links).home, IfIndex(3));
}

TEST(Placement, TheSourcesInterfaceMustBeUpToo) {
  std::vector<ObservedLink> links{link(2, "eth0", {}), link(3, "eth1", {prefix("192.0.2.7/24")})};
  links[1].up = false;
  auto with = rule(Family::ipv4, false);
  with.source = IpAddress::parse("192.0.2.7");
  EXPECT_EQ(place_router(with, links).fault, "interface eth1 is down");
}

TEST(InterfaceChoice, ALinkLocalAddressTellsNoNetwork) {
  const std::vector<IpPrefix> own{prefix("fe80::100"), prefix("2001:db8::100")};
  const std::vector<ObservedLink> links{link(2, "eth0", {prefix("fe80::1/64")}),
                                        link(3, "eth1", {prefix("fe80::2/64"), prefix("2001:db8::2/64")})};
  EXPECT_EQ((*choose_interface("auto", own, std::nullopt, links))->name, "eth1");
}

}  // namespace
}  // namespace vip::vrrp
