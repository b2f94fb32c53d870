// Reads a program's words by its description. The only place that knows the command line library.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/cli/description.h"

namespace vip::cli {

// What stood on the command line, by the names of the description.
class Words {
 public:
  explicit Words(const Word* word = nullptr) : word_(word) {}

  // Null: none.
  [[nodiscard]] const Word* word() const { return word_; }
  [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
  // The value of an option or an argument; the fallback where it does not stand or has none.
  [[nodiscard]] std::string text(std::string_view name, std::string_view fallback = "") const;
  // All of an option that repeats.
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;

  void add(std::string_view name, std::vector<std::string> values);

 private:
  const Word* word_;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// What to say instead of doing anything: help or the version, or what is wrong with the words.
struct Answer {
  std::string text;
  bool is_refusal = false;
};

// `words`: without the program's name. What a passing word (Word::passes) is followed by is not read.
[[nodiscard]] std::variant<Words, Answer> read_words(const Program& program, std::string_view version,
                                                     std::vector<std::string> words);

}  // namespace vip::cli
