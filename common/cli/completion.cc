#include "common/cli/completion.h"

#include <algorithm>
#include <vector>

#include "common/base/text.h"

namespace vip::cli {
namespace {

// What the scripts call a kind; of text there is nothing to complete.
std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::file:
      return "file";
    case Kind::node:
      return "nodes";
    case Kind::group:
      return "groups";
    case Kind::text:
      break;
  }
  return "-";
}

std::string identifier(std::string_view text) {
  std::string name = "_";
  for (const char c : text) name += c == '-' ? '_' : c;
  return name;
}

// For both shells, between single quotes.
std::string quoted(std::string_view text) {
  std::string all = "'";
  for (const char c : text) all += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return all + "'";
}

std::vector<std::string> people_words(const Program& program) {
  std::vector<std::string> words;
  for (const auto& word : program.words)
    if (!word.hidden) words.emplace_back(word.name);
  return words;
}

// The line of a word in bash's `case`: its options, those behind which something must stand, those behind
// which a file does, and what its arguments are.
std::string bash_case(const Program& program, const Word& word) {
  std::vector<std::string> options{"--help"};
  std::vector<std::string> valued;
  std::vector<std::string> files;
  std::vector<std::string> arguments;
  for (const auto& option : word.options) {
    options.emplace_back(option.name);
    if (!option.value.empty() && !option.value_is_optional) valued.emplace_back(option.name);
    if (option.kind == Kind::file) files.emplace_back(option.name);
  }
  for (const auto& argument : word.arguments) {
    const std::vector<std::string> choices(argument.choices.begin(), argument.choices.end());
    arguments.push_back(quoted(choices.empty() ? std::string(name(argument.kind)) : join(choices, " ")));
  }
  std::string text = "    " + std::string(word.name);
  if (word.name == program.default_word) text += " | ''";
  text.append(")\n      options=").append(quoted(join(options, " ")));
  text.append(" valued=").append(quoted(" " + join(valued, " ") + " "));
  text.append(" files=").append(quoted(" " + join(files, " ") + " "));
  text.append("\n      arguments=(").append(join(arguments, " ")).append(")\n      ;;\n");
  return text;
}

constexpr std::string_view kBashEnd = R"BASH(    *) return ;;
  esac
  local previous=${COMP_WORDS[COMP_CWORD - 1]} position=0 i
  for ((i = ${#word} ? 2 : 1; i < COMP_CWORD; i++)); do
    if [[ $valued == *" ${COMP_WORDS[i]} "* ]]; then
      i=$((i + 1))
    elif [[ ${COMP_WORDS[i]} != -* ]]; then
      position=$((position + 1))
    fi
  done
  if [[ $files == *" $previous "* ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
  elif [[ $valued == *" $previous "* ]]; then
    COMPREPLY=()
  elif [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  else
    case ${arguments[position]-} in
      '' | -) ;;
      file) COMPREPLY=($(compgen -f -- "$current")) ;;
      nodes | groups) COMPREPLY=($(compgen -W "$(PROGRAM names "${arguments[position]}" 2>/dev/null)" -- "$current")) ;;
      *) COMPREPLY=($(compgen -W "${arguments[position]}" -- "$current")) ;;
    esac
  fi
)BASH";

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string all(text);
  for (auto at = all.find(from); at != std::string::npos; at = all.find(from, at + to.size()))
    all.replace(at, from.size(), to);
  return all;
}

std::string for_bash(const Program& program) {
  const auto words = join(people_words(program), " ") + " --help --version";
  const auto function = identifier(program.name);
  std::string text = function + "() {\n";
  text += "  local current=${COMP_WORDS[COMP_CWORD]} word=${COMP_WORDS[1]-} options valued files\n";
  text += "  local -a arguments\n  COMPREPLY=()\n";
  text += "  if ((COMP_CWORD == 1)); then\n";
  text += "    COMPREPLY=($(compgen -W " + quoted(words);
  if (const auto* const word = program.find(program.default_word))
    for (const auto& option : word->options) text.insert(text.size() - 1, " " + std::string(option.name));
  text += " -- \"$current\"))\n    return\n  fi\n";
  if (!program.default_word.empty()) text += "  [[ $word == -* ]] && word=\n";
  text += "  case $word in\n";
  for (const auto& word : program.words)
    if (!word.hidden) text += bash_case(program, word);
  text += replaced(kBashEnd, "PROGRAM", program.name) + "}\n";
  return text + "complete -F " + function + " " + std::string(program.name) + "\n";
}

// zsh takes bash's.
std::string for_zsh(const Program& program) {
  std::string text = "#compdef " + std::string(program.name) + "\n";
  text += "autoload -U +X bashcompinit && bashcompinit\n";
  return text + for_bash(program);
}

// The words after which a word's own options and arguments count.
std::string fish_condition(const Program& program, const Word& word) {
  std::string seen = "__fish_seen_subcommand_from " + std::string(word.name);
  if (word.name != program.default_word) return seen;
  return seen + "; or not __fish_seen_subcommand_from " + join(people_words(program), " ");
}

std::string fish_line(const Program& program, std::string_view condition, std::string_view rest) {
  std::string text = "complete -c " + std::string(program.name) + " -n " + quoted(condition) + " ";
  return text.append(rest).append("\n");
}

std::string for_fish(const Program& program) {
  const std::string name_of_program(program.name);
  std::string text = "complete -c " + name_of_program + " -f\n";
  text += "complete -c " + name_of_program + " -l help -s h -d 'help'\n";
  const auto all_words = join(people_words(program), " ");
  const auto no_word = "not __fish_seen_subcommand_from " + all_words;
  text += fish_line(program, no_word, "-l version -d 'the version of this program'");
  for (const auto& word : program.words) {
    if (word.hidden) continue;
    std::string line = "-a ";
    line.append(word.name).append(" -d ").append(quoted(word.what));
    text += fish_line(program, no_word, line);
    const auto condition = fish_condition(program, word);
    for (const auto& option : word.options) {
      line = "-l ";
      line += option.name.substr(2);
      if (!option.value.empty() && !option.value_is_optional) line += " -r";
      if (option.kind == Kind::file) line += " -F";
      text += fish_line(program, condition, line.append(" -d ").append(quoted(option.what)));
    }
    for (const auto& argument : word.arguments) {
      const std::vector<std::string> choices(argument.choices.begin(), argument.choices.end());
      line = join(choices, " ");
      if (argument.kind == Kind::node || argument.kind == Kind::group)
        line = "(" + name_of_program + " names " + std::string(name(argument.kind)) + " 2>/dev/null)";
      if (!line.empty())
        text += fish_line(program, condition, "-a " + quoted(line) + " -d " + quoted(argument.name));
    }
  }
  return text;
}

}  // namespace

std::string completion(const Program& program, std::string_view shell) {
  if (shell == "bash") return for_bash(program);
  if (shell == "zsh") return for_zsh(program);
  if (shell == "fish") return for_fish(program);
  return {};
}

}  // namespace vip::cli
