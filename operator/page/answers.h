// What all answers of the page's server have in common, and those to whom nothing is shown. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/http/response.h"
#include "operator/page/visitor.h"

namespace vip::swarm {

inline constexpr std::string_view kJsonType = "application/json";

// With the headers that keep browsers from running, keeping or showing elsewhere what is not ours.
[[nodiscard]] http::Response with_guards(http::Response response);

// Not for Welcome::yes.
[[nodiscard]] http::Response refusal(Welcome welcome);

// "known=17": the serial that the asker has; nothing when there is none.
[[nodiscard]] std::optional<std::uint64_t> known_serial(std::string_view query);

}  // namespace vip::swarm
