#include "common/settings/listen_place.h"

#include <gtest/gtest.h>

namespace vip::settings {
namespace {

TEST(ListenPlace, IsAnAddressAndAPort) {
  const auto four = parse_listen_place("192.0.2.11:9112");
  ASSERT_TRUE(four);
  EXPECT_EQ(four->address.text(), "192.0.2.11");
  EXPECT_EQ(four->port, 9112);
  const auto six = parse_listen_place("[2001:db8::11]:1");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->address.text(), "2001:db8::11");
  for (const auto* text : {"0.0.0.0:65535", "[::]:80", "127.0.0.1:80", "[::1]:80"})
    EXPECT_TRUE(parse_listen_place(text)) << text;
}

TEST(ListenPlace, AndNothingElse) {
  for (const auto* text :
       {"", "off", "9112", ":9112", "192.0.2.11", "192.0.2.11:", "192.0.2.11:0", "192.0.2.11:65536",
        "192.0.2.11:x", "192.0.2.11:-1", "n1:9112", "[192.0.2.11]:9112", "2001:db8::11:9112",
        "[2001:db8::11]", "[fe80::1]:80", "224.0.0.1:80", "255.255.255.255:80", " 192.0.2.11:80"}) {
    EXPECT_FALSE(parse_listen_place(text)) << text;
  }
}

}  // namespace
}  // namespace vip::settings
