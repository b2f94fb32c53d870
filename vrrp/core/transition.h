// A change of a router's state, as it is told later: to people, and to the process that goes on from here.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "common/base/ip_address.h"
#include "common/base/time.h"
#include "vrrp/core/virtual_router.h"

namespace vip::vrrp {

struct Transition {
  using Milliseconds = std::chrono::milliseconds;

  Milliseconds at{};  // wall clock, since the epoch
  TimePoint when;     // the same on the host's one clock
  State from = State::initialize;
  State to = State::initialize;
  Cause cause = Cause::started;
  std::optional<IpAddress> peer;
  std::string reason;    // of a fault, in words
  Milliseconds after{};  // so long it was in `from`
  // Active because another one fell silent: so long nothing had been heard of that one.
  std::optional<Milliseconds> silence;
  friend bool operator==(const Transition&, const Transition&) = default;
};

// Of each router.
inline constexpr std::size_t kTransitionsKept = 16;

}  // namespace vip::vrrp
