// Randomness that a seed reproduces, on every machine: the seed is a required argument and there is no other
// source. Not for secrets.
#pragma once

#include <cstdint>

#include "common/base/assert.h"
#include "common/base/time.h"

namespace vip {

struct Seed {
  std::uint64_t value = 0;
};

// SplitMix64 (Steele, Lea, Flood 2014).
class Rng {
 public:
  explicit Rng(Seed seed) : state_(seed.value) {}

  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
    return mixed ^ (mixed >> 31U);
  }
  // [0, bound)
  std::uint64_t below(std::uint64_t bound) {
    VIP_ASSERT(bound > 0);
    return next() % bound;
  }
  // True once in `times`, on average.
  bool one_in(std::uint64_t times) { return below(times) == 0; }
  // [low, high]
  Duration between(Duration low, Duration high) {
    VIP_ASSERT(low <= high);
    return low +
           Duration(static_cast<Duration::rep>(below(static_cast<std::uint64_t>((high - low).count()) + 1)));
  }

 private:
  std::uint64_t state_;
};

}  // namespace vip
