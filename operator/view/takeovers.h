// How long addresses were silent before somebody took them over, as a histogram. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace vip::swarm {

// Upper bounds in seconds; those of the agents' own histogram.
inline constexpr auto kTakeoverBounds = std::to_array<double>({0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10});

struct Takeovers {
  std::array<std::uint64_t, kTakeoverBounds.size() + 1> counts{};  // in each bound, and above them all
  double seconds = 0;

  void add(std::chrono::milliseconds silence) {
    const double value = std::chrono::duration<double>(silence).count();
    const auto* const bound = std::ranges::lower_bound(kTakeoverBounds, value);
    ++counts.at(static_cast<std::size_t>(bound - kTakeoverBounds.begin()));
    seconds += value;
  }
};

}  // namespace vip::swarm
