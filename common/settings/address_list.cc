#include "common/settings/address_list.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/base/text.h"

namespace vip::settings {
namespace {

constexpr std::string_view kPython = "#PYTHON2BASH:";
constexpr std::string_view kJson = "#JSON2BASH:";
// keepalived's address options: with an argument, and alone.
constexpr std::array<std::string_view, 7> kWithArgument{"dev",   "brd",  "broadcast", "scope",
                                                        "label", "peer", "use_vmac"};
constexpr std::array<std::string_view, 6> kAlone{"home",          "-nodad",   "mngtmpaddr",
                                                 "noprefixroute", "autojoin", "no_track"};

bool among(const auto& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// A list literal of quoted or bare words: what Python's and JSON's share, as far as these lists use it.
class ListLiteral {
 public:
  explicit ListLiteral(std::string_view text) : rest_(trim(text)) {}

  std::optional<std::vector<std::string>> items() {
    if (rest_.empty() || rest_.front() != '[') return single();
    rest_.remove_prefix(1);
    std::vector<std::string> found;
    for (;;) {
      skip_blanks();
      if (rest_.empty()) return std::nullopt;
      if (rest_.front() == ']') break;
      auto word = item();
      if (!word) return std::nullopt;
      found.push_back(*std::move(word));
      skip_blanks();
      if (rest_.empty() || (rest_.front() != ',' && rest_.front() != ']')) return std::nullopt;
      if (rest_.front() == ',') rest_.remove_prefix(1);
    }
    rest_.remove_prefix(1);
    if (!trim(rest_).empty()) return std::nullopt;
    return found;
  }

 private:
  std::optional<std::vector<std::string>> single() {
    if (rest_.empty() || rest_.front() == '(' || rest_.front() == '{') return std::nullopt;
    auto word = item();
    if (!word || !trim(rest_).empty()) return std::nullopt;
    return std::vector<std::string>{*std::move(word)};
  }

  std::optional<std::string> item() {
    const char quote = rest_.front();
    if (quote == '\'' || quote == '"') {
      const auto end = rest_.find(quote, 1);
      if (end == std::string_view::npos) return std::nullopt;
      std::string word(rest_.substr(1, end - 1));
      rest_.remove_prefix(end + 1);
      return word;
    }
    const auto word = trim(rest_.substr(0, rest_.find_first_of(",]'\"")));
    if (word.empty()) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(word.data() - rest_.data()) + word.size());
    return std::string(word);
  }

  void skip_blanks() {
    const auto first = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(first, rest_.size()));
  }

  std::string_view rest_;
};

std::string_view without_quotes(std::string_view text) {
  text = trim(text);
  const bool quoted =
      text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.front() == text.back();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// Splits "A dev eth0 B" into "A dev eth0" and "B".
void append_addresses(std::string_view piece, std::vector<std::string>& items) {
  bool argument = false;
  bool open = false;  // an address of this piece can still take options
  for (const auto& token : split(piece, " \t\r")) {
    const bool option = open && (argument || among(kWithArgument, token) || among(kAlone, token));
    if (option) {
      items.back() += " " + token;
    } else {
      items.push_back(token);
    }
    argument = option && !argument && among(kWithArgument, token);
    open = true;
  }
}

// Of a literal; nothing when the text is none.
Result<std::optional<std::vector<std::string>>> literal_items(std::string_view text) {
  for (const auto prefix : {kPython, kJson}) {
    if (!text.starts_with(prefix)) continue;
    auto items = ListLiteral(text.substr(prefix.size())).items();
    if (!items) {
      return fail(Errc::invalid,
                  "'" + std::string(text) + "' is not a list such as " + std::string(prefix) +
                      (prefix == kPython ? "['192.0.2.1', '192.0.2.2']" : R"(["192.0.2.1", "192.0.2.2"])"));
    }
    return items;
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<std::string>> text_items(std::string_view text) {
  text = without_quotes(text);
  VIP_TRY(auto literal, literal_items(text));
  return literal ? *std::move(literal) : split(text, ",\n");
}

Result<std::vector<std::string>> list_items(std::string_view text) {
  text = without_quotes(text);
  VIP_TRY(auto literal, literal_items(text));
  if (literal) return *std::move(literal);
  std::vector<std::string> items;
  for (const auto& piece : split(text, ",\n")) append_addresses(piece, items);
  return items;
}

Result<AddressItem> parse_address_item(std::string_view item) {
  const auto words = split(without_quotes(item), " \t");
  if (words.empty()) return fail(Errc::invalid, "an empty address");
  const auto prefix = IpPrefix::parse(words.front());
  if (!prefix) {
    return fail(Errc::invalid,
                "'" + words.front() + "' is not an address such as 192.0.2.10 or 192.0.2.10/24");
  }
  AddressItem parsed{.prefix = *prefix, .interface = {}, .ignored = {}};
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (among(kAlone, words[i])) {
      parsed.ignored.push_back(words[i]);
      continue;
    }
    if (!among(kWithArgument, words[i]) || i + 1 == words.size()) {
      return fail(Errc::invalid,
                  "'" + std::string(trim(item)) + "': '" + words[i] +
                      "' is not an option of an address (dev, brd, scope, label, peer with a value)");
    }
    if (words[i] == "dev") {
      parsed.interface = words[i + 1];
    } else {
      parsed.ignored.push_back(words[i] + " " + words[i + 1]);
    }
    ++i;
  }
  return parsed;
}

}  // namespace vip::settings
