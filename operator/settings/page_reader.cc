#include "operator/settings/page_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/text.h"
#include "common/settings/listen_place.h"

namespace vip::swarm {
namespace {

constexpr std::string_view kListen = "SWARM_VIP_PAGE_LISTEN";
constexpr std::string_view kTokenFile = "SWARM_VIP_PAGE_TOKEN_FILE";

const IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});

std::optional<PagePlace> parse_place(std::string_view text) {
  if (const auto full = settings::parse_listen_place(text))
    return PagePlace{.address = full->address, .port = full->port, .token = {}};
  const bool is_for_all = text.starts_with(':');
  const auto port = parse_number<std::uint16_t>(text.substr(is_for_all ? 1 : 0));
  if (!port || *port == 0) return std::nullopt;
  return PagePlace{
      .address = is_for_all ? std::nullopt : std::optional(kLoopback), .port = *port, .token = {}};
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
