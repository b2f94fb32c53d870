// What a program's command line can say, as data: from it come the reader of its words, help, completion and
// man page, so that all four know the same. Texts are ASCII, and live as long as the program.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vip::cli {

// What may stand at a place, for completion.
enum class Kind : std::uint8_t {
  text,  // anything
  file,
  node,   // of the Swarm
  group,  // that is deployed
};

struct Option {
  std::string_view name;   // "--plan"
  std::string_view value;  // what stands behind it, "FILE"; empty: nothing does
  std::string_view what;
  std::string_view excludes;  // the argument that does not go with it
  Kind kind = Kind::text;
  bool value_is_optional = false;
  bool repeats = false;  // may stand several times
};

struct Argument {
  std::string_view name;  // "NODE"
  std::string_view what;
  std::vector<std::string_view> choices;  // what it may be; empty: anything
  Kind kind = Kind::text;
  bool required = true;
};

struct Example {
  std::string command;
  std::string_view what;
};

struct ExitStatus {
  int status;
  std::string_view what;
};

struct Word {
  std::string_view name;
  std::string_view what;   // in one line
  std::string_view about;  // what else there is to say
  std::vector<Argument> arguments;
  std::vector<Option> options;
  std::vector<Example> examples;
  std::vector<ExitStatus> exits;
  bool hidden = false;  // of the program's own parts: not for people
  bool passes = false;  // what stands behind it is for another program
};

struct Setting {
  std::string_view name;  // the variable
  std::string_view key;   // its name in the settings file; empty: not there
  std::string_view what;
};

struct Settings {
  std::string_view title;
  std::vector<Setting> settings;
};

// A line of a list: a signal, a file, another page.
struct Item {
  std::string_view name;
  std::string_view what;
};

struct Program {
  std::string_view name;
  std::string_view what;  // in one line
  std::string_view about;
  std::string_view default_word;  // what it does when an option stands where a word would; empty: nothing
  std::vector<Word> words;
  std::vector<Settings> settings;
  std::vector<Item> signals;
  std::vector<Item> files;
  std::vector<ExitStatus> exits;
  std::vector<Item> see_also;

  [[nodiscard]] const Word* find(std::string_view word) const {
    const auto found = std::ranges::find(words, word, &Word::name);
    return found == words.end() ? nullptr : &*found;
  }
};

}  // namespace vip::cli
