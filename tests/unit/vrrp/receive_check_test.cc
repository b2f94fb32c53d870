#include "vrrp/core/receive_check.h"

#include <gtest/gtest.h>

#include "tests/unit/vrrp/wire_values.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

struct Given {
  RouterConfig config{.version = Version::v3,
                      .vrid = Vrid(51),
                      .priority = Priority(100),
                      .advert_interval = 1s,
                      .source = ip("192.0.2.1")};
  ReceiveRules rules{.peers = {ip("192.0.2.2")}};
  Advertisement advertisement{.version = Version::v3,
                              .vrid = Vrid(51),
                              .priority = Priority(100),
                              .interval = 1s,
                              .addresses = {ip("192.0.2.100")}};
  Authenticity authenticity = Authenticity::unproven;
  Envelope envelope{.source = ip("192.0.2.2"), .destination = ip("192.0.2.1"), .ttl = 255};

  [[nodiscard]] std::optional<Discard> verdict() const {
    return check(advertisement, envelope, config, rules, authenticity);
  }
  void speak_version_2(std::string_view ours, std::string_view theirs) {
    config.version = advertisement.version = Version::v2;
    config.auth_type = advertisement.auth_type = AuthType::password;
    config.auth = auth_data(ours);
    advertisement.auth = auth_data(theirs);
  }
};

TEST(ReceiveCheck, BelievesAPeer) {
  EXPECT_EQ(Given{}.verdict(), std::nullopt);
}

TEST(ReceiveCheck, AnotherRoutersPacketIsNotOurs) {
  Given given;
  given.advertisement.vrid = Vrid(52);
  EXPECT_EQ(given.verdict(), Discard::vrid);
}

TEST(ReceiveCheck, OurOwnPacketComesBack) {
  Given given;
  given.envelope.source = given.config.source;
  EXPECT_EQ(given.verdict(), Discard::own_address);
}

TEST(ReceiveCheck, StrangersAreDiscardedUnlessAllowed) {
  Given given;
  given.envelope.source = ip("192.0.2.66");
  EXPECT_EQ(given.verdict(), Discard::unknown_source);
  given.rules.listed_sources_only = false;
  EXPECT_EQ(given.verdict(), std::nullopt);
}

TEST(ReceiveCheck, WhereAnySourceCountsAnotherNetworkDoesNot) {
  Given given;
  given.rules.listed_sources_only = false;
  given.rules.interface = IfIndex(2);
  given.envelope.interface = IfIndex(3);
  EXPECT_EQ(given.verdict(), Discard::other_interface);
  given.envelope.interface = IfIndex(2);
  EXPECT_EQ(given.verdict(), std::nullopt);
}

TEST(ReceiveCheck, WhoHoldsTheKeyNeedNotBeListed) {
  Given given;
  given.envelope.source = ip("192.0.2.66");
  given.authenticity = Authenticity::authentic;
  EXPECT_EQ(given.verdict(), std::nullopt);
}

TEST(ReceiveCheck, ATtlBelow255CameThroughARouter) {
  Given given;
  given.envelope.ttl = 254;
  EXPECT_EQ(given.verdict(), Discard::ttl);
  given.rules.ttl_min = 254;
  EXPECT_EQ(given.verdict(), std::nullopt);
}

TEST(ReceiveCheck, TheOtherVersionIsNotSpoken) {
  Given given;
  given.advertisement.version = Version::v2;
  EXPECT_EQ(given.verdict(), Discard::version);
}

TEST(ReceiveCheck, Version3TakesAnotherInterval) {
  Given given;
  given.advertisement.interval = 100ms;
  EXPECT_EQ(given.verdict(), std::nullopt);
}

// RFC 3768, 7.1.
TEST(ReceiveCheck, Version2DiscardsAnotherInterval) {
  Given given;
  given.speak_version_2("secret", "secret");
  EXPECT_EQ(given.verdict(), std::nullopt);
  given.advertisement.interval = 2s;
  EXPECT_EQ(given.verdict(), Discard::interval);
}

TEST(ReceiveCheck, Version2WantsTheSamePasswordAndTheSameType) {
  Given given;
  given.speak_version_2("secret", "guessed");
  EXPECT_EQ(given.verdict(), Discard::authentication);
  given.speak_version_2("secret", "secret");
  given.advertisement.auth_type = AuthType::none;
  EXPECT_EQ(given.verdict(), Discard::authentication);
  given.config.auth_type = AuthType::none;
  EXPECT_EQ(given.verdict(), std::nullopt) << "without a password its data means nothing (RFC 3768, 5.3.10)";
}

// RFC 3768, 7.1; in version 3 the election decides (RFC 9568 erratum 8298).
TEST(ReceiveCheck, TheOwnerBelievesNobodyInVersion2) {
  Given given;
  given.config.priority = kPriorityOwner;
  EXPECT_EQ(given.verdict(), std::nullopt);
  given.speak_version_2("secret", "secret");
  EXPECT_EQ(given.verdict(), Discard::owner);
}

// P21: keepalived sends unicast over IPv6 with the kernel's own hop limit.
TEST(ReceiveCheck, OverIpv6AKnownSendersHopLimitIsItsOwn) {
  Given given;
  given.config.source = ip("fe80::1");
  given.rules.peers = {ip("fe80::2")};
  given.envelope = {.source = ip("fe80::2"), .destination = ip("fe80::1"), .ttl = 64};
  EXPECT_EQ(given.verdict(), std::nullopt);
  given.envelope.destination = multicast_group(Family::ipv6);
  EXPECT_EQ(given.verdict(), Discard::ttl) << "multicast comes from the link";
}

TEST(Notices, TellWhatIsOddAndNoMore) {
  Given given;
  const auto noticed = [&](ChecksumForm form = ChecksumForm::pseudo_header) {
    return notices({.advertisement = given.advertisement, .checksum = form}, given.envelope, given.config);
  };
  const auto only = [](Notice notice) { return Notices().set(static_cast<std::size_t>(notice)); };
  given.config.addresses = {IpPrefix::parse("192.0.2.100").value(), IpPrefix::parse("192.0.2.101").value()};
  given.advertisement.addresses = {ip("192.0.2.101"), ip("192.0.2.100")};
  EXPECT_EQ(noticed(), Notices()) << "the order of the addresses says nothing";
  EXPECT_EQ(noticed(ChecksumForm::message_only), only(Notice::checksum_message_only));
  EXPECT_EQ(noticed(ChecksumForm::multicast_pseudo_header), only(Notice::checksum_multicast));
  given.advertisement.addresses.pop_back();
  EXPECT_EQ(noticed(), only(Notice::other_addresses));
  given.advertisement.addresses = {ip("192.0.2.101"), ip("192.0.2.100")};
  given.advertisement.interval = 7s;
  EXPECT_EQ(noticed(), only(Notice::other_interval));
  given.advertisement.interval = given.config.advert_interval;
  given.config.priority = kPriorityOwner;
  EXPECT_EQ(noticed(), only(Notice::owner_conflict));
}

TEST(Notices, OverIpv6TheFirstAddressShouldBeLinkLocal) {
  Given given;
  given.config.addresses = {IpPrefix::parse("2001:db8::1").value()};
  given.envelope.source = ip("fe80::2");
  given.advertisement.addresses = {ip("2001:db8::1")};
  const auto found = notices({.advertisement = given.advertisement}, given.envelope, given.config);
  EXPECT_TRUE(found.test(static_cast<std::size_t>(Notice::first_not_link_local)));
}

}  // namespace
}  // namespace vip::vrrp
