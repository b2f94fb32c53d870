// The words of a golden case as values, and values as words.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "tests/golden/replay.h"
#include "tests/unit/vrrp/wire_values.h"
#include "vrrp/core/receive_check.h"
#include "vrrp/core/virtual_router.h"

namespace vip::golden {

using Words = std::vector<std::string>;

// Throws for a key that is not known.
void allow(const Json& object, std::initializer_list<std::string_view> known);

[[nodiscard]] Duration milliseconds(const Json& value);
[[nodiscard]] std::string text(Duration duration);  // in milliseconds, "609.375"
[[nodiscard]] IpAddress address(const Json& value);
[[nodiscard]] vrrp::Envelope envelope(const Json& given);
// Where a case names no value: version 3, VRID 51, priority 100, 1 s, and the code's own defaults.
[[nodiscard]] vrrp::RouterConfig config(const Json& given);

[[nodiscard]] vrrp::ReceiveRules rules(const Json& given);
[[nodiscard]] vrrp::Event event(const Json& given);
[[nodiscard]] std::string text(const vrrp::Action& action, const vrrp::VirtualRouter& router);
[[nodiscard]] std::string text(const vrrp::VirtualRouter& router);  // its state and what it waits for

// The kinds of cases; see replay.h.
[[nodiscard]] Json play_steps(Json played);
[[nodiscard]] Json play_set(Json played);
[[nodiscard]] Words receive(const Json& given);
[[nodiscard]] Words encoded(const Json& given);
[[nodiscard]] Words intervals(const Json& given);
[[nodiscard]] Words signature(const Json& given);
[[nodiscard]] Words announcement(const Json& given);

}  // namespace vip::golden
