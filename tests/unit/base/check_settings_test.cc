#include "common/base/check_settings.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace vip {
namespace {

using std::chrono::milliseconds;

CheckSettings read(std::string_view text) {
  auto check = parse_check(text);
  EXPECT_TRUE(check) << text << ": " << (check ? "" : check.error().context);
  return check.value_or(CheckSettings{});
}

TEST(CheckSettings, EveryForm) {
  auto check = read("tcp://192.0.2.7:5432");
  EXPECT_EQ(check.kind, CheckKind::tcp);
  EXPECT_EQ(check.address, IpAddress::parse("192.0.2.7"));
  EXPECT_EQ(check.port, 5432);
  EXPECT_EQ(check.name, "tcp://192.0.2.7:5432");

  check = read("tcp://[2001:db8::7]:80");
  EXPECT_EQ(check.address, IpAddress::parse("2001:db8::7"));

  check = read("http://127.0.0.1:8080/healthz?full=1");
  EXPECT_EQ(check.kind, CheckKind::http);
  EXPECT_EQ(check.port, 8080);
  EXPECT_EQ(check.path, "/healthz?full=1");
  EXPECT_TRUE(check.url.empty());

  check = read("http://192.0.2.7");
  EXPECT_EQ(check.port, 80);
  EXPECT_EQ(check.path, "/");

  for (const auto* url : {"https://192.0.2.7/", "http://shop.example.org:81/x", "https://shop.example.org"}) {
    EXPECT_EQ(read(url).url, url);
    EXPECT_TRUE(problems(read(url)).empty()) << url;
  }

  check = read("listen:443");
  EXPECT_EQ(check.kind, CheckKind::listening);
  EXPECT_EQ(check.port, 443);
  EXPECT_FALSE(check.address);
  EXPECT_EQ(read("listen:192.0.2.7:443").address, IpAddress::parse("192.0.2.7"));

  check = read("interface:eth1");
  EXPECT_EQ(check.kind, CheckKind::interface);
  EXPECT_EQ(check.interface, "eth1");

  check = read("script:/bin/check -q 'a b'");
  EXPECT_EQ(check.kind, CheckKind::script);
  EXPECT_EQ(check.script, "/bin/check -q 'a b'");
}

TEST(CheckSettings, WhatIsNoCheckIsRefusedWithWhatIsAllowed) {
  for (const auto* text :
       {"", "tcp://", "tcp://192.0.2.7", "tcp://shop.example.org:80", "tcp://192.0.2.7:70000",
        "listen:", "listen:web", "http://", "ftp://192.0.2.7/", "192.0.2.7:80", "script:", "interface:"}) {
    const auto check = parse_check(text);
    ASSERT_FALSE(check) << text;
    EXPECT_NE(check.error().context.find("listen:PORT"), std::string::npos) << check.error().context;
  }
}

TEST(CheckSettings, WhatNobodyCouldObeyIsNamed) {
  const auto found = [](auto change) {
    auto check = read("tcp://127.0.0.1:80");
    change(check);
    return join(problems(check), "; ");
  };
  EXPECT_EQ(found([](auto&) {}), "");
  EXPECT_EQ(found([](auto& c) {
              c.interval = milliseconds(50);
              c.timeout = milliseconds(50);
            }),
            "interval 50ms; allowed are 100ms to 60m");
  EXPECT_EQ(found([](auto& c) { c.timeout = milliseconds(3000); }),
            "timeout 3s; allowed are 10ms to the interval, 2s");
  EXPECT_EQ(found([](auto& c) { c.rise = 0; }), "rise 0; allowed are 1 to 100");
  EXPECT_EQ(found([](auto& c) { c.fall = 101; }), "fall 101; allowed are 1 to 100");
  EXPECT_EQ(found([](auto& c) { c.weight = -254; }), "weight -254; allowed are -253 to 253, 0: it must pass");
  EXPECT_EQ(found([](auto& c) { c.port = 0; }), "port 0; allowed are 1 to 65535");
  EXPECT_NE(found([](auto& c) {
              c.kind = CheckKind::http;
              c.path = "x";
            }).find("begins with /"),
            std::string::npos);
  EXPECT_NE(found([](auto& c) {
              c.kind = CheckKind::http;
              c.statuses = {.low = 300, .high = 200};
            }).find("300-200"),
            std::string::npos);
  EXPECT_NE(found([](auto& c) { c.kind = CheckKind::interface; }).find("1 to 15"), std::string::npos);
}

}  // namespace
}  // namespace vip
