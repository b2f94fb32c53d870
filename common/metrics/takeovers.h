// How long addresses had nobody before somebody took over from one that fell silent: a histogram. Of an agent
// and of the cluster it has the same bounds, so that the two can be compared.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "common/base/time.h"

namespace vip::metrics {

struct Takeovers {
  // Upper bounds, seconds.
  static constexpr std::array kBounds{0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0};

  std::array<std::uint64_t, kBounds.size() + 1> counts{};  // the last one of all that took longer
  Duration sum{};

  void add(Duration silence) {
    const auto bound = std::ranges::lower_bound(kBounds, std::chrono::duration<double>(silence).count());
    ++counts.at(static_cast<std::size_t>(bound - kBounds.begin()));
    sum += silence;
  }
};

}  // namespace vip::metrics
