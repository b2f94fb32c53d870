#include "common/cli/man_page.h"

#include "common/cli/help.h"

namespace vip::cli {
namespace {

std::string upper(std::string_view text) {
  std::string all(text);
  for (char& c : all)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return all;
}

class Page {
 public:
  Page(const Program& program, std::string_view version) : program_(program) {
    text_.append(".TH ").append(quoted(upper(program.name))).append(" 8 \"\" ");
    text_.append(quoted(std::string(program.name) + " " + std::string(version))).append("\n");
    text_ += ".nh\n.ad l\n";  // names of options and settings are neither parted nor drawn out
  }

  std::string write() {
    section("NAME");
    line(std::string(program_.name) + " - " + std::string(program_.what));
    synopsis();
    section("DESCRIPTION");
    line(program_.about);
    section("WORDS");
    for (const auto& word : program_.words)
      if (!word.hidden) add(word);
    settings();
    items("SIGNALS", program_.signals);
    items("FILES", program_.files);
    section("EXIT STATUS");
    exits(program_.exits);
    line("Words that differ say so.");
    examples();
    see_also();
    return text_;
  }

 private:
  static std::string quoted(std::string_view text) { return "\"" + roff(text) + "\""; }

  void section(std::string_view title) { text_.append(".SH ").append(quoted(title)).append("\n"); }
  void line(std::string_view text) { text_.append(roff(text)).append("\n"); }
  void bold(std::string_view text) { text_.append(".B ").append(quoted(text)).append("\n"); }
  void paragraph(std::string_view text) {
    if (text.empty()) return;
    text_ += ".PP\n";
    line(text);
  }
  void item(std::string_view name, std::string_view what) {
    text_ += ".TP\n";
    bold(name);
    line(what);
  }
  void items(std::string_view title, const std::vector<Item>& items) {
    if (items.empty()) return;
    section(title);
    for (const auto& one : items) item(one.name, one.what);
  }
  void exits(const std::vector<ExitStatus>& exits) {
    for (const auto& exit : exits) item(std::to_string(exit.status), exit.what);
    text_ += ".PP\n";
  }

  void synopsis() {
    section("SYNOPSIS");
    for (const auto& word : program_.words) {
      if (word.hidden) continue;
      bold(usage(program_, word));
      text_ += ".br\n";
    }
    bold(std::string(program_.name) + " --version | --help");
  }

  void add(const Word& word) {
    text_.append(".SS ").append(quoted(usage(program_, word))).append("\n");
    line(std::string(word.what) + ".");
    paragraph(word.about);
    for (const auto& argument : word.arguments) item(argument.name, argument.what);
    for (const auto& option : word.options) item(shown(option), option.what);
    if (word.exits.empty()) return;
    paragraph("Exit status:");
    for (const auto& exit : word.exits) item(std::to_string(exit.status), exit.what);
  }

  void settings() {
    section("ENVIRONMENT");
    for (const auto& part : program_.settings) {
      text_.append(".SS ").append(quoted(part.title)).append("\n");
      for (const auto& setting : part.settings) {
        std::string what(setting.what);
        if (!setting.key.empty()) what.append(" (in the file: ").append(setting.key).append(")");
        item(setting.name, what);
      }
    }
  }

  void examples() {
    section("EXAMPLES");
    for (const auto& word : program_.words) {
      for (const auto& example : word.examples) {
        paragraph(std::string(example.what) + ":");
        text_ += ".PP\n.RS 4\n.nf\n";
        line(example.command);
        text_ += ".fi\n.RE\n";
      }
    }
  }

  void see_also() {
    section("SEE ALSO");
    for (const auto& one : program_.see_also) item(one.name, one.what);
  }

  const Program& program_;
  std::string text_;
};

}  // namespace

std::string roff(std::string_view text) {
  std::string escaped;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) escaped += "\\&";
    line_begins = c == '\n';
    switch (c) {
      case '\\':
        escaped += "\\(rs";
        break;
      case '-':
        escaped += "\\-";
        break;
      case '\'':
        escaped += "\\(aq";
        break;
      case '`':
        escaped += "\\(ga";
        break;
      case '^':
        escaped += "\\(ha";
        break;
      case '~':
        escaped += "\\(ti";
        break;
      case '"':
        escaped += "\\(dq";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string man_page(const Program& program, std::string_view version) {
  return Page(program, version).write();
}

}  // namespace vip::cli
