#include "vrrp/sys/socket_table.h"

#include <gtest/gtest.h>

namespace vip::vrrp {
namespace {

constexpr std::string_view kTable4 =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1\n"
    "   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1\n"
    "   2: 0B0200C0:01BB 0C0200C0:9C40 01 00000000:00000000 00:00000000 00000000     0        0 3 1\n";
constexpr std::string_view kTable6 =
    "  sl  local_address                         remote_address                        st\n"
    "   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000\n"
    "   1: 0000000000000000FFFF00000B0200C0:1538 00000000000000000000000000000000:0000 0A "
    "00000000:00000000\n";

bool listens(std::string_view table, std::uint16_t port, const char* address = nullptr) {
  return has_listener(table, port, address == nullptr ? std::nullopt : IpAddress::parse(address));
}

TEST(SocketTable, ListenersAtAnAddressOrAtAny) {
  EXPECT_TRUE(listens(kTable4, 8080));
  EXPECT_TRUE(listens(kTable4, 8080, "127.0.0.1"));
  EXPECT_FALSE(listens(kTable4, 8080, "192.0.2.11"));
  EXPECT_TRUE(listens(kTable4, 22, "192.0.2.11")) << "at any address serves each";
  EXPECT_FALSE(listens(kTable4, 443)) << "a connection is no listener";
  EXPECT_TRUE(listens(kTable6, 80, "2001:db8::1"));
  EXPECT_TRUE(listens(kTable6, 5432, "192.0.2.11")) << "IPv4 in IPv6's form";
  EXPECT_FALSE(listens(kTable6, 5432, "192.0.2.12"));
}

TEST(SocketTable, WhatIsNoLineIsNone) {
  for (const auto* line :
       {"", "x", "0: 0100007F 0 0A", "0: 0100007F:ZZ 0 0A", "0: 01:50 0 0A", "0: :50 0 0A"})
    EXPECT_FALSE(read_table_line(line)) << line;
}

}  // namespace
}  // namespace vip::vrrp
