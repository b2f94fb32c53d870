// What a process uses, as of a moment; read by common/sys/process.h, written by common/metrics/process.h.
#pragma once

#include <cstdint>

#include "common/base/time.h"

namespace vip {

struct ProcessFacts {
  Duration started{};  // wall clock, since the epoch
  Duration cpu{};
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_fds = 0;
};

}  // namespace vip
