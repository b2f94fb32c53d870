#include "common/cli/command_line.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <CLI/CLI.hpp>

#include "common/base/text.h"
#include "common/cli/help.h"
#include "common/settings/nearest.h"

namespace vip::cli {
namespace {

// Further from every known word than this, it is no slip of the fingers.
constexpr std::size_t kSlipMax = 2;

struct Place {
  std::string_view name;
  const CLI::Option* option;
};

// A word of the description as the library has it.
class Reader {
 public:
  Reader(CLI::App& app, const Word& word)
      : word_(word), app_(app.add_subcommand(std::string(word.name), std::string(word.what))) {
    app_->allow_extras();  // they are refused with a better message
    for (const auto& argument : word.arguments) {
      auto* const option = app_->add_option(std::string(argument.name))->required(argument.required);
      if (!argument.choices.empty()) restrict(*option, argument.choices);
      places_.push_back({.name = argument.name, .option = option});
    }
    for (const auto& option : word.options) add(option);
  }

  [[nodiscard]] const Word& word() const { return word_; }
  [[nodiscard]] bool stood() const { return app_->parsed(); }
  [[nodiscard]] std::vector<std::string> strangers() const { return app_->remaining(); }
  [[nodiscard]] Words values() const {
    Words words(&word_);
    for (const auto& place : places_)
      if (place.option->count() > 0) words.add(place.name, place.option->results());
    return words;
  }

 private:
  void add(const Option& option) {
    const std::string name(option.name);
    auto* const added = option.value.empty() ? app_->add_flag(name) : app_->add_option(name);
    if (!option.value.empty()) added->type_name(std::string(option.value));
    if (option.value_is_optional) added->expected(0, 1);
    if (option.repeats) added->take_all();
    if (!option.excludes.empty()) added->excludes(app_->get_option(std::string(option.excludes)));
    places_.push_back({.name = option.name, .option = added});
  }

  static void restrict(CLI::Option& option, const std::vector<std::string_view>& choices) {
    const std::vector<std::string> allowed(choices.begin(), choices.end());
    option.check([allowed](const std::string& value) {
      if (std::ranges::find(allowed, value) != allowed.end()) return std::string();
      return "'" + value + "' is not allowed; " + join(allowed, ", ");
    });
  }

  const Word& word_;
  CLI::App* app_;
  std::vector<Place> places_;
};

std::string nearest_words(const std::string& stranger, const std::vector<std::string_view>& known) {
  if (known.empty()) return {};
  const auto nearest = settings::nearest(stranger, known);
  if (settings::edit_distance(stranger, nearest) > kSlipMax) return {};
  return "the nearest is " + std::string(nearest) + "; ";
}

Answer refusal(const Program& program, const Word* word, const std::string& what) {
  std::string text(program.name);
  text.append(": ").append(what).append("; see ").append(program.name);
  if (word != nullptr) text.append(" ").append(word->name);
  return {.text = text + " --help\n", .is_refusal = true};
}

Answer refuse_stranger(const Program& program, const Word* word, const std::string& stranger) {
  std::vector<std::string_view> known;
  known.reserve(program.words.size());
  if (word != nullptr) {
    std::ranges::transform(word->options, std::back_inserter(known), &Option::name);
  } else {
    for (const auto& one : program.words)
      if (!one.hidden) known.push_back(one.name);
  }
  const auto whose = std::string(word == nullptr ? program.name : word->name);
  auto answer = refusal(program, word, "'" + printable(stranger) + "' is not a word of " + whose);
  const auto hint = nearest_words(stranger, known);
  if (!hint.empty()) answer.text.insert(answer.text.rfind("see "), hint);
  return answer;
}

}  // namespace

std::string Words::text(std::string_view name, std::string_view fallback) const {
  const auto found = values_.find(name);
  const bool says = found != values_.end() && !found->second.empty() && !found->second.front().empty();
  return says ? found->second.front() : std::string(fallback);
}

std::vector<std::string> Words::all(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

void Words::add(std::string_view name, std::vector<std::string> values) {
  values_.emplace(name, std::move(values));
}

std::variant<Words, Answer> read_words(const Program& program, std::string_view version,
                                       std::vector<std::string> words) {
  const auto first = words.empty() ? std::string() : words.front();
  const bool asks = first == "-h" || first == "--help" || first == "--version";
  if (!program.default_word.empty() && !asks && (first.empty() || first.starts_with('-')))
    words.insert(words.begin(), std::string(program.default_word));
  if (const auto* const word = program.find(first); word != nullptr && word->passes) return Words(word);

  CLI::App app;
  app.set_version_flag("--version", std::string(version));
  app.require_subcommand(0, 1);
  app.allow_extras();
  std::vector<Reader> readers;
  readers.reserve(program.words.size());
  for (const auto& word : program.words) readers.emplace_back(app, word);
  const auto word_read = [&]() -> const Reader* {
    const auto found = std::ranges::find_if(readers, &Reader::stood);
    return found == readers.end() ? nullptr : &*found;
  };
  try {
    std::ranges::reverse(words);  // as the library wants them
    app.parse(words);
  } catch (const CLI::CallForHelp&) {
    const auto* const reader = word_read();
    return Answer{.text = reader == nullptr ? program_help(program) : word_help(program, reader->word())};
  } catch (const CLI::CallForVersion&) {
    return Answer{.text = std::string(program.name) + " " + std::string(version) + "\n"};
  } catch (const CLI::ParseError& error) {
    const auto* const reader = word_read();
    return refusal(program, reader == nullptr ? nullptr : &reader->word(), printable(error.what()));
  }
  const auto* const reader = word_read();
  if (const auto strangers = app.remaining(); !strangers.empty())
    return refuse_stranger(program, nullptr, strangers.front());
  if (reader == nullptr) return Words();
  if (const auto strangers = reader->strangers(); !strangers.empty())
    return refuse_stranger(program, &reader->word(), strangers.front());
  return reader->values();
}

}  // namespace vip::cli
