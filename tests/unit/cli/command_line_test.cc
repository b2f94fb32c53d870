#include "common/cli/command_line.h"

#include <gtest/gtest.h>

#include "common/cli/help.h"
#include "tests/unit/cli/sample.h"

namespace vip::cli {
namespace {

const Program& boat() {
  static const Program kProgram = sample();
  return kProgram;
}

Words words(std::vector<std::string> line, const Program& program = boat()) {
  auto read = read_words(program, "1.2", std::move(line));
  const auto* const answer = std::get_if<Answer>(&read);
  EXPECT_EQ(answer, nullptr) << answer->text;
  return answer == nullptr ? std::get<Words>(read) : Words();
}

std::string refusal(std::vector<std::string> line) {
  const auto read = read_words(boat(), "1.2", std::move(line));
  const auto* const answer = std::get_if<Answer>(&read);
  return answer != nullptr && answer->is_refusal ? answer->text : "not refused";
}

std::string answer(std::vector<std::string> line) {
  const auto read = read_words(boat(), "1.2", std::move(line));
  const auto* const answer = std::get_if<Answer>(&read);
  return answer != nullptr && !answer->is_refusal ? answer->text : "no answer";
}

TEST(CommandLine, ArgumentsAndOptionsByName) {
  const auto read = words({"row", "--crew", "ann", "shore", "--map", "m", "--crew=bob", "short"});
  EXPECT_EQ(read.word(), &boat().words[0]);
  EXPECT_EQ(read.text("PLACE"), "shore");
  EXPECT_EQ(read.text("STROKE"), "short");
  EXPECT_EQ(read.text("--map"), "m");
  EXPECT_EQ(read.all("--crew"), (std::vector<std::string>{"ann", "bob"}));
  EXPECT_FALSE(read.has("--fast"));
  EXPECT_TRUE(words({"row", "shore", "--fast"}).has("--fast"));
}

TEST(CommandLine, AValueThatMayBeMissing) {
  for (const auto& line :
       {std::vector<std::string>{"row", "shore", "--sing"}, {"row", "shore", "--sing", "--fast"}}) {
    const auto read = words(line);
    EXPECT_TRUE(read.has("--sing"));
    EXPECT_EQ(read.text("--sing", "la"), "la");
  }
  EXPECT_EQ(words({"row", "shore", "--sing", "shanty"}).text("--sing", "la"), "shanty");
}

TEST(CommandLine, AnArgumentMayHaveTheNameOfAWord) {
  EXPECT_EQ(words({"row", "lend"}).text("PLACE"), "lend");
  EXPECT_EQ(words({"row", "row"}).text("PLACE"), "row");
}

TEST(CommandLine, NoWordIsNone) {
  EXPECT_EQ(words({}).word(), nullptr);
}

TEST(CommandLine, TheDefaultWordIsSaidByItsOptions) {
  auto program = boat();
  program.default_word = "lend";
  program.words[1].passes = false;
  program.words[1].options = {{.name = "--to", .value = "NAME", .what = "whom"}};
  EXPECT_EQ(words({"--to", "ann"}, program).text("--to"), "ann");
  EXPECT_EQ(words({}, program).word(), &program.words[1]);
}

TEST(CommandLine, WhatIsPassedOnIsNotRead) {
  EXPECT_EQ(words({"lend", "--help", "--fsat"}).word(), &boat().words[1]);
}

TEST(CommandLine, HelpAndVersionAreAnswers) {
  EXPECT_EQ(answer({"--help"}), program_help(boat()));
  EXPECT_EQ(answer({"-h"}), program_help(boat()));
  EXPECT_EQ(answer({"row", "--help"}), word_help(boat(), boat().words[0]));
  EXPECT_EQ(answer({"--version"}), "boat 1.2\n");
}

TEST(CommandLine, WhatIsWrongIsNamedWithThePlaceOfHelp) {
  EXPECT_EQ(refusal({"rwo"}), "boat: 'rwo' is not a word of boat; the nearest is row; see boat --help\n");
  EXPECT_EQ(refusal({"swim"}), "boat: 'swim' is not a word of boat; see boat --help\n");
  EXPECT_EQ(refusal({"row", "shore", "--fsat"}),
            "boat: '--fsat' is not a word of row; the nearest is --fast; see boat row --help\n");
  EXPECT_EQ(refusal({"row", "shore", "long", "more"}),
            "boat: 'more' is not a word of row; see boat row --help\n");
  EXPECT_EQ(refusal({"row"}), "boat: PLACE is required; see boat row --help\n");
  EXPECT_EQ(refusal({"row", "shore", "--map"}),
            "boat: --map: 1 required FILE missing; see boat row --help\n");
  EXPECT_EQ(refusal({"row", "shore", "wild"}),
            "boat: STROKE: 'wild' is not allowed; long, short; see boat row --help\n");
  EXPECT_NE(refusal({"row", "shore", "long", "--fast"}).find("excludes"), std::string::npos);
  EXPECT_NE(refusal({"row", "shore", "--map", "a", "--map", "b"}).find("--map"), std::string::npos);
}

TEST(CommandLine, NothingOfALineMovesATerminal) {
  EXPECT_EQ(refusal({"\x1b[2J"}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace vip::cli
