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
  given.rules.full_ttl_only = false;
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

}  // namespace
}  // namespace vip::vrrp
