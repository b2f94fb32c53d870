#include "common/settings/address_list.h"

#include <gtest/gtest.h>

namespace vip::settings {
namespace {

using Items = std::vector<std::string>;

TEST(AddressList, EveryFormThatPeopleWrite) {
  const std::vector<std::pair<std::string, Items>> table{
      {"#PYTHON2BASH:['a', 'b']", {"a", "b"}},
      {"#PYTHON2BASH: [\"a\",'b',]", {"a", "b"}},
      {"#PYTHON2BASH:[]", {}},
      {"#PYTHON2BASH:'a'", {"a"}},
      {"#PYTHON2BASH:a", {"a"}},
      {"#PYTHON2BASH:[10, 0x33]", {"10", "0x33"}},
      {"#JSON2BASH:[\"a\", \"b\"]", {"a", "b"}},
      {"\"#PYTHON2BASH:['a']\"", {"a"}},
      {"a", {"a"}},
      {"a,b", {"a", "b"}},
      {"a, b\nc", {"a", "b", "c"}},
      {"a b", {"a", "b"}},
      {"\"10.2.1.12/24 dev eth0\"", {"10.2.1.12/24 dev eth0"}},
      {"192.0.2.1/24 dev eth0", {"192.0.2.1/24 dev eth0"}},
      {"192.0.2.1/24 dev eth0 192.0.2.2 label web -nodad 192.0.2.3",
       {"192.0.2.1/24 dev eth0", "192.0.2.2 label web -nodad", "192.0.2.3"}},
      {"#PYTHON2BASH:['192.0.2.1/24 dev eth0']", {"192.0.2.1/24 dev eth0"}},
      {"", {}},
  };
  for (const auto& [text, items] : table) {
    const auto read = list_items(text);
    ASSERT_TRUE(read) << text << ": " << read.error().context;
    EXPECT_EQ(*read, items) << text;
  }
}

TEST(AddressList, AMalformedLiteralIsNeverGuessedAt) {
  for (const auto* text :
       {"#PYTHON2BASH:['a','b'", "#PYTHON2BASH:('a','b')", "#PYTHON2BASH:['a' 'b']", "#PYTHON2BASH:['a",
        "#JSON2BASH:{\"a\":1}", "#PYTHON2BASH:['a'] x", "#PYTHON2BASH:", "#PYTHON2BASH:[,]"}) {
    EXPECT_FALSE(list_items(text)) << text;
  }
}

TEST(AddressItem, KeepsTheInterfaceAndNamesWhatItIgnores) {
  const auto item = parse_address_item("192.0.2.1/24 brd 192.0.2.255 dev eth0 scope global noprefixroute");
  ASSERT_TRUE(item);
  EXPECT_EQ(item->prefix.text(), "192.0.2.1/24");
  EXPECT_EQ(item->interface, "eth0");
  EXPECT_EQ(item->ignored, (std::vector<std::string>{"brd 192.0.2.255", "scope global", "noprefixroute"}));
}

TEST(AddressItem, RefusesWhatIsNotAnAddressOrOption) {
  for (const auto* text :
       {"", "eth0", "192.0.2.300", "192.0.2.1/33", "192.0.2.1/", "192.0.2.1 dev", "192.0.2.1 nonsense"}) {
    EXPECT_FALSE(parse_address_item(text)) << text;
  }
}

}  // namespace
}  // namespace vip::settings
