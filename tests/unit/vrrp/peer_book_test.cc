#include "vrrp/core/peer_book.h"

#include <gtest/gtest.h>

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;
using Addresses = std::vector<IpAddress>;

const IpAddress kListed = IpAddress::v4({192, 0, 2, 1});
const IpAddress kNewcomer = IpAddress::v4({192, 0, 2, 2});

TEST(PeerBook, AnAuthenticNewcomerIsSpokenToForAWhile) {
  PeerBook book({kListed});
  EXPECT_EQ(book.current(TimePoint(0s)), Addresses{kListed});
  book.heard_authentic(kNewcomer, TimePoint(1s));
  EXPECT_EQ(book.current(TimePoint(30s)), (Addresses{kListed, kNewcomer}));
  EXPECT_EQ(book.current(TimePoint(31s)), Addresses{kListed});
}

TEST(PeerBook, HasAnyAsLongAsItSpeaksToSomebody) {
  EXPECT_TRUE(PeerBook({kListed}).has_any(TimePoint(0s)));
  PeerBook book({});
  EXPECT_FALSE(book.has_any(TimePoint(0s)));
  book.heard_authentic(kNewcomer, TimePoint(1s));
  EXPECT_TRUE(book.has_any(TimePoint(30s)));
  EXPECT_FALSE(book.has_any(TimePoint(31s)));
}

TEST(PeerBook, HearingItAgainProlongsIt) {
  PeerBook book({});
  book.heard_authentic(kNewcomer, TimePoint(0s));
  book.heard_authentic(kNewcomer, TimePoint(20s));
  EXPECT_EQ(book.current(TimePoint(45s)), Addresses{kNewcomer});
}

TEST(PeerBook, AListedPeerIsNotDoubled) {
  PeerBook book({kListed});
  book.heard_authentic(kListed, TimePoint(0s));
  EXPECT_EQ(book.current(TimePoint(1s)), Addresses{kListed});
}

TEST(PeerBook, IsBounded) {
  PeerBook book({});
  for (unsigned i = 0; i < 1000; ++i) {
    book.heard_authentic(
        IpAddress::v4({10, 0, static_cast<std::uint8_t>(i / 250), static_cast<std::uint8_t>(i % 250)}),
        TimePoint(0s));
  }
  EXPECT_EQ(book.current(TimePoint(1s)).size(), PeerBook::kTransientMax);
}

}  // namespace
}  // namespace vip::vrrp
