#include "common/base/check_settings.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/text.h"

namespace vip {
namespace {

constexpr std::size_t kInterfaceNameMax = 15;  // IFNAMSIZ
constexpr std::uint16_t kHttpPort = 80;
constexpr std::array<std::string_view, 5> kNames{"interface", "listening", "tcp", "http", "script"};

struct Place {
  std::optional<IpAddress> address;
  std::optional<std::uint16_t> port;
};

// "192.0.2.7:80", "[2001:db8::7]:80", "192.0.2.7", "80".
std::optional<Place> parse_place(std::string_view text) {
  Place place;
  auto host = text;
  const auto colon = text.rfind(':');
  const bool v6 = text.starts_with('[');
  const bool has_port = colon != std::string_view::npos && (!v6 || colon > text.rfind(']'));
  if (has_port) {
    place.port = parse_number<std::uint16_t>(text.substr(colon + 1));
    if (!place.port) return std::nullopt;
    host = text.substr(0, colon);
  }
  if (v6 && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  place.address = IpAddress::parse(host);
  if (!place.address) return std::nullopt;
  return place;
}

std::unexpected<Error> refuse(std::string_view text) {
  return fail(Errc::invalid,
              "'" + printable(text) + "' is no check; allowed are " + std::string(kCheckForms));
}

Result<CheckSettings> parse_tcp(CheckSettings check, std::string_view rest) {
  const auto place = parse_place(rest);
  if (!place || !place->port) return refuse(check.name);
  check.kind = CheckKind::tcp;
  check.address = place->address;
  check.port = *place->port;
  return check;
}

Result<CheckSettings> parse_listening(CheckSettings check, std::string_view rest) {
  check.kind = CheckKind::listening;
  if (const auto port = parse_number<std::uint16_t>(rest)) {
    check.port = *port;
    return check;
  }
  const auto place = parse_place(rest);
  if (!place || !place->port) return refuse(check.name);
  check.address = place->address;
  check.port = *place->port;
  return check;
}

// A name, or TLS, is for the program that has a resolver and OpenSSL.
Result<CheckSettings> parse_http(CheckSettings check, std::string_view rest) {
  check.kind = CheckKind::http;
  const auto slash = rest.find('/');
  const auto authority = rest.substr(0, slash);
  const auto place = parse_place(authority);
  if (authority.empty()) return refuse(check.name);
  if (!place || check.name.starts_with("https:")) {
    check.url = check.name;
    return check;
  }
  check.address = place->address;
  check.port = place->port.value_or(kHttpPort);
  if (slash != std::string_view::npos) check.path = rest.substr(slash);
  return check;
}

bool between(auto low, auto value, auto high) {
  return low <= value && value <= high;
}

// Whether the word is an option, which is then read. Errors: invalid, for a value that is none.
Result<bool> read_option(std::string_view word, CheckSettings& check) {
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return false;
  const auto key = word.substr(0, equals);
  const auto value = word.substr(equals + 1);
  const auto set = [&](auto& to, const auto& parsed, std::string_view allowed) -> Result<bool> {
    if (!parsed)
      return fail(Errc::invalid, "'" + printable(word) + "' is not allowed; " + std::string(allowed));
    to = *parsed;
    return true;
  };
  if (key == "interval") return set(check.interval, parse_duration(value), "such as interval=5s");
  if (key == "timeout") return set(check.timeout, parse_duration(value), "such as timeout=500ms");
  if (key == "rise") return set(check.rise, parse_number<int>(value), "1 to 100");
  if (key == "fall") return set(check.fall, parse_number<int>(value), "1 to 100");
  if (key == "weight") return set(check.weight, parse_number<int>(value), "-253 to 253");
  if (key == "status") return set(check.statuses, parse_statuses(value), "such as status=200-299");
  if (key == "host") return set(check.host, std::optional(std::string(value)), "");
  if (key == "name") return set(check.name, std::optional(std::string(value)), "");
  return false;
}

// By the check's name, which is still the text.
Result<CheckSettings> parse_what(CheckSettings check) {
  const std::string text = check.name;
  const auto after = [&text](std::string_view prefix) -> std::optional<std::string_view> {
    if (!text.starts_with(prefix) || text.size() == prefix.size()) return std::nullopt;
    return std::string_view(text).substr(prefix.size());
  };
  if (const auto rest = after("tcp://")) return parse_tcp(std::move(check), *rest);
  if (const auto rest = after("listen:")) return parse_listening(std::move(check), *rest);
  if (const auto rest = after("http://")) return parse_http(std::move(check), *rest);
  if (const auto rest = after("https://")) return parse_http(std::move(check), *rest);
  if (const auto rest = after("interface:")) {
    check.kind = CheckKind::interface;
    check.interface = *rest;
    return check;
  }
  if (const auto rest = after("script:")) {
    check.kind = CheckKind::script;
    check.script = *rest;
    return check;
  }
  return refuse(text);
}

}  // namespace

std::optional<CheckSettings::Statuses> parse_statuses(std::string_view text) {
  const auto dash = text.find('-');
  const auto low = parse_number<int>(text.substr(0, dash));
  const auto high = dash == std::string_view::npos ? low : parse_number<int>(text.substr(dash + 1));
  if (!low || !high) return std::nullopt;
  return CheckSettings::Statuses{.low = *low, .high = *high};
}

std::string_view name(CheckKind kind) {
  return kNames.at(static_cast<std::size_t>(kind));
}

std::optional<CheckKind> parse_check_kind(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  return found == kNames.end() ? std::nullopt : std::optional(static_cast<CheckKind>(found - kNames.begin()));
}

std::vector<std::string> problems(const CheckSettings& check) {
  std::vector<std::string> found;
  const auto require = [&found](bool sound, const std::string& words) {
    if (!sound) found.push_back(words);
  };
  require(between(kCheckIntervalMin, check.interval, kCheckIntervalMax),
          "interval " + duration_text(check.interval) + "; allowed are 100ms to 60m");
  require(between(kCheckTimeoutMin, check.timeout, check.interval),
          "timeout " + duration_text(check.timeout) + "; allowed are 10ms to the interval, " +
              duration_text(check.interval));
  require(between(1, check.rise, kCheckCountMax),
          "rise " + std::to_string(check.rise) + "; allowed are 1 to 100");
  require(between(1, check.fall, kCheckCountMax),
          "fall " + std::to_string(check.fall) + "; allowed are 1 to 100");
  require(between(-kCheckWeightMax, check.weight, kCheckWeightMax),
          "weight " + std::to_string(check.weight) + "; allowed are -253 to 253, 0: it must pass");
  const bool needs_port = check.kind == CheckKind::tcp || check.kind == CheckKind::listening ||
                          (check.kind == CheckKind::http && check.url.empty());
  require(!needs_port || check.port != 0, "port 0; allowed are 1 to 65535");
  if (check.kind == CheckKind::interface) {
    require(between(1U, check.interface.size(), kInterfaceNameMax),
            "interface '" + check.interface + "'; a name has 1 to 15 characters");
  }
  if (check.kind == CheckKind::http) {
    require(check.path.starts_with('/'), "path '" + check.path + "'; it begins with /");
    require(check.statuses.low <= check.statuses.high && between(100, check.statuses.low, 599) &&
                between(100, check.statuses.high, 599),
            "statuses " + std::to_string(check.statuses.low) + "-" + std::to_string(check.statuses.high) +
                "; allowed are 100 to 599, the lower one first");
  }
  require(check.kind != CheckKind::script || !check.script.empty(), "script is empty");
  return found;
}

Result<CheckSettings> parse_check(std::string_view text, const CheckSettings& defaults) {
  CheckSettings check = defaults;
  for (auto blank = text.find_last_of(" \t"); blank != std::string_view::npos;
       blank = text.find_last_of(" \t")) {
    VIP_TRY(const bool is_option, read_option(text.substr(blank + 1), check));
    if (!is_option) break;
    text = trim(text.substr(0, blank));
  }
  const auto given_name = std::exchange(check.name, std::string(text));
  VIP_TRY(check, parse_what(std::move(check)));
  if (!given_name.empty()) check.name = given_name;
  return check;
}

}  // namespace vip
