#include "vrrp/core/address_plan.h"

#include <gtest/gtest.h>

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;
using Kind = AddressStep::Kind;
using Steps = std::vector<AddressStep>;

constexpr std::uint32_t kMark = 7;
constexpr std::uint32_t kForeignMark = 8;

LocatedAddress on(std::uint32_t interface, std::string_view prefix) {
  return {.interface = IfIndex(interface), .prefix = IpPrefix::parse(prefix).value()};
}

const LocatedAddress kVip = on(2, "192.0.2.100/32");
const LocatedAddress kOther = on(2, "192.0.2.101/32");
const LocatedAddress kHost = on(2, "192.0.2.11/24");

ObservedAddress marked(const LocatedAddress& at) {
  return {.at = at, .protocol = kAddressProtocol, .group_mark = kMark};
}

TEST(AddressPlan, AddsWhatIsMissingAndRenewsWhatIsThere) {
  EXPECT_EQ(plan_addresses({kVip}, {kVip}, {{kHost}}, kMark), (Steps{{Kind::add, kVip}}));
  EXPECT_EQ(plan_addresses({kVip}, {kVip}, {{kHost}, marked(kVip)}, kMark), (Steps{{Kind::renew, kVip}}));
}

TEST(AddressPlan, RemovesOursThatIsNotDesired) {
  EXPECT_EQ(plan_addresses({}, {kVip}, {marked(kVip)}, kMark), (Steps{{Kind::remove, kVip}}));
}

TEST(AddressPlan, SweepsAnAddressThatIsNoLongerPlannedByItsMark) {
  EXPECT_EQ(plan_addresses({}, {}, {marked(kVip)}, kMark), (Steps{{Kind::remove, kVip}}));
}

TEST(AddressPlan, SweepsAnUnmarkedAddressOfOurs) {
  EXPECT_EQ(plan_addresses({}, {kVip}, {{kVip}}, kMark), (Steps{{Kind::remove, kVip}}));
}

TEST(AddressPlan, MovesAnAddressToItsNewInterface) {
  const auto elsewhere = on(3, "192.0.2.100/32");
  EXPECT_EQ(plan_addresses({elsewhere}, {elsewhere}, {marked(kVip)}, kMark),
            (Steps{{Kind::add, elsewhere}, {Kind::remove, kVip}}));
}

// P18: nor those that another group of ours has on the same host.
TEST(AddressPlan, NeverTouchesTheAddressesOfOthers) {
  const ObservedAddress foreign{.at = kOther, .protocol = kAddressProtocol, .group_mark = kForeignMark};
  EXPECT_TRUE(plan_addresses({}, {kVip}, {{kHost}, {kOther}, foreign}, kMark).empty());
}

TEST(AddressPlan, AddsBeforeItRemoves) {
  EXPECT_EQ(plan_addresses({kVip}, {kVip, kOther}, {marked(kOther)}, kMark),
            (Steps{{Kind::add, kVip}, {Kind::remove, kOther}}));
}

TEST(AddressPlan, AfterApplyingOnlyRenewalsAreLeft) {
  EXPECT_EQ(plan_addresses({kVip, kOther}, {kVip, kOther}, {{kHost}, marked(kVip), marked(kOther)}, kMark),
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
