// What has to hold of a program's description, whatever it says.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "common/cli/completion.h"
#include "common/cli/description.h"
#include "common/cli/help.h"
#include "common/cli/man_page.h"

namespace vip::cli {

inline void expect_in(const std::string& text, std::string_view part, std::string_view where) {
  EXPECT_NE(text.find(part), std::string::npos) << part << " is not in " << where;
}

inline void expect_ascii(const std::string& text) {
  EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); })) << text;
}

// Each word and option is in help, man page and every completion; and each word says by which statuses it
// ends, 0 and 2 among them, and has a whole command as an example.
inline void expect_everywhere(const Program& program) {
  const auto help = program_help(program);
  const auto page = man_page(program, "1");
  expect_ascii(help);
  expect_ascii(page);
  for (const auto& exit : program.exits) expect_in(help, "\n  " + std::to_string(exit.status) + "  ", "help");
  EXPECT_EQ(program.exits.size(), 3U);
  for (const auto& word : program.words) {
    if (word.hidden) continue;
    const auto help_of_word = word_help(program, word);
    expect_ascii(help_of_word);
    expect_in(help, "\n  " + std::string(word.name) + " ", "help");
    expect_in(page, ".SS \"" + roff(usage(program, word)), "man page");
    for (const int status : {0, 1, 2})
      EXPECT_NE(std::ranges::find(word.exits, status, &ExitStatus::status), word.exits.end())
          << word.name << status;
    for (const auto& exit : word.exits) {
      expect_in(help_of_word, "\n  " + std::to_string(exit.status) + "  ", word.name);
      expect_in(page, roff(exit.what), "man page");
    }
    EXPECT_FALSE(word.examples.empty()) << word.name;
    for (const auto& example : word.examples) {
      expect_in(help_of_word, example.command, word.name);
      expect_in(page, roff(example.command), "man page");
    }
    for (const auto shell : kShells) {
      const auto script = completion(program, shell);
      expect_in(script, word.name, shell);
      for (const auto& option : word.options) expect_in(script, option.name.substr(2), shell);
    }
    for (const auto& option : word.options) {
      expect_in(help_of_word, "\n  " + shown(option), word.name);
      expect_in(page, ".B \"" + roff(shown(option)) + "\"\n", "man page");
    }
    for (const auto& argument : word.arguments) expect_in(help_of_word, argument.name, word.name);
  }
}

}  // namespace vip::cli
