#include "common/cli/help.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/base/text.h"

namespace vip::cli {
namespace {

constexpr std::size_t kColumns = 110;
constexpr std::size_t kIndent = 2;
// A name that is longer stands in a line of its own.
constexpr std::size_t kNameMax = 34;

using Row = std::pair<std::string, std::string_view>;

// In lines of at most kColumns, each after the first indented; without the indent of the first.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string lines;
  std::size_t column = indent;
  for (const auto& word : split(text, " \n")) {
    const bool fits = column + word.size() + 1 <= kColumns;
    if (!lines.empty()) lines += fits ? std::string(1, ' ') : "\n" + std::string(indent, ' ');
    column = (fits ? column + 1 : indent) + word.size();
    lines += word;
  }
  return lines + "\n";
}

// Names in a column as wide as the longest that fits, and what they mean beside them.
std::string table(const std::vector<Row>& rows) {
  std::size_t width = 0;
  for (const auto& [name, what] : rows)
    if (name.size() <= kNameMax) width = std::max(width, name.size());
  const auto indent = kIndent + width + 2;
  std::string text;
  for (const auto& [name, what] : rows) {
    text.append(kIndent, ' ').append(name);
    const bool fits = name.size() <= width;
    if (!fits) text += '\n';
    text.append(fits ? width - name.size() + 2 : indent, ' ').append(wrapped(what, indent));
  }
  return text;
}

std::string section(std::string_view title, const std::vector<Row>& rows) {
  return rows.empty() ? std::string() : "\n" + std::string(title) + "\n" + table(rows);
}

std::string paragraph(std::string_view text) {
  return text.empty() ? std::string() : "\n" + wrapped(text, 0);
}

std::string exit_statuses(const std::vector<ExitStatus>& exits) {
  std::vector<Row> rows;
  rows.reserve(exits.size());
  for (const auto& exit : exits) rows.emplace_back(std::to_string(exit.status), exit.what);
  return section("Exit status", rows);
}

std::string examples(const std::vector<Example>& examples) {
  std::string text = examples.empty() ? "" : "\nExamples\n";
  for (const auto& example : examples) {
    text.append(kIndent, ' ').append(example.command).append("\n");
    text.append(3 * kIndent, ' ').append(wrapped(example.what, 3 * kIndent));
  }
  return text;
}

std::vector<Row> rows_of(const std::vector<Item>& items) {
  std::vector<Row> rows;
  rows.reserve(items.size());
  for (const auto& item : items) rows.emplace_back(item.name, item.what);
  return rows;
}

}  // namespace

std::string shown(const Option& option) {
  std::string text(option.name);
  if (option.value.empty()) return text;
  text += option.value_is_optional ? " [" : " ";
  text += option.value;
  if (option.value_is_optional) text += ']';
  return text;
}

std::string usage(const Program& program, const Word& word) {
  std::string text(program.name);
  text.append(" ").append(word.name);
  for (const auto& argument : word.arguments) {
    text += argument.required ? " " : " [";
    text += argument.choices.empty() ? argument.name : "";
    for (const auto& choice : argument.choices)
      text.append(choice == argument.choices.front() ? "" : "|").append(choice);
    if (!argument.required) text += ']';
  }
  for (const auto& option : word.options)
    text.append(" [").append(shown(option)).append(option.repeats ? "]..." : "]");
  if (word.passes) text += " ...";
  return text;
}

std::string program_help(const Program& program) {
  const std::string name(program.name);
  std::string text = name + ": " + std::string(program.what) + "\n" + paragraph(program.about);
  std::vector<Row> words;
  for (const auto& word : program.words)
    if (!word.hidden) words.emplace_back(word.name, word.what);
  text += section("Words; " + name + " WORD --help says all of one, with examples", words);
  text += section("Options", {{"-h, --help", "this"}, {"--version", "the version of this program"}});
  for (const auto& part : program.settings) {
    std::vector<Row> rows;
    rows.reserve(part.settings.size());
    for (const auto& setting : part.settings) rows.emplace_back(setting.name, setting.what);
    text += section(part.title, rows);
  }
  text += section("Signals", rows_of(program.signals));
  return text + exit_statuses(program.exits);
}

std::string word_help(const Program& program, const Word& word) {
  std::vector<Row> rows;
  rows.reserve(word.arguments.size() + word.options.size() + 1);
  for (const auto& argument : word.arguments) rows.emplace_back(argument.name, argument.what);
  for (const auto& option : word.options) rows.emplace_back(shown(option), option.what);
  rows.emplace_back("-h, --help", "this");
  std::string text = wrapped(usage(program, word), std::string_view(program.name).size() + 1);
  text += paragraph(word.what) + paragraph(word.about) + "\n" + table(rows);
  return text + examples(word.examples) + exit_statuses(word.exits);
}

}  // namespace vip::cli
