#include "vrrp/core/address_plan.h"

#include <gtest/gtest.h>

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;
using Kind = AddressStep::Kind;
using Steps = std::vector<AddressStep>;

constexpr std::uint32_t kMark = 7;
constexpr std::uint32_t kForeignMark = 8;

IpPrefix prefix(std::string_view text) {
  return IpPrefix::parse(text).value();
}

const IpPrefix kVip = prefix("192.0.2.100/32");
const IpPrefix kOther = prefix("192.0.2.101/32");
const IpPrefix kHost = prefix("192.0.2.11/24");

TEST(AddressPlan, AddsWhatIsMissingAndRenewsWhatIsThere) {
  EXPECT_EQ(plan_addresses({kVip}, {kVip}, {{kHost}}, kMark), (Steps{{Kind::add, kVip}}));
  EXPECT_EQ(plan_addresses({kVip}, {kVip}, {{kHost}, {kVip, kAddressProtocol, kMark}}, kMark),
            (Steps{{Kind::renew, kVip}}));
}

TEST(AddressPlan, RemovesOursThatIsNotDesired) {
  EXPECT_EQ(plan_addresses({}, {kVip}, {{kVip, kAddressProtocol, kMark}}, kMark),
            (Steps{{Kind::remove, kVip}}));
}

TEST(AddressPlan, SweepsAnAddressThatIsNoLongerPlannedByItsMark) {
  EXPECT_EQ(plan_addresses({}, {}, {{kVip, kAddressProtocol, kMark}}, kMark), (Steps{{Kind::remove, kVip}}));
}

TEST(AddressPlan, SweepsAnUnmarkedAddressOfOurs) {
  EXPECT_EQ(plan_addresses({}, {kVip}, {{kVip}}, kMark), (Steps{{Kind::remove, kVip}}));
}

TEST(AddressPlan, NeverTouchesTheAddressesOfOthers) {
  EXPECT_TRUE(plan_addresses({}, {kVip}, {{kHost}, {kOther}, {kOther, kAddressProtocol, kForeignMark}}, kMark)
                  .empty());
}

TEST(AddressPlan, AddsBeforeItRemoves) {
  EXPECT_EQ(plan_addresses({kVip}, {kVip, kOther}, {{kOther, kAddressProtocol, kMark}}, kMark),
            (Steps{{Kind::add, kVip}, {Kind::remove, kOther}}));
}

TEST(AddressPlan, AfterApplyingOnlyRenewalsAreLeft) {
  const std::vector<ObservedAddress> observed{
      {kHost}, {kVip, kAddressProtocol, kMark}, {kOther, kAddressProtocol, kMark}};
  EXPECT_EQ(plan_addresses({kVip, kOther}, {kVip, kOther}, observed, kMark),
            (Steps{{Kind::renew, kVip}, {Kind::renew, kOther}}));
}

TEST(Lease, IsTheSmallestWholeSecondAboveThreeSecondsAndTheDownInterval) {
  EXPECT_EQ(automatic_lease(30ms), 4s);
  EXPECT_EQ(automatic_lease(902ms), 4s);
  EXPECT_EQ(automatic_lease(3609ms), 4s);
  EXPECT_EQ(automatic_lease(4s), 5s);
  EXPECT_EQ(automatic_lease(15218ms), 16s);
}

}  // namespace
}  // namespace vip::vrrp
