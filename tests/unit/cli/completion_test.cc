#include "common/cli/completion.h"

#include <gtest/gtest.h>

#include "tests/unit/cli/sample.h"

namespace vip::cli {
namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Completion, OfBashKnowsWordsOptionsAndWhatArgumentsAre) {
  const auto script = completion(sample(), "bash");
  EXPECT_TRUE(has(script, "compgen -W 'row lend --help --version'")) << script;
  EXPECT_TRUE(has(script, "options='--help --fast --map --crew --sing'")) << script;
  EXPECT_TRUE(has(script, "valued=' --map --crew ' files=' --map '")) << script;
  EXPECT_TRUE(has(script, "arguments=('nodes' 'long short')")) << script;
  EXPECT_TRUE(has(script, "\ncomplete -F _boat boat\n")) << script;
  EXPECT_FALSE(has(script, "leak")) << script;
}

TEST(Completion, OfTheDefaultWordNeedsNoWord) {
  auto program = sample();
  program.default_word = "row";
  const auto script = completion(program, "bash");
  EXPECT_TRUE(has(script, "compgen -W 'row lend --help --version --fast --map --crew --sing'")) << script;
  EXPECT_TRUE(has(script, "    row | '')\n")) << script;
}

TEST(Completion, OfZshIsThatOfBash) {
  const auto script = completion(sample(), "zsh");
  EXPECT_TRUE(script.starts_with("#compdef boat\n")) << script;
  EXPECT_TRUE(script.ends_with(completion(sample(), "bash"))) << script;
}

TEST(Completion, OfFishHasALineForEachWordAndOption) {
  const auto script = completion(sample(), "fish");
  EXPECT_TRUE(has(script, "-n 'not __fish_seen_subcommand_from row lend' -a row -d 'row to a place'\n"))
      << script;
  EXPECT_TRUE(has(script, "-n '__fish_seen_subcommand_from row' -l map -r -F -d 'by a map'\n")) << script;
  EXPECT_TRUE(has(script, "-a '(boat names nodes 2>/dev/null)' -d 'PLACE'\n")) << script;
  EXPECT_TRUE(has(script, "-a 'long short' -d 'STROKE'\n")) << script;
}

TEST(Completion, OfAnotherShellIsNothing) {
  EXPECT_EQ(completion(sample(), "tcsh"), "");
}

}  // namespace
}  // namespace vip::cli
