#include "operator/page/answers.h"

#include <utility>

#include "common/base/assert.h"
#include "common/base/text.h"

namespace vip::swarm {

http::Response with_guards(http::Response response) {
  constexpr const char* kPolicy =
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  auto& headers = response.headers;
  headers.emplace_back("Content-Security-Policy", kPolicy);
  headers.emplace_back("X-Content-Type-Options", "nosniff");
  headers.emplace_back("Referrer-Policy", "no-referrer");
  headers.emplace_back("Cache-Control", "no-store");
  return response;
}

http::Response refusal(Welcome welcome) {
  VIP_ASSERT(welcome != Welcome::yes);
  http::Response response{.status = http::kUnauthorized, .content_type = std::string(kJsonType), .body = {}};
  if (welcome == Welcome::strange_host) {
    response.status = http::kForbidden;
    response.body = R"({"error": "without a token this is for this host only: ask for it by its address"})";
  } else {
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    response.body = welcome == Welcome::no_token ? R"({"error": "a token is asked for"})"
                                                 : R"({"error": "the token is wrong"})";
  }
  response.body += '\n';
  return with_guards(std::move(response));
}

std::optional<std::uint64_t> known_serial(std::string_view query) {
  constexpr std::string_view kKey = "known=";
  for (const auto& part : split(query, "&"))
    if (part.starts_with(kKey)) return parse_number<std::uint64_t>(part.substr(kKey.size()));
  return std::nullopt;
}

}  // namespace vip::swarm
