#include "operator/settings/page_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/text.h"

namespace vip::swarm {
namespace {

constexpr std::string_view kListen = "SWARM_VIP_PAGE_LISTEN";
constexpr std::string_view kTokenFile = "SWARM_VIP_PAGE_TOKEN_FILE";

const IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});

// With IPv6 in brackets, so that its last group is not taken for the port.
std::optional<IpAddress> parse_host(std::string_view text) {
  const bool is_bracketed = text.starts_with('[') && text.ends_with(']');
  const auto address = IpAddress::parse(is_bracketed ? text.substr(1, text.size() - 2) : text);
  if (!address || is_bracketed != (address->family() == Family::ipv6)) return std::nullopt;
  return address;
}

std::optional<PagePlace> parse_place(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto digits = colon == std::string_view::npos ? text : text.substr(colon + 1);
  const auto port = parse_number<std::uint16_t>(digits);
  if (!port || *port == 0) return std::nullopt;
  if (colon == std::string_view::npos) return PagePlace{.address = kLoopback, .port = *port, .token = {}};
  if (colon == 0) return PagePlace{.address = {}, .port = *port, .token = {}};
  const auto address = parse_host(text.substr(0, colon));
  if (!address || address->is_multicast() || address->is_broadcast()) return std::nullopt;
  return PagePlace{.address = address, .port = *port, .token = {}};
}

// What a header carries as it is, in a cookie, too (RFC 6265, 4.1.1).
bool is_token(std::string_view text) {
  constexpr std::string_view kNotInCookies = "\",;\\";
  return std::ranges::all_of(
      text, [&](char c) { return c > ' ' && c < 127 && kNotInCookies.find(c) == std::string_view::npos; });
}

}  // namespace

PagePlace read_page(const settings::Environment& env, const FileReader& read_file, PageDefault fallback,
                    settings::Findings& findings) {
  PagePlace place;
  const auto text = env.text(kListen);
  if (text.empty() && fallback == PageDefault::loopback) {
    place = {.address = kLoopback, .port = kPagePortDefault, .token = {}};
  } else if (!text.empty() && !equal_fold(text, "off")) {
    const auto parsed = parse_place(text);
    if (!parsed) {
      findings.refuse(
          env.called(kListen), text,
          "ADDRESS:PORT (IPv6 in brackets), :PORT for all addresses, PORT for 127.0.0.1 alone, off");
    }
    place = parsed.value_or(place);
  }
  const auto path = env.text(kTokenFile);
  if (path.empty()) return place;
  place.token = secret_of(env, kTokenFile, path, read_file, findings);
  if (!is_token(place.token)) {
    findings.error(env.called(kTokenFile) + ": " + path +
                   ": not a token; one line of letters, digits and signs, without blanks, quotes, commas, "
                   "semicolons and backslashes");
  }
  return place;
}

}  // namespace vip::swarm
