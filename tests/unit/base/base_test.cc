#include <gtest/gtest.h>

#include "common/base/backoff.h"
#include "common/base/base64.h"
#include "common/base/bytes.h"
#include "common/base/ip_address.h"
#include "common/base/text.h"
#include "common/base/timer_table.h"

namespace vip {
namespace {

using namespace std::chrono_literals;

TEST(IpAddress, ParsesAndPrints) {
  for (const auto* text : {"192.0.2.1", "0.0.0.0", "255.255.255.255", "fe80::1", "2001:db8::42", "::"}) {
    EXPECT_EQ(IpAddress::parse(text).value().text(), text);
  }
  for (const auto* text :
       {"", " 192.0.2.1", "192.0.2", "192.0.2.256", "192.0.2.1/24", "fe80::1%eth0", "host", "1.2.3.4.5"}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
}

TEST(IpAddress, IsOrderedFromTheMostSignificantByte) {
  EXPECT_LT(IpAddress::parse("10.0.0.255").value(), IpAddress::parse("10.0.1.0").value());
  EXPECT_LT(IpAddress::parse("9.255.255.255").value(), IpAddress::parse("10.0.0.0").value());
}

TEST(IpPrefix, AHostWithoutALength) {
  EXPECT_EQ(IpPrefix::parse("192.0.2.1").value().text(), "192.0.2.1/32");
  EXPECT_EQ(IpPrefix::parse("fe80::1").value().text(), "fe80::1/128");
  for (const auto* text : {"192.0.2.1/33", "192.0.2.1/", "192.0.2.1/-1", "192.0.2.1/2 4", "fe80::1/129"}) {
    EXPECT_FALSE(IpPrefix::parse(text)) << text;
  }
}

TEST(IpPrefix, CoversItsNetwork) {
  const auto prefix = IpPrefix::parse("192.0.2.129/25").value();
  EXPECT_TRUE(prefix.covers(IpAddress::parse("192.0.2.255").value()));
  EXPECT_FALSE(prefix.covers(IpAddress::parse("192.0.2.127").value()));
  EXPECT_FALSE(prefix.covers(IpAddress::parse("fe80::1").value()));
  EXPECT_TRUE(IpPrefix::parse("0.0.0.0/0").value().covers(IpAddress::parse("203.0.113.9").value()));
}

TEST(ByteReader, StaysFailedOnceItRanShort) {
  const std::vector<std::uint8_t> bytes{1, 2, 3};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u16(), 0x0102);
  EXPECT_EQ(reader.u16(), 0);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0) << "the last byte is not handed out after a failure";
}

// RFC 1071, 3.
TEST(InternetChecksum, TheRfcsExample) {
  const std::vector<std::uint8_t> bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  InternetChecksum sum;
  sum.add(bytes);
  EXPECT_EQ(sum.value(), static_cast<std::uint16_t>(~0xddf2));
}

enum class Bell { first, second, count };

TEST(TimerTable, TheEarliestIsNextAndIsTakenOnce) {
  TimerTable<Bell> timers;
  EXPECT_FALSE(timers.next());
  timers.set(Bell::second, TimePoint(1s));
  timers.set(Bell::first, TimePoint(2s));
  EXPECT_EQ(timers.next(), (Deadline<Bell>{TimePoint(1s), Bell::second}));
  EXPECT_FALSE(timers.take_due(TimePoint(999ms)));
  EXPECT_EQ(timers.take_due(TimePoint(3s)), Bell::second);
  EXPECT_EQ(timers.take_due(TimePoint(3s)), Bell::first);
  EXPECT_FALSE(timers.take_due(TimePoint(3s)));
}

TEST(Backoff, DoublesUpToItsLimitAndStartsAnew) {
  Backoff backoff(1s, 5s);
  EXPECT_EQ(backoff.next(), Duration(1s));
  EXPECT_EQ(backoff.next(), Duration(2s));
  EXPECT_EQ(backoff.next(), Duration(4s));
  EXPECT_EQ(backoff.next(), Duration(5s));
  backoff.reset();
  EXPECT_EQ(backoff.next(), Duration(1s));
}

TEST(Text, PrintableTextMovesNoCursor) {
  EXPECT_EQ(printable("a\x1b[31mb\n\tc\x7f"), "a[31mbc");
  EXPECT_EQ(printable("rechner-für-alles"), "rechner-für-alles");
}

TEST(Text, Durations) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("5s"), 5000ms);
  EXPECT_EQ(parse_duration("2m"), 120'000ms);
  for (const auto* text : {"", "5", "s", "-1s", "1.5s", "5 s", "99999999999999999999s", "5h"})
    EXPECT_FALSE(parse_duration(text)) << text;
  EXPECT_EQ(duration_text(250ms), "250ms");
  EXPECT_EQ(duration_text(5000ms), "5s");
}

TEST(Text, TimesSinceTheEpoch) {
  EXPECT_EQ(time_text({}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(time_text(1'795'876'800'123ms), "2026-11-28T14:40:00.123Z");
  EXPECT_EQ(time_text(1'709'251'199'999'999us), "2024-02-29T23:59:59.999Z");
  EXPECT_EQ(time_text(-1ms), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(time_text(Duration::max()), "2262-04-11T23:47:16.854Z");
  EXPECT_EQ(time_text(Duration::min()), "1677-09-21T00:12:43.145Z");
}

TEST(Text, Pieces) {
  EXPECT_EQ(split(" a, b,,c ", ","), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(equal_fold("Web", "wEB"));
  EXPECT_FALSE(equal_fold("web", "webs"));
  EXPECT_FALSE(parse_number<int>("12x"));
  EXPECT_FALSE(parse_number<std::uint8_t>("256"));
}

TEST(Base64, ThereAndBack) {
  EXPECT_EQ(to_base64("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
  for (const std::string bytes : {"", "f", "fo", "foo", "\xff\xfe"}) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  }
  for (const auto* text : {"Zg", "Zg=", "Z===", "Zm9v!", "Zg==Zg"}) EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace vip
