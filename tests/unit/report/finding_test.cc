#include "common/report/finding.h"

#include <gtest/gtest.h>

namespace vip::report {
namespace {

const std::vector<Section> kSections{
    {.part = "host",
     .title = "host n1",
     .findings =
         {{.check = "kernel", .what = "kernel 6.1", .meaning = "all is there"},
          {.check = "interface",
           .what = "interface of router 51",
           .verdict = Verdict::error,
           .meaning = "eth0 is down",
           .remedy = "ip link set eth0 up"},
          {.check = "clock", .what = "clock", .verdict = Verdict::unknown, .meaning = "nobody knows"}}},
    {.part = "cluster",
     .title = "cluster",
     .findings = {{.check = "managers",
                   .what = "managers",
                   .verdict = Verdict::warning,
                   .meaning = "one",
                   .remedy = "add two"}}}};

TEST(Finding, TheTableHasTheWorstFirstAndTheRemedyBelow) {
  EXPECT_EQ(findings_table(kSections),
            "host n1\n"
            "  error    interface of router 51: eth0 is down\n"
            "           -> ip link set eth0 up\n"
            "  unknown  clock: nobody knows\n"
            "  ok       kernel 6.1: all is there\n"
            "cluster\n"
            "  warning  managers: one\n"
            "           -> add two\n"
            "1 error, 1 warning, 1 unknown, 1 ok\n");
}

TEST(Finding, NothingInItMovesATerminalsCursor) {
  const std::vector<Section> sections{
      {.part = "host", .title = "t", .findings = {{.check = "c", .what = "a\x1b[2J", .meaning = "b\nc"}}}};
  const auto table = findings_table(sections);
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
  EXPECT_EQ(table.find("b\nc"), std::string::npos);
}

TEST(Finding, AsJsonAndBack) {
  auto expected = kSections;
  for (auto& section : expected) section.title.clear();  // for people only
  EXPECT_EQ(parse_findings(findings_json(kSections)).value(), expected);
}

TEST(Finding, JsonCountsWhatIsWrong) {
  const auto document = findings_json(kSections);
  EXPECT_NE(document.find("\"errors\": 1"), std::string::npos);
  EXPECT_NE(document.find("\"warnings\": 1"), std::string::npos);
}

TEST(Finding, OnlyErrorsKeepTheAddressFromWorking) {
  EXPECT_TRUE(any_error(kSections));
  EXPECT_FALSE(any_error({kSections.back()}));
}

TEST(Finding, WhatIsNoListOfFindingsIsRefused) {
  for (const auto* const text : {"", "[]", "{}", R"({"findings": 1})", R"({"findings": [1]})",
                                 R"({"findings": [{"verdict": "fine"}]})"})
    EXPECT_FALSE(parse_findings(text)) << text;
}

}  // namespace
}  // namespace vip::report
