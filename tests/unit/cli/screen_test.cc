#include "common/cli/screen.h"

#include <gtest/gtest.h>

namespace vip::cli {
namespace {

// The rows that a drawing leaves, without what moves the cursor.
std::string rows(std::string drawn) {
  EXPECT_TRUE(drawn.starts_with("\x1b[H"));
  EXPECT_TRUE(drawn.ends_with("\x1b[J"));
  for (const auto* const part : {"\x1b[H", "\x1b[K", "\x1b[J"}) {
    for (auto at = drawn.find(part); at != std::string::npos; at = drawn.find(part)) drawn.erase(at, 3);
  }
  return drawn;
}

TEST(Screen, EachRowIsClearedBeforeItIsWritten) {
  EXPECT_EQ(redrawn("a\n\nb\n", {.rows = 24, .columns = 80}), "\x1b[H\x1b[Ka\n\x1b[K\n\x1b[Kb\n\x1b[J");
}

TEST(Screen, LongLinesTakeSeveralRows) {
  EXPECT_EQ(rows(redrawn("abcdefg\nh\n", {.rows = 24, .columns = 3})), "abc\ndef\ng\nh\n");
}

TEST(Screen, LettersOfSeveralBytesStayWhole) {
  EXPECT_EQ(rows(redrawn("\u00e4\u00f6\u00fcx\n", {.rows = 24, .columns = 2})), "\u00e4\u00f6\n\u00fcx\n");
}

TEST(Screen, WhatDoesNotFitIsCounted) {
  EXPECT_EQ(rows(redrawn("1\n2\n3\n4\n", {.rows = 5, .columns = 80})), "1\n2\n3\n4\n");
  EXPECT_EQ(rows(redrawn("1\n2\n3\n4\n5\n", {.rows = 5, .columns = 80})), "1\n2\n3\n... 2 more lines\n");
  EXPECT_EQ(rows(redrawn("1\nabcdefghij\n3\n", {.rows = 4, .columns = 5})), "1\n... 2\n");
}

TEST(Screen, ATinyOneShowsSomething) {
  EXPECT_EQ(rows(redrawn("1\n2\n3\n", {.rows = 0, .columns = 0})), "1\n.\n");
  EXPECT_EQ(rows(redrawn("", {.rows = 24, .columns = 80})), "");
}

}  // namespace
}  // namespace vip::cli
