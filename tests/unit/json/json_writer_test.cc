#include "common/json/json_writer.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/base/rng.h"

namespace vip {
namespace {

using nlohmann::json;

template <typename Value>
std::string written(const Value& value) {
  JsonWriter out;
  out.value(value);
  return std::move(out).text();
}

TEST(JsonWriter, MembersStandInTheirOrder) {
  JsonWriter out;
  out.object([&] {
    out.member("name", "web");
    out.member("acts", true);
    out.object("nothing", [] {});
    out.object("inner", [&] { out.member("vrid", std::uint8_t{51}); });
    out.list("none", std::vector<int>{}, [](int) {});
    out.list("sizes", std::vector{1, -2, 3}, [&](int size) { out.value(size); });
    out.list("routers", std::vector{7, 8}, [&](int number) {
      out.object([&] {
        out.member("number", number);
        out.member("known", false);
      });
    });
    out.member("last", std::string("x"));
  });
  EXPECT_EQ(std::move(out).text(),
            R"({"name":"web","acts":true,"nothing":{},"inner":{"vrid":51},"none":[],"sizes":[1,-2,3],)"
            R"("routers":[{"number":7,"known":false},{"number":8,"known":false}],"last":"x"})");
}

TEST(JsonWriter, WholeNumbersHaveAllTheirDigits) {
  EXPECT_EQ(written(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(written(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(written(std::numeric_limits<std::uint8_t>::max()), "255");
  EXPECT_EQ(written(std::numeric_limits<std::int8_t>::min()), "-128");
}

TEST(JsonWriter, AnyTextIsWrittenAsTheReaderReadsIt) {
  for (const std::string text : {"", "plain", "\"quoted\" \\ /", "line\nbreak\ttab", "\x01\x1f\x7f",
                                 "Br\xc3\xbc"
                                 "cke \xf0\x9f\x8c\x89"}) {
    const auto read = json::parse(written(text), nullptr, /*allow_exceptions=*/false);
    EXPECT_EQ(read, json(text)) << written(text);
  }
}

TEST(JsonWriter, WhatIsNoUtf8IsReplaced) {
  EXPECT_EQ(written("w\xff"
                    "b"),
            "\"w\xef\xbf\xbd"
            "b\"");
}

TEST(JsonWriter, NoBytesMakeItInvalid) {
  Rng random(Seed{8});
  for (int round = 0; round < 2'000; ++round) {
    std::string text(1 + random.below(12), '\0');
    for (auto& byte : text) byte = static_cast<char>(random.below(256));
    EXPECT_TRUE(json::accept(written(text))) << written(text);
  }
}

}  // namespace
}  // namespace vip
