#include "common/cli/help.h"

#include <gtest/gtest.h>

#include "tests/unit/cli/sample.h"

namespace vip::cli {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Help, UsageShowsWhatMayBeLeftOutAndWhatRepeats) {
  const auto program = sample();
  EXPECT_EQ(usage(program, program.words[0]),
            "boat row PLACE [long|short] [--fast] [--map FILE] [--crew NAME]... [--sing [SONG]]");
  EXPECT_EQ(usage(program, program.words[1]), "boat lend ...");
}

TEST(Help, OfAProgramNamesWordsSettingsSignalsAndStatuses) {
  const auto text = program_help(sample());
  EXPECT_TRUE(has(text, "boat: a boat that floats\n\nWithout a word it lies there.\n")) << text;
  EXPECT_TRUE(has(text, "  row   row to a place\n  lend  to others\n\n")) << text;
  EXPECT_TRUE(has(text, "\nSettings\n  BOAT_COLOUR  the paint\n")) << text;
  EXPECT_TRUE(has(text, "\nSignals\n  SIGTERM  lands\n")) << text;
  EXPECT_TRUE(has(text, "\nExit status\n  0  afloat\n  2  not understood\n")) << text;
  EXPECT_FALSE(has(text, "leak")) << text;
}

TEST(Help, OfAWordHasExamplesAndItsOwnStatuses) {
  const auto program = sample();
  const auto text = word_help(program, program.words[0]);
  EXPECT_TRUE(has(text, "  PLACE          where to\n")) << text;
  EXPECT_TRUE(has(text, "  --sing [SONG]  and sing\n")) << text;
  EXPECT_TRUE(has(text, "\nExamples\n  boat row shore\n      home\n")) << text;
  EXPECT_TRUE(has(text, "\nExit status\n  0  there\n  3  sunk\n")) << text;
}

TEST(Help, LongLinesAreWrappedBesideTheirName) {
  auto program = sample();
  const std::string text(300, 'x');
  const auto words = text.substr(0, 100) + " " + text.substr(0, 50);
  program.signals = {{.name = "SIGTERM", .what = words}};
  EXPECT_TRUE(
      has(program_help(program), "  SIGTERM  " + words.substr(0, 100) + "\n           " + words.substr(101)));
}

}  // namespace
}  // namespace vip::cli
