// Who may see what: pure.
#pragma once

#include <string>
#include <string_view>

#include "common/http/request.h"
#include "operator/page/place.h"

namespace vip::swarm {

// The cookie in which the page keeps the token that it has asked for.
inline constexpr std::string_view kTokenCookie = "swarm-vip-token";

enum class Welcome : std::uint8_t {
  yes,
  no_token,  // it is asked for, and was not given
  wrong_token,
  strange_host,  // a page from elsewhere asks, by a name of its own that leads here (DNS rebinding)
};

// Without a token who asks must be on this host; then no name but its own may lead here.
[[nodiscard]] Welcome welcome(const PagePlace& place, const http::Request& request);

}  // namespace vip::swarm
