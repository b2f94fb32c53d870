#include "operator/page/visitor.h"

#include <optional>

#include <nettle/memops.h>

#include "common/base/ip_address.h"
#include "common/base/text.h"

namespace vip::swarm {
namespace {

bool is_same(std::string_view given, std::string_view secret) {
  // The time that it takes tells the length, and nothing of what is in it.
  return given.size() == secret.size() && memeql_sec(given.data(), secret.data(), secret.size()) != 0;
}

// "%2B" is "+"; what is no such triple stays.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte =
        text[i] == '%' && i + 2 < text.size() ? parse_hexadecimal(text.substr(i + 1, 2)) : std::nullopt;
    out += byte ? static_cast<char>(*byte) : text[i];
    if (byte) i += 2;
  }
  return out;
}

std::optional<std::string_view> bearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (!equal_fold(authorization.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  return trim(authorization.substr(kScheme.size()));
}

std::optional<std::string> cookie_named(std::string_view name, std::string_view cookies) {
  for (const auto& cookie : split(cookies, ";")) {
    const auto equals = cookie.find('=');
    if (equals != std::string::npos && trim(cookie.substr(0, equals)) == name)
      return std::string(trim(cookie.substr(equals + 1)));
  }
  return std::nullopt;
}

// Without the port.
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

// A number, or the name that browsers never look up. A program need not say any (HTTP/1.0).
bool is_own_name(std::string_view host) {
  auto name = host_name(host);
  if (name.empty() || equal_fold(name, "localhost")) return true;
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  return IpAddress::parse(name).has_value();
}

Welcome by_token(const std::string& token, const http::Request& request) {
  const auto given = bearer(request.authorization);
  const auto kept = cookie_named(kTokenCookie, request.cookie);
  if (given && is_same(*given, token)) return Welcome::yes;
  // A page may have kept it as it is, or as scripts write cookies.
  if (kept && (is_same(*kept, token) || is_same(decoded(*kept), token))) return Welcome::yes;
  return given || kept ? Welcome::wrong_token : Welcome::no_token;
}

}  // namespace

Welcome welcome(const PagePlace& place, const http::Request& request) {
  if (!place.token.empty()) return by_token(place.token, request);
  const bool is_private = place.address && place.address->is_loopback();
  return is_private && !is_own_name(request.host) ? Welcome::strange_host : Welcome::yes;
}

}  // namespace vip::swarm
